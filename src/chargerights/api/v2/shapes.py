"""Base classes of v2's objects.

Members are in camelCase, unknown members are refused, and members without a value are left out of answers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any, Generic, TypeVar

from annotated_types import Interval
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from ...fields import types
from ...rights.decide import EARLIEST, LATEST
from ...rights.identifiers import INT64_MAX, INT64_MIN
from ...rights.model import Location

T = TypeVar("T")

ITEM_SUFFIX = re.compile("(Shape|Item|Summary)$")
LOCATION_MEMBERS = tuple(Location.__dataclass_fields__)


class Shape(BaseModel):
    """An object of v2: members in camelCase.

    Those without a value are left out of answers.
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid")

    def to_json(self) -> str:
        return self.model_dump_json(by_alias=True, exclude_none=True)


class SecretAnswer(Shape):
    """An answer that shows a secret once."""

    note: str | None = Field(
        None,
        description="If a request is sent again with its Idempotency-Key: that the secret is not shown again, and"
        " how to get a new one",
    )


def shown_before(secret: str | None, instead: str) -> str | None:
    """The note where there is no secret to show. `instead`: how to get a new one."""
    if secret is not None:
        return None
    return f"The secret was shown in the first answer to this Idempotency-Key and is not shown again: {instead}."


class Draft(BaseModel):
    """A body of v2: types are strict (no "1" for 1), unknown members are refused."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", strict=True)

    def given(self) -> dict[str, Any]:
        """The members that the body has, null ones too."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class Address(BaseModel):
    """The place of a site or charger, in members named as in the model's `Location`."""

    latitude: types.Latitude | None = Field(None, description="Degrees north, WGS 84")
    longitude: types.Longitude | None = Field(None, description="Degrees east, WGS 84")
    street_address: types.OptionalText = Field(None, description="The street's name")
    street_number: types.OptionalText = Field(None, description="The house's number")
    house_letter: types.OptionalText = Field(None, description="What follows the number: a letter or a staircase")
    postal_code: types.OptionalText = None
    city: types.OptionalText = None
    area: types.OptionalText = Field(None, description="The district, county or state")
    country: types.OptionalText = Field(None, description="The country; ISO 3166 codes such as FI are a good choice")


def address(place: Location) -> dict[str, Any]:
    """The members of an `AddressEntry`."""
    return {name: getattr(place, name) for name in LOCATION_MEMBERS}


def moved(place: Location, given: Mapping[str, Any]) -> Location:
    """The place with those of the given members that a place has."""
    return replace(place, **{name: given[name] for name in LOCATION_MEMBERS if name in given})


def unless_given(description: str) -> Any:
    """A member of a change that may be left out but cannot be null."""
    return Field(None, description=description, json_schema_extra=_without_default)


def _without_default(schema: dict[str, Any]) -> None:
    """Removes the default: None means "not given" and is not a value of the member."""
    schema.pop("default", None)


class Page(Shape, Generic[T]):
    """One page of a list."""

    page: int | None = Field(None, description="Number of the page, from 1; left out in a walk by cursor")
    limit: int = Field(description="Items in an answer at most")
    total_records: int | None = Field(None, description="Items on all pages; left out in a walk by cursor")
    has_next_page: bool = Field(description="Whether more items follow")
    has_previous_page: bool = Field(description="Whether items come before")
    next_cursor: str | None = Field(
        None,
        description="Send it as `cursor` with the same filters and order for what follows; left out when nothing does",
    )
    items: list[T] = Field(description="The items of this page")


@cache
def page_of(item: type[Shape]) -> type[Shape]:
    """The schema of a page of those items: `DriverPage` of `DriverShape`."""
    name = f"{ITEM_SUFFIX.sub('', item.__name__)}Page"
    return type(name, (Page[item],), {"__module__": item.__module__, "__doc__": Page.__doc__})  # type: ignore[valid-type]


def _askable(at: datetime) -> datetime:
    if not EARLIEST <= at <= LATEST:
        raise PydanticCustomError("instant", f"write an instant from {EARLIEST.date()} to {LATEST.date()}")
    return at.astimezone(UTC)


Id = Annotated[int, Interval(ge=INT64_MIN, le=INT64_MAX)]
"""An id in a path or parameter: one that a database can be asked for."""

Instant = Annotated[AwareDatetime, AfterValidator(_askable)]

PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "Why a request was refused, in the words of RFC 9457.",
    "properties": {
        **{name: {"type": "string"} for name in ("type", "title", "detail", "instance")},
        "status": {"type": "integer"},
        "errors": {
            "type": "object",
            "description": "What is wrong, by member of the body or parameter",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
    },
    "required": ["type", "title", "status"],
}
PROBLEM: dict[str, Any] = {
    "description": "Refused, in the words of RFC 9457",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
REFUSALS: dict[int | str, dict[str, Any]] = {"4XX": PROBLEM, "5XX": PROBLEM}
"""The answers of every operation of v2 that does not end well. An answer of any other status must be described."""
