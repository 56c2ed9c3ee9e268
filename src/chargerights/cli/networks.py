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
            found, number = load_network(database, customer, parse(read_input(file)), callers.HOST)
    except InvalidNetworkFile as refused:
        _list_errors(refused.errors, common.json)
        return 2
    counts = {
        "sites": len(found.sites),
        "chargers": len(found.chargers),
        "accessGroups": len(found.access_groups),
        "drivers": len(found.drivers),
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
            revision.reserve(max((each.id for each in entries or ()), default=0))
        found = facts(file, known, revision.next_id, at)
        taken = chargers.taken(connection, (each.charger_id for each in found.chargers))
        if taken:
            raise charger_taken_error(file, taken)
        begin(len(found.sites) + len(found.chargers) + len(found.access_groups) + len(found.drivers))
        networks.store(revision, found.sites, found.chargers, found.access_groups, found.drivers, stored)
        return found, revision.number


def _list_errors(errors: list[str], as_json: bool) -> None:
    if as_json:
        print_json({"errors": errors})
        return
    for each in errors[:ERRORS_SHOWN]:
        complain(each)
    more = f" ({len(errors) - ERRORS_SHOWN} more are not shown; --json lists all)" if len(errors) > ERRORS_SHOWN else ""
    complain(f"Nothing was loaded: the file has {len(errors)} error{'s' if len(errors) > 1 else ''}{more}.")
