"""One node changes rights without pause, another answers: every answer is that of one committed revision, and of one
at least as new as the request.

The history is such that mixing shows: each move takes two drivers from one site to another and renames them and both
sites, in one revision. So exactly one of the two lists holds them, and every name in an answer is the same.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

import httpx
import orjson
import pytest

from tests.faults import writer
from tests.faults.writer import LAST_MOVED, LEFT, MOVED, RIGHT, THIRD, State
from tests.support.servers import Caller, Server, new_customer, opened, serving
from tests.support.waiting import PATIENCE

pytestmark = pytest.mark.slow

QUESTIONS = REVISIONS = 40
"""Minimum numbers of requests, and of revisions that are committed meanwhile."""
STREAMED = 20 * 1024 * 1024
"""Bytes of an answer that the buffers between client and server cannot hold."""
NETWORK: dict[str, Any] = {
    "sites": [{"id": LEFT, "name": "begin"}, {"id": RIGHT, "name": "begin"}],
    "chargers": [{"chargerId": "LEFT-1", "siteId": LEFT}, {"chargerId": "RIGHT-1", "siteId": RIGHT}],
    "drivers": [
        {"id": MOVED, "name": "begin", "tags": [{"idTag": "CARD"}], "rights": [{"siteId": LEFT}]},
        {"id": LAST_MOVED, "name": "begin", "rights": [{"siteId": LEFT}]},
        {"id": THIRD, "name": "third", "tags": [{"idTag": "THIRD"}]},
    ],
}


class History:
    """The writing process, and all that it has committed as far as it has said."""

    def __init__(self, url: str, customer: int) -> None:
        self.states: dict[int, State] = {}
        self.newest = 0
        self._ended = False
        self._grown = threading.Condition()
        self._process = subprocess.Popen(
            [sys.executable, writer.__file__, url, str(customer)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            revision, state = orjson.loads(line)
            with self._grown:
                self.states[revision] = State(*state)
                self.newest = revision
                self._grown.notify_all()
        with self._grown:
            self._ended = True
            self._grown.notify_all()

    def wait_for(self, revision: int) -> int:
        """The newest revision, once it is that one or newer."""
        with self._grown:
            assert self._grown.wait_for(lambda: self.newest >= revision or self._ended, 30)
            assert self.newest >= revision, "the writer has ended"
            return self.newest

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """Lets the writer finish what it does, and hears it to the end."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(PATIENCE)
        finally:
            self._process.kill()
            self._reader.join()
            if self._process.stdout is not None:
                self._process.stdout.close()


@pytest.fixture
def caller(database_url: str) -> Caller:
    with opened(database_url) as database:
        return new_customer(database, NETWORK)


@contextmanager
def two_nodes(url: str, caller: Caller) -> Iterator[tuple[History, Server, httpx.Client]]:
    with serving(url) as server, server.client(caller.key) as client, History(url, caller.customer_id) as history:
        history.wait_for(1)
        yield history, server, client


def state_of(lists: list[dict[str, Any]]) -> State:
    """What the mission's answer says; fails when it says two things at once."""
    found = {each["groupId"]: {user["id"]: user for user in each["users"]} for each in lists}
    assert set(found) == {LEFT, RIGHT}
    where = [site for site, users in found.items() if MOVED in users]
    assert where == [site for site, users in found.items() if LAST_MOVED in users]
    assert len(where) == 1, f"listed at {where}"
    users = [found[where[0]][MOVED], found[where[0]][LAST_MOVED]]
    names = {user["name"] for user in users}
    names |= {site["groupName"] for user in users for site in user.get("chargerGroups", ())}
    assert len(names) == 1, f"of several revisions: {names}"
    assert THIRD not in found[RIGHT]
    return State(names.pop(), where[0], THIRD in found[LEFT])


def test_every_answer_is_of_one_committed_revision_at_least_as_new_as_the_request(
    database_url: str, caller: Caller
) -> None:
    asked: list[tuple[int, int, State]] = []
    checked: list[tuple[int, int, bool]] = []
    with two_nodes(database_url, caller) as (history, _, client):
        began = history.newest
        while len(asked) < QUESTIONS or history.newest < began + REVISIONS:
            floor, number = history.newest, len(asked)
            details = "?excludeDetails=true" if number % 2 else ""
            answer = client.post(f"/api/group/authorisedUsers{details}", json={"groupIds": [LEFT, RIGHT]})
            assert answer.status_code == 200, answer.text
            asked.append((floor, 0, state_of(answer.json())))
            floor = history.newest
            question = {"idTag": "CARD", "chargerId": "RIGHT-1"}
            found = client.post("/v2/access/check", json=question).json()
            checked.append((floor, found["revision"], found["allowed"]))
            asked[-1] = (asked[-1][0], found["revision"], asked[-1][2])
        history.end()
    for floor, revision, allowed in checked:
        assert revision >= floor, "older than the request"
        assert allowed == (history.states[revision].at == RIGHT), "not what that revision says"
    for floor, ceiling, state in asked:
        committed = [history.states[revision] for revision in range(floor, ceiling + 1)]
        assert state in committed, "no revision from the request to the answer says that"
    assert len({state for _, _, state in asked}) > 3


def test_a_streamed_answer_is_of_one_revision_while_changes_go_on(database_url: str) -> None:
    with opened(database_url) as database:
        caller = new_customer(database, large_network())
    with two_nodes(database_url, caller) as (history, server, client):
        with (
            small_buffers(server, caller) as slow,
            slow.stream(
                "POST", "/api/group/authorisedUsers", json=[LEFT, RIGHT], headers={"accept-encoding": "identity"}
            ) as streamed,
        ):
            assert "content-length" not in streamed.headers
            chunks = streamed.iter_raw()
            answer = bytearray(next(chunks))
            begun = history.newest
            history.wait_for(begun + 20)
            newer = client.post("/api/group/authorisedUsers?excludeDetails=true", json=[LEFT, RIGHT]).json()
            for chunk in chunks:
                answer += chunk
        history.end()
    assert len(answer) > STREAMED
    lists = orjson.loads(answer)
    first = state_of(lists)
    assert first in [history.states[revision] for revision in range(1, begun + 2) if revision in history.states]
    assert state_of(newer) != first
    names = {site["groupName"] for each in lists for user in each["users"] for site in user["chargerGroups"]}
    assert names == {first.label}


def large_network() -> dict[str, Any]:
    """The same, with many drivers between the two that move, and many chargers on the left site."""
    chargers = [{"chargerId": f"L-{number}", "siteId": LEFT, "manufacturer": "x" * 300} for number in range(100)]
    drivers = [{"id": 1000 + i, "name": "Other", "rights": [{"siteId": LEFT}]} for i in range(300)]
    return {**NETWORK, "chargers": NETWORK["chargers"] + chargers, "drivers": NETWORK["drivers"] + drivers}


@contextmanager
def small_buffers(server: Server, caller: Caller) -> Iterator[httpx.Client]:
    """A client whose machine takes little ahead of what is read, so that the server waits with the rest."""
    option = (socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)
    transport = httpx.HTTPTransport(socket_options=[option])
    headers = {"x-api-key": caller.key}
    with httpx.Client(base_url=server.url, headers=headers, timeout=PATIENCE, transport=transport) as client:
        yield client
