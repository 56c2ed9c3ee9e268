"""The generated network that everything is measured on, and its network file.

One company is a tree of 100 sites 4 deep (company, garages, floors, circuits) with 1,000 chargers, 20 access
groups and 5,000 drivers of three rights each. Scale 1 is 20 companies: 2,000 sites, 20,000 chargers, 400
access groups, 100,000 drivers. Scale 10 is ten times as many companies, so that a site has as many drivers
there as here. Driver ids follow the order of joining, not the company, so a site's drivers are spread over
all ids.

`python -m bench.network FILE.json [--scale N]` writes the network file for `chargerights load`.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple

from chargerights.files.network_file import dump
from chargerights.rights.model import (
    AccessGroup,
    Charger,
    Connector,
    Driver,
    Hours,
    Location,
    Place,
    PlaceKind,
    Right,
    Site,
    SiteType,
    Tag,
)
from chargerights.rights.network import Network

COMPANIES, DRIVERS_PER_COMPANY, GROUPS_PER_COMPANY, CHARGERS_PER_GROUP, RIGHTS_PER_DRIVER = 20, 5_000, 20, 12, 3
AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
"""The instant that is asked about. No window has an edge between 2024 and 2097, so any near it will do."""
LONG_AGO, LATELY = datetime(2020, 1, 1, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC)
SOME_DAY, FAR_OFF = datetime(2097, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)

WINDOWS = ((LATELY, SOME_DAY), (LATELY, None), (None, SOME_DAY), (LONG_AGO, LATELY), (FAR_OFF, None))


class Level(NamedTuple):
    """Level of a company's tree.

    It has `sites` sites with `chargers` chargers each, and a share of the rights on sites.
    """

    type: SiteType
    name: str
    sites: int
    chargers: int
    share: float


LEVELS = (
    Level(SiteType.SUB_CPO, "Company", 1, 25, 0.0002),
    Level(SiteType.SITE, "Garage", 6, 35, 0.0098),
    Level(SiteType.SUB_SITE, "Floor", 23, 15, 0.07),
    Level(SiteType.CIRCUIT, "Circuit", 70, 6, 0.92),
)
SITES_PER_COMPANY = sum(level.sites for level in LEVELS)
PLACE_SHARES = ((PlaceKind.SITE, 0.70), (PlaceKind.CHARGER, 0.18), (PlaceKind.ACCESS_GROUP, 0.12))
ELSEWHERE = 0.1
"""The share of rights that lie in another company than the driver's own."""
CITIES = (("Utrecht", "NL", "Europe/Amsterdam"), ("Hamburg", "DE", "Europe/Berlin"), ("Turku", "FI", "Europe/Helsinki"))
WORKDAYS = tuple(Hours(weekday, 8 * 60, 18 * 60) for weekday in range(1, 6))


class Facts(NamedTuple):
    """The arguments of Network.build, and the twenty sites that are asked about."""

    sites: list[Site]
    chargers: list[Charger]
    access_groups: list[AccessGroup]
    drivers: list[Driver]
    asked: list[int]

    def network(self) -> Network:
        return Network.build(self.sites, self.chargers, self.access_groups, self.drivers)


def generate(scale: int = 1, seed: int = 7, with_drivers: bool = True) -> Facts:
    """Generates facts, which are always the same for the same scale and seed."""
    dice = random.Random(seed)
    companies = range(COMPANIES * scale)
    sites = [site for company in companies for site in _sites(company)]
    chargers = [charger for site in sites for charger in _chargers(site)]
    per_company = len(chargers) // len(companies)
    groups = [
        group
        for company in companies
        for group in _groups(dice, company, chargers[company * per_company : (company + 1) * per_company])
    ]
    drivers = list(_drivers(dice, len(companies), chargers)) if with_drivers else []
    return Facts(sites, chargers, groups, drivers, _asked(scale))


def _asked(scale: int) -> list[int]:
    """Ids of the sites asked about: floors and circuits in turn, and two garages.

    There is one of every company, or of every tenth at scale 10.
    """
    first = [0, *_first_sites()]
    level = [1 if turn % 10 == 5 else 2 if turn % 2 else 3 for turn in range(COMPANIES)]
    return [
        turn * scale * SITES_PER_COMPANY + first[level[turn]] + 1 + turn % LEVELS[level[turn]].sites
        for turn in range(COMPANIES)
    ]


def _first_sites() -> list[int]:
    """Positions at which the second, third … level begins among a company's sites."""
    firsts: list[int] = []
    for level in LEVELS[:-1]:
        firsts.append(level.sites + (firsts[-1] if firsts else 0))
    return firsts


def _sites(company: int) -> Iterator[Site]:
    city, country, timezone = CITIES[company % len(CITIES)]
    base = company * SITES_PER_COMPANY + 1
    first = 0
    above: Sequence[int] = ()
    for level in LEVELS:
        ids = range(base + first, base + first + level.sites)
        for turn, site_id in enumerate(ids):
            yield Site(
                id=site_id,
                name=f"{level.name} {site_id}",
                parent_id=above[turn % len(above)] if above else None,
                type=level.type,
                public_name=f"{city} {level.name.lower()} {turn + 1}",
                external_id=f"EXT-{site_id}",
                timezone=None if above else timezone,
                cost_id=f"CC-{company + 1}",
                cost_name=f"Cost centre {company + 1}",
                location=Location(52.0 + company / 1000, 5.0 + turn / 1000, "Laadstraat", str(turn + 1), None)
                if not above
                else Location(city=city, country=country),
            )
        above = ids
        first += level.sites


def _chargers(site: Site) -> Iterator[Charger]:
    level = next(each for each in LEVELS if each.type is site.type)
    company, number = divmod(site.id - 1, SITES_PER_COMPANY)
    city = CITIES[company % len(CITIES)][0]
    address = Location(52.0 + company / 1000, 5.0 + number / 1000, "Laadstraat", str(number), None, "3511 AA", city)
    for turn in range(level.chargers):
        serial = site.id * 100 + turn
        yield Charger(
            id=serial,
            charger_id=f"CR{serial:07}",
            site_id=site.id,
            name=f"Bay {turn + 1}",
            manufacturer="Voltwerk",
            model="Duo 22",
            serial_number=f"VW{serial:010}",
            firmware_version="4.2.1",
            evse_id=f"NLCHRE{serial:07}",
            split_evse_by_socket=True,
            capabilities=("RFID_READER", "REMOTE_START_STOP_CAPABLE"),
            physical_reference=f"{number}-{turn + 1}",
            meter_type="MID",
            location=address,
            connectors=_connectors(),
        )


@cache
def _connectors() -> tuple[Connector, ...]:
    return tuple(
        Connector(
            id=number,
            name=side,
            type="IEC_62196_T2",
            format="SOCKET",
            power_type="AC_3_PHASE",
            max_watts=22_080,
            max_voltage=230,
            max_amperage=32,
            phase_rotation="RST",
            device_evse_id=number,
            device_connector_id=1,
        )
        for number, side in ((1, "Left"), (2, "Right"))
    )


def _groups(dice: random.Random, company: int, chargers: Sequence[Charger]) -> Iterator[AccessGroup]:
    for turn in range(GROUPS_PER_COMPANY):
        members = frozenset(each.charger_id for each in dice.sample(chargers, CHARGERS_PER_GROUP))
        group_id = company * GROUPS_PER_COMPANY + turn + 1
        yield AccessGroup(group_id, f"Visitors {group_id}", members)


def _drivers(dice: random.Random, companies: int, chargers: Sequence[Charger]) -> Iterator[Driver]:
    pick = _Places(dice, companies, chargers)
    right_id = 0
    for driver_id in range(1, companies * DRIVERS_PER_COMPANY + 1):
        company = dice.randrange(companies)
        rights = []
        for place in pick.several(company):
            right_id += 1
            rights.append(_right(dice, right_id, place))
        tag = Tag(
            id=driver_id,
            driver_id=driver_id,
            id_tag=f"04{driver_id * 2654435761 % 2**40:010X}80",
            expires_at=LATELY if dice.random() < 0.01 else None,
            token_name=f"Card {driver_id}",
            blocked=dice.random() < 0.005,
        )
        yield Driver(
            id=driver_id,
            name=f"Driver {driver_id}",
            home_site_id=company * SITES_PER_COMPANY + 1 + dice.randrange(1 + LEVELS[1].sites),
            external_id=f"HR-{driver_id}",
            enabled=dice.random() >= 0.01,
            tags=(tag,),
            rights=tuple(rights),
        )


def _right(dice: random.Random, right_id: int, place: Place) -> Right:
    luck = dice.random()
    if luck < 0.93:
        return Right(right_id, place)
    if luck < 0.95:
        return Right(right_id, place, hours=WORKDAYS)
    start, end = dice.choice(
        ((LATELY, SOME_DAY), (LATELY, None), (None, SOME_DAY), (LONG_AGO, LATELY), (FAR_OFF, None))
    )
    return Right(right_id, place, start, end)


class _Places:
    """Draws the places of a driver's rights, with one value for equal places."""

    def __init__(self, dice: random.Random, companies: int, chargers: Sequence[Charger]) -> None:
        self._dice = dice
        self._companies = companies
        sites = companies * SITES_PER_COMPANY
        self._sites = [Place(PlaceKind.SITE, site_id) for site_id in range(1, sites + 1)]
        self._chargers = [Place(PlaceKind.CHARGER, each.charger_id) for each in chargers]
        groups = companies * GROUPS_PER_COMPANY
        self._groups = [Place(PlaceKind.ACCESS_GROUP, group_id) for group_id in range(1, groups + 1)]
        self._kinds = [kind for kind, share in PLACE_SHARES for _ in range(round(share * 100))]
        self._firsts = [0, *_first_sites()]
        self._levels = [index for index, level in enumerate(LEVELS) for _ in range(round(level.share * 10_000))]

    def several(self, company: int) -> list[Place]:
        """The places of one driver of the company, all different."""
        found: dict[Place, None] = {}
        while len(found) < RIGHTS_PER_DRIVER:
            away = self._dice.random() < ELSEWHERE
            found[self._one(self._dice.randrange(self._companies) if away else company)] = None
        return [*found]

    def _one(self, company: int) -> Place:
        kind = self._dice.choice(self._kinds)
        if kind is PlaceKind.SITE:
            level = self._dice.choice(self._levels)
            offset = self._firsts[level] + self._dice.randrange(LEVELS[level].sites)
            return self._sites[company * SITES_PER_COMPANY + offset]
        places = self._chargers if kind is PlaceKind.CHARGER else self._groups
        count = len(places) // self._companies
        return places[company * count + self._dice.randrange(count)]


def write_file(facts: Facts, path: Path) -> None:
    """The facts as a network file."""
    with path.open("wb") as target:
        target.writelines(dump(facts.network()))


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the generated network as a network file.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--scale", type=int, default=1)
    arguments = parser.parse_args()
    facts = generate(arguments.scale)
    write_file(facts, arguments.file)
    print(f"{arguments.file}: {len(facts.drivers):,} drivers; ask about {','.join(map(str, facts.asked))}")


if __name__ == "__main__":
    main()
