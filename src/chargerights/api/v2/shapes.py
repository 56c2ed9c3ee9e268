"""What objects of v2 have in common: members in camelCase, unknown ones refused, none shown that has no value."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from ..asking import EARLIEST, LATEST

T = TypeVar("T")


class Shape(BaseModel):
    """An object of v2: members in camelCase; those without a value are left out of answers."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid")

    def to_json(self) -> str:
        return self.model_dump_json(by_alias=True, exclude_none=True)


class Draft(BaseModel):
    """A body of v2: types are strict (no "1" for 1), unknown members are refused."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", strict=True)

    def given(self) -> dict[str, Any]:
        """The members that the body has, null ones too."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class Page(Shape, Generic[T]):
    """One page of a list."""

    page: int = Field(description="Number of the page, from 1")
    limit: int = Field(description="Items on a page at most")
    total_records: int = Field(description="Items on all pages")
    has_next_page: bool = Field(description="Whether a page follows")
    has_previous_page: bool = Field(description="Whether a page comes before")
    items: list[T] = Field(description="The items of this page")


def _askable(at: datetime) -> datetime:
    if not EARLIEST <= at <= LATEST:
        raise PydanticCustomError("instant", f"write an instant from {EARLIEST.date()} to {LATEST.date()}")
    return at.astimezone(UTC)


Instant = Annotated[AwareDatetime, AfterValidator(_askable)]

PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
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
    "content": {"application/problem+json": {"schema": PROBLEM_SCHEMA}},
}
"""The answer of every operation of v2 that does not end well."""
