"""One object for equal values: a network's rows repeat themselves, and its image need not."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Any, TypeVar

T = TypeVar("T")
H = TypeVar("H", bound=Hashable)


class Shared:
    """Remembers the values of one load; give it immutable ones only."""

    def __init__(self) -> None:
        self._values: dict[Any, Any] = {}

    def value(self, value: H) -> H:
        """The first value that was equal to this one."""
        found: H = self._values.setdefault(value, value)
        return found

    def values(self, values: Iterable[H]) -> tuple[H, ...]:
        return tuple([self.value(each) for each in values])

    def of(self, make: Callable[..., T], arguments: tuple[Any, ...]) -> T:
        """What `make` makes of the arguments, made once."""
        key = (make, arguments)
        found: T | None = self._values.get(key)
        if found is None:
            found = self._values[key] = make(*arguments)
        return found
