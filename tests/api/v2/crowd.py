"""The cast and a crowd beside it: more than a page of everything that v2 lists."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection

from chargerights.gateway.handshake.rejections import RejectedHandshake
from chargerights.rights.local_list import ListedTag
from chargerights.rights.model import AccessGroup, Charger, Driver, ExternalId, Place, PlaceKind, Right, Site, Tag
from chargerights.storage import imports
from chargerights.storage.charging import charger_batches, charger_reports, local_lists
from chargerights.storage.charging.authorizations import Authorization
from chargerights.storage.charging.charger_batches import Batch
from chargerights.storage.charging.charger_reports import ChargerReport, ReportKind
from chargerights.storage.charging.local_lists import KeptList
from chargerights.storage.charging.session_notices import MeterReading, SessionNotice
from chargerights.storage.imports import Attempt, ImportRequest
from tests.api.client import Api, our_world
from tests.api.v2.people import person
from tests.support.oracle import Facts
from tests.support.world import FACTS, NOW, OFFICE, TOMORROW

MANY, SOME = 60, 12
AT_OFFICE = Place(PlaceKind.SITE, OFFICE.id)


def bay(number: int) -> str:
    return f"BAY-{number:02}"


def walker(number: int) -> Driver:
    """One of the crowd; four are called alike, a third is disabled, and all may charge at the Office until tomorrow."""
    driver_id = 200 + number
    tags = tuple(
        Tag(2_000 + 2 * number + n, driver_id, f"Card {at}", expires_at=TOMORROW, token_name=f"Label {at}")
        for n, at in enumerate((f"{number:02} 0", f"{number:02} 1"))
    )
    rights = (
        Right(3_000 + 2 * number, AT_OFFICE, valid_until=TOMORROW),
        Right(3_001 + 2 * number, Place(PlaceKind.CHARGER, bay(number % SOME))),
    )
    return Driver(
        driver_id,
        f"Walker {number // 4:02}",
        OFFICE.id,
        external_id=f"W-{number:02}",
        company_id=7,
        enabled=bool(number % 3),
        external_ids=(ExternalId("fleet", f"F-{number:02}"),),
        tags=tags,
        rights=rights,
    )


CROWD = Facts(
    (
        *FACTS.sites,
        *(Site(100 + n, f"Bay {n // 2:02}", OFFICE.id) for n in range(SOME)),
        *(Site(120 + n, f"Plot {n:02}", OFFICE.id) for n in range(SOME)),
    ),
    (
        *FACTS.chargers,
        *(Charger(100 + n, bay(n), 100 + n, f"Post {n // 2}") for n in range(SOME)),
        *(Charger(120 + n, f"NEW-{n:02}", OFFICE.id) for n in range(SOME)),
    ),
    (*FACTS.access_groups, *(AccessGroup(20 + n, f"Group {n // 2}", frozenset({bay(n)})) for n in range(SOME))),
    (*FACTS.drivers, *map(walker, range(MANY))),
)


async def crowded(url: str) -> Api:
    """The crowd behind the API, with records of what its chargers did."""
    api = our_world(url, CROWD)
    await api.change(record, api.us.id)
    for number in range(10):
        refusal = RejectedHandshake("OFF-1", NOW + timedelta(seconds=number // 2), 401, f"Wrong password {number}")
        api.app.state.shared.chargers._refusals.note(refusal, is_known=True)
    for number in range(SOME):
        await person(api)
        hook = {"url": f"https://hooks.example/{number}"}
        assert (await api.post("/v2/webhooks", hook)).status_code == 201
        assert (await api.ask("PATCH", "/v2/drivers/1", json={"companyId": number})).status_code == 200
    return api


def record(connection: Connection, customer_id: int) -> None:
    """What chargers asked and reported, sessions, meter values, a local list, and imports."""
    for number in range(SOME):
        imports.add(connection, Attempt(customer_id, 9_000 + number, "x"), ImportRequest(1, "add", True, None), NOW)
    times = [NOW + timedelta(minutes=n // 2) for n in range(SOME)]
    readings = tuple(MeterReading(at, [{"value": str(n)}]) for n, at in enumerate(times))
    says = {"site_id": OFFICE.id, "id_tag": "Card 01 0", "tag_key": "CARD 01 0", "driver_id": 201}
    notices = tuple(
        SessionNotice("OFF-1", at, str(n), str(n), None, {**says, "started_at": at}, readings if not n else ())
        for n, at in enumerate(times)
    )
    stops = tuple(
        SessionNotice("BAY-00", at, f"lost {n}", says={"stopped_at": at, "stop_id_tag": "Card 02 0", "site_id": 100})
        for n, at in enumerate(times)
    )
    asked = tuple(
        Authorization(at, "OFF-1", 1, None, "Card 01 0", "CARD 01 0", "Authorize", "Accepted", "rightStands", 201,
                      3_002, "site", "6")
        for at in times
    )  # fmt: skip
    charger_batches.write(connection, customer_id, "node", Batch(1, NOW, messages=(*asked, *notices, *stops)))
    faults = [ChargerReport(at, "OFF-1", ReportKind.FAULT, "StatusNotification", "OtherError") for at in times]
    charger_reports.add(connection, customer_id, faults, NOW)
    tags = {f"CARD {n:02} 0": ListedTag(f"Card {n:02} 0", 200 + n, None) for n in range(SOME)}
    kept = KeptList("OFF-1", 7, wanted=SOME, reason=None, tags=tags, updated_at=NOW)
    local_lists.put(connection, customer_id, [kept])
