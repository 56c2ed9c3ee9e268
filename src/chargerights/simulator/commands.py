"""Commands of the central system, in words that both generations share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from .configuration import ChangeResult, Setting
from .device import Device
from .local_list import ACCEPTED, ListUpdate, TagInfo
from .model import PendingStart, SimulatedConnector, Trigger
from .sessions import Sessions

Later = Callable[..., None]


class Commands:
    """The behaviour of a charger on commands. The wires translate.

    Methods that answer at once receive `afterwards`, which runs a step once the answer is sent.
    """

    def __init__(self, charger: Device, sessions: Sessions) -> None:
        self._charger = charger
        self._sessions = sessions
        self._model = charger.model

    def remote_start(self, tag: str, number: int | None, remote_start_id: int | None, afterwards: Later) -> bool:
        """Starts a session. Returns False when no connector can take it."""
        free = [
            each
            for each in self._model.connectors.values()
            if each.operative and each.transaction is None and number in (None, each.number)
        ]
        if not free or not self._charger.online:
            return False
        connector = next((each for each in free if each.plugged), free[0])
        pending = PendingStart(self._sessions.new_id(), tag, None, Trigger.REMOTE, remote_start_id)
        afterwards(self._sessions.start_remotely, connector, pending, self._charger.car_comes_when_started)
        return True

    async def remote_stop(self, number: int) -> None:
        self._sessions.stop(self._model.connectors[number], Trigger.REMOTE)

    async def unlock(self, connector: SimulatedConnector) -> None:
        """Lets go of the cable, which ends a session."""
        self._sessions.stop(connector, Trigger.UNLOCKED)
        self._sessions.unplug(connector)

    async def measure(self, connector: SimulatedConnector) -> None:
        self._sessions.measure(connector, Trigger.TRIGGERED)

    async def reset(self, cause: Trigger) -> None:
        """Ends running sessions and boots again.

        Unconfirmed messages outlive any reset. A soft reset waits a little for their confirmation.
        """
        for connector in self._model.connectors.values():
            self._sessions.stop(connector, cause)
        if cause is Trigger.SOFT_RESET:
            await self._settle()
        self._charger.reboot("RemoteReset")

    async def reset_when_idle(self) -> None:
        await self._charger.background.until(lambda: not self._charger.transactions, None)
        await self._settle()
        self._charger.reboot("ScheduledReset")

    def change_availability(self, number: int | None, operative: bool) -> str:
        """Changes whether a connector, or with None the charger, may be used.

        Returns the word of 1.6 and 2.x for the outcome.
        """
        if number is not None and number not in self._model.connectors:
            return "Rejected"
        if number is None:
            self._model.operative = operative
        concerned = self._model.connectors.values() if number is None else [self._model.connectors[number]]
        done = [self._model.make_available(connector, operative) for connector in concerned]
        self._charger.changed()
        return "Accepted" if all(done) else "Scheduled"

    def change_setting(self, setting: Setting, value: str, afterwards: Later) -> ChangeResult:
        outcome = self._charger.configuration.change(setting, value)
        if setting.name == "AuthorizationKey" and outcome is ChangeResult.ACCEPTED:
            self._charger.password = value
            afterwards(self._charger.reconnect)  # with the new one, as use case A01 has it
        self._charger.changed()
        return outcome

    def update_local_list(self, version: int, kind: str, entries: Iterable[tuple[str, TagInfo | None]]) -> ListUpdate:
        local_list = self._model.local_list
        outcome = {"Full": local_list.replace, "Differential": local_list.change}[kind](version, entries)
        self._charger.configuration.put("LocalAuthListCtrlr.Entries", len(local_list))
        self._charger.changed()
        return outcome

    def clear_cache(self) -> bool:
        """Clears the cache. Returns False when there is none."""
        self._model.cache.clear()
        self._charger.changed()
        return self._charger.configuration.flag("AuthorizationCacheEnabled")

    async def update_firmware(self, location: str, request_id: int | None) -> None:
        """The new version is the name of the file at the location, without its ending."""
        charger = self._charger
        for status in ("Downloading", "Downloaded", "Installing"):
            await self._report_firmware(status, request_id)
        charger.firmware = PurePosixPath(urlsplit(location).path).stem[:50] or charger.firmware
        self._charger.reboot("FirmwareUpdate")
        await charger.background.until(lambda: charger.online and not charger.rebooting, None)
        await self._report_firmware("Installed", request_id)
        charger.firmware_status = "Idle"

    async def boot_again(self) -> None:
        """A boot that was asked for: it may end the waiting for the next one."""
        charger = self._charger
        if charger.central is None or not charger.online:
            charger.boot_now()
            return
        charger.registered(*await charger.central.boot("Triggered"))
        if charger.registration != ACCEPTED:
            await charger.reconnect()

    async def _settle(self) -> None:
        await self._charger.background.until(lambda: self._charger.settled, self._charger.timings.close)

    async def _report_firmware(self, status: str, request_id: int | None) -> None:
        self._charger.firmware_status = status
        if self._charger.central is not None:
            await self._charger.central.report_firmware(status, request_id)
