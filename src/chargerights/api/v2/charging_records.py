"""Filters and permissions that decisions, sessions and unmatched stops share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Query

from ...fields import types
from ...operations.authorizations import require_named
from ...operations.view import View
from ...rights.permissions import Permission
from .dependencies import viewing
from .shapes import Id, Instant

READ = (Permission.READ_CHARGERS, Permission.READ_TAGS)
Viewing = Annotated[View, Depends(viewing(*READ))]


@dataclass(frozen=True, slots=True)
class Records:
    """Records of a charger, of a tag, and from an instant until another.

    None asks nothing.
    """

    charger_id: str | None
    id_tag: str | None
    since: datetime | None
    until: datetime | None


def _records(
    charger_id: Annotated[types.Text | None, Query(alias="chargerId", description="Only of this charger")] = None,
    id_tag: Annotated[
        types.Text | None, Query(alias="idTag", description="Only of this tag, in whatever case it is written")
    ] = None,
    since: Annotated[Instant | None, Query(alias="startDate", description="Only from this instant on")] = None,
    until: Annotated[Instant | None, Query(alias="endDate", description="Only before this instant")] = None,
) -> Records:
    return Records(charger_id, id_tag, since, until)


def _driver_id(
    view: Viewing,
    driver_id: Annotated[Id | None, Query(alias="driverId", description="Only of this driver's tags")] = None,
) -> int | None:
    """Raises UnknownDriver for a driver that records do not name to the caller."""
    require_named(view, driver_id)
    return driver_id


AskedRecords = Annotated[Records, Depends(_records)]
AskedDriver = Annotated[int | None, Depends(_driver_id)]
