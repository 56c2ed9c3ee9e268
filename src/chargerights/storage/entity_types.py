"""Types of entities that a revision changes: how each is stored and journaled.

Operators, API keys, webhooks and commands to chargers are journaled with the others, but are not part of a network.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Generic, NoReturn, TypeVar

import orjson
from pydantic import TypeAdapter
from sqlalchemy import Connection

from ..rights.entity_states import EntityState
from ..rights.model import AccessGroup, Charger, Driver, Site
from ..rights.permissions import Operator
from .rows import chargers, drivers, keys, operators, partners, sites, webhooks
from .rows.keys import ApiKey
from .rows.partners import Partner
from .rows.webhooks import Webhook


@dataclass(frozen=True, slots=True)
class CommandRecord:
    """A command that was sent to a charger, and its outcome.

    `end` and `word` are as in `commands.CommandOutcome`. `done` tells whether the charger accepted it.
    """

    charger_id: str
    action: str
    arguments: Mapping[str, Any]
    end: str
    word: str
    done: bool


@dataclass(frozen=True, slots=True)
class PasswordSet:
    """The record of a password that a charger was given at that instant."""

    charger_id: str
    set_at: datetime


@dataclass(frozen=True, slots=True)
class ChargingSettings:
    """A customer's settings for charging, apart from rights (see `charging_settings`)."""

    one_session_per_tag: bool = False
    lists_hours_too: bool = False
    id: int = 1


@dataclass(frozen=True, slots=True)
class SessionEnd:
    """A session that an operator ends. `ended_by` is None before."""

    id: int
    charger_id: str
    transaction_id: str
    ended_by: str | None = None
    stopped_at: datetime | None = None
    meter_stop: float | None = None


Entity = (
    Site
    | Charger
    | AccessGroup
    | Driver
    | Operator
    | ApiKey
    | Webhook
    | Partner
    | CommandRecord
    | PasswordSet
    | ChargingSettings
    | SessionEnd
)


E = TypeVar("E")
K = TypeVar("K", int, str)


def _no_rows(*_arguments: Any) -> NoReturn:
    raise NotImplementedError("entities of this type are not loaded or written one by one")


@dataclass(frozen=True, eq=False)
class EntityType(Generic[E, K]):
    """A type of entity: its name in the journal, and functions for its rows."""

    name: str
    cls: type[E]
    key: type[K]
    load: Callable[[Connection, int, Collection[K] | None], list[E]] = _no_rows
    add: Callable[[Connection, int, list[E]], None] = _no_rows
    replace: Callable[[Connection, int, E, E], None] = _no_rows
    remove: Callable[[Connection, int, K], None] = _no_rows

    @cached_property
    def shape(self) -> TypeAdapter[E]:
        return TypeAdapter(self.cls)

    @property
    def in_network(self) -> bool:
        """Tells whether entities of this type are part of a network."""
        return self.cls in (Site, Charger, AccessGroup, Driver)

    def state(self, id_: int | str, image: Any) -> EntityState:
        """Returns the state of an entity of a network from its image in the journal."""
        return EntityState(self.cls, id_, image and self.shape.validate_python(image))  # type: ignore[arg-type]


AnyEntityType = EntityType[Any, Any]

SITE = EntityType("site", Site, int, load=sites.load, add=sites.add, replace=sites.replace, remove=sites.remove)
CHARGER = EntityType(
    "charger", Charger, str, load=chargers.load, add=chargers.add, replace=chargers.replace, remove=chargers.remove
)
ACCESS_GROUP = EntityType(
    "accessGroup",
    AccessGroup,
    int,
    load=chargers.load_groups,
    add=chargers.add_groups,
    replace=chargers.replace_group,
    remove=chargers.remove_group,
)
DRIVER = EntityType(
    "driver", Driver, int, load=drivers.load, add=drivers.add, replace=drivers.replace, remove=drivers.remove
)
OPERATOR = EntityType(
    "operator",
    Operator,
    int,
    load=operators.load,
    add=operators.add,
    replace=operators.replace,
    remove=operators.remove,
)
API_KEY = EntityType("apiKey", ApiKey, int, load=keys.load, replace=keys.replace)
"""Keys are added with their secret by `keys.add`, and revoked instead of removed."""
PARTNER = EntityType(
    "partnerAuthorisation",
    Partner,
    int,
    load=partners.load,
    add=partners.add,
    replace=partners.replace,
    remove=partners.remove,
)
WEBHOOK = EntityType("webhook", Webhook, int, load=webhooks.load, replace=webhooks.replace, remove=webhooks.remove)
"""Webhooks are added with their secret by `webhooks.add`."""
COMMAND = EntityType("command", CommandRecord, str)
"""Only the journal has commands, under the id of the charger."""
CHARGER_PASSWORD = EntityType("chargerPassword", PasswordSet, str)
"""`charger_passwords` keeps the password itself."""
SESSION = EntityType("session", SessionEnd, int)
"""Sessions have rows of their own, outside the revision."""
CHARGING_SETTINGS = EntityType("chargingSettings", ChargingSettings, int)
"""Rows: see `charging_settings`."""
KINDS: dict[str, AnyEntityType] = {
    entity_type.name: entity_type
    for entity_type in (
        *(SITE, CHARGER, ACCESS_GROUP, DRIVER, OPERATOR, API_KEY, WEBHOOK, PARTNER, COMMAND),
        *(CHARGER_PASSWORD, CHARGING_SETTINGS, SESSION),
    )
}
"""By their names in the journal."""
_KIND_OF: dict[type[Any], AnyEntityType] = {entity_type.cls: entity_type for entity_type in KINDS.values()}
_SHAPES: dict[type[Any], TypeAdapter[Any]] = {}
"""Of every type of which a version was asked, parts of entities included."""


def kind_of(entity: Entity) -> AnyEntityType:
    return _KIND_OF[type(entity)]


def version_of(entity: Any) -> str:
    """Returns a digest of an entity, or of a part of one: the same in every process."""
    type_ = type(entity)
    shape = _SHAPES.get(type_) or _SHAPES.setdefault(type_, TypeAdapter(type_))
    members = shape.dump_python(entity, mode="json")
    for name, value in members.items():
        if isinstance(value, list) and isinstance(getattr(entity, name), frozenset):
            members[name] = sorted(value)
    return hashlib.blake2b(orjson.dumps(members), digest_size=12).hexdigest()


def key_of(entity: Entity) -> int | str:
    """Returns the id of the entity within its customer and type."""
    return entity.charger_id if isinstance(entity, Charger | CommandRecord | PasswordSet) else entity.id
