"""Keeps one charger's local authorization list in step.

The list that a charger holds is known by its version, which is asked for after every start and every new connection. An
unknown version means that the charger has forgotten its list, or has another central system's. Then it is sent the
whole list. On any failure the version is read again and the whole list resent: at once after a first refusal, then with
exponential back-off.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from datetime import datetime
from functools import partial
from typing import Any

import structlog

from ...net import backoff
from ...storage.charging.local_lists import KeptList, OutOfStep
from ...storage.database import DatabaseFault
from ..charger.connected_charger import ConnectedCharger
from ..ocpp import local_list_messages
from ..ocpp.call_errors import Busy, CallFailed, CallRefused, ConnectionLost, NoAnswer, NotConnected, NotSupported
from ..ocpp.local_list_messages import ListLimits
from ..ocpp.ocpp_j import UNKNOWN_ACTION
from ..ports import CallProgress, Connection
from .charger_sync import ChargerSync
from .held_list import HeldList
from .list_source import ListSource
from .local_list_target import ListTarget

CONFIGURED_SECONDS = 5.0
"""The longest wait for a charger's configuration after it has started."""
AGAIN_SECONDS, LATEST_SECONDS = 30.0, 3600.0
"""The first and the longest pause before another attempt."""
VERSION_SECONDS = 10.0
"""The longest wait for the list's version, which a charger knows at once: other calls wait meanwhile."""
IN_STEP, CHANGING = "inStep", "changing"
STATES = (IN_STEP, CHANGING, *OutOfStep)
"""In step with the rights, changing, or out of step for a reason."""
HOPELESS = (OutOfStep.NOT_SUPPORTED, OutOfStep.SWITCHED_OFF)
"""Reasons that last until the charger starts again."""

log = structlog.get_logger()


class ResendRequest:
    """An operator's request to send the whole list. `done` tells how it ended."""

    def __init__(self, progress: CallProgress | None) -> None:
        self.progress = progress
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def end(self, error: Exception | None = None) -> None:
        if self.done.done():
            return
        if error is None:
            self.done.set_result(None)
        else:
            self.done.set_exception(error)
            self.done.exception()  # the operator may have gone: asyncio would complain


class LocalListSync(ChargerSync):
    """The local list of one charger.

    `on_change` is called when what the charger holds is to be stored.
    """

    def __init__(
        self, charger: ConnectedCharger, source: ListSource, on_change: Callable[[LocalListSync], None]
    ) -> None:
        super().__init__(charger)
        self.trouble: OutOfStep | None = None
        self._source = source
        self._on_change = on_change
        self._held = HeldList()
        self._target = ListTarget(charger.charger_id, source)
        self._is_loaded = self._is_checked = False
        self._clears_cache = self._has_no_cache = False
        self._configurations: object = None
        """The configuration that the charger had reported when it started."""
        self._configured_by = 0.0
        self._request: ResendRequest | None = None

    # -- work that is due -------------------------------------------------------------------------

    def touch(self, keys: Collection[str], taken: bool) -> None:
        """Notes that these tags may have come or gone.

        `taken`: a right may have been taken away.
        """
        self._clears_cache |= taken
        if self.trouble not in HOPELESS:
            self._target.touch(keys)

    def touch_all(self, taken: bool) -> None:
        """Notes that any tag may have come or gone.

        `taken`: a right may have been taken away.
        """
        self._target.touch_all()
        self._clears_cache |= taken

    def distrust(self) -> None:
        """Takes what the charger holds to be unknown, so that it is sent the whole list."""
        self._held.forget()
        self._is_checked = False
        self.touch_all(taken=True)

    def booted(self, now: float) -> None:
        """Has the list checked, because the charger has started.

        The list may have changed, and so may the configuration, which is being read.
        """
        self._is_checked = False
        self._configurations = self.charger.reported.configurations
        self._configured_by = (self.charger.last_reading.at or now) + CONFIGURED_SECONDS

    def send_again(self, progress: CallProgress | None) -> asyncio.Future[None] | None:
        """Sends the whole list as soon as other work has ended.

        None while an earlier request is under way.

        The list is sent although the charger has said that lists are off or not supported.
        """
        if self._request is not None:
            return None
        self._request = ResendRequest(progress)
        return self._request.done

    def _reconnected(self) -> None:
        self._is_checked = self._has_no_cache = False

    def look(self, now: float, at: datetime) -> None:
        """Begins the work that is due. `now` is the event loop's time."""
        connection = self._idle_connection(now)
        if connection is None:
            return
        if self._request is not None or (now >= self._try_at and self._is_ready(connection, now, at)):
            self._is_running = True
            connection.spawn(self._work(connection, self._request))

    def _is_ready(self, connection: Connection, now: float, at: datetime) -> bool:
        if self._is_checked:
            if self.trouble in HOPELESS:
                return self._clears_cache and not self._has_no_cache
            return self._has_work(at)
        if self._configurations is self.charger.reported.configurations:
            return now >= self._configured_by
        return connection.is_started

    def _has_work(self, at: datetime) -> bool:
        return self._clears_cache or self._target.is_due(at)

    async def _work(self, connection: Connection, request: ResendRequest | None) -> None:
        try:
            if request is not None or not self._is_checked:
                await self._check(connection, request)
            while self.trouble not in HOPELESS and self._has_work(self._source.at):
                await self._bring(connection)
            if self._clears_cache:
                await self._clear_cache(connection)
            self._failures = 0
            self._end_request(request)
        except NotConnected as lost:  # the next connection begins again
            self._end_request(request, lost)
            raise
        except NotSupported as error:
            self._give_up(OutOfStep.NOT_SUPPORTED)
            self._end_request(request, error)
        except (CallFailed, DatabaseFault) as error:
            self._failed(error)
            self._end_request(request, error)
        finally:
            self._end_request(request, ConnectionLost(f"{self.charger.charger_id} has lost its connection"))
            self._ended(connection)
            self._on_change(self)

    def _end_request(self, request: ResendRequest | None, error: Exception | None = None) -> None:
        if request is not None and request is self._request:
            self._request = None
            request.end(error)

    def _failed(self, error: Exception) -> None:
        """Schedules another attempt: at once after a first refusal, else after a pause."""
        self._failures += 1
        self._is_checked = False
        self._target.touch_all()
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
        self._try_at = self._source.now + pause
        log.info("a local list is not taken", charger=self.charger.charger_id, cause=str(error), pause=pause)

    # -- the list ---------------------------------------------------------------------------------

    @property
    def state(self) -> str:
        """`IN_STEP`, `CHANGING`, or why it is not in step."""
        if self.trouble is not None:
            return self.trouble
        return IN_STEP if self._held.tags is not None and not self._has_work(self._source.at) else CHANGING

    def to_store(self) -> KeptList:
        """Returns what is to be stored of the list."""
        return KeptList(
            self.charger.charger_id,
            self._held.version,
            self._target.wanted,
            self.trouble,
            self._held.tags,
            self._source.at,
        )

    async def _check(self, connection: Connection, request: ResendRequest | None) -> None:
        """Asks for the list's version, which tells what it holds.

        When an operator has asked for the whole list, what it holds is taken to be unknown.
        """
        self._is_checked = True  # a start meanwhile takes it back
        if not self._is_loaded:
            self._held.load(await self._source.stored(self.charger.charger_id))
            self._is_loaded = True
        if request is None and not self._limits(connection).enabled:
            self._give_up(OutOfStep.SWITCHED_OFF)
            return
        version = await self._version(connection)
        if version < 0 and request is None:
            self._give_up(OutOfStep.NOT_SUPPORTED)
            return
        if not self._held.answered(version, is_trusted=request is None):
            self._clears_cache = True  # it may know tags that are no longer valid
        self._target.touch_all()
        self.trouble = None

    async def _version(self, connection: Connection) -> int:
        """Asks for the list's version. Returns -1 when lists are not supported."""
        try:
            answer = await self._call(connection, "GetLocalListVersion", {}, VERSION_SECONDS)
        except CallRefused as error:
            if error.code not in UNKNOWN_ACTION:
                raise
            return -1
        return local_list_messages.version_of(connection.version, answer)

    def _give_up(self, trouble: OutOfStep) -> None:
        self.trouble = trouble
        self._held.forget()
        self._target.forget()

    def _limits(self, connection: Connection) -> ListLimits:
        return local_list_messages.limits(connection.version, self.charger.reported.configurations)

    async def _bring(self, connection: Connection) -> None:
        """Brings the list to what it must hold now."""
        limits = self._limits(connection)
        target = await self._target.make(connection.version, limits.capacity, self._held.tags)
        await self._held.bring(partial(self._call, connection), connection.version, limits, target)
        self.trouble = OutOfStep.TOO_SMALL if self._target.wanted > len(target) else None
        if self._clears_cache:
            await self._clear_cache(connection)

    async def _clear_cache(self, connection: Connection) -> None:
        """Clears the charger's cache of answers, if it has one."""
        if not self._has_no_cache:
            try:
                await self._call(connection, "ClearCache", {})
            except CallRefused as error:
                self._has_no_cache = error.code in UNKNOWN_ACTION
        self._clears_cache = False

    async def _call(
        self, connection: Connection, action: str, payload: dict[str, Any], seconds: float | None = None
    ) -> dict[str, Any]:
        progress = None if self._request is None else self._request.progress
        try:
            answer = await connection.call(action, payload, seconds, progress)
        except CallRefused:
            self._require_current(connection)
            raise
        self._require_current(connection)
        return answer

    def _require_current(self, connection: Connection) -> None:
        """Raises NotConnected when the charger has another connection now."""
        if self._connection is not connection:
            raise NotConnected("the charger has connected again meanwhile")
