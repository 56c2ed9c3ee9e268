"""Weekly hours on the wire."""

from __future__ import annotations

from pydantic import Field

from ...fields import types
from ...rights.explain import clock_text
from ...rights.model import Hours
from .shapes import Draft, Shape


class WeeklyHours(Shape):
    """Local hours of one weekday.

    An end before the start lies on the next day.
    """

    weekday: int = Field(description="1 is Monday, 7 is Sunday", ge=1, le=7)
    start: str = Field(alias="from", description="Local time, within")
    end: str = Field(alias="until", description="Local time, not within")


class WeeklyHoursDraft(Draft):
    """Hours of one weekday, read in the time zone of the charger's site.

    An end before the start: on the next day.
    """

    weekday: types.Weekday = Field(description="1 is Monday, 7 is Sunday")
    start: types.Start = Field(alias="from", description="Local time, within")
    end: types.End = Field(alias="until", description="Local time, not within")

    def fact(self) -> Hours:
        """Raises InvalidHours."""
        return Hours(self.weekday, self.start, self.end)


def shown(hours: tuple[Hours, ...]) -> list[WeeklyHours] | None:
    """The hours as shown, or None if there are no limits."""
    return [
        WeeklyHours(weekday=window.weekday, start=clock_text(window.start), end=clock_text(window.end))
        for window in hours
    ] or None
