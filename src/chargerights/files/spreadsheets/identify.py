"""Which driver each row speaks of, and which rows speak of one driver.

A row names its driver by the first of these that it gives: Driver id, External id, RFID tag; in replace-all also by a
name that one driver alone has. A tag leads to a driver of another external id only to be refused (in replace-all: to
take the tag from him). Rows of one driver are those that lead to one known driver, or that give the same new Driver id
or External id, or neither and the same name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from ...rights.hints import lost_zeros
from ...rights.model import Driver
from ...rights.network import Network
from ...rights.permissions import Scope
from .columns import Column
from .problems import CellError, Problems, shown
from .rows import Row, Rows


class Mode(StrEnum):
    """What an import does: `add` only adds, `update` only changes drivers that are there, `replace-all` does both and
    removes the drivers that the file does not hold."""

    ADD = "add"
    UPDATE = "update"
    REPLACE_ALL = "replace-all"


@dataclass(slots=True)
class RowGroup:
    """One driver of the file: who he is in the network, if he is there, and his rows."""

    known: Driver | None
    rows: list[Row] = field(default_factory=list)

    @property
    def first(self) -> int:
        """The number of his first row, where what is wrong with all of them is said."""
        return self.rows[0].number


Key = tuple[str, int | str]


def subjects(network: Network, scope: Scope, rows: Rows, mode: Mode, problems: Problems) -> list[RowGroup]:
    """The drivers of the file, in its order, whose rows were understood. Rows whose driver cannot be told are added to
    the problems."""
    return _Identifier(network, scope, rows, mode, problems).subjects()


class _Identifier:
    def __init__(self, network: Network, scope: Scope, rows: Rows, mode: Mode, problems: Problems) -> None:
        self.network, self.scope, self.rows, self.mode, self.problems = network, scope, rows, mode, problems
        self.by_external_id: dict[str, list[Driver]] = defaultdict(list)
        self.by_name: dict[str, list[Driver]] = defaultdict(list)
        for driver in filter(scope.can_see_driver, network.drivers.values()):
            self.by_name[_fold(driver.name)].append(driver)
            if driver.external_id is not None:
                self.by_external_id[driver.external_id].append(driver)
        self.keys_of_external_ids: dict[str, set[Key]] = defaultdict(set)
        for row in rows.rows:
            external_id, driver_id = row.said.get(Column.EXTERNAL_ID), row.said.get(Column.DRIVER_ID)
            if isinstance(external_id, str) and isinstance(driver_id, int):
                self.keys_of_external_ids[external_id].add(("driver", driver_id))

    def subjects(self) -> list[RowGroup]:
        keys = {row.number: key for row in self.rows.rows if (key := self._tried(row, self._key)) is not None}
        taken = {key[1] for key in keys.values() if key[0] == "driver"}
        without_ids: dict[str, set[Key]] = defaultdict(set)
        for row in self.rows.rows:
            if row.number in keys and not _ids(row):
                without_ids[_name(row)].add(keys[row.number])
        found: dict[Key, RowGroup] = {}
        for row in self.rows.rows:
            key = keys.get(row.number)
            if key is not None and key[0] == "name":
                key = self._tried(row, lambda row: self._by_name(row, without_ids[_name(row)], taken))
            if key is not None:
                self._put(found, key, row)
        return [subject for subject in found.values() if self._allowed(subject)]

    def _put(self, found: dict[Key, RowGroup], key: Key, row: Row) -> None:
        if key not in found:
            found[key] = RowGroup(self.network.drivers.get(int(key[1])) if key[0] == "driver" else None)
        elif key[0] == "name":
            whose = f"is taken for the driver of row {found[key].first}, of the same name"
            self.problems.warnings.add(row.number, str(Column.NAME), f"{whose}: if they are two, give External ids")
        found[key].rows.append(row)

    def _tried(self, row: Row, find: Callable[[Row], Key]) -> Key | None:
        try:
            return find(row)
        except _Refused as refused:
            if row.sound:  # else what is wrong with it has been said
                self.problems.errors.add(row.number, refused.column, str(refused))
            return None

    def _key(self, row: Row) -> Key:
        driver_id, external_id = row.said.get(Column.DRIVER_ID), row.said.get(Column.EXTERNAL_ID)
        if isinstance(driver_id, int):
            known = self.network.drivers.get(driver_id)
            if known is None and self.mode is Mode.UPDATE:
                raise _Refused(Column.DRIVER_ID, f"there is no driver {driver_id}")
            if known is not None and not self.scope.can_see_driver(known):
                raise _Refused(Column.DRIVER_ID, f"{driver_id} is the id of a driver whom you do not see")
            return "driver", driver_id
        if isinstance(external_id, str):
            key = self._by_external_id(external_id)
            if key is not None:
                return key
        owner = self._owner(row)
        if owner is not None and self._may_be(owner, external_id):
            return "driver", owner.id
        if isinstance(external_id, str):
            return "external id", external_id
        return ("name", _name(row)) if _name(row) else ("row", row.number)

    def _by_external_id(self, external_id: str) -> Key | None:
        found: set[Key] = {("driver", each.id) for each in self.by_external_id.get(external_id, ())}
        found |= self.keys_of_external_ids.get(external_id, set())
        if len(found) > 1:
            ids = " and ".join(str(number) for _, number in sorted(found))
            raise _Refused(
                Column.EXTERNAL_ID,
                f"{shown(external_id)} is the external id of drivers {ids}: say which in the column {Column.DRIVER_ID}",
            )
        return next(iter(found), None)

    def _owner(self, row: Row) -> Driver | None:
        id_tag = row.said.get(Column.TAG)
        tag = self.network.tag(id_tag) if isinstance(id_tag, str) else None
        owner = self.network.drivers[tag.driver_id] if tag is not None else None
        return owner if owner is not None and self.scope.can_see_driver(owner) else None

    def _may_be(self, owner: Driver, external_id: object) -> bool:
        """Whether the row with that external id may speak of the driver to whom its tag belongs."""
        if not isinstance(external_id, str) or owner.external_id is None:
            return True
        if self.mode is Mode.UPDATE:
            raise _Refused(
                Column.EXTERNAL_ID,
                f"there is no driver with {shown(external_id)}, and the tag is one of {described(owner)}, "
                f"whose external id is {shown(owner.external_id)}",
            )
        return self.mode is Mode.ADD

    def _by_name(self, row: Row, same_name: Iterable[Key], taken: set[int | str]) -> Key:
        """The driver of a row that gives nothing but a name and perhaps a new tag: that of other such rows of the name,
        or in replace-all the one who has it."""
        drivers = [key for key in same_name if key[0] == "driver"]
        if len(drivers) > 1:
            ids = " and ".join(str(number) for _, number in sorted(drivers))
            raise _Refused(Column.NAME, f"it may be driver {ids}, of the same name: give an External id or Driver id")
        if drivers:
            return drivers[0]
        if self.mode is Mode.REPLACE_ALL:
            named = self.by_name.get(_name(row), [])
            anonymous = Column.EXTERNAL_ID not in self.rows.columns or (named and named[0].external_id is None)
            if len(named) == 1 and anonymous and named[0].id not in taken:
                return "driver", named[0].id
        return "name", _name(row)

    def _allowed(self, subject: RowGroup) -> bool:
        """Whether the mode allows for that driver; notes what it does not allow. Of one with a row that was not
        understood nothing more is said."""
        if not all(row.sound for row in subject.rows):
            return False
        errors = self.problems.errors
        if self.mode is Mode.ADD and subject.known is not None:
            named = next(iter(_ids(subject.rows[0])), Column.TAG)
            sentence = f"is {described(subject.known)} already; mode add only adds: use update, or leave the row out"
            errors.add(subject.first, str(named), sentence)
            return False
        if self.mode is Mode.UPDATE and subject.known is None:
            column, sentence = self._unknown(subject.rows[0])
            errors.add(subject.first, column and str(column), sentence)
            return False
        return True

    def _unknown(self, row: Row) -> tuple[Column | None, str]:
        """Why mode update finds no driver by the row, and by what column it looked."""
        naming = [column for column in (*_ids(row), Column.TAG) if column in row.said]
        if not naming:
            return None, f"the row names no driver: give an {Column.EXTERNAL_ID} or an {Column.TAG} that he has"
        sentence = "no driver of the customer has it; mode update only changes drivers that are there"
        id_tag = str(row.said[Column.TAG]) if naming == [Column.TAG] else ""
        lost = lost_zeros(self.network, id_tag, self.scope.can_see_driver)
        return naming[0], sentence + (f"; did Excel drop the zeros of {lost.id_tag}?" if lost else "")


class _Refused(CellError):
    def __init__(self, column: Column, sentence: str) -> None:
        super().__init__(sentence)
        self.column = str(column)


def described(driver: Driver) -> str:
    return f"driver {driver.id}, {driver.name}"


def _ids(row: Row) -> list[Column]:
    """By what the row names its driver for good."""
    said = row.said
    return [
        column
        for column, kind in ((Column.DRIVER_ID, int), (Column.EXTERNAL_ID, str))
        if isinstance(said.get(column), kind)
    ]


def _name(row: Row) -> str:
    name = row.said.get(Column.NAME)
    return _fold(name) if isinstance(name, str) else ""


def _fold(name: str) -> str:
    return " ".join(name.split()).casefold()
