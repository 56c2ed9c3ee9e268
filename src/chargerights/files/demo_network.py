"""The demo network: a housing company, an office campus and a van depot.

It is a network file's content and always the same for the same day. Windows are relative to the day it is made for,
so that a contractor's three weeks are always over and a tenant has always yet to move in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any, NamedTuple

from .demo_plan import BUILDINGS, FIRST_NAMES, LAST_NAMES, MODELS, SITES, SitePlan

DEMO_DAY = date(2026, 6, 3)

Entry = dict[str, Any]


class Story(NamedTuple):
    """An example to try with `chargerights explain TAG CHARGER`."""

    id_tag: str
    charger_id: str
    expect: str


STORIES = (
    Story("04A1B2C3D4E580", "HKI-P1A-03", "Yes: Aino Laaksonen's own parking bay."),
    Story("04A1B2C3D4E580", "HKI-P1A-04", "No: the bay beside it is a neighbour's."),
    Story(
        "04C0FFEE12AB80", "VNT-DC2-01", "Yes: Kaisa Rautio maintains everything, by one right at the top of the tree."
    ),
    Story(
        "NL-APP-OKAFOR",
        "ESP-VIS-02",
        "Yes Mo–Fr 08:00–17:00 in Helsinki, else no: Emeka Okafor is a visitor.",
    ),
    Story(
        "04BB10204C5D80", "ESP-G1-05", "Yes: Mehmet Yıldız renovates the garage for three weeks; this is the second."
    ),
    Story("04BB10204C5E80", "ESP-G1-05", "No: Siobhán Kelleher's three weeks as a contractor are over."),
    Story("NL-APP-PRIYA", "HKI-P2A-10", "No, not yet: Priya Raghunathan moves in in four weeks."),
    Story("04DEADBEEF0180", "HKI-P1B-07", "No: Lauri Heikkinen lost this card, it is blocked…"),
    Story("NL-APP-LAURI", "HKI-P1B-07", "…but yes with the app on the telephone."),
    Story("0455AA1177C280", "ESP-G2-08", "No: Nguyễn Thị Mai's card expired last month. Her new one works."),
    Story("04E1F2A3B4C580", "ESP-G2-01", "No: Oskar Lindqvist left the company and is disabled."),
    Story("KXR-407", "VNT-DC1-03", "Yes: van 7 shows its number plate; its right on the depot holds the DC hall."),
    Story("VID:A0B1C2D3E4F5", "ESP-POOL-02", "Yes: a pool car that identifies itself when it is plugged in."),
    Story(
        "NL-APP-NIGHT", "HKI-YARD-01", "Yes from 18:00 to 08:00, else no: Juho Tervo parks in the courtyard at night."
    ),
    Story("04000000000080", "HKI-YARD-01", "No: this card is unknown."),
)


def demo_network(day: date = DEMO_DAY) -> Entry:
    """Returns the network as a file's top-level object, made for that day."""
    random = Random(20260603)  # noqa: S311 names, not secrets
    chargers = [charger for site in SITES for charger in _chargers(site, random)]
    return {
        "sites": [_site(site) for site in SITES],
        "chargers": chargers,
        "accessGroups": [
            {"id": 1, "name": "Visitors", "chargerIds": _ids_at(chargers, 220)},
            {"id": 2, "name": "Guests of Merituuli", "chargerIds": _ids_at(chargers, 130)},
            {"id": 3, "name": "Fast charging for partners", "chargerIds": [*_ids_at(chargers, 322), "ESP-VIS-01"]},
        ],
        "drivers": [*_cast(day), *_Crowd(random, day, chargers).drivers()],
    }


def _site(plan: SitePlan) -> Entry:
    above = {"parentId": plan.parent_id} if plan.parent_id is not None else {}
    return {"id": plan.id, "name": plan.name, **above, "type": plan.type, **plan.members}


def _chargers(site: SitePlan, random: Random) -> Iterable[Entry]:
    for number in range(1, site.chargers + 1):
        address = dict(BUILDINGS[site.id // 100 * 100])
        address["latitude"] = round(address["latitude"] + random.uniform(-0.0006, 0.0006), 6)
        address["longitude"] = round(address["longitude"] + random.uniform(-0.0012, 0.0012), 6)
        yield {
            "chargerId": f"{site.prefix}-{number:02}",
            "siteId": site.id,
            "name": f"{site.name}, {number}",
            **MODELS[site.model],
            "serialNumber": f"{random.randrange(16**8):08X}",
            "evseId": f"FI*NLC*E{site.id}{number:02}",
            "physicalReference": f"{site.prefix.partition('-')[2]}{number:02}",
            "locationInfo": address,
        }


def _ids_at(chargers: Iterable[Entry], *site_ids: int) -> list[str]:
    return [charger["chargerId"] for charger in chargers if charger["siteId"] in site_ids]


def _instant(day: date, days: int) -> str:
    return datetime.combine(day + timedelta(days=days), time(), UTC).isoformat()


def _hours(weekdays: Iterable[int], start: str, end: str) -> list[Entry]:
    return [{"weekday": weekday, "from": start, "until": end} for weekday in weekdays]


OFFICE_HOURS = _hours(range(1, 6), "08:00", "17:00")
NIGHTS = _hours(range(1, 8), "18:00", "08:00")


def _cast(day: date) -> Iterable[Entry]:
    """Yields the drivers of the stories."""

    def driver(number: int, name: str, home: int, tags: Sequence[Entry], right: Entry, **members: Any) -> Entry:
        return {"id": number, "name": name, "homeSiteId": home, "tags": tags, "rights": [right], **members}

    def card(uid: str, **members: Any) -> Entry:
        return {"idTag": uid, "tokenName": "RFID card", **members}

    def app(name: str) -> Entry:
        return {"idTag": f"NL-APP-{name}", "tokenName": "App"}

    three_weeks = timedelta(weeks=3).days
    over = {"validFrom": _instant(day, -9 - three_weeks), "validUntil": _instant(day, -9)}
    running = {"validFrom": _instant(day, -9), "validUntil": _instant(day, three_weeks - 9)}
    yield driver(1001, "Aino Laaksonen", 111, [card("04A1B2C3D4E580")], {"chargerId": "HKI-P1A-03"}, payerId=9001)
    yield driver(1002, "Kaisa Rautio", 1, [card("04C0FFEE12AB80")], {"siteId": 1})
    yield driver(1003, "Emeka Okafor", 220, [app("OKAFOR")], {"accessGroupId": 1, "hours": OFFICE_HOURS})
    yield driver(1004, "Mehmet Yıldız", 210, [card("04BB10204C5D80")], {"siteId": 210, **running})
    yield driver(1005, "Siobhán Kelleher", 210, [card("04BB10204C5E80")], {"siteId": 210, **over})
    moves_in = {"chargerId": "HKI-P2A-10", "validFrom": _instant(day, 28)}
    yield driver(1006, "Priya Raghunathan", 121, [app("PRIYA")], moves_in)
    lost = card("04DEADBEEF0180", blocked=True)
    yield driver(1007, "Lauri Heikkinen", 112, [lost, app("LAURI")], {"chargerId": "HKI-P1B-07"})
    old, new = card("0455AA1177C280", expiringDate=_instant(day, -30)), card("0455AA1177C380")
    yield driver(1008, "Nguyễn Thị Mai", 212, [old, new], {"siteId": 212}, externalIds=[_employee(1008)])
    yield driver(1009, "Oskar Lindqvist", 210, [card("04E1F2A3B4C580")], {"siteId": 210}, enabled=False)
    plate = {"idTag": "KXR-407", "tokenName": "Number plate"}
    yield driver(1010, "Van 7", 310, [plate], {"siteId": 300}, externalId="VAN-07")
    plugged_in = {"idTag": "VID:A0B1C2D3E4F5", "tokenName": "Autocharge"}
    yield driver(1011, "Pool car KLU-118", 230, [plugged_in], {"siteId": 230}, externalId="POOL-01")
    yield driver(1012, "Juho Tervo", 130, [app("NIGHT")], {"accessGroupId": 2, "hours": NIGHTS})
    yield driver(1013, "Anneli Saari", 400, [card("04AB12CD34EF80")], {"siteId": 400}, externalId="HARBOUR-1")
    yield driver(1014, "Tuomas Wirén", 420, [card("04AB12CD34F080")], {"chargerId": "HKI-BOAT-02"})


def _employee(number: int) -> Entry:
    return {"referenceId": "HR", "externalId": f"E{number:05}", "effectiveFrom": "2025-01-01T00:00:00Z"}


class _Crowd:
    """All other drivers, drawn from a seeded random generator: the same each time."""

    def __init__(self, random: Random, day: date, chargers: Sequence[Entry]) -> None:
        self.random, self.day = random, day
        self.bays = _ids_at(chargers, 111, 112, 121)
        names = [f"{first} {last}" for first in FIRST_NAMES.split() for last in LAST_NAMES.split()]
        self.names = iter(random.sample(names, 400))
        self.plates = iter(
            random.sample([f"{letters}-{n}" for letters in ("BMR", "KXS", "LTV") for n in range(101, 999)], 60)
        )

    def drivers(self) -> Iterable[Entry]:
        kinds = (
            *[self._resident] * 118,
            *[self._employee] * 100,
            *[self._visitor] * 16,
            *[self._van] * 30,
            *[self._depot_worker] * 20,
            *[self._technician] * 4,
        )
        for index, kind in enumerate(kinds):
            entry = kind(1101 + index, index)
            if index % 47 == 46:
                entry["enabled"] = False
            if index % 31 == 30:
                entry["tags"][0]["blocked"] = True
            if index % 23 == 22:
                entry["tags"][0]["expiringDate"] = _instant(self.day, -self.random.randint(1, 200))
            yield entry

    def _person(self, number: int, home: int, *rights: Entry, **members: Any) -> Entry:
        tags = [self._card()]
        if number % 3 == 0:
            tags.append({"idTag": f"NL-APP-{self.random.randrange(36**7):07X}", "tokenName": "App"})
        return {"id": number, "name": next(self.names), "homeSiteId": home, "tags": tags, "rights": rights, **members}

    def _resident(self, number: int, index: int) -> Entry:
        bay = self.bays[index % len(self.bays)]
        rights: list[Entry] = [{"chargerId": bay}]
        if index % 6 == 0:
            rights.append({"accessGroupId": 2, "hours": NIGHTS})
        if index % 20 == 19:
            rights[0]["validUntil"] = _instant(self.day, 60)  # gives up the flat
        return self._person(number, 120 if bay.startswith("HKI-P2") else 110, *rights, payerId=9000 + number)

    def _employee(self, number: int, index: int) -> Entry:
        rights: list[Entry] = [{"siteId": (210, 210, 211, 212)[index % 4]}]
        if index % 10 == 0:
            rights.append({"siteId": 230, "hours": OFFICE_HOURS})
        return self._person(number, 200, *rights, externalId=f"KC-{number}", externalIds=[_employee(number)])

    def _visitor(self, number: int, index: int) -> Entry:
        right = {"accessGroupId": 1, "validUntil": _instant(self.day, 10 + index % 80), "hours": OFFICE_HOURS}
        return self._person(number, 220, right)

    def _van(self, number: int, index: int) -> Entry:
        plate = next(self.plates)
        tags = [{"idTag": plate, "tokenName": "Number plate"}, self._fob()]
        rights = [{"siteId": (311, 312)[index % 2]}, {"siteId": 320, "hours": _hours(range(1, 8), "04:00", "22:00")}]
        return {"id": number, "name": f"Van {plate}", "homeSiteId": 310, "tags": tags, "rights": rights}

    def _depot_worker(self, number: int, index: int) -> Entry:
        return self._person(number, 330, {"siteId": 330}, *([{"siteId": 320}] if index % 5 == 0 else []))

    def _technician(self, number: int, index: int) -> Entry:
        return self._person(number, 1, {"siteId": (1, 100, 200, 300)[index % 4]}, {"accessGroupId": 3})

    def _card(self) -> Entry:
        """Returns the UID of an ISO 14443 card, seven bytes.

        NXP's begin with 04.
        """
        return {"idTag": f"04{self.random.randrange(16**10):010X}80", "tokenName": "RFID card"}

    def _fob(self) -> Entry:
        """Returns the UID of a key fob, four bytes."""
        return {"idTag": f"{self.random.randrange(16**8):08X}", "tokenName": "Key fob"}
