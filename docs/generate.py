"""Writes the parts of the documents that come from the code, and checks that links lead somewhere.

    python docs/generate.py            writes them
    python docs/generate.py --check    changes nothing; fails when one is out of date or a link is dead

A part stands in a Markdown file between `<!-- NAME: generated -->` and `<!-- NAME: end -->`; a function marked
`@part("NAME")` returns its text. A whole file is returned by a function marked `@whole("docs/FILE")`. To add one,
write the function at the end of this file and put the markers where the text belongs.
"""

from __future__ import annotations

import inspect
import json
import re
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, get_origin

from cyclopts import App

from chargerights import cli, metrics, settings
from chargerights.api.openapi import build, pages, reference
from chargerights.api.openapi.swagger2 import swagger2
from chargerights.app import create_app
from chargerights.files.network_file import published
from chargerights.gateway.authorization import authorization
from chargerights.gateway.ocpp.statuses import STATUS_2X, STATUS_16
from chargerights.rights import events
from chargerights.rights.commands import COMMANDS, TABLES, Action, Command
from chargerights.rights.decide import Cause, Reason, RightStatus
from chargerights.rights.events import EventType
from chargerights.rights.explain import explain
from chargerights.rights.listing import drivers_of_site
from chargerights.rights.model import AccessGroup, Charger, Driver, Hours, Place, PlaceKind, Right, Site, Tag
from chargerights.rights.network import Network
from chargerights.rights.permissions import Permission
from chargerights.storage.charging import charger_reports, statuses
from chargerights.storage.charging.charger_reports import ChargerReport, ReportKind
from chargerights.storage.charging.statuses import Status
from chargerights.storage.database import Database
from chargerights.storage.events import Event
from chargerights.webhooks import messages
from chargerights.webhooks.delivery import RetryPace

ROOT = Path(__file__).resolve().parent.parent
Text = Callable[[], str]
E = TypeVar("E", bound=StrEnum)

PARTS: dict[str, Text] = {}
WHOLE: dict[str, Text] = {}


def part(name: str) -> Callable[[Text], Text]:
    return lambda function: PARTS.setdefault(name, function)


def whole(path: str) -> Callable[[Text], Text]:
    return lambda function: WHOLE.setdefault(path, function)


def table(heads: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """A Markdown table; `|` and line breaks in a cell are made harmless."""
    heads = list(heads)
    lines = [heads, ["---"] * len(heads), *rows]
    cells = [[str(cell).replace("|", "\\|").replace("\n", " ") for cell in line] for line in lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)


def main(arguments: list[str]) -> int:
    if arguments not in ([], ["--check"]):
        print(__doc__, file=sys.stderr)
        return 2
    complaints = []
    for path, text in documents():
        if not path.exists() or path.read_text() != text:
            if arguments:
                complaints.append(f"{path.relative_to(ROOT)} is out of date: run `make docs`")
            else:
                path.write_text(text)
                print(f"wrote {path.relative_to(ROOT)}")
        complaints += dead_links(path, text)
    print(*complaints, sep="\n", end="\n" if complaints else "", file=sys.stderr)
    return 1 if complaints else 0


def documents() -> Iterator[tuple[Path, str]]:
    """Every document and what it must hold."""
    placed: set[str] = set()
    for path in [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]:
        if str(path.relative_to(ROOT)) not in WHOLE:
            yield path, filled(path, placed)
    for name, text in WHOLE.items():
        yield ROOT / name, text().rstrip() + "\n"
    if PARTS.keys() - placed:
        raise SystemExit(f"no document has a place for: {', '.join(sorted(PARTS.keys() - placed))}")


def filled(path: Path, placed: set[str]) -> str:
    def fill(found: re.Match[str]) -> str:
        name = found[2]
        if name not in PARTS:
            raise SystemExit(f"{path.relative_to(ROOT)} asks for the part {name!r}: docs/generate.py has none")
        placed.add(name)
        return f"{found[1]}\n\n{PARTS[name]().strip()}\n\n{found[3]}"

    text = path.read_text()
    done, count = re.subn(r"(?ms)^(<!-- (\S+): generated -->)\n(?:.*?\n)??(<!-- \2: end -->)$", fill, text)
    if count != len(re.findall(r"(?m)^<!-- \S+: generated -->", text)):
        raise SystemExit(f"{path.relative_to(ROOT)} opens a generated part that it does not end")
    return done


def dead_links(path: Path, text: str) -> Iterator[str]:
    """Links to files that are not there or headings that they do not have."""
    if path.suffix != ".md":
        return
    for target in re.findall(r"\]\(([^)\s]+)\)", without_code(text)):
        name, _, anchor = target.partition("#")
        if ":" in name:
            continue
        file = path.parent / name if name else path
        if not file.exists():
            yield f"{path.relative_to(ROOT)} links to {target}, which does not exist"
        elif anchor and file.suffix == ".md" and anchor not in anchors(text if file == path else file.read_text()):
            yield f"{path.relative_to(ROOT)} links to {target}: there is no such heading"


def anchors(text: str) -> set[str]:
    headings = re.findall(r"(?m)^#+ +(.+)$", without_code(text, inline=False))
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}


def without_code(text: str, inline: bool = True) -> str:
    text = re.sub(r"(?ms)^ *```.*?^ *```", "", text)
    return re.sub(r"`[^`\n]*`", "", text) if inline else text


# -- the parts ------------------------------------------------------------------------------------

CAUSES = {
    Cause.CHARGER_UNKNOWN: "the customer has no such charger",
    Cause.TAG_UNKNOWN: "the customer has no such tag",
    Cause.TAG_BLOCKED: "the tag is blocked",
    Cause.DRIVER_DISABLED: "the driver is disabled",
    Cause.TAG_NOT_STARTED: "the tag's window has not begun",
    Cause.TAG_EXPIRED: "the tag's window has ended",
    Cause.NO_RIGHT_HERE: "no right of the driver reaches the charger",
    Cause.NO_RIGHT_NOW: "a right reaches the charger, but its window or weekly hours do not include this instant",
    Cause.CHARGER_BLOCKED: "a right reaches the charger and is valid now, but an operator has blocked the charger",
    Cause.RIGHT_STANDS: "a right reaches the charger and is valid now, and the charger is not blocked",
    Cause.NOT_FREE_TO_USE: "no tag was shown, and the charger is not free to use",
    Cause.FREE_TO_USE: "no tag was shown, and the charger is free to use and not blocked",
}

STANDINGS = {
    RightStatus.STANDS: "it reaches the charger and is valid now: the answer is yes",
    RightStatus.ELSEWHERE: "it does not reach the charger",
    RightStatus.NOT_YET: "it reaches the charger; its window has not begun",
    RightStatus.ENDED: "it reaches the charger; its window has ended",
    RightStatus.OUTSIDE_HOURS: "it reaches the charger; its weekly hours do not include this instant",
}

EVENTS = {
    EventType.RIGHT_GRANTED: "a right was granted, by hand, by a program or with a new driver",
    EventType.RIGHT_CHANGED: "the window or the weekly hours of a right were changed",
    EventType.RIGHT_REVOKED: "a right was revoked, or its driver removed",
    EventType.RIGHT_BEGAN: "the window of a right has begun",
    EventType.RIGHT_ENDED: "the window of a right has ended",
    EventType.TAG_ADDED: "a tag was added",
    EventType.TAG_CHANGED: "the window, the label or the invoicing of a tag was changed",
    EventType.TAG_REMOVED: "a tag was removed, or its driver",
    EventType.TAG_BLOCKED: "a tag was blocked",
    EventType.TAG_UNBLOCKED: "a tag was unblocked",
    EventType.TAG_BEGAN: "the start date of a tag has come",
    EventType.TAG_EXPIRED: "the expiry date of a tag has come",
    EventType.DRIVER_ADDED: "a driver was added",
    EventType.DRIVER_CHANGED: "the name, home site, payer, company or an external id of a driver was changed",
    EventType.DRIVER_ENABLED: "a driver was enabled",
    EventType.DRIVER_DISABLED: "a driver was disabled: they may charge nowhere, whatever rights they hold",
    EventType.DRIVER_REMOVED: "a driver was removed, after their rights and tags",
    EventType.CHARGER_STATUS: "a charger connected or disconnected, or its status word or that of a connector changed",
    EventType.CHARGER_FAULT: "a charger reported an error of its own or of a connector, or that it has ended",
    EventType.CHARGER_ALERT: "a charger reported an alert of a monitored component, or that it has ended (OCPP 2.x)",
    EventType.CHARGER_FIRMWARE: "a charger reported a step of a firmware update",
    EventType.CHARGER_DIAGNOSTICS: "a charger reported a step of an upload of diagnostics or logs",
    EventType.CHARGER_SECURITY: "a charger reported a security event",
    EventType.NETWORK_LOADED: "a file was loaded, which emits no further events: reload the network",
}

PERMISSIONS = {
    Permission.READ_SITES: "see sites",
    Permission.WRITE_SITES: "add, change and remove sites",
    Permission.READ_CHARGERS: "see chargers and access groups",
    Permission.WRITE_CHARGERS: "add, change and remove chargers and access groups",
    Permission.READ_DRIVERS: "see drivers and their rights",
    Permission.WRITE_DRIVERS: "add, change and remove drivers, grant and revoke rights",
    Permission.READ_TAGS: "see tags",
    Permission.WRITE_TAGS: "add, change, block and remove tags",
    Permission.OPERATE_CHARGERS: "start and stop charging, disconnect, block chargers",
    Permission.READ_AUDIT_LOGS: "read the audit log",
    Permission.GLOBAL_ADMIN: "all of these, and operators and everybody's keys",
}

OF_EVERY_COMMAND = ("--database", "--json")


def complete(words: dict[E, str], enumeration: type[E]) -> None:
    if missing := set(enumeration) - words.keys():
        raise SystemExit(f"docs/generate.py has no words for {', '.join(sorted(missing))}")


@part("causes")
def causes() -> str:
    complete(CAUSES, Cause)
    rows = [(words, f"`{cause}`", f"`{cause.reason}`") for cause, words in CAUSES.items()]
    return table(["condition", "cause", "reason"], rows)


@part("standings")
def standings() -> str:
    complete(STANDINGS, RightStatus)
    return table(["standing of a right", "meaning"], [(f"`{key}`", words) for key, words in STANDINGS.items()])


@part("permissions")
def permissions() -> str:
    complete(PERMISSIONS, Permission)
    rows = [(f"`{each}`", words, "yes" if each.reads else "no") for each, words in PERMISSIONS.items()]
    return table(["permission", "lets", "also with a read-only key"], rows)


def example() -> Network:
    """The network of docs/concepts.md: a company with a garage and a depot, and four drivers."""
    company, garage, depot = (Place(PlaceKind.SITE, site_id) for site_id in (1, 2, 3))
    visitors = Place(PlaceKind.ACCESS_GROUP, 9)
    morning = Hours(weekday=3, start=6 * 60, end=12 * 60)
    march = datetime(2026, 3, 1, tzinfo=UTC)

    def driver(driver_id: int, name: str, id_tag: str, right: Right) -> Driver:
        return Driver(driver_id, name, tags=(Tag(driver_id, driver_id, id_tag),), rights=(right,))

    return Network.build(
        [
            Site(1, "Company", timezone="Europe/Helsinki"),
            Site(2, "Garage", parent_id=1),
            Site(3, "Depot", parent_id=1),
        ],
        [Charger(1, "GAR-1", site_id=2), Charger(2, "DEP-1", site_id=3)],
        [AccessGroup(9, "Visitors", frozenset({"DEP-1"}))],
        [
            driver(11, "Alice", "04A1", Right(1, company)),
            driver(12, "Bob", "04B2", Right(2, depot, hours=(morning,))),
            driver(13, "Carol", "04C3", Right(3, garage, valid_until=march)),
            driver(14, "Dan", "04D4", Right(4, visitors)),
        ],
    )


@part("worked-example")
def worked_example() -> str:
    network, at = example(), datetime(2026, 3, 4, 12, tzinfo=UTC)
    lists, checks = [], []
    for site in network.sites.values():
        names = [network.drivers[driver_id].name for driver_id in drivers_of_site(network, site.id, at).drivers]
        lists.append((site.name, ", ".join(names) or "no one"))
    for driver in network.drivers.values():
        for charger_id in network.chargers:
            found = explain(network, driver.tags[0].id_tag, charger_id, at)
            checks.append(
                (f"`{driver.tags[0].id_tag}`", f"`{charger_id}`", f"`{found.decision.reason}`", found.sentence)
            )
    return "\n\n".join(
        [
            f"Who may charge at these sites on {at:%A %-d %B %Y} at {at:%H:%M} UTC?",
            table(["site", "listed drivers"], lists),
            "May this tag charge at this charger at that instant?",
            table(["tag", "charger", "reason", "in a sentence"], checks),
        ]
    )


@part("settings")
def settings_table() -> str:
    rows = [
        (f"`{settings.PREFIX}{name.upper()}`", f"{field.description}", f"`{field.default}`")
        for name, field in settings.Settings.model_fields.items()
    ]
    return table(["variable", "meaning", "default"], rows)


@part("metrics")
def metrics_table() -> str:
    rows = [
        (f"`{name}`", help_text, kind, ", ".join(f"`{label}`" for label in labels))
        for name, help_text, kind, labels in metrics.described()
    ]
    return table(["metric", "meaning", "kind", "by"], rows)


@cache
def openapi() -> dict[str, Any]:
    return build.document(create_app(Database("sqlite:///never-opened.db")))


@whole(str(pages.FOLDER.relative_to(ROOT) / pages.OPENAPI))
def openapi_document() -> str:
    return build.text(openapi())


@whole(str(pages.FOLDER.relative_to(ROOT) / pages.SWAGGER))
def swagger_document() -> str:
    return build.text(swagger2(openapi()))


@part("charger-commands")
def charger_commands() -> str:
    """The tables of commands, with the members of each body as the OpenAPI document has them."""
    document = openapi()

    def members(action: Action, row: Command) -> str:
        operation = document["paths"][f"/v2/chargers/{{chargerId}}/{row.path}"]["get" if row.only_asks else "post"]
        if "requestBody" not in operation:
            queries = [each["name"] for each in operation["parameters"] if each["in"] == "query"]
            return ", ".join(f"`{name}`" for name in queries if name != "dryRun")
        reference = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
        shape = document["components"]["schemas"][reference.rpartition("/")[2]]
        lacking = {
            name: [v for v, rows in TABLES.items() if name in rows[action].lacks] for name in shape["properties"]
        }
        return ", ".join(
            f"`{name}`" + (f" (not in {' and '.join(versions)})" if versions else "")
            for name, versions in lacking.items()
        )

    rows = [
        (
            f"`{'GET' if row.only_asks else 'POST'} /{row.path}`",
            members(action, row),
            f"`{row.permission}`",
            *(", ".join(rows[action].messages) if action in rows else "none" for rows in TABLES.values()),
        )
        for action, row in COMMANDS.items()
    ]
    return table(["command", "members", "permission", *(f"OCPP {version}" for version in TABLES)], rows)


@part("commands")
def commands() -> str:
    return "\n\n".join(command(path, app) for path, app in walk(cli.app, ("chargerights",)))


def walk(app: App, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], App]]:
    """Every command that does something, with the words that call it."""
    if app.default_command is not None:
        yield path, app
    for name in app.resolved_commands():
        if not name.startswith("-"):
            yield from walk(app[name], (*path, name))


def command(path: tuple[str, ...], app: App) -> str:
    """A command's usage, what it does, and what it takes beside the options of every command."""
    usage, rows = list(path), []
    for each in app.assemble_argument_collection(parse_docstring=True):
        if not each.show or each.name in OF_EVERY_COMMAND:
            continue
        option = each.name.startswith("--")
        name = each.name if option else each.name.upper()
        call = f"{name} …" if option and each.hint is not bool else name
        call = f"{call}…" if not option and get_origin(each.hint) is list else call
        usage.append(call if each.required else f"[{call}]")
        default = each.field_info.default
        shown = f"`{default}`" if not each.required and default not in (None, "", False) else ""
        rows.append((f"`{name}`", (each.parameter.help or "").removesuffix("."), shown))
    does, _, _ = inspect.cleandoc(app.help).partition("\n\nParameters")
    text = f"### {' '.join(path[1:])}\n\n    {' '.join(usage)}\n\n{' '.join(does.split())}"
    return f"{text}\n\n{table(['', 'meaning', 'default'], rows)}" if rows else text


@part("charger-words")
def charger_words() -> str:
    """By cause, the words that chargers are told."""
    complete(CAUSES, Cause)
    causes: list[tuple[str, str, Reason]] = [(words, cause, cause.reason) for cause, words in CAUSES.items()]
    causes += [(words, name, reason) for name, (reason, words) in authorization.MEANINGS.items()]
    rows = [(words, f"`{name}`", f"`{STATUS_2X[reason]}`", f"`{STATUS_16[reason]}`") for words, name, reason in causes]
    return table(["condition", "cause", "OCPP 2.x", "OCPP 1.6"], rows)


@part("operations")
def operations() -> str:
    return reference.operations()


@part("objects")
def objects() -> str:
    return reference.objects()


@part("management")
def management() -> str:
    return reference.management(openapi())


@part("events")
def event_types() -> str:
    complete(EVENTS, EventType)
    return table(["type", "when"], [(f"`{each}`", EVENTS[each]) for each in EventType])


@part("event-examples")
def event_examples() -> str:
    at, march = datetime(2026, 3, 1, 6, tzinfo=UTC), datetime(2026, 3, 31, 22, tzinfo=UTC)
    right = Right(2044, Place(PlaceKind.SITE, 7), at, march)
    status = Status(True, "Available", ((1, "Charging"), (2, "Available")))
    fault = ChargerReport(
        at, "HKI-PIER-01", ReportKind.FAULT, "StatusNotification", "GroundFailure", ended=False, connector_id=2,
        vendor_id="com.maker", vendor_error_code="E7", reported_at=at,
    )  # fmt: skip
    drafts = [
        events.right(EventType.RIGHT_BEGAN, 42, right),
        events.tag(EventType.TAG_BLOCKED, Tag(501, 42, "04A2", blocked=True)),
        *events.of_driver(Driver(42, "Alice"), Driver(42, "Alice", enabled=False)),
        statuses.event("HKI-PIER-01", status),
        charger_reports.event(3301, fault),
    ]
    found = [
        Event(
            1207 + number,
            at,
            draft.type,
            draft.payload_at(events.EventCursor(at)),
            310 + number if number in (1, 2) else None,
        )
        for number, draft in enumerate(drafts)
    ]
    return "\n\n".join(f"```json\n{json.dumps(messages.members(each))}\n```" for each in found)


@part("event-retries")
def event_retries() -> str:
    pace, waits = RetryPace(), []
    while not waits or waits[-1] < pace.longest_retry:
        waits.append(min(pace.first_retry * 2 ** len(waits), pace.longest_retry))
    shown = ", ".join(f"{wait:g} s" if wait < 120 else f"{round(wait / 60)} min" for wait in waits)
    hourly = f"every {round(pace.longest_retry / 60)} minutes from then on"
    return f"{shown}, and {hourly}; each a fifth more or less, by chance."


@part("members")
def members() -> str:
    return published.members_tables()


@whole("docs/network-file.schema.json")
def network_file_schema() -> str:
    return published.schema_text()


@part("layers")
def layers() -> str:
    """The direction of imports, as the contract in pyproject.toml has it."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (rows,) = (contract["layers"] for contract in contracts if contract["type"] == "layers")
    names = [row.replace("chargerights.", "") for row in rows]
    return f"`{' → '.join(f'({name})' if '|' in name else name for name in names)}`"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
