"""One charger's local authorisation list, brought to what it must be (OCPP.md section 3).

What the charger holds is known by its version, which rises with every message and is never used twice. While a message
is under way it may hold either; what it says when it is asked next, after every boot and every new socket, tells which.
A version that is none of these means that it has forgotten, or has somebody else's list: it is told the whole list.
So it is after whatever goes wrong: once at once, then after a pause that doubles.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from datetime import datetime
from itertools import islice
from typing import Any, Protocol

import structlog

from ...net import backoff
from ...rights.driver_sets import END
from ...rights.local_list import ListedTag, TagList, look_up
from ...rights.network import Network
from ...storage.charging.local_lists import KeptList, OutOfStep
from ...storage.database import DatabaseFault
from ..charger.connected_charger import ConnectedCharger
from ..ocpp import local_list_messages
from ..ocpp.call_errors import (
    Busy,
    CallFailed,
    CallRefused,
    ConnectionLost,
    NoAnswer,
    NotConnected,
    NotSupported,
    NotTaken,
)
from ..ocpp.local_list_messages import ListLimits
from ..ocpp.ocpp_j import UNKNOWN_ACTION
from ..ports import CallProgress, Connection
from .local_list_requests import Again
from .local_list_states import CHANGING, HOPELESS, IN_STEP

CONFIGURED_SECONDS = 5.0
"""The longest that is waited for what a charger says of its configuration after a boot."""
AGAIN_SECONDS, LATEST_SECONDS = 30.0, 3600.0
VERSION_SECONDS = 10.0
"""How long is waited for its version, which a charger knows at once: meanwhile nothing else can be asked of it."""
REFILL_SECONDS = 60.0
"""After which room on a list that is too short is given anew."""
MANY = 500
"""Tags from which on making the whole list costs less."""

log = structlog.get_logger()


class ListSource(Protocol):
    """Where a list finds what it must hold, and what is stored of it."""

    hours_too: bool

    @property
    def at(self) -> datetime:
        """The instant."""

    @property
    def now(self) -> float:
        """The event loop's time, by which pauses are measured."""

    @property
    def network(self) -> Network:
        """The customer's network. Raises DatabaseFault."""

    def after(self, seconds: float) -> datetime:
        """The instant that many seconds from now."""

    async def wanted(self, charger_id: str, at: datetime) -> TagList:
        """Returns the tags that the charger must know."""

    async def recent(self, charger_id: str) -> list[str]:
        """Returns the keys of the tags last accepted there, the latest first."""

    async def kept(self, charger_id: str) -> KeptList | None:
        """Loads what is stored of the charger's list."""

    def changed(self, which: LocalListSync) -> None:
        """Has what the charger holds stored."""


class LocalListSync:
    """`look` is called now and then, and does beside the connection what there is to do."""

    def __init__(self, charger: ConnectedCharger, lists: ListSource) -> None:
        self.charger = charger
        self.trouble: OutOfStep | None = None
        self.wanted = 0
        self.version = 0
        self._lists = lists
        self._connection: Connection | None = None
        self._may_hold: dict[int, Mapping[str, ListedTag]] = {}
        """By version; more than one while it is not known which."""
        self._is_loaded = self._is_checked = self._is_running = False
        self._keys: set[str] = set()
        self._whole = self._taken = self._has_no_cache = False
        self._until = self._refill_at = END
        self._configurations: object = None
        self._configured_by = self._try_at = 0.0
        self._failures = 0
        self._again: Again | None = None

    # -- what there is to do ----------------------------------------------------------------------

    def touch(self, keys: Collection[str], taken: bool) -> None:
        """These tags may have come or gone."""
        self._taken |= taken
        if self.trouble in HOPELESS:
            return
        if len(self._keys) + len(keys) > MANY:
            self._whole = True
        else:
            self._keys.update(keys)

    def touch_all(self, taken: bool) -> None:
        self._whole = True
        self._taken |= taken

    def distrust(self) -> None:
        """Takes what it holds to be unknown, so that it gets the whole list."""
        self._may_hold = {}
        self._is_checked = False
        self.touch_all(taken=True)

    def booted(self, now: float) -> None:
        """It has started: its list may have changed, and what it says of its configuration, if it is asked."""
        self._is_checked = False
        self._configurations = self.charger.reported.configurations
        self._configured_by = (self.charger.last_reading.at or now) + CONFIGURED_SECONDS

    def send_again(self, progress: CallProgress | None) -> asyncio.Future[None] | None:
        """Sends the whole list as soon as no other work is under way, also where the charger said that its list is off
        or not supported; None: that is under way already."""
        if self._again is not None:
            return None
        self._again = Again(progress)
        return self._again.done

    def look(self, now: float, at: datetime) -> None:
        """Begins what there is to do, if the charger is connected. `now` is the event loop's time."""
        connection = self.charger.connection
        if connection is None:
            return
        if connection is not self._connection:  # whose work ends with it
            self._connection, self._try_at = connection, now
            self._is_checked = self._has_no_cache = self._is_running = False
            self._failures = 0
        if self._is_running:
            return
        if self._again is not None:
            self._is_running = True
            connection.spawn(self._work(connection, self._again))
            return
        if self._is_checked:
            ready = self._has_work(at) if self.trouble not in HOPELESS else self._taken and not self._has_no_cache
        elif self._configurations is self.charger.reported.configurations:
            ready = now >= self._configured_by
        else:
            ready = connection.is_started
        if ready and now >= self._try_at:
            self._is_running = True
            connection.spawn(self._work(connection))

    def _has_work(self, at: datetime) -> bool:
        return bool(self._whole or self._keys or self._taken) or at >= min(self._until, self._refill_at)

    async def _work(self, connection: Connection, again: Again | None = None) -> None:
        try:
            if again is not None or not self._is_checked:
                await self._check(connection, again)
            while self.trouble not in HOPELESS and self._has_work(self._lists.at):
                await self._bring(connection)
            if self._taken:
                await self._clear_cache(connection)
            self._failures = 0
            self._end_again(again)
        except NotConnected as lost:  # the next connection begins again
            self._end_again(again, lost)
            raise
        except NotSupported as error:
            self._give_up(OutOfStep.NOT_SUPPORTED)
            self._end_again(again, error)
        except (CallFailed, DatabaseFault) as error:
            self._failed(error)
            self._end_again(again, error)
        finally:
            self._end_again(again, ConnectionLost(f"{self.charger.charger_id} has lost its connection"))
            if self._connection is connection:
                self._is_running = False
            self._lists.changed(self)

    def _end_again(self, again: Again | None, error: Exception | None = None) -> None:
        if again is not None and again is self._again:
            self._again = None
            again.end(error)

    def _failed(self, error: Exception) -> None:
        """Tries again: a refusal once at once, then whatever it is after a pause."""
        self._failures += 1
        self._is_checked, self._whole = False, True
        self._configurations = None
        match error:
            case NoAnswer() | Busy():
                self.trouble = OutOfStep.NO_ANSWER
            case DatabaseFault():
                self.trouble = OutOfStep.DATABASE_AWAY
            case _:
                self.trouble = OutOfStep.REFUSED
        counted = self._failures - (1 if self.trouble is OutOfStep.REFUSED else 0)
        pause = backoff.pause(counted, AGAIN_SECONDS, LATEST_SECONDS) if counted else 0.0
        self._try_at = self._lists.now + pause
        log.info("a local list is not taken", charger=self.charger.charger_id, cause=str(error), pause=pause)

    # -- what the charger holds -------------------------------------------------------------------

    @property
    def tags(self) -> Mapping[str, ListedTag] | None:
        """What it holds, if that is known."""
        return next(iter(self._may_hold.values())) if len(self._may_hold) == 1 else None

    @property
    def state(self) -> str:
        """`IN_STEP`, `CHANGING`, or why it is not in step."""
        if self.trouble is not None:
            return self.trouble
        return IN_STEP if self.tags is not None and not self._has_work(self._lists.at) else CHANGING

    def kept(self) -> KeptList:
        return KeptList(self.charger.charger_id, self.version, self.wanted, self.trouble, self.tags, self._lists.at)

    async def _check(self, connection: Connection, again: Again | None) -> None:
        """Asks for its version, and so finds what it holds. For an operator, what it holds is taken to be unknown."""
        self._is_checked = True  # a boot meanwhile takes it back
        if not self._is_loaded:
            known = await self._lists.kept(self.charger.charger_id)
            if known is not None:
                self.version = known.version
                self._may_hold = {} if known.tags is None else {known.version: known.tags}
            self._is_loaded = True
        if again is None and not self._limits(connection).enabled:
            self._give_up(OutOfStep.SWITCHED_OFF)
            return
        try:
            said = await self._call(connection, "GetLocalListVersion", {}, VERSION_SECONDS)
            version = local_list_messages.version_of(connection.version, said)
        except CallRefused as error:
            if error.code not in UNKNOWN_ACTION:
                raise
            version = -1
        if version < 0 and again is None:
            self._give_up(OutOfStep.NOT_SUPPORTED)
            return
        held = None if again is not None else self._may_hold.get(version) if version else {}
        self.version = max(self.version, version)
        if held is None:
            self._may_hold = {}
            self._taken = True  # it may know tags that are none any more
        else:
            self._may_hold = {self.version: held}
        self._whole, self.trouble = True, None

    def _give_up(self, trouble: OutOfStep) -> None:
        self.trouble, self._may_hold = trouble, {}
        self._keys.clear()

    def _limits(self, connection: Connection) -> ListLimits:
        return local_list_messages.limits(connection.version, self.charger.reported.configurations)

    # -- what it must hold ------------------------------------------------------------------------

    async def _bring(self, connection: Connection) -> None:
        """Brings it to what it must hold now."""
        limits = self._limits(connection)
        target = await self._target(connection, limits.capacity)
        held = self.tags
        if held is None or (not held and target):
            await self._tell_all(connection, limits, target)
        else:
            await self._tell_difference(connection, limits, held, target)
        self.trouble = OutOfStep.TOO_SMALL if self.wanted > len(target) else None
        if self._taken:
            await self._clear_cache(connection)

    async def _target(self, connection: Connection, capacity: int | None) -> Mapping[str, ListedTag]:
        at, held = self._lists.at, self.tags
        keys, self._keys = self._keys, set()
        if self._whole or held is None or at >= min(self._until, self._refill_at):
            return await self._whole_target(connection, capacity, at)
        network = self._lists.network
        target, left_out, was_too_long = dict(held), 0, self.wanted > len(held)
        for key in sorted(keys, key=held.__contains__, reverse=True):  # what goes makes room for what comes
            found, until = look_up(network, key, self.charger.charger_id, at, self._lists.hours_too)
            self._until = min(self._until, until)
            if found is None or not local_list_messages.can_say(connection.version, found.id_tag):
                target.pop(key, None)
            elif key in target or capacity is None or len(target) < capacity:
                target[key] = found
            else:
                left_out += 1
        if was_too_long:  # who else there is to know is not looked at each time
            self._refill_at = min(self._refill_at, self._lists.after(REFILL_SECONDS))
            self.wanted = max(self.wanted, len(target))
        else:
            self.wanted = len(target) + left_out
        return target

    async def _whole_target(
        self, connection: Connection, capacity: int | None, at: datetime
    ) -> Mapping[str, ListedTag]:
        self._whole, self._refill_at = False, END
        made = await self._lists.wanted(self.charger.charger_id, at)
        self._until = made.until
        tags = made.tags
        if not all(local_list_messages.can_say(connection.version, each.id_tag) for each in tags.values()):
            tags = {
                key: each for key, each in tags.items() if local_list_messages.can_say(connection.version, each.id_tag)
            }
        self.wanted = len(tags)
        if capacity is None or len(tags) <= capacity:
            return tags
        recent = await self._lists.recent(self.charger.charger_id)
        first = dict.fromkeys((*(key for key in recent if key in tags), *sorted(tags)))
        return {key: tags[key] for key in islice(first, capacity)}

    # -- telling it -------------------------------------------------------------------------------

    async def _tell_all(self, connection: Connection, limits: ListLimits, target: Mapping[str, ListedTag]) -> None:
        """The first part replaces whatever it holds, the others come to it."""
        entries = [(key, local_list_messages.entry(connection.version, each)) for key, each in target.items()]
        held: dict[str, ListedTag] = {}
        kind = "Full"
        for part in local_list_messages.in_parts(entries, limits):
            held = held | {key: target[key] for key, _ in part}
            await self._send(connection, kind, part, target if len(held) == len(target) else held)
            kind = "Differential"

    async def _tell_difference(
        self,
        connection: Connection,
        limits: ListLimits,
        held: Mapping[str, ListedTag],
        target: Mapping[str, ListedTag],
    ) -> None:
        """Removals first: they make room."""
        entries = local_list_messages.differences(connection.version, held, target)
        if not entries:
            return
        after = dict(held)
        for part in local_list_messages.in_parts(entries, limits):
            after = dict(after)
            for key, _ in part:
                if key in target:
                    after[key] = target[key]
                else:
                    del after[key]
            await self._send(connection, "Differential", part, after)

    async def _send(
        self,
        connection: Connection,
        kind: str,
        part: list[tuple[str, dict[str, Any]]],
        after: Mapping[str, ListedTag],
    ) -> None:
        before = self._may_hold
        self.version += 1
        self._may_hold = {**before, self.version: after}
        message = local_list_messages.update(connection.version, self.version, kind, [each for _, each in part])
        try:
            status = (await self._call(connection, "SendLocalList", message))["status"]
        except CallRefused as error:
            if error.code not in UNKNOWN_ACTION:
                raise
            status = error.code
        if self._connection is not connection:
            raise NotConnected("the charger has connected again meanwhile")
        if status in UNKNOWN_ACTION:
            raise NotSupported(kind, status)
        if status != "Accepted":
            self._may_hold = {}
            raise NotTaken(kind, status)
        self._may_hold = {self.version: after}

    async def _clear_cache(self, connection: Connection) -> None:
        """What the charger remembers of answers goes too; one that has no such memory says no."""
        if not self._has_no_cache:
            try:
                await self._call(connection, "ClearCache", {})
            except CallRefused as error:
                self._has_no_cache = error.code in UNKNOWN_ACTION
        self._taken = False

    async def _call(
        self, connection: Connection, action: str, payload: dict[str, Any], seconds: float | None = None
    ) -> dict[str, Any]:
        return await connection.call(action, payload, seconds, None if self._again is None else self._again.progress)
