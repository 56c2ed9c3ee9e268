"""Two customers whose ids, tags and names are all the same: nothing of one is ever the other's."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select

from chargerights.replica.images import NetworkReplicas
from chargerights.rights.commands import Action
from chargerights.rights.live import LiveCharger
from chargerights.rights.model import AccessGroup, Charger, Driver, Place, PlaceKind, Right, Site, Tag
from chargerights.storage import callers, event_clock, events, revisions, schema, webhook_queue
from chargerights.storage.changes import partners, rights, sites, webhooks
from chargerights.storage.charging import availability, charger_batches, charger_passwords, commands, live, local_lists
from chargerights.storage.charging.authorizations import Authorization
from chargerights.storage.charging.charger_reports import ChargerReport, ReportKind
from chargerights.storage.charging.local_lists import KeptList
from chargerights.storage.charging.session_notices import MeterReading, SessionNotice
from chargerights.storage.charging_settings import set_one_session_per_tag
from chargerights.storage.database import Database
from chargerights.storage.journal import Actor
from chargerights.storage.revisions import revise
from chargerights.storage.rows import webhooks as webhooks_rows
from chargerights.storage.rows.partners import Fallback
from tests.storage.writing import OCCASION, add_customer, entities_of, put, put_facts, revision_of, store_facts, stored
from tests.support.oracle import Facts
from tests.support.world import NOW, TOMORROW, network


def facts(prefix: str) -> Facts:
    """The same numbers and tags for every customer; only charger ids differ, and names say whose it is."""
    sites = [Site(1, f"{prefix} top"), Site(2, f"{prefix} below", 1)]
    chargers = [Charger(1, f"{prefix}-1", 1), Charger(2, f"{prefix}-2", 2)]
    group = AccessGroup(1, f"{prefix} group", frozenset({f"{prefix}-1"}))
    places = [Place(PlaceKind.SITE, 2), Place(PlaceKind.CHARGER, f"{prefix}-2"), Place(PlaceKind.ACCESS_GROUP, 1)]
    rights = tuple(Right(number, place) for number, place in enumerate(places, 1))
    return Facts(sites, chargers, [group], [Driver(1, f"{prefix} driver", 1, tags=(Tag(1, 1, "CARD"),), rights=rights)])


MINE, THEIRS = facts("MINE"), facts("THEIRS")

BATCH = charger_batches.Batch(
    1,
    NOW,
    (LiveCharger("MINE-1", True, node="node"), LiveCharger("THEIRS-1", True, node="node")),
    messages=(
        Authorization(NOW, "MINE-1", 1, 1, "CARD", "CARD", "Authorize", "Accepted", "x", *[None] * 4),
        ChargerReport(NOW, "MINE-1", ReportKind.FAULT, "StatusNotification", "OtherError", False, digest="a"),
        SessionNotice("MINE-1", NOW, "1", "key", None, {"started_at": NOW}, (MeterReading(NOW, [{"value": "1"}]),)),
    ),
)

COMMAND = commands.QueuedCommand("1", "MINE-1", Action.CLEAR_CACHE)
"""Of the same number as one of the others."""


@pytest.fixture
def two(database: Database) -> tuple[int, int]:
    mine, theirs = add_customer(database, "Mine"), add_customer(database, "Theirs")
    put_facts(database, mine, MINE)
    store_facts(database, theirs, THEIRS)
    return mine, theirs


def rows_of(connection: Connection, customer_id: int) -> dict[str, list[Any]]:
    """Every row of the customer, as it is."""
    found = {}
    for table in schema.metadata.sorted_tables:
        column = table.c.id if table is schema.customers else table.c.customer_id
        found[table.name] = sorted(map(repr, connection.execute(select(table).where(column == customer_id))))
    return found


def test_each_loads_his_own(database: Database, two: tuple[int, int]) -> None:
    mine, theirs = two
    assert stored(database, mine) == network(MINE)
    assert stored(database, theirs) == network(THEIRS)


def test_nothing_that_one_customer_changes_changes_a_row_of_the_other(database: Database, two: tuple[int, int]) -> None:
    mine, theirs = two
    database.write_now(live.record, theirs, [LiveCharger("THEIRS-1", True, node="node")], NOW)
    command = replace(COMMAND, charger_id="THEIRS-1")
    database.write_now(commands.put, theirs, command, Actor("test"), NOW, TOMORROW, None)
    url = "https://example.com/"
    (hook, _), (other, _) = [database.write_now(revisions.make, each, OCCASION, webhooks.add, url) for each in two]
    assert hook.id == other.id
    before = database.read_now(rows_of, theirs)

    def deliver(connection: Connection) -> None:
        """As a node does that delivers to mine: every statement of it."""
        later = NOW + timedelta(seconds=1)
        (waiting,) = [each for each in webhook_queue.waiting(connection, NOW) if each.customer_id == mine]
        for step in (
            lambda lease: webhook_queue.keep(connection, lease, 2, 200, NOW, later),
            lambda lease: webhook_queue.fail(connection, lease, 1, 500, "it fails", NOW, NOW),
            lambda lease: webhook_queue.keep(connection, lease, 2, None, NOW, None),
        ):
            lease = webhook_queue.take(connection, mine, hook.id, "me", NOW, later)
            assert lease is not None
            assert step(lease)
            webhooks_rows.replay(connection, mine, hook.id, waiting.position)
        assert webhook_queue.skip(connection, waiting, 2, NOW)

    def remove_all(connection: Connection) -> None:
        with revise(connection, mine, at=NOW, actor=Actor("test"), action="test") as revision:
            for entity in reversed([*entities_of(MINE)]):
                revision.remove(entity)

    key, secret = database.write_now(callers.add_key, mine, at=NOW)
    caller = database.read_now(callers.authenticate, secret, NOW)
    assert caller is not None
    driver, site, charger, group = MINE.drivers[0], MINE.sites[0], MINE.chargers[0], MINE.access_groups[0]
    for work, arguments in (
        (put, (mine, replace(driver, name="Other", tags=(Tag(7, 1, "NEW"),), rights=driver.rights[:1]))),
        (put, (mine, replace(site, name="Other"), replace(charger, name="Other"))),
        (put, (mine, replace(group, charger_ids=frozenset()))),
        (revisions.make, (mine, OCCASION, sites.add, "New")),
        (revisions.make, (mine, OCCASION, rights.grant, 1, Place(PlaceKind.SITE, 1))),
        (revisions.make, (mine, OCCASION, rights.revoke, 1, Place(PlaceKind.SITE, 2))),
        (revisions.make, (mine, OCCASION, rights.revoke, 1, Place(PlaceKind.ACCESS_GROUP, 1))),
        (live.record, (mine, [LiveCharger("MINE-1", True)], NOW)),
        (charger_passwords.renew, ("MINE-1", NOW)),
        (set_one_session_per_tag, (mine, True, NOW)),
        (local_lists.put, (mine, [KeptList("MINE-1", 1, 0, None, {}, NOW)])),
        (availability.by_block, (mine, "MINE-1", True)),
        (availability.by_block, (mine, "THEIRS-1", True)),
        (availability.by_operator, (mine, "MINE-1", 1, True)),
        (revisions.make, (mine, OCCASION, partners.put, "https://partner", 1.0, Fallback.ALLOW, 1.0, "secret")),
        (revisions.make, (mine, OCCASION, partners.remove)),
        (charger_batches.write, (mine, "node", BATCH)),
        (charger_batches.write, (mine, "other", replace(BATCH, states=(), messages=BATCH.messages[1:]))),
        (commands.put, (mine, COMMAND, Actor("test"), NOW, TOMORROW, "node")),
        (commands.take, (mine, "node", NOW)),
        (commands.finish, (mine, COMMAND.id, commands.CommandOutcome(commands.End.ANSWERED))),
        (commands.withdraw, (mine, COMMAND.id)),
        (commands.forget, (mine, COMMAND.id)),
        (live.disconnect_silent, (mine, TOMORROW)),
        (deliver, ()),
        (revisions.make, (mine, OCCASION, webhooks.change, hook.id)),
        (revisions.make, (mine, OCCASION, webhooks.rotate, hook.id)),
        (revisions.make, (mine, OCCASION, webhooks.disable, hook.id, hook.url)),
        (event_clock.advance, (mine, TOMORROW, 10)),
        (events.prune, (mine, TOMORROW, 100)),
        (revisions.make, (mine, OCCASION, webhooks.remove, hook.id)),
        (callers.note_use, (caller, TOMORROW)),
        (callers.revoke_key, (mine, key.id, NOW)),
        (remove_all, ()),
    ):
        database.write_now(work, *arguments)  # type: ignore[arg-type]
        assert database.read_now(rows_of, theirs) == before, work
    assert stored(database, mine).drivers == {}


def test_revoking_a_key_of_one_leaves_the_key_of_the_same_number_of_the_other(
    database: Database, two: tuple[int, int]
) -> None:
    keys = {customer: database.write_now(callers.add_key, customer, at=NOW) for customer in two}
    mine, theirs = two
    assert keys[mine][0].id == keys[theirs][0].id
    database.write_now(callers.revoke_key, mine, keys[mine][0].id, NOW)
    assert database.read_now(callers.authenticate, keys[mine][1], NOW) is None
    assert database.read_now(callers.authenticate, keys[theirs][1], NOW) is not None


async def test_the_image_of_one_follows_no_change_of_the_other(database: Database, two: tuple[int, int]) -> None:
    mine, theirs = two
    images = NetworkReplicas(database, lambda: NOW)
    image = await images.fresh(theirs, revision_of(database, theirs))
    database.write_now(put, mine, replace(MINE.drivers[0], name="Other"))
    assert revision_of(database, theirs) == image.revision
    assert (await images.fresh(theirs, revision_of(database, theirs))).network == network(THEIRS)
    assert (await images.fresh(mine, revision_of(database, mine))).network.drivers[1].name == "Other"
    assert images.current(theirs) is image
    await database.close()


def test_live_state_of_one_is_not_the_others(database: Database, two: tuple[int, int]) -> None:
    mine, theirs = two
    database.write_now(live.record, mine, [LiveCharger("MINE-1", True)], NOW)
    assert database.read_now(live.since, theirs, -1) == (0, [])
    assert database.read_now(live.since, mine, -1) == (1, [LiveCharger("MINE-1", True)])
