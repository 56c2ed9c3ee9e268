"""Schemathesis creates things and follows the document's links: the next requests take values of earlier answers.

As in test_schemathesis, every answer is one that the document describes, and no error of the server. Requests change
the server, so a failing request cannot be replayed and shrunk. Each fault is noted with its request, and all are
reported at the end.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import hypothesis
import pytest
import schemathesis
from hypothesis.errors import Flaky
from schemathesis.config import ProjectConfig, ProjectsConfig
from schemathesis.core.errors import format_transition
from schemathesis.core.failures import FailureGroup
from schemathesis.core.transport import Response
from schemathesis.generation.stateful.state_machine import StepInput, StepOutput

from chargerights.api.openapi import links
from chargerights.app import create_app
from chargerights.storage.charging import charger_batches
from chargerights.storage.charging.authorizations import Authorization
from chargerights.storage.charging.charger_batches import Batch
from chargerights.storage.database import Database
from tests.api.client import Party, add_party
from tests.api.openapi.test_schemathesis import CHECKS, OURSELVES, UNUSED
from tests.conftest import Databases
from tests.support.servers import opened, serving
from tests.support.waiting import PATIENCE
from tests.support.world import ALICE, CIR_1, DEPOT, FACTS, NOW, VISITORS
from tests.webhooks.receiver import receiving

pytestmark = pytest.mark.slow

Case = schemathesis.Case
Json = dict[str, Any]

SCENES = {
    "network": (8, {"addSite", "addCharger", "addDriver", "addTag", "addShownTag", "addAccessGroup", "grantRight",
                     "addApiKey"}),
    "administration": (2, {"addOperator", "addWebhook", "importDrivers"}),
}  # fmt: skip
"""By walk: how often it begins again with another seed, and the operations that create things in it.

The walks are apart because the machine would begin only with operations whose bodies refer to nothing else."""
SCENARIOS, STEPS = 4, 60
"""Greatest number of scenarios for each beginning, and of requests for each scenario."""

KNOWN: Json = {
    "siteId": DEPOT.id,
    "parentSiteId": DEPOT.id,
    "homeSiteId": DEPOT.id,
    "driverId": ALICE.id,
    "chargerId": CIR_1.charger_id,
    "accessGroupId": VISITORS.id,
    "operatorId": OURSELVES["operatorId"],
    "after": 3,
}
"""What bodies name while the scenario has made nothing of the kind. Events are kept from a bulk load on."""
INSTANTS = {
    "startDate": "2026-01-01T00:00:00Z",
    "expiringDate": "2100-01-01T00:00:00Z",
    "validFrom": "2026-01-01T00:00:00Z",
    "validUntil": "2100-01-01T00:00:00Z",
    "expiresAt": "2100-01-01T00:00:00Z",
}
PLACES = ("siteId", "chargerId", "accessGroupId")
FILE = b"Name,RFID tag\nHeidi,HEIDI\n"
SHOWN_TAGS = 500
NUMBERS = count(1)
FRAMING = ("Content-Length", "Transfer-Encoding", "Connection")

NEED_A_CONNECTED_CHARGER = {
    "startCharging", "stopCharging", "disconnectSocket", "unlockSocket", "resetCharger", "changeChargerAvailability",
    "triggerChargerMessage", "clearChargerCache", "readChargerConfiguration", "changeChargerConfiguration",
}  # fmt: skip


@dataclass
class Walked:
    """What came of it: the statuses that each link led to, and what was wrong."""

    followed: defaultdict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    faults: list[str] = field(default_factory=list)

    @property
    def good(self) -> set[str]:
        """The links that have led to an answer of success."""
        return {name for name, statuses in self.followed.items() if any(200 <= each < 300 for each in statuses)}

    def never_followed(self, there: set[str]) -> set[str]:
        return there - self.followed.keys()

    def led_nowhere(self, there: set[str]) -> set[str]:
        """The links that have not led to success, of those that could here."""
        return {name for name in there - self.good if not NEED_A_CONNECTED_CHARGER & {*name.split()}}

    def is_enough(self, there: set[str]) -> bool:
        """Most links were followed, and most of those led to success."""
        return len(self.never_followed(there)) < 0.1 * len(there) and len(self.led_nowhere(there)) < 0.2 * len(there)


@dataclass(frozen=True)
class Fitting:
    """Puts into a request what there is, where it names something of the right type: else most would end there."""

    hook: str
    """A web address that takes webhooks."""
    authorisations: Iterator[int]
    """Those of unknown tags."""
    known: Json = field(default_factory=lambda: dict(KNOWN))
    etags: dict[str, str] = field(default_factory=dict)

    def fit(self, case: Case, given: set[str]) -> None:
        """`given`: the parameters that a link has put in; they stay."""
        asked = operation_id(case)
        if asked in links.MADE:
            case.query.pop("dryRun", None)
        if "Idempotency-Key" in case.headers:
            case.headers["Idempotency-Key"] = str(next(NUMBERS))
        for name in FRAMING:
            case.headers.pop(name, None)  # made up, these make no HTTP request at all
        if "If-Match" in case.headers and (etag := self.etags.get(case.formatted_path)):
            case.headers["If-Match"] = etag
        if asked == "addShownTag" and isinstance(case.path_parameters["authorisationId"], int):
            case.path_parameters["authorisationId"] = next(self.authorisations)
        self._fill(case.query, given)
        if asked == "explainAccess":
            case.query.setdefault("chargerId", self.known["chargerId"])
            case.query.pop("at", None)
            case.query.pop("driverId" if "idTag" in given else "idTag", None)
            if not given & {"idTag", "driverId"}:
                case.query["driverId"] = self.known["driverId"]
        if asked == "listRights":
            self._keep_one_place(case.query, given)
        if isinstance(case.body, dict):
            case.body = {name: whole(value) for name, value in case.body.items()}
            self._fill(case.body, {"chargerId"} if asked == "addCharger" else set())
            self._fit_body(case.body)
        elif asked == "importDrivers" and case.body:
            case.body = FILE

    def _fill(self, there: Json, given: set[str]) -> None:
        for name, value in self.known.items():
            if name in there and name not in given and type(there[name]) is type(value):
                there[name] = value
            if isinstance(there.get(f"{name}s"), list):
                there[f"{name}s"] = [value]

    def _fit_body(self, body: Json) -> None:
        for name in INSTANTS.keys() & body.keys():
            if isinstance(body[name], str):
                body[name] = INSTANTS[name]
        if isinstance(body.get("url"), str):
            body["url"] = self.hook
        if "driverId" in body:
            self._keep_one_place(body, set())

    @staticmethod
    def _keep_one_place(there: Json, given: set[str]) -> None:
        places = sorted((name for name in PLACES if there.get(name) is not None), key=lambda name: name not in given)
        for name in places[1:]:
            del there[name]

    def learn(self, output: StepOutput) -> None:
        """What was made is named from now on."""
        made = links.MADE.get(operation_id(output.case), {})
        if str(output.response.status_code) in links.STATUSES:
            body = output.response.json()
            for member, parameters in made.items():
                if member in body:
                    self.known.update(dict.fromkeys(parameters, body[member]))
        for etag in output.response.headers.get("etag", []):
            self.etags[output.case.formatted_path] = etag


def whole(value: Any) -> Any:
    """1 for 1.0: the same number in JSON, but the server takes the first alone for an integer."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def operation_id(case: Case) -> str:
    found: str = case.operation.definition.raw["operationId"]
    return found


def machine(schema: Any, url: str, key: str, hook: str, authorisations: Iterator[int], walked: Walked) -> Any:
    """The state machine that follows the schema's links at that server."""

    class Walk(schema.as_state_machine()):  # type: ignore[misc]
        def setup(self) -> None:
            self.fitting = Fitting(hook, authorisations)

        def get_call_kwargs(self, case: Case) -> Json:
            return {"base_url": url, "headers": {"x-api-key": key}}

        def step(self, input: StepInput) -> StepOutput:
            try:
                return self._step_in_what_is_there(input)
            except Exception as error:
                walked.faults.append(f"{operation_id(input.case)}: {error!r}")
                raise

        def _step_in_what_is_there(self, input: StepInput) -> StepOutput:
            case = input.case
            self.fitting.fit(case, {name or "" for _, name in input.applied_parameters})
            for name, ours in OURSELVES.items():
                if case.method != "GET" and str(case.path_parameters.get(name)) == str(ours):
                    case.path_parameters[name] = UNUSED  # else all that follows would be refused
            output: StepOutput = super().step(input)
            if input.transition is not None and input.is_applied:
                walked.followed[input.transition.id][output.response.status_code] += 1
            self.fitting.learn(output)
            return output

        def validate_response(self, response: Response, case: Case, **_: Any) -> None:
            try:
                case.validate_response(response, checks=CHECKS)
            except FailureGroup as group:
                walked.faults.append("\n".join([operation_id(case), *map(str, group.exceptions), str(group)]))

    return Walk


def walk(machine: Any, beginnings: int, is_enough: Callable[[], bool]) -> None:
    """Begins that often, and up to twice as often again while the draws have not led far enough."""
    settings = hypothesis.settings(
        max_examples=SCENARIOS, stateful_step_count=STEPS, database=None, deadline=None,
        phases=[hypothesis.Phase.generate], suppress_health_check=list(hypothesis.HealthCheck),
    )  # fmt: skip
    for seed in range(3 * beginnings):
        if seed >= beginnings and is_enough():
            return
        machine.rule_order_seed = seed
        with suppress(Flaky):  # the server has changed, so the same request may get another answer: begin again
            hypothesis.seed(seed)(machine).run(settings=settings)


def shown_tags(database: Database, us: Party) -> None:
    """Records unknown tags that were shown at a charger."""
    unknown = (
        Authorization(NOW, "DEP-1", 1, None, f"New {n}", f"NEW {n}", "Authorize", "Unknown", "tagUnknown", *[None] * 4)
        for n in range(SHOWN_TAGS)
    )
    database.write_now(charger_batches.write, us.id, "node", Batch(1, NOW, messages=tuple(unknown)))


def links_from(openapi: Json, makers: Iterable[str]) -> set[str]:
    """By the names that schemathesis has for them."""
    operations = {
        operation["operationId"]: (f"{method.upper()} {path}", operation)
        for path, item in openapi["paths"].items()
        for method, operation in item.items()
    }
    return {
        format_transition(label, status, name, operations[link["operationId"]][0])
        for label, operation in map(operations.__getitem__, makers)
        for status, response in operation["responses"].items()
        for name, link in response.get("links", {}).items()
    }


@pytest.mark.parametrize("scene", SCENES)
def test_whatever_is_made_leads_on_and_every_answer_is_one_that_the_document_has(
    databases: Databases, scene: str
) -> None:
    beginnings, makers = SCENES[scene]
    openapi = create_app(Database("sqlite:///never-opened.db")).openapi()
    config = schemathesis.Config(projects=ProjectsConfig(default=ProjectConfig(request_timeout=PATIENCE)))
    config.projects.default.phases.stateful.inference.algorithms = []  # the document's own links, no guesses
    for item in openapi["paths"].values():  # lists lead to their next part: test_cursors walks through them
        item.get("get", {"responses": {}})["responses"].get("200", {}).pop("links", None)
    schema = schemathesis.openapi.from_dict(openapi, config=config).exclude(
        operation_id=[*(links.MADE.keys() - makers)]
    )
    walked, there = Walked(), links_from(openapi, makers)
    url = databases.new("sqlite")
    with opened(url) as database:
        us = add_party(database, "Us", FACTS)
        shown_tags(database, us)
    anywhere = {"CHARGERIGHTS_WEBHOOK_TARGETS": "any", "CHARGERIGHTS_RATE_LIMIT": "0"}
    with receiving() as receiver, serving(url, settings=anywhere) as running:
        walk(
            machine(schema, running.url, us.key, receiver.url, count(1), walked),
            beginnings,
            lambda: bool(walked.faults) or walked.is_enough(there),
        )
        assert running.process.poll() is None
        assert "Traceback" not in running.log()

    assert walked.faults == [], "\n\n".join(walked.faults)
    assert walked.is_enough(there), sorted(walked.never_followed(there)) + sorted(walked.led_nowhere(there))
