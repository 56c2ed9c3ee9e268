"""Everything the core refuses: with which error, in which words, and that it changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from chargerights.rights import errors
from chargerights.rights.apply import (
    put_access_group,
    put_charger,
    put_driver,
    put_site,
    remove_access_group,
    remove_charger,
    remove_driver,
    remove_site,
)
from chargerights.rights.errors import (
    DomainError,
    IdTaken,
    InvalidHours,
    InvalidIdentifier,
    InvalidWindow,
    SiteCycle,
    SiteTooDeep,
    StillReferenced,
    TagTaken,
    UnknownAccessGroup,
    UnknownCharger,
    UnknownDriver,
    UnknownSite,
    UnknownTimezone,
)
from chargerights.rights.explain import explain, explain_driver
from chargerights.rights.identifiers import charger_id, entity_id, name, tag_text, text, zone
from chargerights.rights.listing import (
    chargers_of_driver,
    drivers_of_charger,
    drivers_of_site,
    drivers_of_sites,
    sites_of_driver,
)
from chargerights.rights.model import AccessGroup, Charger, Hours, Place, PlaceKind, Right, Site, Tag
from chargerights.rights.network import Network
from tests.support.world import (
    ALICE,
    CIRCUIT_A,
    COMPANY,
    DEPOT,
    FACTS,
    GROUND_FLOOR,
    NOW,
    TOMORROW,
    VISITORS,
    YARD,
    YESTERDAY,
    On,
    driver,
    network,
)


def tower(net: Network) -> Network:
    """The network with as many sites one below the other as there may be: 100 to 124."""
    for number in range(100, 125):
        put_site(net, Site(number, "Floor", number - 1 if number > 100 else None))
    return net


ATTIC = Site(7, "Attic")
CELLAR = Site(8, "Cellar")
HUB = Site(9, "Hub")
HUB_1 = Charger(9, "HUB-1", HUB.id)
RUPERT = driver(14, "Rupert", home=ATTIC)
SYBIL = driver(15, "Sybil", On(CELLAR, valid_until=TOMORROW), On(HUB_1, valid_from=TOMORROW))
WORLD = FACTS._replace(
    sites=(*FACTS.sites, ATTIC, CELLAR, HUB),
    chargers=(*FACTS.chargers, HUB_1),
    drivers=(*FACTS.drivers, RUPERT, SYBIL),
)
"""The cast, and sites that only one fact each keeps from being removed."""

NAIVE = datetime(2026, 6, 3, 9, 0)  # noqa: DTZ001
HERE = Place(PlaceKind.SITE, DEPOT.id)


def new_driver(**changed: Any) -> Callable[[Network], None]:
    return lambda network: put_driver(network, replace(driver(99, "Trent"), **changed))


def ids(bad: object) -> str:
    return f"{bad} is not a valid id: use a whole number from 1 to 9223372036854775807"


def zones(bad: str) -> str:
    return f"{bad!r} is not a valid time zone: use an IANA name such as Europe/Amsterdam or UTC"


REFUSALS: dict[str, tuple[Callable[[Network], object], type[DomainError], str]] = {
    "an id below 1": (lambda _: entity_id(0), InvalidIdentifier, ids(0)),
    "an id beyond 64 bits": (lambda _: entity_id(2**63), InvalidIdentifier, ids(2**63)),
    "a truth value as an id": (lambda _: entity_id(True), InvalidIdentifier, ids(True)),
    "a site's id below 1": (lambda _: Site(0, "Nowhere"), InvalidIdentifier, ids(0)),
    "an access group's id below 1": (lambda _: AccessGroup(-1, "None"), InvalidIdentifier, ids(-1)),
    "a blank tag": (
        lambda _: tag_text(" \t"),
        InvalidIdentifier,
        "a tag is empty: write what the card, app, plate or vehicle shows",
    ),
    "a tag that is too long": (
        lambda _: tag_text("x" * 256),
        InvalidIdentifier,
        "a tag has 256 characters: use at most 255",
    ),
    "a tag with a control character": (
        lambda _: tag_text("AL\0CE"),
        InvalidIdentifier,
        r"a tag contains a character that cannot be shown: 'AL\x00CE'",
    ),
    "an empty charger id": (
        lambda _: charger_id(""),
        InvalidIdentifier,
        "'' is not a valid charger id: it must not be empty or have spaces around it",
    ),
    "a charger id with a space before it": (
        lambda _: charger_id(" DEP-1"),
        InvalidIdentifier,
        "' DEP-1' is not a valid charger id: it must not be empty or have spaces around it",
    ),
    "a charger id that is too long": (
        lambda _: charger_id("x" * 49),
        InvalidIdentifier,
        "a charger id has 49 characters: use at most 48",
    ),
    "a charger id with a slash": (
        lambda _: charger_id("DEP/1"),
        InvalidIdentifier,
        "'DEP/1' is not a valid charger id: it must not contain '/' or ':'",
    ),
    "a charger id with a colon": (
        lambda _: charger_id("DEP:1"),
        InvalidIdentifier,
        "'DEP:1' is not a valid charger id: it must not contain '/' or ':'",
    ),
    "a charger id with a control character": (
        lambda _: charger_id("DEP\n1"),
        InvalidIdentifier,
        r"a charger id contains a character that cannot be shown: 'DEP\n1'",
    ),
    "a charger of such an id": (
        lambda _: Charger(1, "DEP 1 ", DEPOT.id),
        InvalidIdentifier,
        "'DEP 1 ' is not a valid charger id: it must not be empty or have spaces around it",
    ),
    "a text that is too long": (
        lambda _: text("x" * 501, "a street"),
        InvalidIdentifier,
        "a street has 501 characters: use at most 500",
    ),
    "a text longer than its own limit": (
        lambda _: text("x" * 11, "a postal code", 10),
        InvalidIdentifier,
        "a postal code has 11 characters: use at most 10",
    ),
    "a text of two lines": (
        lambda _: text("one\ntwo", "a street"),
        InvalidIdentifier,
        r"a street contains a character that cannot be shown: 'one\ntwo'",
    ),
    "a blank name": (lambda _: name("  ", "a site's name"), InvalidIdentifier, "a site's name is empty"),
    "a name of two lines": (
        lambda _: name("one\ntwo", "a site's name"),
        InvalidIdentifier,
        r"a site's name contains a character that cannot be shown: 'one\ntwo'",
    ),
    "a time zone of no place": (lambda _: zone("Mars/Olympus"), UnknownTimezone, zones("Mars/Olympus")),
    "a time zone that is a folder": (lambda _: zone("Europe"), UnknownTimezone, zones("Europe")),
    "a time zone that is a path": (lambda _: zone("../UTC"), UnknownTimezone, zones("../UTC")),
    "an empty time zone": (lambda _: zone(""), UnknownTimezone, zones("")),
    "a site in a time zone of no place": (
        lambda _: Site(1, "Base", timezone="Mars/Olympus"),
        UnknownTimezone,
        zones("Mars/Olympus"),
    ),
    "weekday 0": (lambda _: Hours(0, 0, 60), InvalidHours, "weekday 0 does not exist: use 1 (Monday) to 7 (Sunday)"),
    "weekday 8": (lambda _: Hours(8, 0, 60), InvalidHours, "weekday 8 does not exist: use 1 (Monday) to 7 (Sunday)"),
    "hours from before the day": (
        lambda _: Hours(1, -1, 60),
        InvalidHours,
        "hours are outside the day: use 00:00 to 24:00",
    ),
    "hours from the day's end": (
        lambda _: Hours(1, 1440, 60),
        InvalidHours,
        "hours are outside the day: use 00:00 to 24:00",
    ),
    "hours until before the day": (
        lambda _: Hours(1, 60, -1),
        InvalidHours,
        "hours are outside the day: use 00:00 to 24:00",
    ),
    "hours until after the day": (
        lambda _: Hours(1, 60, 1441),
        InvalidHours,
        "hours are outside the day: use 00:00 to 24:00",
    ),
    "hours of no length": (
        lambda _: Hours(1, 60, 60),
        InvalidHours,
        "hours begin and end at the same minute: for a whole day use 00:00 to 24:00",
    ),
    "a right's window without a time zone": (
        lambda _: Right(1, HERE, valid_from=NAIVE),
        InvalidWindow,
        "2026-06-03 09:00:00 is not in UTC: convert it to UTC",
    ),
    "a charger's block on a local clock": (
        lambda _: Charger(1, "A-1", 1, blocked_until=NOW.astimezone(timezone(timedelta(hours=3)))),
        InvalidWindow,
        "2026-06-03 12:00:00+03:00 is not in UTC: convert it to UTC",
    ),
    "a tag's window on a local clock": (
        lambda _: Tag(1, 1, "T", expires_at=NOW.astimezone(timezone(timedelta(hours=3)))),
        InvalidWindow,
        "2026-06-03 12:00:00+03:00 is not in UTC: convert it to UTC",
    ),
    "a right that ends when it begins": (
        lambda _: Right(1, HERE, NOW, NOW),
        InvalidWindow,
        "it ends 2026-06-03T09:00:00+00:00, which is not after its start 2026-06-03T09:00:00+00:00",
    ),
    "a tag that expires before it starts": (
        lambda _: Tag(1, 1, "T", NOW, YESTERDAY),
        InvalidWindow,
        "it ends 2026-06-02T09:00:00+00:00, which is not after its start 2026-06-03T09:00:00+00:00",
    ),
    "a site below none that is known": (lambda net: put_site(net, Site(70, "Lost", 99)), UnknownSite, "no site 99"),
    "a new site below itself": (lambda net: put_site(net, Site(99, "Lost", 99)), UnknownSite, "no site 99"),
    "a site below itself": (
        lambda net: put_site(net, replace(DEPOT, parent_id=DEPOT.id)),
        SiteCycle,
        "site 2 cannot lie below site 2: choose a parent that is not below it",
    ),
    "a site below one far below it": (
        lambda net: put_site(net, replace(COMPANY, parent_id=CIRCUIT_A.id)),
        SiteCycle,
        "site 1 cannot lie below site 4: choose a parent that is not below it",
    ),
    "a site too far below others": (
        lambda net: put_site(tower(net.fork()), Site(99, "Deep", 124)),
        SiteTooDeep,
        "site 99 cannot lie below site 124: a site tree has at most 25 levels",
    ),
    "removing no site": (lambda net: remove_site(net, 99), UnknownSite, "no site 99"),
    "removing a site with subsites": (
        lambda net: remove_site(net, COMPANY.id),
        StillReferenced,
        "site 1 cannot be removed: it has subsites; move or remove them first",
    ),
    "removing a site with chargers": (
        lambda net: remove_site(net, HUB.id),
        StillReferenced,
        "site 9 cannot be removed: it has chargers; move or remove them first",
    ),
    "removing a home site": (
        lambda net: remove_site(net, ATTIC.id),
        StillReferenced,
        "site 7 cannot be removed: it has drivers at home there; move or remove them first",
    ),
    "removing a site with a right on it": (
        lambda net: remove_site(net, YARD.id),
        StillReferenced,
        "site 5 cannot be removed: it has rights on it; move or remove them first",
    ),
    "removing a site with a right on it that has a window": (
        lambda net: remove_site(net, CELLAR.id),
        StillReferenced,
        "site 8 cannot be removed: it has rights on it; move or remove them first",
    ),
    "a charger at no site": (lambda net: put_charger(net, Charger(9, "NEW-1", 99)), UnknownSite, "no site 99"),
    "removing no charger": (lambda net: remove_charger(net, "NONE"), UnknownCharger, "no charger NONE"),
    "removing a charger of an access group": (
        lambda net: remove_charger(net, "CIR-2"),
        StillReferenced,
        "charger CIR-2 cannot be removed: it is in access groups; take it out of them first",
    ),
    "removing a charger with a right on it": (
        lambda net: remove_charger(net, "GF-1"),
        StillReferenced,
        "charger GF-1 cannot be removed: it has rights on it; revoke them first",
    ),
    "removing a charger with a right on it that has a window": (
        lambda net: remove_charger(net, HUB_1.charger_id),
        StillReferenced,
        "charger HUB-1 cannot be removed: it has rights on it; revoke them first",
    ),
    "an access group with no such charger": (
        lambda net: put_access_group(net, AccessGroup(1, "Visitors", frozenset({"DEP-1", "NONE"}))),
        UnknownCharger,
        "no charger NONE",
    ),
    "removing no access group": (lambda net: remove_access_group(net, 99), UnknownAccessGroup, "no access group 99"),
    "removing an access group with a right on it": (
        lambda net: remove_access_group(net, VISITORS.id),
        StillReferenced,
        "access group 1 cannot be removed: it has rights on it; revoke them first",
    ),
    "a driver at home at no site": (new_driver(home_site_id=99), UnknownSite, "no site 99"),
    "another driver's tag within a driver": (
        new_driver(tags=(Tag(1, ALICE.id, "NEW"),)),
        IdTaken,
        'tag "NEW" belongs to driver 1, not to driver 99',
    ),
    "a tag that another driver has, in another spelling": (
        new_driver(tags=(Tag(1, 99, "NEW"), Tag(2, 99, "aliCE"))),
        TagTaken,
        '"aliCE" is already a tag of driver 1',
    ),
    "one tag twice": (
        new_driver(tags=(Tag(1, 99, "NEW"), Tag(2, 99, "new"))),
        TagTaken,
        '"new" is already a tag of driver 99',
    ),
    "one tag twice, where the driver had it once": (
        lambda net: put_driver(net, replace(ALICE, tags=(*ALICE.tags, Tag(2, ALICE.id, "alice")))),
        TagTaken,
        '"alice" is already a tag of driver 1',
    ),
    "a right on no site": (
        new_driver(rights=(Right(1, Place(PlaceKind.SITE, 99)),)),
        UnknownSite,
        "no site 99",
    ),
    "a right on no charger": (
        new_driver(rights=(Right(1, HERE), Right(2, Place(PlaceKind.CHARGER, "NONE")))),
        UnknownCharger,
        "no charger NONE",
    ),
    "a right on no access group": (
        new_driver(rights=(Right(1, Place(PlaceKind.ACCESS_GROUP, 2)),)),
        UnknownAccessGroup,
        "no access group 2",
    ),
    "removing no driver": (lambda net: remove_driver(net, 99), UnknownDriver, "no driver 99"),
    "the drivers of no site": (lambda net: drivers_of_site(net, 99, NOW), UnknownSite, "no site 99"),
    "the drivers of sites of which two are none": (
        lambda net: drivers_of_sites(net, [99, GROUND_FLOOR.id, 98, 99], NOW),
        UnknownSite,
        "no site 99, 98",
    ),
    "the drivers of no charger": (lambda net: drivers_of_charger(net, "NONE", NOW), UnknownCharger, "no charger NONE"),
    "the chargers of no driver": (lambda net: chargers_of_driver(net, 99, NOW), UnknownDriver, "no driver 99"),
    "the sites of no driver": (lambda net: sites_of_driver(net, 99, NOW), UnknownDriver, "no driver 99"),
    "explaining no charger": (lambda net: explain(net, "ALICE", "NONE", NOW), UnknownCharger, "no charger NONE"),
    "explaining a driver at no charger": (
        lambda net: explain_driver(net, ALICE.id, "NONE", NOW),
        UnknownCharger,
        "no charger NONE",
    ),
    "explaining no driver": (lambda net: explain_driver(net, 99, "DEP-1", NOW), UnknownDriver, "no driver 99"),
}


@pytest.mark.parametrize(("attempt", "error", "message"), REFUSALS.values(), ids=REFUSALS.keys())
def test_it_is_refused_in_these_words_and_changes_nothing(
    attempt: Callable[[Network], object], error: type[DomainError], message: str
) -> None:
    refusing = network(WORLD)
    with pytest.raises(DomainError) as refusal:
        attempt(refusing)
    assert (type(refusal.value), str(refusal.value)) == (error, message)
    assert refusing == network(WORLD)


def finer(error: type[DomainError]) -> list[type[DomainError]]:
    """The core's errors right below that one; other layers may have theirs."""
    return [each for each in error.__subclasses__() if each.__module__ == errors.__name__]


def tree(error: type[DomainError]) -> Iterator[type[DomainError]]:
    yield error
    for each in finer(error):
        yield from tree(each)


def test_every_error_that_has_no_finer_one_is_among_these() -> None:
    assert {each for each in tree(DomainError) if not finer(each)} == {error for _, error, _ in REFUSALS.values()}


def test_the_tree_in_the_modules_docstring_names_every_error() -> None:
    drawn = (errors.__doc__ or "").split()
    assert [each.__name__ for each in tree(DomainError)] == [word for word in drawn if hasattr(errors, word)]


def test_what_was_not_found_is_named_one_by_one_for_doors_that_have_their_own_words() -> None:
    assert UnknownSite(iter([98, 99])).ids == (98, 99)
