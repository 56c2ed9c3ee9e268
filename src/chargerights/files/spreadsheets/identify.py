"""Finds out which driver each row is about, and which rows are about one driver.

A row names its driver by the first of these that it gives: Driver id, External id, RFID tag; in replace-all also by a
name that only one driver has. A tag that leads to a driver with another external id is an error (in replace-all: the
tag is taken from that driver). Rows belong to one driver if they lead to the same known driver, or give the same new
Driver id or External id, or neither and the same name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from ...rights.hints import lost_zeros
from ...rights.identifiers import name_key
from ...rights.model import Driver
from ...rights.network import Network
from ...rights.permissions import Scope
from .columns import Column
from .problems import CellError, Problems, shown
from .rows import Row, Rows


class Mode(StrEnum):
    """The mode of an import.

    `add` only adds, `update` only changes existing drivers, `replace-all` does both and removes the drivers that are
    not in the file.
    """

    ADD = "add"
    UPDATE = "update"
    REPLACE_ALL = "replace-all"


@dataclass(slots=True)
class RowGroup:
    """The rows of one driver of the file, and the driver in the network, if known."""

    known: Driver | None
    rows: list[Row] = field(default_factory=list)

    @property
    def first(self) -> int:
        """The number of the first row, to which errors about all rows refer."""
        return self.rows[0].number


Key = tuple[str, int | str]


def row_groups(network: Network, scope: Scope, rows: Rows, mode: Mode, problems: Problems) -> list[RowGroup]:
    """Groups the rows that were understood by driver, in the file's order.

    Rows whose driver cannot be identified are added to the problems.
    """
    return _Identifier(network, scope, rows, mode, problems).row_groups()


class _Identifier:
    def __init__(self, network: Network, scope: Scope, rows: Rows, mode: Mode, problems: Problems) -> None:
        self.network, self.scope, self.rows, self.mode, self.problems = network, scope, rows, mode, problems
        self.by_external_id: dict[str, list[Driver]] = defaultdict(list)
        self.by_name: dict[str, list[Driver]] = defaultdict(list)
        for driver in filter(scope.can_see_driver, network.drivers.values()):
            self.by_name[name_key(driver.name)].append(driver)
            if driver.external_id is not None:
                self.by_external_id[driver.external_id].append(driver)
        self.keys_of_external_ids: dict[str, set[Key]] = defaultdict(set)
        for row in rows.rows:
            external_id, driver_id = row.cells.get(Column.EXTERNAL_ID), row.cells.get(Column.DRIVER_ID)
            if isinstance(external_id, str) and isinstance(driver_id, int):
                self.keys_of_external_ids[external_id].add(("driver", driver_id))

    def row_groups(self) -> list[RowGroup]:
        keys = {row.number: key for row in self.rows.rows if (key := self._tried(row, self._key)) is not None}
        taken = {key[1] for key in keys.values() if key[0] == "driver"}
        without_ids: dict[str, set[Key]] = defaultdict(set)
        for row in self.rows.rows:
            if row.number in keys and not _ids(row):
                without_ids[_name(row)].add(keys[row.number])
        groups: dict[Key, RowGroup] = {}
        for row in self.rows.rows:
            key = keys.get(row.number)
            if key is not None and key[0] == "name":
                key = self._tried(row, lambda row: self._by_name(row, without_ids[_name(row)], taken))
            if key is not None:
                self._put(groups, key, row)
        return [group for group in groups.values() if self._allowed(group)]

    def _put(self, groups: dict[Key, RowGroup], key: Key, row: Row) -> None:
        if key not in groups:
            groups[key] = RowGroup(self.network.drivers.get(int(key[1])) if key[0] == "driver" else None)
        elif key[0] == "name":
            whose = f"is taken for the driver of row {groups[key].first}, of the same name"
            self.problems.warnings.add(row.number, str(Column.NAME), f"{whose}: if they are two, give External ids")
        groups[key].rows.append(row)

    def _tried(self, row: Row, find: Callable[[Row], Key]) -> Key | None:
        try:
            return find(row)
        except _Refused as refused:
            if row.sound:  # else what is wrong with it has been said
                self.problems.errors.add(row.number, refused.column, str(refused))
            return None

    def _key(self, row: Row) -> Key:
        driver_id, external_id = row.cells.get(Column.DRIVER_ID), row.cells.get(Column.EXTERNAL_ID)
        if isinstance(driver_id, int):
            known = self.network.drivers.get(driver_id)
            if known is None and self.mode is Mode.UPDATE:
                raise _Refused(Column.DRIVER_ID, f"there is no driver {driver_id}")
            if known is not None and not self.scope.can_see_driver(known):
                raise _Refused(Column.DRIVER_ID, f"{driver_id} is the id of a driver that you cannot see")
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
        keys: set[Key] = {("driver", driver.id) for driver in self.by_external_id.get(external_id, ())}
        keys |= self.keys_of_external_ids.get(external_id, set())
        if len(keys) > 1:
            ids = " and ".join(str(number) for _, number in sorted(keys))
            raise _Refused(
                Column.EXTERNAL_ID,
                f"{shown(external_id)} is the external id of drivers {ids}: say which in the column {Column.DRIVER_ID}",
            )
        return next(iter(keys), None)

    def _owner(self, row: Row) -> Driver | None:
        id_tag = row.cells.get(Column.TAG)
        tag = self.network.tag(id_tag) if isinstance(id_tag, str) else None
        owner = self.network.drivers[tag.driver_id] if tag is not None else None
        return owner if owner is not None and self.scope.can_see_driver(owner) else None

    def _may_be(self, owner: Driver, external_id: object) -> bool:
        """Returns whether the row with that external id may be about the owner of its tag."""
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
        """Returns the driver of a row that gives only a name and perhaps a new tag.

        That is the driver of other such rows with this name, or in replace-all the driver that has it.
        """
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

    def _allowed(self, group: RowGroup) -> bool:
        """Returns whether the mode allows the group, and notes what it does not allow.

        A driver with a row that was not understood gets no further errors.
        """
        if not all(row.sound for row in group.rows):
            return False
        errors = self.problems.errors
        if self.mode is Mode.ADD and group.known is not None:
            named = next(iter(_ids(group.rows[0])), Column.TAG)
            sentence = f"is {described(group.known)} already; mode add only adds: use mode update, or leave the row out"
            errors.add(group.first, str(named), sentence)
            return False
        if self.mode is Mode.UPDATE and group.known is None:
            column, sentence = self._unknown(group.rows[0])
            errors.add(group.first, column and str(column), sentence)
            return False
        return True

    def _unknown(self, row: Row) -> tuple[Column | None, str]:
        """Says why mode update finds no driver for the row, and which column it used."""
        naming = [column for column in (*_ids(row), Column.TAG) if column in row.cells]
        if not naming:
            return None, f"the row names no driver: give an {Column.EXTERNAL_ID} or an {Column.TAG} that the driver has"
        sentence = "no driver of the customer has it; mode update only changes drivers that are there"
        id_tag = str(row.cells[Column.TAG]) if naming == [Column.TAG] else ""
        lost = lost_zeros(self.network, id_tag, self.scope.can_see_driver)
        return naming[0], sentence + (f"; did Excel drop the zeros of {lost.id_tag}?" if lost else "")


class _Refused(CellError):
    def __init__(self, column: Column, sentence: str) -> None:
        super().__init__(sentence)
        self.column = str(column)


def described(driver: Driver) -> str:
    return f"driver {driver.id}, {driver.name}"


def _ids(row: Row) -> list[Column]:
    """Returns the columns by which the row identifies its driver."""
    cells = row.cells
    return [
        column
        for column, kind in ((Column.DRIVER_ID, int), (Column.EXTERNAL_ID, str))
        if isinstance(cells.get(column), kind)
    ]


def _name(row: Row) -> str:
    name = row.cells.get(Column.NAME)
    return name_key(name) if isinstance(name, str) else ""
