"""`chargerights who`, `check` and `explain`: the server's answers in a terminal.

The exit status is 0 for yes, 1 for no, and 2 for a wrong question, such as an unknown site or charger.
"""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Annotated

from cyclopts import Parameter
from rich.markup import escape
from rich.table import Table
from sqlalchemy import Connection

from ..replica import as_of
from ..replica.images import NetworkSnapshot
from ..rights import explain as core
from ..rights.decide import Cause, Decision, RightStatus, decide
from ..rights.errors import UnknownCharger
from ..rights.hints import hint
from ..rights.listing import drivers_of_sites
from ..storage.networks import Snapshot
from ..storage.rows import chargers
from .common import Common, CustomerId, id_or_name, instant, int64, is_number, now, print_table, stdout
from .sites import site_named

COMMON = Common()
At = Annotated[str | None, Parameter(help="When, in ISO 8601. Default: now")]
CustomerOfCharger = Annotated[
    int | None, Parameter(help="Number of the customer. Default: the owner of the charger", validator=int64)
]


def who(
    sites: Annotated[list[str], Parameter(negative="", validator=id_or_name)],
    /,
    *,
    customer: CustomerId,
    at: At = None,
    common: Common = COMMON,
) -> int:
    """List the drivers that may charge at sites.

    Parameters
    ----------
    sites
        Numbers or names of the sites.
    """
    instant_asked = instant(at, "--at") if at is not None else now()
    with common.open() as database:
        snapshot = database.read_now(as_of.as_of, customer, instant_asked, now())
    network = snapshot.network
    site_ids = [int(word) if is_number(word) else site_named(network, word) for word in sites]
    listings = drivers_of_sites(network, site_ids, instant_asked)
    if common.json:
        from ..api.v1.fragments import Fragments
        from ..api.v1.json_stream import JsonStreamer

        image = NetworkSnapshot.of(customer, snapshot)
        for chunk in JsonStreamer(image, Fragments(), instant_asked).site_drivers(listings, brief=True):
            sys.stdout.write(chunk.decode())
        sys.stdout.write("\n")
    else:
        for site_id, listing in listings.items():
            site = network.sites[site_id]
            table = Table(
                "Id", "Driver", "Home site", "Tags", title=f"{escape(site.name)} ({site_id})", title_justify="left"
            )
            for driver_id in listing.drivers:
                driver = network.drivers[driver_id]
                home = network.sites[driver.home_site_id].name if driver.home_site_id is not None else ""
                tags = ", ".join(tag.id_tag for tag in driver.tags)
                table.add_row(str(driver_id), *map(escape, (driver.name, home, tags)))
            if table.row_count:
                print_table(table)
            else:
                stdout.print(f"{site.name} ({site_id}): no one may charge there.", markup=False)
    return 0 if any(listing.drivers for listing in listings.values()) else 1


def check(
    tag: str, charger: str, /, *, at: At = None, customer: CustomerOfCharger = None, common: Common = COMMON
) -> int:
    """Check whether a tag may charge at a charger.

    Parameters
    ----------
    tag
        Tag that the driver shows.
    charger
        Id of the charger.
    """
    instant_asked = instant(at, "--at") if at is not None else now()
    snapshot = _snapshot_for(common, charger, customer, instant_asked)
    decision = decide(snapshot.network, tag, charger, instant_asked)
    if common.json:
        from ..api.v2 import decisions

        answer = decisions.decided(snapshot.network, decision, snapshot.revision, _hint(snapshot, tag, decision))
        sys.stdout.write(answer.to_json() + "\n")
    else:
        stdout.print(_verdict(decision))
    return 0 if decision.allowed else 1


def explain(
    tag: str, charger: str, /, *, at: At = None, customer: CustomerOfCharger = None, common: Common = COMMON
) -> int:
    """Explain why a tag may or may not charge at a charger.

    Parameters
    ----------
    tag
        Tag that the driver shows.
    charger
        Id of the charger.
    """
    instant_asked = instant(at, "--at") if at is not None else now()
    snapshot = _snapshot_for(common, charger, customer, instant_asked)
    explanation = core.explain(snapshot.network, tag, charger, instant_asked)
    hinted = _hint(snapshot, tag, explanation.decision)
    if common.json:
        from ..api.v2 import decisions

        answer = decisions.explained(snapshot.network, explanation, snapshot.revision, hinted=hinted)
        sys.stdout.write(answer.to_json() + "\n")
    else:
        stdout.print(_verdict(explanation.decision))
        stdout.print(explanation.sentence, markup=False)
        if hinted is not None:
            stdout.print(hinted, markup=False)
        for verdict in explanation.verdicts:
            sign = "[green]✓[/]" if verdict.standing is RightStatus.STANDS else "[red]✗[/]"
            stdout.print(sign, f"right on {escape(core.place_name(snapshot.network, verdict.right.place))}", end="")
            stdout.print(f": {core.why_not(verdict) or 'stands'}", markup=False)
    return 0 if explanation.decision.allowed else 1


def _verdict(decision: Decision) -> str:
    colour = "green" if decision.allowed else "red"
    return f"[bold {colour}]{'yes' if decision.allowed else 'no'}[/] {decision.reason}"


def _hint(found: Snapshot, tag: str, decision: Decision) -> str | None:
    """A known tag that may be the same card as an unknown one."""
    return hint(found.network, tag, lambda driver: True) if decision.cause is Cause.TAG_UNKNOWN else None


def _snapshot_for(common: Common, charger_id: str, customer_id: int | None, at: datetime) -> Snapshot:
    """The network of the customer or of the charger's owner at that instant."""

    def load(connection: Connection) -> Snapshot:
        owner = chargers.owner(connection, charger_id) if customer_id is None else customer_id
        if owner is None:
            raise UnknownCharger((charger_id,))
        return as_of.as_of(connection, owner, at, now())

    with common.open() as database:
        snapshot = database.read_now(load)
    if charger_id not in snapshot.network.chargers:
        raise UnknownCharger((charger_id,))
    return snapshot
