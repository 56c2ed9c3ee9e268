"""Answers to chargers' messages."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

from ..charger.connected_charger import ConnectedCharger


@dataclass(frozen=True, slots=True)
class Later:
    """An answer that goes out once its message is on a disk.

    When the message cannot be put on any disk, no answer is sent, so that the charger sends it again.
    """

    payload: dict[str, Any]
    done: asyncio.Future[bool]


Answer = dict[str, Any] | Later | Coroutine[Any, Any, dict[str, Any] | Later]
Actions = Mapping[str, Callable[[ConnectedCharger, dict[str, Any]], Answer]]
