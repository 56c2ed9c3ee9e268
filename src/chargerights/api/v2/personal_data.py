"""Personal data: what is known about a driver, and forgetting who he is (see `storage.personal`)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from pydantic import Field
from pydantic.alias_generators import to_camel

from ...files.network_file.write import driver_members
from ...operations.mutation import Mutation
from ...operations.view import View
from ...rights.errors import UnknownDriver
from ...rights.permissions import Permission
from ...storage import personal
from ...storage.journal import ERASURE
from ...storage.personal import PersonalEvent, PersonalRecord
from ..common.auth import CallerFirst
from .answers import answer, apply
from .dependencies import on_post, viewing
from .path_ids import DriverId
from .shapes import REFUSALS, Shape

router = APIRouter(prefix="/v2/drivers", tags=["Drivers"], route_class=CallerFirst, responses=REFUSALS)

READ = (Permission.READ_DRIVERS, Permission.READ_TAGS, Permission.READ_AUDIT_LOGS)
WRITE = (Permission.WRITE_DRIVERS, Permission.WRITE_TAGS)


class PersonalChange(Shape):
    """A change of the driver."""

    revision: int
    at: datetime
    actor: str = Field(description="Who made it: an API key, an import or a command")
    operator_id: int | None = None
    action: str
    before: dict[str, Any] | None = Field(None, description="The driver as he was, as in a network file")
    after: dict[str, Any] | None = Field(None, description="The driver as he was from then on")


class PersonalData(Shape):
    """All that is kept about one driver."""

    driver_id: int
    driver: dict[str, Any] | None = Field(None, description="As in a network file; left out when he was removed")
    history: list[PersonalChange] = Field(description="Every change of him, the oldest first")
    records: dict[str, list[dict[str, Any]]] = Field(description="What else is kept, by kind: sessions, for example")


@router.get(
    "/{driverId}/personal-data",
    operation_id="getPersonalData",
    summary="Get all that is kept about a driver",
    response_model=PersonalData,
)
async def personal_data(view: Annotated[View, Depends(viewing(*READ))], driver_id: DriverId) -> Response:
    """For a person who asks what is known about him: his facts, every change of them, and what chargers recorded."""
    _require_seen(view, driver_id)
    known = await view.services.database.read(personal.known_about, view.caller.customer_id, driver_id)
    return answer(shape_of(driver_id, known))


@router.post(
    "/{driverId}/erase",
    status_code=204,
    operation_id="eraseDriver",
    summary="Erase a driver's personal data",
    response_class=Response,
)
async def erase(change: Annotated[Mutation, Depends(on_post(*WRITE))], driver_id: DriverId) -> Response:
    """For good: the driver goes with his tags and rights, and his name, tags and ids in other systems go from the
    audit log and all records, which keep his number. Erasing him again changes nothing."""
    _require_seen(change.view, driver_id)
    return await apply(change, ERASURE, lambda revision: personal.erase(revision, driver_id))


def _require_seen(view: View, driver_id: int) -> None:
    """Who was removed is at no site any more: only a caller of all sites asks about him. Raises UnknownDriver."""
    if driver_id in view.network.drivers:
        view.driver(driver_id)
    elif not view.scope.unlimited:
        raise UnknownDriver((driver_id,))


def shape_of(driver_id: int, known: PersonalRecord) -> PersonalData:
    """What is known, as programs read it."""
    return PersonalData(
        driver_id=driver_id,
        driver=known.driver and driver_members(known.driver),
        history=[_change(each) for each in known.history],
        records={
            to_camel(name): [{to_camel(column): value for column, value in row.items()} for row in rows]
            for name, rows in known.rows.items()
        },
    )


def _change(event: PersonalEvent) -> PersonalChange:
    return PersonalChange(
        revision=event.revision,
        at=event.at,
        actor=event.actor,
        operator_id=event.operator_id,
        action=event.action,
        before=event.before and driver_members(event.before),
        after=event.after and driver_members(event.after),
    )
