"""Entities in the states of the journal, applied to a network together."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from . import apply
from .model import AccessGroup, Charger, Driver, Site
from .network import Network

NetworkEntity = Site | Charger | AccessGroup | Driver


class EntityState(NamedTuple):
    """The state that an entity of that type and id is to have. None removes it."""

    cls: type[NetworkEntity]
    id: int | str
    entity: NetworkEntity | None


_PUT: dict[type[NetworkEntity], Callable[[Network, Any], None]] = {
    Site: apply.put_site,
    Charger: apply.put_charger,
    AccessGroup: apply.put_access_group,
    Driver: apply.put_driver,
}
_REMOVE: dict[type[NetworkEntity], Callable[[Network, Any], None]] = {
    Site: apply.remove_site,
    Charger: apply.remove_charger,
    AccessGroup: apply.remove_access_group,
    Driver: apply.remove_driver,
}


def apply_state(network: Network, state: EntityState) -> None:
    """Puts the entity into the network, or removes it. Raises DomainError."""
    if state.entity is None:
        _REMOVE[state.cls](network, state.id)
    else:
        _PUT[state.cls](network, state.entity)


def apply_states(network: Network, states: Iterable[EntityState]) -> None:
    """Applies the states in order, drivers last.

    Nothing refers to drivers, but they refer to places, and one driver may get a tag that another gives up in the same
    revision. So drivers whose tags change are removed first and put back in their last states when everything else is
    done. A driver whose rights alone change need not be removed.

    Raises:
        DomainError: the states contradict each other or the network.
    """
    last: dict[int | str, EntityState] = {}
    others: list[EntityState] = []
    for state in states:
        if state.cls is Driver:
            last[state.id] = state
        else:
            others.append(state)
    drivers: list[Driver] = []
    for id_, state in last.items():
        known = network.drivers.get(int(id_))
        driver = state.entity if isinstance(state.entity, Driver) else None
        if known is not None and (others or driver is None or driver.tags != known.tags):
            apply.remove_driver(network, known.id)
        if driver is not None:
            drivers.append(driver)
    for state in others:
        apply_state(network, state)
    for driver in drivers:
        apply.put_driver(network, driver)


def rebuild(network: Network, states: Iterable[EntityState]) -> Network:
    """Builds a network of the same facts with these states.

    The last state of an entity counts.
    """
    facts: dict[type[NetworkEntity], dict[Any, Any]] = {
        Site: dict(network.sites),
        Charger: dict(network.chargers),
        AccessGroup: dict(network.access_groups),
        Driver: dict(network.drivers),
    }
    for state in states:
        if state.entity is None:
            facts[state.cls].pop(state.id, None)
        else:
            facts[state.cls][state.id] = state.entity
    return Network.build(*(entities.values() for entities in facts.values()))
