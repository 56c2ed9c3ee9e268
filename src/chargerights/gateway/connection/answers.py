"""What the handlers of chargers' messages answer, and when."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

from ..charger.connected_charger import ConnectedCharger


@dataclass(frozen=True, slots=True)
class Later:
    """An answer that goes out when what it is about is on a disk, and never when it cannot be: then the charger sends
    its message again."""

    payload: dict[str, Any]
    done: asyncio.Future[bool]


Answer = dict[str, Any] | Later | Coroutine[Any, Any, dict[str, Any] | Later]
Actions = Mapping[str, Callable[[ConnectedCharger, dict[str, Any]], Answer]]
