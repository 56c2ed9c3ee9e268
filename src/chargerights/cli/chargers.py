"""`chargerights charger …`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from cyclopts import App, Parameter, validators
from pydantic.alias_generators import to_camel
from rich.markup import escape
from rich.table import Table

from ..files.network_file.write import charger_members
from ..rights.errors import UnknownCharger
from ..rights.live import status_of
from ..rights.model import Charger
from ..rights.search_sites import chargers_at
from ..storage import networks, revisions
from ..storage.callers import HOST
from ..storage.changes import chargers as changes
from ..storage.charging import charger_passwords, charger_reports
from ..storage.charging.charger_reports import ReportKind
from ..storage.database import Database
from ..storage.journal import ChangeContext
from ..storage.rows import chargers
from .common import Common, CustomerId, id_or_name, instant, instant_text, now, print_json, print_table, stdout
from .sites import site_named

charger = App(name="charger")

COMMON = Common()


@charger.command(name="list")
def list_chargers(
    *,
    customer: CustomerId,
    site: Annotated[
        str | None, Parameter(help="Number or name of a site: only chargers at it and below it", validator=id_or_name)
    ] = None,
    common: Common = COMMON,
) -> None:
    """List chargers with their sites and states."""
    with common.open() as database:
        snapshot = database.read_now(networks.load, customer)
    network = snapshot.network
    below = None if site is None else set(network.subtree(site_named(network, site)))
    ids = [entry.charger_id for entry in chargers_at(network, below)]
    pairs = [(network.chargers[charger_id], snapshot.live.get(charger_id)) for charger_id in ids]
    if common.json:
        print_json([{**charger_members(charger), "status": status_of(state)} for charger, state in pairs])
        return
    table = Table("Charger", "Name", "Site", "State")
    for charger, state in pairs:
        states = [status_of(state)]
        if charger.blocked_until is not None and charger.is_blocked(now()):
            states.append(f"blocked until {instant_text(charger.blocked_until)}")
        place = f"{network.sites[charger.site_id].name} ({charger.site_id})"
        table.add_row(*map(escape, (charger.charger_id, charger.name or "", place, ", ".join(states))))
    print_table(table)


@charger.command(name="password")
def renew_password(charger_id: str, /, *, common: Common = COMMON) -> None:
    """Set a new password for a charger and show it once.

    The old password stops working at once.

    Parameters
    ----------
    charger_id
        The charger's id, which is also its user name.
    """
    with common.open() as database:
        password = database.write_now(charger_passwords.renew, charger_id, now())
    if common.json:
        print_json({"chargerId": charger_id, "password": password})
    else:
        stdout.print(f"Password of charger {charger_id}, shown only once:", markup=False)
        stdout.print(password, style="bold", markup=False)


@charger.command
def block(charger_id: str, /, *, until: str, common: Common = COMMON) -> None:
    """Block a charger until a given time. No one may charge there until then.

    Parameters
    ----------
    charger_id
        The charger's id.
    until
        When the block ends automatically, in ISO 8601.
    """
    end = instant(until, "--until")
    _change(charger_id, "charger.block", common, changes.block, end)


@charger.command
def unblock(charger_id: str, /, *, common: Common = COMMON) -> None:
    """End the block of a charger. Drivers may charge there as before.

    Parameters
    ----------
    charger_id
        The charger's id.
    """
    _change(charger_id, "charger.unblock", common, changes.unblock)


@charger.command(name="reports")
def list_reports(
    charger_id: str,
    /,
    *,
    kind: ReportKind | None = None,
    limit: Annotated[int, Parameter(validator=validators.Number(gte=1, lte=charger_reports.KEPT_PER_CHARGER))] = 20,
    common: Common = COMMON,
) -> None:
    """List reports of a charger on faults, updates and security, newest first.

    Parameters
    ----------
    charger_id
        The charger's id.
    kind
        Only reports of this kind
    limit
        Reports to list at most.
    """
    with common.open() as database:
        wanted = charger_reports.ReportFilter(charger_id, None if kind is None else (kind,))
        reports = database.read_now(charger_reports.find, _owner(database, charger_id), wanted, limit)
    if common.json:
        members = [{"id": number, **report._asdict()} for number, report in reports]
        print_json(
            [{to_camel(name): value for name, value in member.items() if name != "digest"} for member in members]
        )
        return
    for _, report in reports:
        state = {None: None, False: "began", True: "ended"}[report.ended]
        place = f"connector {report.connector_id}" if report.connector_id else None
        place = f"EVSE {report.evse_id}" if report.evse_id else place
        details = (report.code, state, place, report.vendor_error_code, report.info)
        line = "  ".join((f"{report.at:%Y-%m-%d %H:%M:%S}", report.kind, *filter(None, details)))
        stdout.print("".join(character if character.isprintable() else "?" for character in line), markup=False)


def _owner(database: Database, charger_id: str) -> int:
    """The owner of the charger. Raises UnknownCharger."""
    customer = database.read_now(chargers.owner, charger_id)
    if customer is None:
        raise UnknownCharger((charger_id,))
    return customer


def _change(charger_id: str, action: str, common: Common, work: Callable[..., Charger], *arguments: object) -> None:
    """Changes the charger for its owner, and prints the resulting block."""
    with common.open() as database:
        occasion = ChangeContext(now(), HOST, action)
        owner = _owner(database, charger_id)
        changed = database.write_now(revisions.make, owner, occasion, work, charger_id, *arguments)
    until = changed.blocked_until
    if common.json:
        print_json({"chargerId": charger_id, "blockedUntil": until})
    else:
        how = "not blocked" if until is None else f"blocked until {until:%Y-%m-%d %H:%M:%S} UTC"
        stdout.print(f"Charger {charger_id} is {how}.", markup=False)
