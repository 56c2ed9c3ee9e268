"""The local list that a charger holds, and the messages that change it.

The list is known by its version, which rises with every message and is never used twice. While a message is under way,
the charger may hold the list of before or of after. The version that it answers next tells which.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from ...rights.local_list import ListedTag
from ...storage.charging.local_lists import KeptList
from ..ocpp import local_list_messages
from ..ocpp.call_errors import CallRefused, NotSupported, NotTaken
from ..ocpp.local_list_messages import ListLimits
from ..ocpp.ocpp_j import UNKNOWN_ACTION

Tags = Mapping[str, ListedTag]
Call = Callable[[str, dict[str, Any]], Awaitable[dict[str, Any]]]
"""Calls the charger with an action and a payload."""


class HeldList:
    """One charger's."""

    def __init__(self) -> None:
        self.version = 0
        self._may_hold: dict[int, Tags] = {}
        """The tags by version. More than one while it is not known which the charger holds."""

    @property
    def tags(self) -> Tags | None:
        """The tags that the charger holds, if that is known."""
        return next(iter(self._may_hold.values())) if len(self._may_hold) == 1 else None

    def load(self, stored: KeptList | None) -> None:
        """Takes what is stored of the list."""
        if stored is not None:
            self.version = stored.version
            self._may_hold = {} if stored.tags is None else {stored.version: stored.tags}

    def forget(self) -> None:
        """Takes what the charger holds to be unknown."""
        self._may_hold = {}

    def answered(self, version: int, is_trusted: bool) -> bool:
        """Takes the version that the charger has answered.

        Returns whether its tags are known.

        Without trust in the charger they are not. The version still tells which numbers were used.
        """
        tags = None if not is_trusted else self._may_hold.get(version) if version else {}
        self.version = max(self.version, version)
        self._may_hold = {} if tags is None else {self.version: tags}
        return tags is not None

    async def bring(self, call: Call, version: str, limits: ListLimits, target: Tags) -> None:
        """Sends what brings the list to the target. Raises CallFailed."""
        held = self.tags
        if held is None or (not held and target):
            await self._replace(call, version, limits, target)
        else:
            await self._change(call, version, limits, held, target)

    async def _replace(self, call: Call, version: str, limits: ListLimits, target: Tags) -> None:
        """Sends the whole list.

        The first part replaces what the charger holds. The others are added.
        """
        entries = [(key, local_list_messages.entry(version, tag)) for key, tag in target.items()]
        held: dict[str, ListedTag] = {}
        kind = "Full"
        for part in local_list_messages.in_parts(entries, limits):
            held = held | {key: target[key] for key, _ in part}
            await self._send(call, version, kind, part, target if len(held) == len(target) else held)
            kind = "Differential"

    async def _change(self, call: Call, version: str, limits: ListLimits, held: Tags, target: Tags) -> None:
        """Sends the differences. Removals come first, because they make room."""
        entries = local_list_messages.differences(version, held, target)
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
            await self._send(call, version, "Differential", part, after)

    async def _send(
        self, call: Call, version: str, kind: str, part: list[tuple[str, dict[str, Any]]], after: Tags
    ) -> None:
        self.version += 1
        self._may_hold = {**self._may_hold, self.version: after}
        message = local_list_messages.update(version, self.version, kind, [entry for _, entry in part])
        try:
            status = (await call("SendLocalList", message))["status"]
        except CallRefused as error:
            if error.code not in UNKNOWN_ACTION:
                raise
            raise NotSupported(kind, error.code) from None
        if status in UNKNOWN_ACTION:
            raise NotSupported(kind, status)
        if status != "Accepted":
            self._may_hold = {}
            raise NotTaken(kind, status)
        self._may_hold = {self.version: after}
