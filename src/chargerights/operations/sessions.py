"""Charging sessions and unmatched stops at the sites that a caller sees."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace

from ..rights.search_drivers import Key
from ..storage.charging import session_keeping, sessions
from ..storage.charging.sessions import Position, Session, SessionFilter, StoredReading, UnknownSession
from .mutation import Mutation
from .paging import Paging, Part, part_of
from .view import View
from .visibility import names_driver


def site_ids(view: View, site_id: int | None = None, with_subsites: bool = False) -> Set[int] | None:
    """The sites that are asked for and that the caller sees, or None for all."""
    seen = None if view.scope.unlimited else view.scope.sites
    if site_id is None:
        return seen
    site = view.site(site_id)
    wanted = frozenset(view.network.subtree(site.id) if with_subsites else (site.id,))
    return wanted if seen is None else seen & wanted


async def page(view: View, asked: Paging, wanted: SessionFilter) -> Part[Session]:
    """Takes the part of the sessions or stops, the newest first."""
    database, customer_id = view.services.database, view.caller.customer_id
    total = None if asked.walking else await database.read(sessions.count, customer_id, wanted)
    found = await database.read(sessions.find, customer_id, wanted, asked.count, asked.start, asked.after_instant(int))
    return part_of([_shown(view, session) for session in found], asked, _key, total)


async def after(view: View, wanted: SessionFilter, position: Position | None, most: int) -> list[Session]:
    """The next sessions after that position, at most that many."""
    found = await view.services.database.read(sessions.find, view.caller.customer_id, wanted, most, before=position)
    return [_shown(view, session) for session in found]


async def one(view: View, session_id: int) -> Session:
    """The session. Raises UnknownSession also for one that the caller does not see."""
    found = await view.services.database.read(sessions.get, view.caller.customer_id, session_id)
    if found is None or not (view.scope.unlimited or found.site_id in view.scope.sites):
        raise UnknownSession((session_id,))
    return _shown(view, found)


async def end(mutation: Mutation, session_id: int) -> Session:
    """Ends a session whose stop does not come."""
    await one(mutation.view, session_id)
    ended = await mutation.make("session.end", lambda revision: session_keeping.end(revision, session_id))
    return await one(mutation.view, ended.result)


async def meter_values(view: View, session_id: int, asked: Paging) -> Part[StoredReading]:
    """Takes the part of a session's meter values, the oldest first."""
    await one(view, session_id)
    found, total = await view.services.database.read(
        sessions.readings,
        view.caller.customer_id,
        session_id,
        asked.count,
        asked.start,
        asked.after_instant(str),
    )
    return part_of(found, asked, lambda kept: (kept.reading.at.isoformat(), kept.digest), total)


def _key(session: Session) -> Key:
    at, session_id = sessions.position(session)
    return at.isoformat(), session_id


def _shown(view: View, session: Session) -> Session:
    """Hides the driver if records may not name the driver to the caller."""
    return session if names_driver(view, session.driver_id) else replace(session, driver_id=None)
