"""Parts of every command: the database, output, instants and files."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import orjson
from cyclopts import Parameter
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from .. import settings
from ..rights.decide import EARLIEST, LATEST
from ..rights.identifiers import INT64_MAX, is_int64
from ..storage.database import Database
from ..storage.migration import migrate

stdout = Console(highlight=False, soft_wrap=True)
WIDE = 10_000
stderr = Console(stderr=True, highlight=False, soft_wrap=True)


class WrongQuestion(Exception):
    """A command that is used wrongly. The text says what would be right."""


@Parameter(name="*")
@dataclass(frozen=True)
class Common:
    """Options of every command."""

    database: Annotated[str | None, Parameter(help="Database URL. Default: CHARGERIGHTS_DATABASE")] = None
    json: Annotated[bool, Parameter(help="Print JSON", negative="")] = False

    @property
    def url(self) -> str:
        return settings.read(os.environ).database if self.database is None else self.database

    @contextmanager
    def open(self) -> Iterator[Database]:
        """The database, migrated to this version."""
        migrate(self.url)
        database = Database(self.url)
        try:
            yield database
        finally:
            database.close_now()


def int64(_: object, number: int | None) -> None:
    """Checks an option that is an id: the database keeps 64 bits."""
    if number is not None and not is_int64(number):
        raise ValueError(f"{number} is not a valid id: use a whole number up to {INT64_MAX}")


Id = Annotated[int, Parameter(validator=int64)]
CustomerId = Annotated[int, Parameter(help="Number of the customer", validator=int64)]


def id_or_name(_: object, words: str | Sequence[str] | None) -> None:
    """Checks an argument that takes an id or a name: a number must be an id."""
    for word in [words] if isinstance(words, str) else words or ():
        if is_number(word):
            int64(None, int(word))


def is_number(word: str) -> bool:
    return word.strip().isdecimal()


def number_of(noun: str, word: str, numbers: list[int]) -> int:
    """The number of the only thing with that name. Raises WrongQuestion."""
    if not numbers:
        raise WrongQuestion(f"no {noun} is called {word!r}: `chargerights {noun} list` shows all")
    if len(numbers) > 1:
        listed = ", ".join(map(str, sorted(numbers)))
        raise WrongQuestion(f"{len(numbers)} {noun}s are called {word!r}: write one of the numbers {listed}")
    return numbers[0]


def instant_text(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def print_table(table: Table) -> None:
    """Prints a table as wide as the terminal, or as wide as its cells need.

    A file or pipe gets each row on one line.
    """
    (stdout if stdout.is_terminal else Console(highlight=False, width=WIDE)).print(table)


def print_json(value: Any) -> None:
    sys.stdout.write(orjson.dumps(value, option=orjson.OPT_UTC_Z).decode() + "\n")


def complain(text: str) -> None:
    stderr.print(text, markup=False, style="red")


def now() -> datetime:
    return datetime.now(UTC)


def instant(text: str, option: str) -> datetime:
    """The instant of an option, written in ISO 8601 with a time zone.

    Raises WrongQuestion.
    """
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        parsed = None
    if parsed is None or parsed.tzinfo is None:
        raise WrongQuestion(
            f"{option} is {text!r}: write a date and time with its zone, like 2026-03-01T08:00:00+01:00"
        )
    if not EARLIEST <= parsed <= LATEST:
        raise WrongQuestion(f"{option} is {text!r}: write an instant from {EARLIEST.date()} to {LATEST.date()}")
    return parsed.astimezone(UTC)


def read_input(file: str) -> bytes:
    """The bytes of a file, or of standard input for `-`. Raises WrongQuestion."""
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise WrongQuestion(f"{file} cannot be read: {error.strerror}") from error


@contextmanager
def written_whole(file: Path) -> Iterator[BinaryIO]:
    """Opens a file that replaces an existing one when it is complete.

    Raises WrongQuestion.
    """
    beside = Path(f"{file}.part")
    try:
        with beside.open("wb") as target:
            yield target
        beside.replace(file)
    except OSError as error:
        raise WrongQuestion(f"{file} cannot be written: {error.strerror}") from error
    finally:
        with suppress(OSError):
            beside.unlink()


class Bar:
    """A progress bar. It is shown in a terminal only."""

    def __init__(self) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=stderr,
            transient=True,
            disable=not stderr.is_terminal,
        )
        self._task: TaskID | None = None

    def __enter__(self) -> Bar:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def begin(self, what: str, total: int) -> None:
        if self._task is not None:
            self._progress.remove_task(self._task)
        self._task = self._progress.add_task(what, total=total or None)

    def advance(self, count: int) -> None:
        if self._task is not None:
            self._progress.advance(self._task, count)

    def show(self, done: int, total: int) -> None:
        """Sets how much is done, of a total that is known only now."""
        if self._task is not None:
            self._progress.update(self._task, completed=done, total=total)
