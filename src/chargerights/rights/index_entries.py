"""Entries of a network's indexes: names and windows of rights."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from .driver_sets import BEGINNING, END, DriverWindow
from .model import Charger, Driver, Right


class PlacedCharger(NamedTuple):
    """A charger in name order.

    `text` has its searchable texts, folded, one per line.
    """

    name: str
    charger_id: str
    text: str


def name_entry(driver: Driver) -> tuple[str, int]:
    """Returns the driver's entry in the index by name."""
    return driver.name.casefold(), driver.id


def charger_entry(charger: Charger) -> PlacedCharger:
    """Returns the charger's entry in the index by name.

    The charger id stands in for a name.
    """
    texts = (charger.charger_id, charger.name, charger.evse_id, charger.serial_number)
    text = "\n".join([line for line in texts if line]).casefold()
    return PlacedCharger((charger.name or charger.charger_id).casefold(), charger.charger_id, text)


def window_of(driver_id: int, right: Right) -> DriverWindow:
    """Returns the right's window with open ends set to the beginning and end of time."""
    return driver_id, right.valid_from or BEGINNING, right.valid_until or END


def edges_of(windows: Iterable[DriverWindow]) -> list[datetime]:
    """Returns the instants at which the windows begin and end."""
    return [edge for _, *both in windows for edge in both if edge not in (BEGINNING, END)]
