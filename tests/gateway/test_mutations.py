"""Thousands of broken frames: what is a call is answered as one, nothing is granted by mistake, and nothing is logged
as an error. `make fuzz` sends 200,000."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import Mapping
from random import Random
from typing import Any

import pytest
import structlog

from chargerights.gateway.ocpp import ocpp_j, schemas
from chargerights.gateway.ocpp.ocpp_j import V16, V21, V201
from chargerights.gateway.ocpp.variables import keys_of_16
from chargerights.log_limits import FewAlike
from chargerights.rights.identifiers import tag_key
from chargerights.storage.charging import authorizations, sessions
from tests.gateway.client import RawCharger, official
from tests.gateway.mutations import frame, is_sound, mutated, payload, schema_of
from tests.gateway.server import InProcess
from tests.gateway.test_ocpp16 import ALL, EVERY
from tests.support.waiting import PATIENCE

FRAMES = int(os.environ.get("FUZZ_FRAMES", "3000"))
SEED = int(os.environ.get("FUZZ_SEED", "20261128"))
AT_ONCE = 100
"""How long a hundred answers may take on a slow machine."""
ACCEPTED = {tag_key("ALICE"), tag_key("BOB")}
WITHOUT_ANSWER = {"NotifyPeriodicEventStream"}


@pytest.fixture(autouse=True)
def few_lines(short_logs: None, monkeypatch: pytest.MonkeyPatch) -> None:
    structlog.configure(
        processors=[FewAlike(), structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    )
    monkeypatch.setattr("chargerights.gateway.connection.pace.MESSAGES_PER_SECOND", 10**9)


@pytest.mark.parametrize("version", [V16, V201, V21])
async def test_no_broken_frame_trips_the_server(
    either: InProcess, version: str, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    random = Random(f"{SEED} {version}")
    async with either.charger("DEP-1", version) as charger:
        for _ in range(0, FRAMES // 3, AT_ONCE):
            sent = dict(frame(random, version) for _ in range(AT_ONCE))
            answers = await answered(charger, version, sent)
            for message_id, text in sent.items():
                judge(version, message_id, text, answers.get(message_id, []))
            assert_quiet(capsys, caplog)
    await either.read(authorizations.find, *ALL)
    await either.read(sessions.find, *EVERY)
    assert_quiet(capsys, caplog)


async def answered(charger: RawCharger, version: str, sent: Mapping[str, str]) -> dict[str, list[Any]]:
    """Answers by message id, once every sound call has one."""
    for text in sent.values():
        raw = text.encode("utf-8", "surrogatepass")
        await charger.socket.send(text if raw.decode("utf-8", "replace") == text else raw)
    await charger.call("Heartbeat", {})
    wanted = {message_id for message_id, text in sent.items() if is_sound(text, version, message_id)}
    answers: dict[str, list[Any]] = {}
    async with asyncio.timeout(PATIENCE):
        while wanted or not charger.unasked.empty():
            answer = await charger.unasked.get()
            answers.setdefault(answer[1], []).append(answer)
            wanted.discard(answer[1])
    return answers


def judge(version: str, message_id: str, text: str, answers: list[Any]) -> None:
    told = f"FUZZ_SEED={SEED} {version} {text[:2000]} -> {answers}"
    sound = is_sound(text, version, message_id)
    for answer in answers:
        assert answer[0] in (3, 4), told
        assert answer[0] == 3 or answer[2] != "InternalError", told
    if sound is None:
        return
    assert len(answers) == 1, told
    assert answers[0][0] == 3, told
    if sound[2] not in WITHOUT_ANSWER:
        official(version, sound[2], "Response").validate(answers[0][2])
    info = answers[0][2].get("idTagInfo") or answers[0][2].get("idTokenInfo") or {}
    if info.get("status") == "Accepted":
        said = sound[3]["idTag"] if version == V16 else sound[3]["idToken"]["idToken"]
        assert tag_key(said.replace("\0", "")) in ACCEPTED, told


def assert_quiet(capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    out, err = capsys.readouterr()
    for line in (out + err).splitlines():
        assert "exception" not in json.loads(line), line
    assert [each for each in caplog.records if each.exc_info or each.levelno >= logging.ERROR] == []


@pytest.mark.parametrize("version", [V16, V201, V21])
def test_no_broken_answer_of_a_charger_trips_the_server(version: str) -> None:
    random = Random(f"{SEED} {version} answers")
    actions = sorted(action for action in schemas._requests(version) if schema_of(version, action, "Response"))
    for _ in range(FRAMES // 3):
        action = random.choice(actions)
        given = mutated(random, payload(random, version, action, "Response"))
        try:
            text = json.dumps([3, "1", given])
        except RecursionError:
            continue
        try:
            read = schemas.read_result(version, action, ocpp_j.read(text)[0][2]).payload
        except schemas.Mismatch:
            continue
        if action == "GetConfiguration":
            assert all(each.name for each in keys_of_16(read))
        for name in (schema_of(version, action, "Response") or {}).get("required", ()):
            assert read[name] is not None
