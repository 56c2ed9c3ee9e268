"""Builds drivers from rows: new ones, and changes of existing ones.

A cell that is not blank sets the value, `-` says "none". A blank cell changes nothing in mode update; in the other
modes it says "none", except under Enabled, Blocked and Invoicable. A column that the file does not have changes
nothing. In mode update, tags of a driver that the file does not name stay; in replace-all they are removed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from ...rights.errors import InvalidInput
from ...rights.hints import known_as, lost_zeros
from ...rights.identifiers import tag_key
from ...rights.model import Driver, PlaceKind, Right, Tag
from ...rights.network import Network
from ...rights.permissions import Scope
from ...rights.spellings import is_placeholder, readings
from .cells import NONE
from .columns import OF_TAG, Column
from .identify import Mode, RowGroup, described
from .instants import begins, ends
from .items import Item
from .places import PlaceNames
from .problems import CellError, Problems, shown
from .rights_of_rows import COLUMNS, Reader, Wanted, Zones, rights
from .rows import Row

KEEP_ONE = "keep the one that chargers send"
KEPT_WHEN_BLANK = frozenset({Column.ENABLED, Column.BLOCKED, Column.INVOICABLE})


class Builder:
    """Builds drivers from their rows.

    Adds errors to the problems.
    """

    def __init__(
        self,
        network: Network,
        scope: Scope,
        columns: frozenset[Column],
        mode: Mode,
        at: datetime,
        next_id: Callable[[], int],
        problems: Problems,
    ) -> None:
        self.columns, self.mode, self.at, self.next_id, self.problems = columns, mode, at, next_id, problems
        self.network, self.scope = network, scope
        self.zones = Zones(network)
        self.reader = Reader(PlaceNames(network, scope), self.zones)
        self.rows_of_tags: dict[str, int] = {}
        self.rows_of_cards: dict[str, Row] = {}

    def driver(self, group: RowGroup, new_id: int) -> Driver | None:
        """Returns the driver as the rows describe them, or None if something is invalid.

        `new_id` is the id of a new driver.
        """
        before = self.problems.errors.count
        known = group.known or Driver(new_id, "")
        home = self._home_site(group, known)
        wanted = {column: self._items(group, column) for column in COLUMNS}
        zone = self._zone(home, wanted[Column.SITES], known)
        made = replace(
            known,
            name=self._name(group, known),
            home_site_id=home,
            external_id=self._of_driver(group, Column.EXTERNAL_ID, known.external_id),
            payer_id=self._of_driver(group, Column.PAYER_ID, known.payer_id),
            company_id=self._of_driver(group, Column.COMPANY_ID, known.company_id),
            enabled=self._of_driver(group, Column.ENABLED, known.enabled, True),
            external_ids=self._of_driver(group, Column.REFERENCES, known.external_ids, ()),
            tags=self._tags(group, known, zone),
            rights=self._rights(group, known, wanted, zone),
        )
        return made if self.problems.errors.count == before else None

    def _value(self, cells: dict[Column, Any], column: Column, current: Any, none: Any = None) -> Any:
        """Returns the value after applying the cell.

        `none` stands for no value.
        """
        if column in cells:
            return none if cells[column] is NONE else cells[column]
        kept = column not in self.columns or self.mode is Mode.UPDATE or column in KEPT_WHEN_BLANK
        return current if kept else none

    def _of_driver(self, group: RowGroup, column: Column, current: Any, none: Any = None) -> Any:
        """Returns the value after applying a cell about the driver.

        Any row of the driver may have the cell; rows that have it must agree.
        """
        saying = [row for row in group.rows if column in row.cells]
        for row in saying[1:]:
            if row.cells[column] != saying[0].cells[column]:
                sentence = f"differs from row {saying[0].number}, which is the same driver's: make both equal"
                self.problems.errors.add(row.number, str(column), sentence)
        return self._value(saying[0].cells if saying else {}, column, current, none)

    def _name(self, group: RowGroup, known: Driver) -> str:
        name: str | None = self._of_driver(group, Column.NAME, known.name or None)
        if name is None:
            self.problems.errors.add(group.first, str(Column.NAME), "is missing: every driver has a name")
        elif known.name and name != known.name and not _named_by_id(group):
            sentence = f"{described(known)}, found by tag or name, is renamed to {shown(name)}"
            self.problems.warnings.add(group.first, str(Column.NAME), sentence)
        return name or ""

    def _home_site(self, group: RowGroup, known: Driver) -> int | None:
        home: Item | int | None = self._of_driver(group, Column.HOME_SITE, known.home_site_id)
        if not isinstance(home, Item):
            if not self.scope.can_see_site(home):
                sentence = "is missing: you can add drivers only with one of your sites as home site"
                self.problems.errors.add(group.first, str(Column.HOME_SITE), sentence)
            return home
        try:
            return int(self.reader.place(PlaceKind.SITE, home).id)
        except CellError as wrong:
            row = next(row for row in group.rows if Column.HOME_SITE in row.cells)
            self.problems.errors.add(row.number, str(Column.HOME_SITE), str(wrong))
            return None

    def _zone(self, home: int | None, sites: list[tuple[Row, Item]] | None, known: Driver) -> ZoneInfo:
        try:
            named = None if sites is None else [self.reader.place(PlaceKind.SITE, item) for _, item in sites]
        except CellError:  # noted where the rights are read
            named = []
        if named is None:
            named = [right.place for right in known.rights if right.place.kind is PlaceKind.SITE]
        return self.zones.of_driver(home, (int(place.id) for place in named))

    def _items(self, group: RowGroup, column: Column) -> list[tuple[Row, Item]] | None:
        """Returns what the driver's rows name in the column, with the rows.

        None: the driver's rights there stay as they are.
        """
        saying = [row for row in group.rows if column in row.cells]
        if not saying:
            kept = column not in self.columns or self.mode is Mode.UPDATE
            return None if kept else []
        several = {row.cells[column] for row in saying}
        if len(several) > 1:
            rows = " and ".join(str(row.number) for row in saying[:5])
            if NONE in several:
                self.problems.errors.add(
                    saying[0].number, str(column), f"rows {rows} of one driver contradict each other"
                )
                return []
            sentence = f"rows {rows} of one driver name different places: the driver gets all of them"
            self.problems.warnings.add(saying[0].number, str(column), sentence)
        return [(row, item) for row in saying if row.cells[column] is not NONE for item in row.cells[column]]

    def _rights(
        self,
        group: RowGroup,
        known: Driver,
        named: dict[Column, list[tuple[Row, Item]] | None],
        zone: ZoneInfo,
    ) -> tuple[Right, ...]:
        going: set[int] = set()
        new: list[Right] = []
        for column, kind in COLUMNS.items():
            cells = named[column]
            if cells is None:
                continue
            held = [right for right in known.rights if right.place.kind is kind and self.scope.can_manage(right.place)]
            try:
                kept, more = rights(held, self._wanted(column, cells, zone), self.next_id)
            except CellError as wrong:  # a window that ends before it begins
                self.problems.errors.add(group.first, str(column), str(wrong))
                continue
            going |= {right.id for right in held} - {right.id for right in kept}
            new += more
        return (*(right for right in known.rights if right.id not in going), *new)

    def _wanted(self, column: Column, cells: list[tuple[Row, Item]], zone: ZoneInfo) -> list[Wanted]:
        wanted = []
        for row, item in cells:
            try:
                wanted.append(self.reader.wanted(column, item, zone))
                if not self.scope.can_manage(wanted[-1].place):
                    raise CellError(f"{shown(item.text)} has chargers at sites that you cannot see")
            except CellError as wrong:
                self.problems.errors.add(row.number, str(column), str(wrong))
        return wanted

    def _tags(self, group: RowGroup, known: Driver, zone: ZoneInfo) -> tuple[Tag, ...]:
        held = {tag_key(tag.id_tag): tag for tag in known.tags}
        tags: dict[str, Tag] = {}
        clears = False
        for row in group.rows:
            id_tag = row.cells.get(Column.TAG)
            if isinstance(id_tag, str):
                key = tag_key(id_tag)
                if self._claimed(row, key):
                    self._doubt(row, id_tag)
                    tag = self._tag(row, id_tag, held.get(key), known.id, zone)
                    if tag is not None:
                        tags[key] = tag
                continue
            clears = clears or id_tag is NONE
            for column in OF_TAG:
                if column in row.cells and row.cells[column] is not NONE:
                    sentence = f"describes a tag that the row does not have: fill in {Column.TAG}"
                    self.problems.errors.add(row.number, str(column), sentence)
        if clears and tags:
            self.problems.errors.add(group.first, str(Column.TAG), "other rows of the driver name tags: remove the -")
        if clears:
            return ()
        if self.mode is Mode.UPDATE or Column.TAG not in self.columns:
            tags = held | tags
        return tuple(sorted(tags.values(), key=lambda tag: tag.id))

    def _claimed(self, row: Row, key: str) -> bool:
        """Returns whether the row is the first of the file with that tag."""
        first = self.rows_of_tags.setdefault(key, row.number)
        if first != row.number:
            self.problems.errors.add(row.number, str(Column.TAG), f"is the tag of row {first} already")
        return first == row.number

    def _doubt(self, row: Row, id_tag: str) -> None:
        """Warns about placeholders and about one card in two spellings."""
        if is_placeholder(id_tag):
            sentence = "looks like a placeholder, not like a card: anyone who shows it may charge"
            self.problems.warnings.add(row.number, str(Column.TAG), f"{shown(id_tag)} {sentence}")
            return
        for reading in readings(id_tag):
            other = self.rows_of_cards.setdefault(reading, row)
            if other is not row:
                sentence = f"may be {other.cells[Column.TAG]} of row {other.number} in another spelling"
                self.problems.warnings.add(row.number, str(Column.TAG), f"{id_tag} {sentence}: {KEEP_ONE}")
                return

    def _tag(self, row: Row, id_tag: str, held: Tag | None, driver_id: int, zone: ZoneInfo) -> Tag | None:
        before = held or self._new_tag(row, id_tag, driver_id)
        try:
            starts = self._value(row.cells, Column.STARTS, before.starts_at)
            expires = self._value(row.cells, Column.EXPIRES, before.expires_at)
            tag = replace(
                before,
                starts_at=begins(starts, zone) if Column.STARTS in row.cells and starts is not None else starts,
                expires_at=ends(expires, zone) if Column.EXPIRES in row.cells and expires is not None else expires,
                token_name=self._value(row.cells, Column.TAG_NAME, before.token_name),
                invoicable=self._value(row.cells, Column.INVOICABLE, before.invoicable, False),
                blocked=self._value(row.cells, Column.BLOCKED, before.blocked, False),
            )
        except InvalidInput as wrong:
            self.problems.errors.add(row.number, str(Column.EXPIRES), str(wrong))
            return None
        return tag if tag == before else replace(tag, updated_at=self.at)

    def _new_tag(self, row: Row, id_tag: str, driver_id: int) -> Tag:
        lost = lost_zeros(self.network, id_tag, self.scope.can_see_driver)
        known = known_as(self.network, id_tag, self.scope.can_see_driver)
        if lost is not None:
            sentence = f"{id_tag} is new, and {lost.id_tag} is there: did Excel drop its zeros?"
            self.problems.warnings.add(row.number, str(Column.TAG), sentence)
        elif known is not None and not is_placeholder(id_tag):
            whose = described(self.network.drivers[known.driver_id])
            sentence = f"{id_tag} is new, and may be {known.id_tag} of {whose} in another spelling: {KEEP_ONE}"
            self.problems.warnings.add(row.number, str(Column.TAG), sentence)
        return Tag(self.next_id(), driver_id, id_tag, updated_at=self.at)


def _named_by_id(group: RowGroup) -> bool:
    ids = (Column.DRIVER_ID, Column.EXTERNAL_ID)
    return any(row.cells.get(column) not in (None, NONE) for row in group.rows for column in ids)
