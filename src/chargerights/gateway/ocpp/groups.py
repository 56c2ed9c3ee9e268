"""A driver's group, by which chargers see that several tags are one driver's."""

from __future__ import annotations

GROUP_PREFIX = "driver-"
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def group_of(driver_id: int) -> str:
    """Returns the group that chargers receive, in at most 20 characters.

    No card shows a text like it.
    """
    digits = ""
    while driver_id:
        driver_id, digit = divmod(driver_id, 36)
        digits = _DIGITS[digit] + digits
    return GROUP_PREFIX + digits
