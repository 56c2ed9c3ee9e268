"""The cast: the people, places and instants that tests speak of, each with one meaning.

    Company (1)                     Office (6), in no time zone of its own: UTC
    ├── Depot (2), Europe/Helsinki      OFF-1
    │   │   DEP-1
    │   └── Ground floor (3)        Visitors (1), an access group: CIR-2, OFF-1
    │       │   GF-1
    │       └── Circuit A (4)
    │               CIR-1, CIR-2
    └── Yard (5), no charger yet

A driver's tag is their name in capitals. `RIVAL` is another customer's network, with Mallory in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from chargerights.rights.model import (
    AccessGroup,
    Charger,
    Connector,
    Driver,
    Hours,
    Place,
    PlaceKind,
    Right,
    Site,
    SiteType,
    Tag,
)
from chargerights.rights.network import Network
from tests.support.oracle import Facts

NOW = datetime(2026, 6, 3, 9, 0, tzinfo=UTC)
"""A Wednesday; noon at the Depot."""
YESTERDAY, TOMORROW = NOW - timedelta(days=1), NOW + timedelta(days=1)
AN_INSTANT = timedelta(microseconds=1)

COMPANY = Site(1, "Company", type=SiteType.SUB_CPO)
DEPOT = Site(2, "Depot", COMPANY.id, SiteType.SITE, timezone="Europe/Helsinki")
GROUND_FLOOR = Site(3, "Ground floor", DEPOT.id, SiteType.SUB_SITE)
CIRCUIT_A = Site(4, "Circuit A", GROUND_FLOOR.id, SiteType.CIRCUIT)
YARD = Site(5, "Yard", COMPANY.id, SiteType.SITE)
OFFICE = Site(6, "Office", type=SiteType.SITE)

DEP_1 = Charger(1, "DEP-1", DEPOT.id, "Gate", connectors=(Connector(1, "left"), Connector(2, "right")))
GF_1 = Charger(2, "GF-1", GROUND_FLOOR.id)
CIR_1 = Charger(3, "CIR-1", CIRCUIT_A.id)
CIR_2 = Charger(4, "CIR-2", CIRCUIT_A.id)
OFF_1 = Charger(5, "OFF-1", OFFICE.id)

VISITORS = AccessGroup(1, "Visitors", frozenset({CIR_2.charger_id, OFF_1.charger_id}))

WEEKDAYS_8_TO_17 = tuple(Hours(weekday, 8 * 60, 17 * 60) for weekday in range(1, 6))


@dataclass(frozen=True, slots=True)
class On:
    """What a right is granted on, and when it holds; `driver` makes the right of it."""

    what: Site | Charger | AccessGroup
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    hours: tuple[Hours, ...] = ()


def place(what: Site | Charger | AccessGroup) -> Place:
    match what:
        case Site():
            return Place(PlaceKind.SITE, what.id)
        case Charger():
            return Place(PlaceKind.CHARGER, what.charger_id)
        case AccessGroup():
            return Place(PlaceKind.ACCESS_GROUP, what.id)


def driver(
    driver_id: int,
    name: str,
    *rights: On,
    home: Site | None = None,
    enabled: bool = True,
    blocked: bool = False,
    starts_at: datetime | None = None,
    expires_at: datetime | None = None,
) -> Driver:
    """Makes a driver with those rights and one tag, the name in capitals. The last three are the tag's."""
    return Driver(
        driver_id,
        name,
        home.id if home else None,
        enabled=enabled,
        tags=(Tag(driver_id, driver_id, name.upper(), starts_at, expires_at, blocked=blocked),),
        rights=tuple(
            Right(driver_id * 10 + i, place(each.what), each.valid_from, each.valid_until, each.hours)
            for i, each in enumerate(rights)
        ),
    )


ALICE = driver(1, "Alice", On(DEPOT), home=DEPOT)
"""may charge at the Depot"""
BOB = driver(2, "Bob", On(COMPANY), home=COMPANY)
"""may charge at the Depot's parent, so at the Depot too"""
CAROL = driver(3, "Carol", On(DEPOT, valid_until=YESTERDAY), home=DEPOT)
"""might charge at the Depot until yesterday"""
DAN = driver(4, "Dan", home=DEPOT)
"""may charge nowhere, though the Depot is their home site"""
ERIN = driver(5, "Erin", On(DEPOT, hours=WEEKDAYS_8_TO_17), home=DEPOT)
"""may charge at the Depot on weekdays from 08:00 to 17:00, on its clock"""
FRANK = driver(6, "Frank", On(DEPOT), home=DEPOT, enabled=False)
"""is disabled"""
GRACE = driver(7, "Grace", On(DEPOT), home=DEPOT, blocked=True)
"""lost her card: it is blocked"""
HEIDI = driver(8, "Heidi", On(DEPOT), expires_at=YESTERDAY)
"""shows a card that expired yesterday"""
IVAN = driver(9, "Ivan", On(DEPOT), starts_at=TOMORROW)
"""shows a card that is good from tomorrow on"""
JUDY = driver(10, "Judy", On(VISITORS), home=OFFICE)
"""may charge where visitors may: at CIR-2 and OFF-1"""
NIAJ = driver(11, "Niaj", On(GF_1))
"""may charge at one charger, GF-1"""
OLIVIA = driver(12, "Olivia", On(YARD))
"""holds a right on the Yard, which has no charger yet"""
PEGGY = driver(13, "Peggy", On(DEPOT, valid_from=TOMORROW))
"""may charge at the Depot from tomorrow on"""

FACTS = Facts(
    (COMPANY, DEPOT, GROUND_FLOOR, CIRCUIT_A, YARD, OFFICE),
    (DEP_1, GF_1, CIR_1, CIR_2, OFF_1),
    (VISITORS,),
    (ALICE, BOB, CAROL, DAN, ERIN, FRANK, GRACE, HEIDI, IVAN, JUDY, NIAJ, OLIVIA, PEGGY),
)

RIVAL_GARAGE = Site(90, "Rival garage")
RIV_1 = Charger(90, "RIV-1", RIVAL_GARAGE.id)
MALLORY = driver(90, "Mallory", On(RIVAL_GARAGE), home=RIVAL_GARAGE)
"""is another customer's driver, and may charge at nothing of ours"""
RIVAL = Facts((RIVAL_GARAGE,), (RIV_1,), (), (MALLORY,))


def network(facts: Facts = FACTS) -> Network:
    """A network of those facts, its own each time, so that a test may change it."""
    return Network.build(*facts)
