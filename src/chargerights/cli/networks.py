"""`chargerights load` and `dump`: the network of a customer as one file."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from sqlalchemy import Connection

from ..files.network_file import Facts, InvalidNetworkFile, NetworkFile, charger_taken_error, facts, parse
from ..files.network_file import dump as dump_network
from ..storage import callers, networks
from ..storage.database import Database
from ..storage.journal import Actor
from ..storage.revisions import revise
from ..storage.rows import chargers
from .common import Bar, Common, CustomerId, complain, now, print_json, read_input, stdout, written_whole

ERRORS_SHOWN = 200
COMMON = Common()


def load(
    file: Annotated[str, Parameter(allow_leading_hyphen=True)],
    /,
    *,
    customer: CustomerId,
    common: Common = COMMON,
) -> int:
    """Load a network file, all or nothing. Every error is listed.

    Parameters
    ----------
    file
        The network file (docs/network-file.md), or `-` for standard input.
    """
    try:
        with common.open() as database:
            added, number = load_network(database, customer, parse(read_input(file)), callers.HOST)
    except InvalidNetworkFile as refused:
        _list_errors(refused.errors, common.json)
        return 2
    counts = {
        "sites": len(added.sites),
        "chargers": len(added.chargers),
        "accessGroups": len(added.access_groups),
        "drivers": len(added.drivers),
    }
    if common.json:
        print_json({**counts, "revision": number})
    else:
        loaded = ", ".join(f"{count} {name}" for name, count in counts.items())
        stdout.print(f"Loaded {loaded}; revision {number}.")
    return 0


def dump(
    *,
    customer: CustomerId,
    output: Annotated[Path | None, Parameter(help="File to write. Default: standard output")] = None,
    common: Common = COMMON,
) -> None:
    """Write a customer's network as a network file."""
    with common.open() as database:
        network = database.read_now(networks.load, customer).network
    if output is None:
        for chunk in dump_network(network):
            sys.stdout.buffer.write(chunk)
        sys.stdout.buffer.flush()
        return
    with written_whole(output) as target:
        target.writelines(dump_network(network))
    if common.json:
        print_json({"output": str(output)})


def load_network(database: Database, customer_id: int, file: NetworkFile, actor: Actor) -> tuple[Facts, int]:
    """Loads the file for the customer in one transaction, with a progress bar.

    Returns the loaded facts and the revision. Raises InvalidNetworkFile.
    """
    with Bar() as bar:
        bar.begin("checking", 0)

        def work(connection: Connection) -> tuple[Facts, int]:
            return load_file(
                connection, customer_id, file, actor, lambda total: bar.begin("storing", total), bar.advance
            )

        return database.write_now(work)


def load_file(
    connection: Connection,
    customer_id: int,
    file: NetworkFile,
    actor: Actor,
    begin: Callable[[int], None] = lambda total: None,
    stored: Callable[[int], None] = lambda count: None,
) -> tuple[Facts, int]:
    """Loads the file for the customer in the open transaction.

    Calls `begin` with the number of entities to store, and `stored` with the number that was stored since the last
    call. Raises InvalidNetworkFile.
    """
    at = now()
    with revise(connection, customer_id, at=at, actor=actor, action="network.load") as revision:
        known = networks.load(connection, customer_id).network
        for entries in (file.sites, file.access_groups, file.drivers):
            revision.reserve(max((it.id for it in entries or ()), default=0))
        added = facts(file, known, revision.next_id, at)
        taken = chargers.taken(connection, (it.charger_id for it in added.chargers))
        if taken:
            raise charger_taken_error(file, taken)
        begin(len(added.sites) + len(added.chargers) + len(added.access_groups) + len(added.drivers))
        networks.store(revision, added.sites, added.chargers, added.access_groups, added.drivers, stored)
        return added, revision.number


def _list_errors(errors: list[str], as_json: bool) -> None:
    if as_json:
        print_json({"errors": errors})
        return
    for error in errors[:ERRORS_SHOWN]:
        complain(error)
    more = f" ({len(errors) - ERRORS_SHOWN} more are not shown; --json lists all)" if len(errors) > ERRORS_SHOWN else ""
    complain(f"Nothing was loaded: the file has {len(errors)} error{'s' if len(errors) > 1 else ''}{more}.")
