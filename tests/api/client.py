"""Asks the real app over a real database, without a socket, and holds every answer to the wire's models."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import httpx
import orjson
from fastapi import FastAPI
from pydantic import TypeAdapter
from sqlalchemy import Connection

from chargerights.api.v2 import decisions
from chargerights.app import create_app
from chargerights.files import network_file
from chargerights.rights.live import LiveCharger
from chargerights.rights.network import Network
from chargerights.storage import callers, networks
from chargerights.storage.charging import live
from chargerights.storage.database import Database
from chargerights.storage.journal import Actor
from chargerights.storage.revisions import revise
from tests.api.checking import require_exact
from tests.support.clock import Clock
from tests.support.oracle import Facts
from tests.support.world import FACTS, NOW, RIVAL

MISSION = "/api/group/authorisedUsers"
BAD = "Errors in the route parameters"
UNAUTHORISED = "Customer not found or not authorised"
MISSING = "Site(s) not found for the customer or the site(s) have no drivers to return"
BASE = "http://chargerights.test"

DECISIONS: dict[str, Any] = {
    "AccessDecision": decisions.AccessDecision,
    "AccessExplanation": decisions.AccessExplanation,
    "AccessDecisions": decisions.AccessDecisions,
}


@cache
def _adapter(shape: str) -> TypeAdapter[Any]:
    return TypeAdapter(DECISIONS[shape])


def read(response: httpx.Response, shape: str) -> Any:
    """The 200's JSON; fails unless it is exactly of that shape: a decision, or an object of v1's contract."""
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/json"
    body = orjson.loads(response.content)
    if shape in DECISIONS:
        _adapter(shape).validate_json(response.content)
    else:
        require_exact(body, shape)
    return body


def refusal(response: httpx.Response) -> tuple[int, str]:
    """Status and text of a v1 error."""
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    return response.status_code, response.text


def problem(response: httpx.Response) -> tuple[int, str]:
    """Status and detail of a v2 error; fails unless it is in the form of RFC 9457."""
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert body.keys() - {"errors"} == {"type", "title", "status", "detail", "instance"}
    assert body["status"] == response.status_code
    return response.status_code, body["detail"]


@dataclass(frozen=True, slots=True)
class Party:
    """A customer and an API key of theirs."""

    id: int
    key: str


class Api:
    """One process's app over the database. Requests carry the key of `us` unless another is given."""

    def __init__(self, url: str, us: Party, rival: Party, clock: Clock | None = None) -> None:
        self.url = url
        self.us = us
        self.rival = rival
        self.clock = clock or Clock()
        self.database = Database(url)
        self.app: FastAPI = create_app(self.database, self.clock)
        transport = httpx.ASGITransport(self.app)
        self.http = httpx.AsyncClient(transport=transport, base_url=BASE, headers={"accept-encoding": "identity"})

    def beside(self) -> Api:
        """Another process over the same database, as far as one process can show that."""
        return Api(self.url, self.us, self.rival, self.clock)

    async def close(self) -> None:
        await self.http.aclose()
        await self.app.state.shared.close()

    async def ask(
        self, method: str, path: str, *, key: str | None = "ours", headers: dict[str, str] | None = None, **more: Any
    ) -> httpx.Response:
        """`key=None` sends none."""
        secret = self.us.key if key == "ours" else key
        sent = {**({} if secret is None else {"x-api-key": secret}), **(headers or {})}
        return await self.http.request(method, path, headers=sent, **more)

    async def get(self, path: str, **more: Any) -> httpx.Response:
        return await self.ask("GET", path, **more)

    async def post(self, path: str, body: Any = None, **more: Any) -> httpx.Response:
        """A `bytes` body goes out as it is, anything else as JSON."""
        content = body if isinstance(body, bytes) else orjson.dumps(body)
        return await self.ask("POST", path, content=content, **more)

    async def drivers_of(self, site_ids: Sequence[Any], brief: bool = False, **more: Any) -> httpx.Response:
        """The mission's request."""
        query = "?excludeDetails=true" if brief else ""
        return await self.post(MISSION + query, {"groupIds": list(site_ids)}, **more)

    async def settle(self) -> None:
        """Lets what runs beside requests come to its end."""
        await asyncio.gather(*self.app.state.shared.tasks)

    # -- what others do meanwhile -----------------------------------------------------------------

    async def change(self, work: Callable[..., Any], *args: Any, **more: Any) -> Any:
        """Writes beside the app, in a thread: the app may be writing on this loop."""
        return await asyncio.to_thread(self.database.write_now, work, *args, **more)

    async def add_key(self, customer_id: int | None = None, **more: Any) -> str:
        """A new key's secret; ours unless another customer is named."""
        made = {"at": NOW - timedelta(days=7), **more}
        _, secret = await self.change(callers.add_key, customer_id or self.us.id, **made)
        return str(secret)

    async def report(self, *states: LiveCharger) -> None:
        """What chargers report of themselves."""
        await self.change(live.record, self.us.id, states, self.clock())


def listed(response: httpx.Response) -> dict[int, list[int]]:
    """Of an answer to the mission's request: the ids of each site's users, in their order."""
    shape = "BriefSiteDrivers[]" if "excludeDetails" in str(response.url) else "SiteDrivers[]"
    return {each["groupId"]: [user["id"] for user in each["users"]] for each in read(response, shape)}


def add_party(database: Database, name: str, facts: Facts, at: datetime = NOW) -> Party:
    """A customer with that network and a key."""

    def add(connection: Connection) -> Party:
        made = callers.add_customer(connection, name, at)
        _, secret = callers.add_key(connection, made.id, at=at, name="test")
        store(connection, made.id, facts, at)
        return Party(made.id, secret)

    return database.write_now(add)


def store(connection: Connection, customer_id: int, facts: Facts, at: datetime = NOW) -> None:
    with revise(connection, customer_id, at=at, actor=Actor("test"), action="network.load") as revision:
        held = [each for driver in facts.drivers for each in (*driver.tags, *driver.rights)]
        revision.reserve(max((each.id for each in [*facts.sites, *facts.chargers, *facts.drivers, *held]), default=0))
        networks.store(revision, *facts)


def facts_of(file: dict[str, Any], numbers: Iterable[int], at: datetime = NOW) -> Facts:
    """A network file's facts, with those numbers for its chargers, tags and rights."""
    read = network_file.facts(network_file.parse(orjson.dumps(file)), Network(), iter(numbers).__next__, at)
    return Facts(read.sites, read.chargers, read.access_groups, read.drivers)


def our_world(url: str, facts: Facts = FACTS) -> Api:
    """The database filled with the cast and its rival, and the app over it."""
    database = Database(url)
    try:
        us = add_party(database, "Us", facts)
        rival = add_party(database, "Rival", RIVAL)
    finally:
        database.close_now()
    return Api(url, us, rival)
