"""Personal data: everything known about a driver, and erasure.

See `storage.personal`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from pydantic import Field
from pydantic.alias_generators import to_camel

from ...files.network_file.write import driver_members
from ...operations import drivers as operations
from ...operations.mutation import Mutation
from ...operations.view import View
from ...rights.permissions import Permission
from ...storage.personal import PersonalEvent, PersonalRecord
from ..common.auth import CallerFirst
from .answers import answer, respond
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
    actor: str = Field(description="Its author: an API key, an import or a command")
    operator_id: int | None = None
    action: str
    before: dict[str, Any] | None = Field(None, description="The driver before the change, as in a network file")
    after: dict[str, Any] | None = Field(None, description="The driver after the change")


class PersonalData(Shape):
    """All that is kept about one driver."""

    driver_id: int
    driver: dict[str, Any] | None = Field(None, description="As in a network file; left out if the driver was removed")
    history: list[PersonalChange] = Field(description="Every change of the driver, the oldest first")
    records: dict[str, list[dict[str, Any]]] = Field(description="Other kept records by kind: sessions, for example")


@router.get(
    "/{driverId}/personal-data",
    operation_id="getPersonalData",
    summary="Get all that is kept about a driver",
    response_model=PersonalData,
)
async def personal_data(view: Annotated[View, Depends(viewing(*READ))], driver_id: DriverId) -> Response:
    """Returns a driver's facts, every change of them, and what chargers recorded.

    For a person who asks what is known about them.
    """
    return answer(shape_of(driver_id, await operations.known_about(view, driver_id)))


@router.post(
    "/{driverId}/erase",
    status_code=204,
    operation_id="eraseDriver",
    summary="Erase a driver's personal data",
    response_class=Response,
)
async def erase(change: Annotated[Mutation, Depends(on_post(*WRITE))], driver_id: DriverId) -> Response:
    """Removes a driver for good, with their tags and rights.

    Names, tags and ids in other systems are removed from the audit log and from all records, which keep the driver's
    number. Erasing the driver again changes nothing.
    """
    return await respond(change, await operations.erase(change, driver_id))


def shape_of(driver_id: int, known: PersonalRecord) -> PersonalData:
    """Converts the record for programs."""
    return PersonalData(
        driver_id=driver_id,
        driver=known.driver and driver_members(known.driver),
        history=[_change(change) for change in known.history],
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
