"""Streams answers of JSON fragments, which are encoded once per change.

A `JsonStreamer` writes one answer from one image. Its chunks are about `CHUNK_BYTES` long. An empty chunk says only
"others may run now", so that making many fragments does not hold the event loop.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import NamedTuple

from pyroaring import BitMap64

from ...replica.images import NetworkSnapshot
from ...rights.driver_sets import DriverSet
from ...rights.listing import held_by_name
from ...rights.model import Driver, Site
from ...rights.network import Network
from ...rights.permissions import Scope
from . import encoding
from .encoding import encode
from .fragments import BriefSite, ChargerFragment, Fragments, Shown, SocketCounts

CHUNK_BYTES = 128 * 1024
FRAGMENTS_PER_TURN = 200
"""How many fragments are made before others may run: about 2 ms of work."""
BRIEF_BYTES_KEPT = 1024 * 1024


class Subtree(NamedTuple):
    """A site's subtree as the pieces of its JSON."""

    pieces: tuple[bytes, ...]
    size: int
    counts: SocketCounts


class JsonStreamer:
    """Writes one answer from one image at one instant."""

    def __init__(
        self,
        image: NetworkSnapshot,
        fragments: Fragments,
        at: datetime,
        scope: Scope | None = None,
        shown: Shown = Shown(),  # noqa: B008 immutable
    ) -> None:
        self._shown = shown
        self._scope = scope or Scope(image.network, None)
        self._image = image
        self._network = image.network
        self._fragments = fragments
        self._at = at
        self._ropes: dict[int, Subtree] = {}
        self._chargers: dict[str, ChargerFragment] = {}
        self._made = 0

    # -- drivers ----------------------------------------------------------------------------------

    def site_drivers(self, listings: dict[int, DriverSet], brief: bool) -> Iterator[bytes]:
        """`[{"groupId": …, "users": […]}, …]`, in the order of the listings."""
        opening = b"["
        for site_id, listing in listings.items():
            yield opening + b'{"groupId":%d,"users":' % site_id
            yield from self._brief_site(site_id, listing) if brief else self.users(listing.drivers)
            yield b"}"
            opening = b","
        yield b"]"

    def users(self, drivers: BitMap64, brief: bool = False) -> Iterator[bytes]:
        """The drivers as User[], by id."""
        yield b"["
        yield from self._brief_users(drivers) if brief else self._full_users(drivers)
        yield b"]"

    def _brief_site(self, site_id: int, listing: DriverSet) -> Iterator[bytes]:
        if not self._scope.unlimited:  # what is kept shows all home sites
            yield from self.users(listing.drivers, brief=True)
            return
        kept = self._fragments.brief_sites.get(site_id)
        if kept is not None and kept.names_since == self._image.names_since and kept.drivers == listing.drivers:
            yield kept.json
            return
        chunks, size = [], 0
        for chunk in self.users(listing.drivers, brief=True):
            size += len(chunk)
            if size <= BRIEF_BYTES_KEPT:
                chunks.append(chunk)
            yield chunk
        if size <= BRIEF_BYTES_KEPT:
            brief = BriefSite(listing.drivers, self._image.names_since, b"".join(chunks))
            self._fragments.keep_brief(site_id, brief)

    def _brief_users(self, drivers: BitMap64) -> Iterator[bytes]:
        ids = iter(drivers)
        separator = b""
        while some := [self._brief_user(self._network.drivers[driver_id]) for driver_id in islice(ids, 1000)]:
            yield separator + encode(some)[1:-1]
            yield b""
            separator = b","

    def _brief_user(self, driver: Driver) -> dict[str, object]:
        return encoding.brief_driver(driver, self._home(driver))

    def _full_users(self, drivers: BitMap64) -> Iterator[bytes]:
        pieces: list[bytes] = []
        size = 0
        separator = b""
        for driver_id in drivers:
            driver = self._network.drivers[driver_id]
            site_ids, charger_ids = self._held(driver)
            for site_id in site_ids:
                if site_id not in self._ropes:
                    yield from self._make_ropes(site_id)
            yield from self._make_chargers(charger_ids)
            head = encode(self._head(driver))
            pieces += (separator, head[:-1], b',"chargerGroups":[')
            size += len(head) + 32
            for number, site_id in enumerate(site_ids):
                if number:
                    pieces.append(b",")
                rope = self._ropes[site_id]
                pieces += rope.pieces
                size += rope.size
            pieces.append(b'],"chargers":[')
            for number, charger_id in enumerate(charger_ids):
                if number:
                    pieces.append(b",")
                json = self._charger(charger_id).json
                pieces.append(json)
                size += len(json)
            pieces.append(b"]}")
            separator = b","
            if size >= CHUNK_BYTES:
                yield from _joined(pieces, size)
                yield b""
                pieces, size = [], 0
        yield b"".join(pieces)

    def _head(self, driver: Driver) -> dict[str, object]:
        """The driver's own members: all, or id and name if the caller may see no more."""
        if self._scope.can_see_driver(driver):
            return encoding.driver_head(driver, self._home(driver), self._shown.tags)
        return encoding.stranger_head(driver)

    def _held(self, driver: Driver) -> tuple[list[int], list[str]]:
        """The sites and chargers of the driver's rights that the caller sees."""
        site_ids, charger_ids = held_by_name(self._network, driver, self._at)
        scope = self._scope
        if scope.unlimited:
            return site_ids, charger_ids
        seen = {part for site_id in site_ids for part in scope.visible(site_id)}
        return sorted(seen), [charger_id for charger_id in charger_ids if scope.can_see_charger(charger_id)]

    def _home(self, driver: Driver) -> Site | None:
        if driver.home_site_id is None or not self._scope.can_see_site(driver.home_site_id):
            return None
        return self._network.sites[driver.home_site_id]

    # -- home sites -------------------------------------------------------------------------------

    def user_groups(self, site_ids: Iterable[int], brief: bool = False) -> Iterator[bytes]:
        """The sites as UserGroup, separated by commas, each with its drivers and subsites."""
        separator = b""
        for site_id, closing in _walk(self._network, site_ids):
            if closing:
                yield b"]}"
                separator = b","
                continue
            site = self._network.sites[site_id]
            members = (encoding.brief_site(site) if brief else encoding.site_members(site)) | {"isSpare": False}
            yield separator + encode(members)[:-1] + b',"users":'
            yield from self.users(self._network.at_home(site_id), brief)
            yield b',"subgroups":['
            separator = b""

    # -- sites ------------------------------------------------------------------------------------

    def sites(self, site_ids: Iterable[int]) -> Iterator[bytes]:
        """The sites as Site, separated by commas, each with its whole subtree."""
        for number, site_id in enumerate(site_ids):
            yield from self._make_ropes(site_id)
            if number:
                yield b","
            yield from _joined(list(self._ropes[site_id].pieces), self._ropes[site_id].size)

    def site_alone(self, site_id: int) -> Iterator[bytes]:
        """The site as Site without its subsites.

        Its socket counts are still those of its subtree.
        """
        yield from self._make_ropes(site_id)
        rope = self._ropes[site_id]
        own = self._own_pieces(site_id, rope.counts)
        yield from _joined([*own, b"]}"], sum(map(len, own)))

    def brief_sites(self, site_ids: Iterable[int], alone: bool = False) -> Iterator[bytes]:
        """The sites as id, name, type and subsites only, separated by commas.

        `alone` leaves the subsites out.
        """
        separator = b""
        steps = ((site_id, closing) for site_id in site_ids for closing in (False, True))
        for site_id, closing in steps if alone else _walk(self._network, site_ids):
            if closing:
                yield b"]}"
                separator = b","
            else:
                yield separator + encode(encoding.brief_site(self._network.sites[site_id]))[:-1] + b',"subgroups":['
                separator = b""

    def _make_ropes(self, site_id: int) -> Iterator[bytes]:
        """Makes the ropes of the site and of all below it that are not made yet.

        Gives only empty chunks.
        """
        for below in reversed([*self._network.subtree(site_id)]):
            if below not in self._ropes:
                yield from self._make_chargers(self._network.chargers_at(below))
                self._ropes[below] = self._make_rope(below)
                yield from self._pause()

    def _make_chargers(self, charger_ids: Iterable[str]) -> Iterator[bytes]:
        """Makes the fragments of the chargers that this answer has not shown yet.

        Gives only empty chunks.
        """
        for charger_id in charger_ids:
            if charger_id not in self._chargers:
                self._charger(charger_id)
                yield from self._pause()

    def _pause(self) -> Iterator[bytes]:
        """An empty chunk after every FRAGMENTS_PER_TURN fragments."""
        self._made += 1
        if self._made % FRAGMENTS_PER_TURN == 0:
            yield b""

    def _make_rope(self, site_id: int) -> Subtree:
        below = [self._ropes[subsite_id] for subsite_id in self._network.subsites(site_id)]
        counts = SocketCounts()
        for charger_id in self._network.chargers_at(site_id):
            counts = counts.plus(self._charger(charger_id).counts)
        for rope in below:
            counts = counts.plus(rope.counts)
        pieces = self._own_pieces(site_id, counts)
        size = sum(map(len, pieces))
        for number, rope in enumerate(below):
            if number:
                pieces.append(b",")
            pieces += rope.pieces
            size += rope.size + 1
        pieces.append(b"]}")
        return Subtree(tuple(pieces), size, counts)

    def _own_pieces(self, site_id: int, counts: SocketCounts) -> list[bytes]:
        """The site's JSON as far as the beginning of its subsites."""
        members = {
            "onlineSocket": counts.online,
            "offlineSocket": counts.offline,
            "errorSocket": counts.error,
            **encoding.site_members(self._network.sites[site_id]),
        }
        pieces = [encode(members)[:-1], b',"chargers":[']
        for number, charger_id in enumerate(self._network.chargers_at(site_id)):
            if number:
                pieces.append(b",")
            pieces.append(self._charger(charger_id).json)
        pieces.append(b'],"subgroups":[')
        return pieces

    def _charger(self, charger_id: str) -> ChargerFragment:
        """The charger's fragment, the same one throughout this answer."""
        fragment = self._chargers.get(charger_id)
        if fragment is None:
            fragment = self._chargers[charger_id] = self._fragments.charger(self._image, charger_id, self._shown)
        return fragment


def _walk(network: Network, site_ids: Iterable[int]) -> Iterator[tuple[int, bool]]:
    """Walks the sites and all below them.

    Each site comes twice: to open it and, after those below it, to close it.
    """
    waiting = [(site_id, False) for site_id in reversed([*site_ids])]
    while waiting:
        site_id, closing = waiting.pop()
        yield site_id, closing
        if not closing:
            waiting.append((site_id, True))
            waiting.extend((subsite_id, False) for subsite_id in reversed(network.subsites(site_id)))


def _joined(pieces: list[bytes], size: int) -> Iterator[bytes]:
    """The pieces joined, in chunks of about CHUNK_BYTES."""
    step = max(1, len(pieces) * CHUNK_BYTES // max(size, 1))
    for start in range(0, len(pieces), step):
        yield b"".join(pieces[start : start + step])
