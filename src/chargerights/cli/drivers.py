"""`chargerights driver …`: a directory of drivers, and their personal data."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Annotated

from cyclopts import App, Parameter
from cyclopts.validators import Number
from rich.markup import escape
from rich.table import Table

from ..files.network_file.write import driver_members
from ..rights import search_drivers
from ..rights.errors import UnknownDriver
from ..rights.explain import hours_text, place_name
from ..rights.model import Driver
from ..rights.network import Network
from ..rights.search_sites import same_text
from ..storage import networks, personal, revisions
from ..storage.callers import HOST
from ..storage.journal import ERASURE, ChangeContext
from .common import (
    Common,
    CustomerId,
    Id,
    WrongQuestion,
    id_or_name,
    instant_text,
    is_number,
    now,
    number_of,
    print_json,
    print_table,
    stderr,
    stdout,
)

driver = App(name="driver")

COMMON = Common()


@driver.command(name="list")
def list_drivers(
    *,
    customer: CustomerId,
    search: Annotated[str | None, Parameter(help="Part of a name, external id or tag")] = None,
    limit: Annotated[int, Parameter(help="Drivers to list at most", validator=Number(gte=1))] = 100,
    common: Common = COMMON,
) -> None:
    """List drivers in the order of their names."""
    with common.open() as database:
        network = database.read_now(networks.load, customer).network
    ids = search_drivers.find(network, search_drivers.DriverQuery(search=search))
    drivers = search_drivers.page(network, ids, "name", False, 0, limit)
    if common.json:
        print_json([driver_members(driver) for driver in drivers])
    else:
        table = Table("Id", "Driver", "Home site", "Tags", "Rights", "State")
        table.columns[4].justify = "right"
        for driver in drivers:
            tags = ", ".join(tag.id_tag for tag in driver.tags)
            table.add_row(
                str(driver.id),
                *map(escape, (driver.name, _home(network, driver), tags)),
                str(len(driver.rights)),
                _state(driver),
            )
        print_table(table)
    if len(ids) > limit:
        stderr.print(f"{len(ids) - limit} more: narrow the list with --search, or raise --limit")


@driver.command(name="show")
def show_driver(
    driver: Annotated[str, Parameter(validator=id_or_name)], /, *, customer: CustomerId, common: Common = COMMON
) -> None:
    """Show a driver with tags and rights.

    Parameters
    ----------
    driver
        Number or name of the driver.
    """
    with common.open() as database:
        network = database.read_now(networks.load, customer).network
    shown = _named(network, driver)
    if common.json:
        print_json(driver_members(shown))
        return
    lines = [f"Driver {shown.id}, {shown.name}: {_state(shown)}"]
    if shown.home_site_id is not None:
        lines.append(f"Home site: {_home(network, shown)}")
    lines.append("Tags:" if shown.tags else "No tags")
    for tag in shown.tags:
        limits = _listed("blocked" if tag.blocked else "", tag.starts_at, tag.expires_at)
        lines.append("  ".join(filter(None, ("", tag.id_tag, tag.token_name, limits))))
    lines.append("Rights:" if shown.rights else "No rights")
    for right in shown.rights:
        hours = f"{hours_text(right.hours)} local time" if right.hours else ""
        lines.append(f"  {_listed(place_name(network, right.place), right.valid_from, right.valid_until, hours)}")
    for line in lines:
        stdout.print(line, markup=False)


@driver.command(name="export")
def export_driver(driver_id: Id, /, *, customer: CustomerId, common: Common = COMMON) -> None:
    """Write everything that is stored about a driver as JSON.

    That is: their data, all changes of it, and records of chargers.

    Parameters
    ----------
    driver_id
        Number of the driver.
    """
    with common.open() as database:
        known = database.read_now(personal.known_about, customer, driver_id)

    from ..api.v2 import personal_data  # here, as it takes long to import

    sys.stdout.write(personal_data.shape_of(driver_id, known).to_json() + "\n")


@driver.command(name="erase")
def erase_driver(
    driver_id: Id,
    /,
    *,
    customer: CustomerId,
    yes: Annotated[bool, Parameter(help="Erase. Without this option nothing is erased", negative="")] = False,
    common: Common = COMMON,
) -> None:
    """Erase a driver with tags and rights, for good.

    No stored record names them afterwards.

    Parameters
    ----------
    driver_id
        Number of the driver.
    """
    with common.open() as database:
        known = database.read_now(personal.known_about, customer, driver_id)
        if not yes:
            who = known.driver.name if known.driver is not None else f"driver {driver_id} (already removed)"
            raise WrongQuestion(f"nothing was erased: add --yes to erase {who} for good")
        occasion = ChangeContext(now(), HOST, ERASURE)
        database.write_now(revisions.make, customer, occasion, personal.erase, driver_id)
    if common.json:
        print_json({"clientId": customer, "driverId": driver_id, "erased": True})
    else:
        stdout.print(f"Driver {driver_id} of customer {customer} is erased.")


def _named(network: Network, word: str) -> Driver:
    """The driver that has this number or name. Raises UnknownDriver, WrongQuestion."""
    if not is_number(word):
        drivers = network.drivers.values()
        number = number_of("driver", word, [driver.id for driver in drivers if same_text(word, driver.name)])
        return network.drivers[number]
    if int(word) not in network.drivers:
        raise UnknownDriver((int(word),))
    return network.drivers[int(word)]


def _home(network: Network, driver: Driver) -> str:
    home = driver.home_site_id
    return "" if home is None else f"{network.sites[home].name} ({home})"


def _state(driver: Driver) -> str:
    return "enabled" if driver.enabled else "disabled"


def _listed(first: str, start: datetime | None, end: datetime | None, last: str = "") -> str:
    """The given texts and the window between them, with commas."""
    since = f"from {instant_text(start)}" if start is not None else ""
    until = f"until {instant_text(end)}" if end is not None else ""
    return ", ".join(filter(None, (first, since, until, last)))
