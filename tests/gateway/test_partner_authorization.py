"""A partner who is asked about unknown tags: a real receiver at the other end, which does what it should not, too."""

from __future__ import annotations

import asyncio
import gzip
import threading
import zlib
from collections.abc import Iterator
from typing import Any

import brotli
import orjson
import pytest
from standardwebhooks import Webhook

from chargerights.gateway import partner_client
from chargerights.gateway.partner_client import REASONS, PartnerCause, PartnerReason
from chargerights.net.allowed_targets import AllowedTargets
from chargerights.rights import decide
from chargerights.rights.decide import Reason
from chargerights.storage import revisions
from chargerights.storage.changes import partners as changes
from chargerights.storage.charging import authorizations, sessions
from chargerights.storage.charging_settings import set_one_session_per_tag
from chargerights.storage.rows.partners import Fallback
from tests.gateway.client import V201, RawCharger
from tests.gateway.server import InProcess, World, node
from tests.gateway.test_ocpp2x import availability, event, token
from tests.gateway.test_ocpp16 import ALL, EVERY, start, stop
from tests.storage.writing import OCCASION, put
from tests.support.waiting import until
from tests.support.world import DEPOT, NOW, On, driver
from tests.webhooks.receiver import (
    Behaviour,
    Handler,
    Message,
    Receiver,
    answers,
    babbles,
    closes_early,
    drips,
    floods,
    hangs,
    receiving,
)

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def says(**answer: Any) -> Behaviour:
    return answers(200, orjson.dumps(answer))


YES, NO = says(charging_allowed=True, rfid_tag_type="private"), says(charging_allowed=False)


class Gate:
    """A receiver's behaviour that waits until it is opened."""

    def __init__(self, then: Behaviour = YES) -> None:
        self.opened = threading.Event()
        self._then = then

    def __call__(self, handler: Handler, message: Message) -> None:
        while not self.opened.wait(0.05) and not handler.server.closing.is_set():
            pass
        self._then(handler, message)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving(YES) as found:
        yield found


async def ask(server: InProcess, url: str, **more: Any) -> None:
    """Our customer's partner is that one from now on."""
    settings = {"timeout_seconds": 3.0, "fallback": Fallback.DENY, "cache_seconds": 60.0, "secret": None, **more}
    await server.database.write(revisions.make, server.world.us, OCCASION, changes.put, url, **settings)
    await until(lambda: is_asked(server, url, **settings))


def is_asked(server: InProcess, url: str, **settings: Any) -> bool:
    customer = server.gateway.customers.get(server.world.us)
    if customer is None:
        return True
    of = customer.partner
    return (
        of is not None
        and of.settings.url == url
        and all(getattr(of.settings, name) == value for name, value in settings.items() if name != "secret")
    )


@pytest.fixture
async def asked(server: InProcess, receiver: Receiver) -> Receiver:
    await ask(server, receiver.url)
    return receiver


async def authorize(charger: RawCharger, id_tag: str = "STRANGER") -> str:
    return str((await charger.call("Authorize", {"idTag": id_tag}))["idTagInfo"]["status"])


async def decisions(server: InProcess) -> list[tuple[str, str, str, str]]:
    """Tag, message, reason and cause of what was decided, the oldest first."""
    found = [each for _, each in await server.read(authorizations.find, *ALL)]
    return [(each.id_tag, each.message, each.reason, each.cause) for each in reversed(found)]


async def test_an_unknown_tag_is_asked_about_and_a_known_one_never(server: InProcess, asked: Receiver) -> None:
    async with server.charger("DEP-1") as charger:
        assert await authorize(charger, "ALICE") == "Accepted"
        assert await authorize(charger, "DAN") == "Invalid"
        assert await authorize(charger, "GRACE") == "Blocked"
        assert await authorize(charger, " stranger ") == "Accepted"
    (message,) = asked.messages
    assert orjson.loads(message.body) == {"charger_id": "DEP-1", "rfid_tag_id": "stranger"}
    assert message.headers["content-type"] == "application/json"
    assert "webhook-signature" not in message.headers
    assert (await decisions(server))[-1] == ("stranger", "Authorize", "Accepted", "partnerAllowed")


@pytest.mark.parametrize(
    ("word", "v16", "v201"),
    [
        ("UNKNOWN_CHARGER_ID", "Invalid", "NotAtThisLocation"),
        ("UNKNOWN_RFID_TAG_ID", "Invalid", "Unknown"),
        ("EXPIRED_RFID_TAG_ID", "Expired", "Expired"),
        ("UNAUTHORIZED_RFID_TAG_ID", "Invalid", "NotAtThisLocation"),
        ("SOMETHING_ELSE", "Invalid", "Invalid"),
        (None, "Invalid", "Invalid"),
        ([], "Invalid", "Invalid"),
    ],
)
async def test_a_no_is_told_in_the_words_of_the_version(
    server: InProcess, asked: Receiver, word: Any, v16: str, v201: str
) -> None:
    asked.behaviour = says(charging_allowed=False, reason=word)
    async with server.charger("DEP-1") as charger, server.charger("GF-1", V201) as other:
        assert await authorize(charger) == v16
        token = {"idToken": {"idToken": "STRANGER", "type": "ISO14443"}}
        assert (await other.call("Authorize", token))["idTokenInfo"]["status"] == v201
    assert {each[2:] for each in await decisions(server)} == {(v201, "partnerDenied")}


def test_every_word_of_a_partner_has_a_reason_that_is_a_no() -> None:
    assert REASONS.keys() == {*PartnerReason}
    assert Reason.ACCEPTED not in REASONS.values()


def test_no_cause_of_a_partner_is_one_of_the_core() -> None:
    assert not {each.value for each in PartnerCause} & {each.value for each in decide.Cause}


@pytest.mark.parametrize(
    "body",
    [
        b"", b"yes", b"true", b"[]", b"{}", b"null", b'{"charging_allowed":"true"}', b'{"charging_allowed":1}',
        b'{"charging_allowed":null}', b'{"chargingAllowed":true}', b'[{"charging_allowed":true}]', b"\xff",
        b'{"charging_allowed":true', b"x" * 100_000,
    ],
)  # fmt: skip
async def test_nothing_but_a_plain_true_is_a_yes(server: InProcess, asked: Receiver, body: bytes) -> None:
    asked.behaviour = answers(200, body)
    async with server.charger("DEP-1") as charger:
        assert await authorize(charger) == "Invalid"
    assert (await decisions(server))[-1][2:] == ("Unknown", "partnerAway")


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(b'{"charging_allowed":true}')),
        ("deflate", zlib.compress(b'{"charging_allowed":true}')),
        ("br", brotli.compress(b'{"charging_allowed":true}' + b" " * 50_000_000, quality=1)),
        ("gzip, gzip", gzip.compress(gzip.compress(b'{"charging_allowed":true}'))),
        ("unheard-of", b'{"charging_allowed":true}'),
    ],
    ids=["gzip", "deflate", "br", "gzip twice", "unheard-of"],
)
async def test_an_answer_that_is_packed_though_plain_was_asked_for_is_no_answer(
    server: InProcess, asked: Receiver, encoding: str, body: bytes
) -> None:
    """317 bytes unpacked to half a gigabyte."""
    asked.behaviour = answers(200, body, content_encoding=encoding)
    async with server.charger("DEP-1") as charger:
        assert await authorize(charger) == "Invalid"
    assert (await decisions(server))[-1][2:] == ("Unknown", "partnerAway")
    (message,) = asked.messages
    assert message.headers["accept-encoding"] == "identity"


async def test_an_answer_that_says_it_is_plain_is_read(server: InProcess, asked: Receiver) -> None:
    asked.behaviour = answers(200, b'{"charging_allowed":true}', content_encoding="identity")
    async with server.charger("DEP-1") as charger:
        assert await authorize(charger) == "Accepted"


@pytest.mark.parametrize(
    "behaviour",
    [
        answers(500), answers(404), answers(204), answers(201, b'{"charging_allowed":true}'),
        answers(302, b'{"charging_allowed":true}', location="/yes"),
        hangs, drips, floods, closes_early, babbles,
    ],
    ids=["500", "404", "204", "201", "redirect", "hangs", "drips", "floods", "closes", "babbles"],
)  # fmt: skip
@pytest.mark.parametrize("fallback", [*Fallback])
async def test_a_partner_who_gives_no_answer_leaves_the_fallback(
    server: InProcess, receiver: Receiver, behaviour: Behaviour, fallback: Fallback
) -> None:
    await ask(server, receiver.url, timeout_seconds=0.3, fallback=fallback)
    receiver.behaviour = behaviour
    async with server.charger("DEP-1") as charger:
        told = {Fallback.DENY: "Invalid", Fallback.ALLOW: "Accepted"}[fallback]
        assert await authorize(charger) == told
        assert await authorize(charger, "DAN") == "Invalid", "a fallback is for unknown tags alone"
        receiver.behaviour = {"Invalid": YES, "Accepted": NO}[told]
        assert await authorize(charger) != told, "what the fallback said does not count for the next time"
    assert (await decisions(server))[0][3] == "partnerAway"


async def test_a_partner_who_is_down_leaves_the_fallback(server: InProcess) -> None:
    with receiving() as gone:
        url = gone.url
    await ask(server, url)
    async with server.charger("DEP-1") as charger:
        assert await authorize(charger) == "Invalid"
    assert (await decisions(server))[-1][2:] == ("Unknown", "partnerAway")


async def test_while_a_partner_thinks_everybody_else_is_answered(server: InProcess, asked: Receiver) -> None:
    """steve #1141: an authorisation that takes long makes chargers try again until the server drowns."""
    asked.behaviour = gate = Gate()
    async with server.charger("DEP-1") as charger, server.charger("GF-1") as other:
        waiting = await charger.begin("Authorize", {"idTag": "STRANGER"})
        await asyncio.to_thread(asked.wait_for, lambda messages: len(messages) == 1)
        assert await charger.call("Heartbeat", {})
        assert await authorize(charger, "ALICE") == "Accepted"
        assert await authorize(other, "BOB") == "Accepted"
        assert not waiting.done()
        gate.opened.set()
        assert (await waiting)["idTagInfo"]["status"] == "Accepted"


async def test_two_questions_about_one_tag_at_one_charger_are_one(server: InProcess, asked: Receiver) -> None:
    asked.behaviour = gate = Gate()
    async with server.charger("DEP-1") as charger, server.charger("GF-1") as other:
        waiting = [await charger.begin("Authorize", {"idTag": each}) for each in ("STRANGER", "stranger", "Stranger")]
        waiting.append(await other.begin("Authorize", {"idTag": "STRANGER"}))
        await asyncio.to_thread(asked.wait_for, lambda messages: len(messages) == 2)
        assert await charger.call("Heartbeat", {})
        gate.opened.set()
        assert {each["idTagInfo"]["status"] for each in await asyncio.gather(*waiting)} == {"Accepted"}
    assert sorted(orjson.loads(each.body)["charger_id"] for each in asked.messages) == ["DEP-1", "GF-1"]
    assert len(await decisions(server)) == 4


@pytest.mark.parametrize("behaviour", [YES, NO])
async def test_an_answer_counts_for_a_while_a_no_too(server: InProcess, asked: Receiver, behaviour: Behaviour) -> None:
    asked.behaviour = behaviour
    async with server.charger("DEP-1") as charger:
        first = await authorize(charger)
        assert await authorize(charger) == first
        assert (await charger.call("StartTransaction", start("STRANGER")))["idTagInfo"]["status"] == first
    assert len(asked.messages) == 1
    assert {each[3] for each in await decisions(server)} == {f"partner{'Allowed' if behaviour is YES else 'Denied'}"}


async def test_without_a_cache_each_message_is_asked_about(server: InProcess, receiver: Receiver) -> None:
    await ask(server, receiver.url, cache_seconds=0.0)
    async with server.charger("DEP-1") as charger:
        assert [await authorize(charger), await authorize(charger)] == ["Accepted"] * 2
    assert len(receiver.messages) == 2


@pytest.mark.parametrize("evse_id", [1, 2])
async def test_at_a_station_with_several_connectors_a_start_is_asked_about(
    server: InProcess, asked: Receiver, evse_id: int
) -> None:
    """citrineos-core #1099: external authorisation was silently skipped on stations with several connectors, and the
    tag accepted."""
    asked.behaviour = says(charging_allowed=False, reason="UNKNOWN_RFID_TAG_ID")
    event = {
        "eventType": "Started", "timestamp": "2026-06-03T09:00:00Z", "triggerReason": "Authorized", "seqNo": 0,
        "transactionInfo": {"transactionId": "T1"}, "evse": {"id": evse_id, "connectorId": 1},
        "idToken": {"idToken": "STRANGER", "type": "ISO14443"},
    }  # fmt: skip
    async with server.charger("DEP-1", V201) as charger:
        answer = await charger.call("TransactionEvent", event)
        assert answer["idTokenInfo"]["status"] == "Unknown"
        (found,) = await server.read(sessions.find, *EVERY)
        assert (found.id_tag, found.reason, found.driver_id) == ("STRANGER", "Unknown", None)
    assert len(asked.messages) == 1
    assert await decisions(server) == [("STRANGER", "TransactionEvent Started", "Unknown", "partnerDenied")]


async def test_a_session_by_a_partner_s_yes_is_kept_and_its_end_asks_nobody(server: InProcess, asked: Receiver) -> None:
    async with server.charger("DEP-1") as charger:
        began = await charger.call("StartTransaction", start("STRANGER"))
        assert began["idTagInfo"] == {"status": "Accepted"}
        await charger.call("StopTransaction", {**stop(began["transactionId"]), "idTag": "STRANGER"})
        (found,) = await server.read(sessions.find, *EVERY)
        assert (found.reason, found.driver_id) == ("Accepted", None)
        assert found.stopped_at is not None
        await charger.call("StopTransaction", {**stop(began["transactionId"]), "idTag": "OTHER"})
    assert len(asked.messages) == 1
    assert [each[2:] for each in await decisions(server)] == [
        ("Accepted", "partnerAllowed"),
        ("Accepted", "partnerAllowed"),
        ("Unknown", "tagUnknown"),
    ]


async def test_a_start_whose_link_is_lost_meanwhile_is_one_session_when_it_is_sent_again(
    server: InProcess, asked: Receiver
) -> None:
    asked.behaviour = gate = Gate()
    async with server.charger("DEP-1") as charger:
        await charger.begin("StartTransaction", start("STRANGER"))
        await asyncio.to_thread(asked.wait_for, lambda messages: len(messages) == 1)
    gate.opened.set()
    async with server.charger("DEP-1") as charger:
        began = await charger.call("StartTransaction", start("STRANGER"))
        assert began["idTagInfo"]["status"] == "Accepted"
        assert len(await server.read(sessions.find, *EVERY)) == 1
    assert len(asked.messages) == 1


async def test_a_partner_s_tag_too_is_in_one_session_at_a_time(server: InProcess, asked: Receiver) -> None:
    await server.database.write(set_one_session_per_tag, server.world.us, True, NOW)
    async with server.charger("DEP-1") as charger, server.charger("GF-1") as other:
        await until(lambda: server.gateway.customers[server.world.us].active_sessions is not None)
        assert (await charger.call("StartTransaction", start("STRANGER")))["idTagInfo"]["status"] == "Accepted"
        assert (await other.call("StartTransaction", start("STRANGER")))["idTagInfo"]["status"] == "ConcurrentTx"


async def test_a_tag_that_becomes_known_meanwhile_is_decided_here(server: InProcess, asked: Receiver) -> None:
    asked.behaviour = gate = Gate(NO)
    async with server.charger("DEP-1") as charger:
        waiting = await charger.begin("Authorize", {"idTag": "STRANGER"})
        await asyncio.to_thread(asked.wait_for, lambda messages: len(messages) == 1)
        await server.database.write(put, server.world.us, driver(99, "Stranger", On(DEPOT)))
        customer = server.gateway.customers[server.world.us]
        await until(lambda: customer.network and customer.network.tag("STRANGER"))
        gate.opened.set()
        assert (await waiting)["idTagInfo"]["status"] == "Accepted"
    assert (await decisions(server))[-1][3] == "rightStands"


@pytest.mark.parametrize("id_tag", ["", "   ", "x" * 256, "a\u0007b"])
async def test_about_what_can_be_no_tag_nobody_is_asked(server: InProcess, asked: Receiver, id_tag: str) -> None:
    async with server.charger("DEP-1") as charger:
        assert await authorize(charger, id_tag) == "Invalid"
    assert not asked.messages


async def test_one_customer_s_partner_is_not_another_s(server: InProcess, asked: Receiver) -> None:
    async with server.charger("RIV-1") as charger:
        assert await authorize(charger) == "Invalid"
    assert not asked.messages


async def test_a_partner_who_is_taken_away_is_asked_no_more(server: InProcess, asked: Receiver) -> None:
    async with server.charger("DEP-1") as charger:
        assert await authorize(charger) == "Accepted"
        await server.database.write(revisions.make, server.world.us, OCCASION, changes.remove)
        await until(lambda: server.gateway.customers[server.world.us].partner is None)
        assert await authorize(charger) == "Invalid"


async def test_a_partner_whose_name_can_be_none_leaves_the_fallback(server: InProcess) -> None:
    await ask(server, "https://xn--a/")
    async with server.charger("DEP-1") as charger:
        assert await authorize(charger) == "Invalid"
    assert (await decisions(server))[-1][3] == "partnerAway"


async def test_a_charge_that_begins_by_a_partner_s_yes_is_shown_though_he_takes_his_time(
    server: InProcess, asked: Receiver
) -> None:
    asked.behaviour = gate = Gate()
    began = event("Started", 0, evse={"id": 1, "connectorId": 1}, idToken=token("STRANGER"))
    async with server.charger("GF-1", V201) as charger:
        await charger.call(*availability(1, 1, "Occupied", V201))
        waiting = await charger.begin("TransactionEvent", began)
        await asyncio.to_thread(asked.wait_for, lambda messages: len(messages) == 1)
        await server.gateway.customers[server.world.us].write_buffer.write()
        assert (await server.shown("GF-1"))["sockets"][0]["status"] == "Preparing"
        gate.opened.set()
        assert (await waiting)["idTokenInfo"]["status"] == "Accepted"
        assert (await server.shown("GF-1"))["sockets"][0]["status"] == "Charging"


async def test_a_question_is_signed_with_the_secret(server: InProcess, receiver: Receiver) -> None:
    await ask(server, receiver.url, secret=SECRET)
    async with server.charger("DEP-1") as charger:
        assert await authorize(charger) == "Accepted"
    (message,) = receiver.messages
    signer = Webhook(SECRET)
    expected = signer.sign(message.headers["webhook-id"], server.clock.at, message.body.decode())
    assert message.headers["webhook-signature"] == expected


async def test_questions_of_a_customer_wait_for_their_turn_within_their_time(
    server: InProcess, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partner_client, "AT_ONCE", 2)
    await ask(server, receiver.url)
    receiver.behaviour = gate = Gate()
    async with server.charger("DEP-1") as charger:
        waiting = [await charger.begin("Authorize", {"idTag": f"S-{number}"}) for number in range(6)]
        await asyncio.to_thread(receiver.wait_for, lambda messages: len(messages) == 2)
        assert await charger.call("Heartbeat", {})
        assert len(receiver.messages) == 2
        gate.opened.set()
        assert {each["idTagInfo"]["status"] for each in await asyncio.gather(*waiting)} == {"Accepted"}


async def test_a_partner_who_fails_again_and_again_is_left_alone_for_a_while(
    server: InProcess, asked: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partner_client, "PAUSE_SECONDS", 3600.0)
    asked.behaviour = answers(500)
    async with server.charger("DEP-1") as charger:
        for number in range(partner_client.FAILURES + 3):
            assert await authorize(charger, f"S-{number}") == "Invalid"
        assert len(asked.messages) == partner_client.FAILURES
        partner = server.gateway.customers[server.world.us].partner
        assert partner is not None
        asked.behaviour = YES
        partner._not_before = 0.0  # the while is over
        assert await authorize(charger, "S-0") == "Accepted"
        assert await authorize(charger, "S-1") == "Accepted"


async def test_a_private_address_is_asked_only_where_the_settings_let_it(world: World, receiver: Receiver) -> None:
    async with node(world, targets=AllowedTargets.PUBLIC) as server:
        await ask(server, receiver.url)
        async with server.charger("DEP-1") as charger:
            assert await authorize(charger) == "Invalid"
    assert not receiver.messages
