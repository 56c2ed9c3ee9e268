"""The four kinds of entity that a revision changes: how each is stored, journaled and applied to a network."""

from __future__ import annotations

from typing import Any, NamedTuple

from pydantic import TypeAdapter

from ..rights import changes
from ..rights.model import AccessGroup, Charger, Driver, Site
from . import chargers, drivers, sites

Entity = Site | Charger | AccessGroup | Driver


class Kind(NamedTuple):
    """One kind. `load`, `add`, `replace` and `remove` go to its rows, `put` and `drop` to a network in memory; all
    six are functions of that kind's own entities and keys, which types cannot tell here."""

    name: str
    shape: TypeAdapter[Any]
    load: Any
    add: Any
    replace: Any
    remove: Any
    put: Any
    drop: Any


SITE = Kind(
    "site",
    TypeAdapter(Site),
    sites.load,
    sites.add,
    sites.replace,
    sites.remove,
    changes.put_site,
    changes.remove_site,
)
CHARGER = Kind(
    "charger",
    TypeAdapter(Charger),
    chargers.load,
    chargers.add,
    chargers.replace,
    chargers.remove,
    changes.put_charger,
    changes.remove_charger,
)
ACCESS_GROUP = Kind(
    "accessGroup",
    TypeAdapter(AccessGroup),
    chargers.load_groups,
    chargers.add_groups,
    chargers.replace_group,
    chargers.remove_group,
    changes.put_access_group,
    changes.remove_access_group,
)
DRIVER = Kind(
    "driver",
    TypeAdapter(Driver),
    drivers.load,
    drivers.add,
    drivers.replace,
    drivers.remove,
    changes.put_driver,
    changes.remove_driver,
)
KINDS = {kind.name: kind for kind in (SITE, CHARGER, ACCESS_GROUP, DRIVER)}
_KIND_OF: dict[type[Entity], Kind] = {Site: SITE, Charger: CHARGER, AccessGroup: ACCESS_GROUP, Driver: DRIVER}


def kind_of(entity: Entity) -> Kind:
    return _KIND_OF[type(entity)]


def key_of(entity: Entity) -> int | str:
    """What names the entity within its customer and kind."""
    return entity.charger_id if isinstance(entity, Charger) else entity.id
