"""The kinds of entity that a revision changes: how each is stored, journaled and applied to a network.

Operators, API keys, webhooks and what chargers were told are journaled with the others, but are no part of a network.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from pydantic import TypeAdapter

from ..rights import apply
from ..rights.model import AccessGroup, Charger, Driver, Site
from ..rights.network import Network
from ..rights.permissions import Operator
from .rows import chargers, drivers, keys, operators, partners, sites, webhooks
from .rows.keys import ApiKey
from .rows.partners import Partner
from .rows.webhooks import Webhook


@dataclass(frozen=True, slots=True)
class CommandRecord:
    """A command that was sent to a charger, and its outcome.

    `end` and `word` are as in `commands.CommandOutcome`; `done`: the charger said yes.
    """

    charger_id: str
    action: str
    arguments: Mapping[str, Any]
    end: str
    word: str
    done: bool


@dataclass(frozen=True, slots=True)
class PasswordSet:
    """A charger was given a password then."""

    charger_id: str
    set_at: datetime


@dataclass(frozen=True, slots=True)
class ChargingSettings:
    """How a customer's drivers may charge, beside their rights; see `charging_settings`."""

    one_session_per_tag: bool = False
    lists_hours_too: bool = False
    id: int = 1


@dataclass(frozen=True, slots=True)
class SessionEnd:
    """How a session stands that an operator ends; `ended_by` is None before."""

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


class EntityType(NamedTuple):
    """One kind. `load`, `add`, `replace` and `remove` go to its rows, `put` and `drop` to a network in memory; all
    six are functions of that kind's own entities and ids, which types cannot tell here."""

    name: str
    shape: TypeAdapter[Any]
    load: Any
    add: Any
    replace: Any
    remove: Any
    put: Any
    drop: Any
    key: type[int] | type[str] = int
    """What its entities are named by."""


SITE = EntityType(
    "site",
    TypeAdapter(Site),
    sites.load,
    sites.add,
    sites.replace,
    sites.remove,
    apply.put_site,
    apply.remove_site,
)
CHARGER = EntityType(
    "charger",
    TypeAdapter(Charger),
    chargers.load,
    chargers.add,
    chargers.replace,
    chargers.remove,
    apply.put_charger,
    apply.remove_charger,
    str,
)
ACCESS_GROUP = EntityType(
    "accessGroup",
    TypeAdapter(AccessGroup),
    chargers.load_groups,
    chargers.add_groups,
    chargers.replace_group,
    chargers.remove_group,
    apply.put_access_group,
    apply.remove_access_group,
)
DRIVER = EntityType(
    "driver",
    TypeAdapter(Driver),
    drivers.load,
    drivers.add,
    drivers.replace,
    drivers.remove,
    apply.put_driver,
    apply.remove_driver,
)


def _elsewhere(network: Network, entity: object) -> None:
    """What is no part of a network changes none."""


OPERATOR = EntityType(
    "operator",
    TypeAdapter(Operator),
    operators.load,
    operators.add,
    operators.replace,
    operators.remove,
    _elsewhere,
    _elsewhere,
)
API_KEY = EntityType(
    "apiKey",
    TypeAdapter(ApiKey),
    keys.load,
    None,  # a key's row holds more than the key as it is shown: `keys.add` makes both
    keys.replace,
    None,  # keys are revoked, not removed
    _elsewhere,
    _elsewhere,
)
PARTNER = EntityType(
    "partnerAuthorisation",
    TypeAdapter(Partner),
    partners.load,
    partners.add,
    partners.replace,
    partners.remove,
    _elsewhere,
    _elsewhere,
)
WEBHOOK = EntityType(
    "webhook",
    TypeAdapter(Webhook),
    webhooks.load,
    None,  # as with keys: `webhooks.add` makes its secret, too
    webhooks.replace,
    webhooks.remove,
    _elsewhere,
    _elsewhere,
)
COMMAND = EntityType(
    "command",
    TypeAdapter(CommandRecord),
    None,  # done, not kept: only the journal has it, under the charger that was told
    None,
    None,
    None,
    _elsewhere,
    _elsewhere,
    str,
)
CHARGER_PASSWORD = EntityType(
    "chargerPassword",
    TypeAdapter(PasswordSet),
    None,  # see `charger_passwords`, which keeps the password itself
    None,
    None,
    None,
    _elsewhere,
    _elsewhere,
    str,
)
SESSION = EntityType(
    "session",
    TypeAdapter(SessionEnd),
    None,  # as with commands: sessions have rows of their own, outside the revision
    None,
    None,
    None,
    _elsewhere,
    _elsewhere,
)
CHARGING_SETTINGS = EntityType(
    "chargingSettings",
    TypeAdapter(ChargingSettings),
    None,  # see `charging_settings`
    None,
    None,
    None,
    _elsewhere,
    _elsewhere,
)
KINDS = {
    kind.name: kind
    for kind in (
        *(SITE, CHARGER, ACCESS_GROUP, DRIVER, OPERATOR, API_KEY, WEBHOOK, PARTNER, COMMAND),
        *(CHARGER_PASSWORD, CHARGING_SETTINGS, SESSION),
    )
}
_KIND_OF: dict[type[Entity], EntityType] = {
    Site: SITE,
    Charger: CHARGER,
    AccessGroup: ACCESS_GROUP,
    Driver: DRIVER,
    Operator: OPERATOR,
    ApiKey: API_KEY,
    Partner: PARTNER,
    Webhook: WEBHOOK,
    CommandRecord: COMMAND,
    PasswordSet: CHARGER_PASSWORD,
    ChargingSettings: CHARGING_SETTINGS,
    SessionEnd: SESSION,
}

_SHAPES: dict[type[Any], TypeAdapter[Any]] = {kind: of.shape for kind, of in _KIND_OF.items()}
"""And of what else was asked for a version."""


def kind_of(entity: Entity) -> EntityType:
    return _KIND_OF[type(entity)]


def version_of(entity: Any) -> str:
    """What tells this value of an entity, or of a part of one, from every other: the same in every process."""
    kind = type(entity)
    shape = _SHAPES.get(kind) or _SHAPES.setdefault(kind, TypeAdapter(kind))
    members = shape.dump_python(entity, mode="json")
    for name, value in members.items():
        if isinstance(value, list) and isinstance(getattr(entity, name), frozenset):
            members[name] = sorted(value)
    return hashlib.blake2b(orjson.dumps(members), digest_size=12).hexdigest()


def key_of(entity: Entity) -> int | str:
    """What names the entity within its customer and kind."""
    return entity.charger_id if isinstance(entity, Charger | CommandRecord | PasswordSet) else entity.id
