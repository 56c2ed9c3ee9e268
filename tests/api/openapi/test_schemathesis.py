"""Schemathesis asks a real server whatever the OpenAPI document allows, and what it forbids.

Whatever is asked: no error of the server, no status, content type or body that the document does not have.
"""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import hypothesis
import pytest
import schemathesis
from schemathesis.checks import not_a_server_error
from schemathesis.config import GenerationConfig, ProjectConfig, ProjectsConfig
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from chargerights.api.openapi import v1
from chargerights.app import create_app
from chargerights.rights.model import Site
from chargerights.storage.database import Database
from tests.api.client import add_party
from tests.conftest import Databases
from tests.support.oracle import Facts
from tests.support.servers import opened, serving
from tests.support.waiting import PATIENCE
from tests.support.world import DEPOT, FACTS

pytestmark = pytest.mark.slow

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = hypothesis.settings().max_examples // 10
"""Random requests for each operation, beside the document's examples and the edges of its schemas."""

OURSELVES = {"operatorId": 1, "keyId": 2}
"""Numbers of the first operator of a customer and of their first key."""
UNUSED = 2**40

GROUP_IDS = v1.examples()["groupIds"]
EXAMPLE_SITES = tuple(
    Site(site_id, f"Example {site_id}", DEPOT.id, external_id="depot-helsinki")
    for site_id in {7, *GROUP_IDS["groupIds"]}
)
"""Called as in the document's examples, so that these are answered."""

generation = GenerationConfig(max_examples=EXAMPLES, deterministic=True)
config = schemathesis.Config(
    seed=1, projects=ProjectsConfig(default=ProjectConfig(generation=generation, request_timeout=PATIENCE))
)
schema = schemathesis.openapi.from_dict(create_app(Database("sqlite:///never-opened.db")).openapi(), config=config)


@pytest.fixture(scope="module")
def server(databases: Databases) -> Iterator[tuple[str, dict[str, str], int]]:
    """The server's address, the header with a key, and the customer it is of."""
    url = databases.new("sqlite")
    with opened(url) as database:
        us = add_party(database, "Us", Facts((*FACTS.sites, *EXAMPLE_SITES), *FACTS[1:]))
    with serving(url) as running:
        yield running.url, {"x-api-key": us.key}, us.id
        assert running.process.poll() is None
        assert "Traceback" not in running.log()


def test_the_examples_of_the_document_are_answered_by_this_server(server: tuple[str, dict[str, str], int]) -> None:
    """First: what follows takes sites and rights away, whichever it meets."""
    url, headers, _ = server
    with httpx.Client(base_url=url, headers=headers, trust_env=False) as client:
        assert client.post("/api/group/authorisedUsers", json=GROUP_IDS).status_code == 200
        for path in ("/api/group/authorisedUsers/7", "/api/group/external/depot-helsinki"):
            assert client.get(path).status_code == 200, path


@schema.parametrize()
def test_every_answer_is_one_that_the_document_has(
    case: schemathesis.Case, server: tuple[str, dict[str, str], int]
) -> None:
    url, headers, client_id = server
    for name, known in (("clientId", client_id), ("chargerId", "DEP-1")):
        if isinstance(case.query.get(name), type(known)):
            case.query[name] = known  # else most questions would end there
    for name, ours in OURSELVES.items():
        if case.method != "GET" and str(case.path_parameters.get(name)) == str(ours):
            case.path_parameters[name] = UNUSED  # else all that follows would be refused
    case.call_and_validate(base_url=url, headers=headers, checks=CHECKS)
