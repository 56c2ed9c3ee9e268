"""`chargerights simulate`: simulated chargers as clients of any central system."""

from __future__ import annotations

import asyncio
import csv
import signal
import ssl
from collections import Counter
from contextlib import nullcontext, suppress
from itertools import cycle
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import urlsplit

from cyclopts import Parameter
from cyclopts.validators import Number
from rich.live import Live
from rich.markup import escape
from rich.table import Table

from .common import WrongQuestion, print_json, stderr, stdout

if TYPE_CHECKING:
    from ..simulator.fleet import Fleet
    from ..simulator.tally import Tally

VERSIONS = ("1.6", "2.0.1", "2.1")
DEFAULT_CHARGERS = 10
SHOWN_EVERY_S = 1.0


def simulate(
    *,
    url: Annotated[
        str, Parameter(help="Address of the central system, such as ws://host:port/ocpp, without the charger id")
    ],
    chargers: Annotated[
        int | None,
        Parameter(help="Number of chargers. Default: those of the file, or 10", validator=Number(gte=1)),
    ] = None,
    ids: Annotated[Path | None, Parameter(help="File with one charger id per line")] = None,
    prefix: Annotated[str, Parameter(help="Prefix of numbered ids, where no file lists them")] = "SIM-",
    protocol: Annotated[Literal["1.6", "2.0.1", "2.1", "mixed"], Parameter(help="OCPP version")] = "1.6",
    connectors: Annotated[int, Parameter(help="Connectors of each charger", validator=Number(gte=1))] = 1,
    password: Annotated[str | None, Parameter(help="Password of every charger, for HTTP Basic authentication")] = None,
    passwords: Annotated[Path | None, Parameter(help="CSV file with a charger id and a password per row")] = None,
    tags: Annotated[str, Parameter(help="Tags that drivers show: a,b,c or @FILE with one per line")] = "",
    arrivals_per_minute: Annotated[
        float, Parameter(help="Arriving drivers per minute, in the whole fleet", validator=Number(gte=0))
    ] = 6.0,
    session_seconds: Annotated[float, Parameter(help="Average length of a session", validator=Number(gt=0))] = 600.0,
    meter_seconds: Annotated[int, Parameter(help="Time between meter values", validator=Number(gte=0))] = 60,
    outages_per_hour: Annotated[
        float, Parameter(help="Lost connections per hour, in the whole fleet", validator=Number(gte=0))
    ] = 0.0,
    outage_seconds: Annotated[float, Parameter(help="Average length of an outage", validator=Number(gt=0))] = 60.0,
    connects_per_second: Annotated[
        float, Parameter(help="New connections per second at the start", validator=Number(gt=0))
    ] = 100.0,
    seed: Annotated[int | None, Parameter(help="Seed of all random choices")] = None,
    duration: Annotated[
        float | None, Parameter(help="Seconds to run. Default: until Ctrl-C", validator=Number(gt=0))
    ] = None,
    json: Annotated[bool, Parameter(help="Print JSON", negative="")] = False,
) -> int:
    """Simulate chargers that connect to any central system.

    Runs until Ctrl-C. The exit status is 1 when no charger was accepted.
    """
    import uvloop  # here, as OCPP below: together they take half a second, and no other command needs them

    from ..simulator.fleet import ChargerSpec, Fleet, Plan

    address = urlsplit(url)
    if address.scheme not in ("ws", "wss") or not address.hostname:
        raise WrongQuestion(f"--url is {url!r}: write the central system's address, like ws://127.0.0.1:8080/ocpp")
    versions = VERSIONS if protocol == "mixed" else (protocol,)
    known = None if passwords is None else _passwords(passwords)
    listed = _ids(chargers, ids, None if known is None else list(known), prefix)
    given = [(known or {}).get(charger_id, password) for charger_id in listed]
    fleet = Fleet(
        url,
        [ChargerSpec(*spec) for spec in zip(listed, cycle(versions), given, strict=False)],
        Plan(_listed(tags), arrivals_per_minute, session_seconds, outages_per_hour, outage_seconds),
        connectors=connectors,
        seed=seed,
        configuration={"MeterValueSampleInterval": meter_seconds},
        tls=ssl.create_default_context() if address.scheme == "wss" else None,
        connects_per_second=connects_per_second,
    )
    began = monotonic()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        summary = runner.run(_run(fleet, duration, live=not json and stdout.is_terminal))
    if json:
        print_json({"chargers": len(fleet.chargers), "seconds": round(monotonic() - began, 1), **summary})
    else:
        stdout.print(_table(fleet.tally, len(fleet.chargers), summary["accepted"]))
    return 0 if fleet.tally.boots["Accepted"] else 1


async def _run(fleet: Fleet, duration: float | None, live: bool) -> dict[str, Any]:
    """Runs until the time is over or a signal comes. Returns the counts.

    They include the messages at the end, but `connected` and `accepted` are counted before it.
    """
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, over.set)
    ends_at = None if duration is None else loop.time() + duration
    try:
        async with fleet:
            with Live(console=stdout, transient=True, auto_refresh=False) if live else nullcontext() as screen:
                while not (over.is_set() or fleet.fault) and (ends_at is None or loop.time() < ends_at):
                    if screen is not None:
                        screen.update(_table(fleet.tally, len(fleet.chargers), fleet.tally.accepted), refresh=True)
                    left = SHOWN_EVERY_S if ends_at is None else min(SHOWN_EVERY_S, ends_at - loop.time())
                    with suppress(TimeoutError):
                        async with asyncio.timeout(left):
                            await over.wait()
            connected, accepted = fleet.tally.connected, fleet.tally.accepted
            if live:
                stderr.print("ending the sessions …")
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
    return {**fleet.tally.summary(), "connected": connected, "accepted": accepted}


def _ids(count: int | None, file: Path | None, known: list[str] | None, prefix: str) -> list[str]:
    """Ids from the files, as many as requested, or numbered ids."""
    listed = _lines(file) if file is not None else known
    if listed is None:
        return [f"{prefix}{number}" for number in range(1, (count or DEFAULT_CHARGERS) + 1)]
    if len(listed) < (count or 1):
        raise WrongQuestion(f"{count or 1} chargers are asked for, and the file lists {len(listed)}")
    return listed[:count]


def _passwords(file: Path) -> dict[str, str]:
    by_charger = {}
    for number, row in enumerate(csv.reader(_lines(file)), start=1):
        if len(row) != 2:
            raise WrongQuestion(f"{file}: row {number} has {len(row)} columns; each needs a charger id and a password")
        by_charger[row[0].strip()] = row[1].strip()
    return by_charger


def _listed(tags: str) -> list[str]:
    items = _lines(Path(tags[1:])) if tags.startswith("@") else tags.split(",")
    return [item.strip() for item in items if item.strip()]


def _lines(file: Path) -> list[str]:
    try:
        return [line.strip() for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    except OSError as error:
        raise WrongQuestion(f"{file} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise WrongQuestion(f"{file} is not UTF-8 text") from error


def _table(tally: Tally, chargers: int, accepted: int) -> Table:
    latency = tally.latency(0.5), tally.latency(0.99)
    rows = {
        "chargers accepted": f"{accepted} of {chargers}",
        "links": f"{tally.connects} made, {tally.drops} lost",
        "handshakes refused": _counts(tally.handshakes_refused),
        "cards accepted": _counts(tally.cards_accepted, "by the {}"),
        "cards refused": _counts(tally.cards_refused),
        "sessions": f"{tally.charging} running, {tally.started} begun, {tally.ended} ended",
        "starts refused": _counts(tally.starts_refused),
        "messages": f"{tally.sent.total()} sent, {tally.resent} resent, {tally.given_up} given up",
        "commands": _counts(tally.commands),
        "errors": _counts(tally.errors),
        "Authorize answered": "" if latency[0] is None else f"{latency[0]} ms, 99 % within {latency[1]} ms",
    }
    table = Table.grid(padding=(0, 2))
    for name, value in rows.items():
        if value:
            table.add_row(name, escape(value))
    return table


def _counts(counts: Counter[str], wording: str = "{}") -> str:
    return ", ".join(f"{count} {wording.format(name)}" for name, count in counts.most_common())
