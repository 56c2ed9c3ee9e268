"""One attempt at one receiver: whatever it does, the result comes in words and in time."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from chargerights.net.allowed_targets import AllowedTargets, Resolve
from chargerights.net.safe_http import Line, SendResult, send_once
from chargerights.webhooks import messages
from tests.support.servers import free_port
from tests.webhooks.receiver import (
    Behaviour,
    Message,
    Receiver,
    accepts,
    answers,
    babbles,
    closes_early,
    drips,
    floods,
    hangs,
    receiving,
)

CERTIFICATES = Path(__file__).parent / "certificates"
PLAIN = httpx.create_ssl_context()
SECRET, OLD_SECRET = "whsec_" + "bmV3" * 8, "whsec_" + "b2xk" * 8
HEADERS = {"x-test": "yes"}


@asynccontextmanager
async def line_to(receiver: Receiver | str, seconds: float = 10, resolve: Resolve | None = None) -> AsyncIterator[Line]:
    url = receiver if isinstance(receiver, str) else receiver.url
    more = {} if resolve is None else {"resolve": resolve}
    async with Line(url, AllowedTargets.ANY, PLAIN, seconds=seconds, **more) as line:
        yield line


async def outcome_of(behaviour: Behaviour, seconds: float = 10) -> SendResult:
    with receiving(behaviour) as receiver:
        async with line_to(receiver, seconds) as line:
            return await line.post(b"{}", HEADERS)


@pytest.mark.parametrize("status", [400, 401, 404, 410, 429, 500, 503])
async def test_any_other_status_than_2xx_is_a_failure(status: int) -> None:
    outcome = await outcome_of(answers(status))
    assert (outcome.status, outcome.error) == (status, f"the receiver answered {status}")
    assert outcome.gone is (status == 410)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_a_failure_and_is_not_followed(status: int) -> None:
    with receiving() as other, receiving(answers(status, Location=other.url)) as receiver:
        async with line_to(receiver) as line:
            outcome = await line.post(b"{}", HEADERS)
    assert outcome.status == status
    assert outcome.error is not None
    assert "redirect" in outcome.error
    assert other.messages == []


@pytest.mark.parametrize("behaviour", [hangs, drips], ids=["hangs", "drips"])
async def test_a_receiver_that_does_not_come_to_an_end_is_given_up(behaviour: Behaviour) -> None:
    outcome = await outcome_of(behaviour, seconds=0.3)
    assert outcome == SendResult(None, "no answer within 0.3 seconds")


@pytest.mark.parametrize("behaviour", [closes_early, babbles], ids=["closes early", "babbles"])
async def test_a_receiver_that_does_not_speak_http_has_failed(behaviour: Behaviour) -> None:
    outcome = await outcome_of(behaviour)
    assert outcome.status is None
    assert outcome.error is not None
    assert outcome.error.startswith("the connection failed: ")


async def test_a_receiver_that_is_not_there_has_failed() -> None:
    async with line_to(f"http://127.0.0.1:{free_port()}/") as line:
        outcome = await line.post(b"{}", HEADERS)
    assert outcome.status is None
    assert outcome.error is not None
    assert outcome.error.startswith("the receiver cannot be connected to: ")


async def test_a_name_that_leads_nowhere_has_failed() -> None:
    async def nowhere(host: str, port: int) -> list[str]:
        raise OSError

    async with line_to("http://name.example/", resolve=nowhere) as line:
        outcome = await line.post(b"{}", HEADERS)
    assert outcome == SendResult(None, "the name of the host does not resolve to an address")


@pytest.mark.parametrize("host", ["xn--a", "exa<mple", "a%20b"])
async def test_a_name_that_can_be_none_is_told_so_like_any_other(host: str) -> None:
    assert await send_once(f"https://{host}/", AllowedTargets.PUBLIC, b"{}", HEADERS) == SendResult(
        None, "the name of the host does not resolve to an address"
    )


async def test_an_address_that_is_forbidden_is_not_connected_to() -> None:
    with receiving() as receiver:
        outcome = await send_once(receiver.url, AllowedTargets.PUBLIC, b"{}", HEADERS)
        assert outcome == SendResult(None, "the host has no public address: webhooks go to public addresses only")
        assert receiver.connections == 0


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
async def test_any_2xx_is_success_whatever_the_answer_holds(status: int) -> None:
    assert await outcome_of(answers(status, b"" if status == 204 else b"thanks")) == SendResult(status)


async def test_an_answer_of_many_megabytes_is_success_and_not_read() -> None:
    assert await outcome_of(floods) == SendResult(200)


async def test_an_answer_that_is_packed_is_not_unpacked() -> None:
    with receiving(answers(200, b"no gzip at all", content_encoding="gzip")) as receiver:
        async with line_to(receiver) as line:
            assert await line.post(b"{}", HEADERS) == SendResult(200)
        (message,) = receiver.messages
    assert message.headers["accept-encoding"] == "identity"


@pytest.mark.parametrize(("given", "seconds"), [("120", 120.0), ("Wed, 21 Oct 2026 07:28:00 GMT", None), ("-5", None)])
async def test_a_receiver_may_say_when_to_come_again(given: str, seconds: float | None) -> None:
    assert (await outcome_of(answers(503, Retry_After=given))).retry_after == seconds


async def test_what_is_sent_arrives_as_it_is() -> None:
    with receiving() as receiver:
        async with line_to(receiver) as line:
            await line.post('{"name": "Zoë"}'.encode(), HEADERS)
        (message,) = receiver.messages
        assert message.path == "/events?of=chargerights"
        assert message.headers["host"] == f"127.0.0.1:{receiver.port}"
        assert message.headers["x-test"] == "yes"
    assert message.body == '{"name": "Zoë"}'.encode()


async def test_messages_go_over_one_connection() -> None:
    with receiving() as receiver:
        async with line_to(receiver) as line:
            for _ in range(20):
                assert await line.post(b"{}", HEADERS) == SendResult(200)
        assert receiver.connections == 1


async def test_a_name_is_resolved_anew_after_a_failure_and_connected_to_where_it_was_checked() -> None:
    """So a receiver that moves is found again."""
    asked: list[str] = []

    async def moving(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    with receiving() as receiver:
        async with line_to(f"http://name.example:{receiver.port}/", resolve=moving) as line:
            assert await line.post(b"{}", HEADERS) == SendResult(200)
            assert await line.post(b"{}", HEADERS) == SendResult(200)
            assert asked == ["name.example"]
            receiver.behaviour = answers(500)
            await line.post(b"{}", HEADERS)
            receiver.behaviour = accepts
            assert await line.post(b"{}", HEADERS) == SendResult(200)
            assert asked == ["name.example"] * 2
        assert receiver.messages[0].headers["host"] == f"name.example:{receiver.port}"


async def test_of_several_addresses_one_that_answers_is_enough() -> None:
    async def several(host: str, port: int) -> list[str]:
        return ["127.0.0.2", "127.0.0.1"]  # no server listens on the first

    with receiving() as receiver:
        async with line_to(f"http://name.example:{receiver.port}/", resolve=several) as line:
            assert await line.post(b"{}", HEADERS) == SendResult(200)


@pytest.mark.parametrize(("name", "trusted"), [("receiver.test", True), ("other.test", False)])
async def test_a_receiver_must_show_a_certificate_of_its_name(name: str, trusted: bool) -> None:
    """Though the connection is made to an address."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(CERTIFICATES / "receiver.test.pem")
    client = ssl.create_default_context(cafile=str(CERTIFICATES / "receiver.test.pem"))

    async def here(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    with receiving(context=server) as receiver:
        async with Line(f"https://{name}:{receiver.port}/", AllowedTargets.ANY, client, here, 10) as line:
            outcome = await line.post(b"{}", HEADERS)
        assert len(receiver.messages) == trusted
    if trusted:
        assert outcome == SendResult(200)
    else:
        assert outcome.error is not None
        assert "certificate" in outcome.error


async def test_a_cut_off_attempt_leaves_no_connection_open() -> None:
    with receiving(hangs) as receiver:
        async with line_to(receiver) as line:
            attempt = asyncio.create_task(line.post(b"{}", HEADERS))
            await asyncio.to_thread(receiver.wait_for, lambda messages: len(messages) == 1)
            attempt.cancel()
            with pytest.raises(asyncio.CancelledError):
                await attempt


# -- what is sent ---------------------------------------------------------------------------------


def verified(secret: str, headers: dict[str, str], content: bytes) -> bool:
    try:
        Webhook(secret).verify(content, headers)
    except WebhookVerificationError:
        return False
    return True


async def test_receivers_verify_messages_with_the_standards_own_library() -> None:
    content, at = '{"name": "Zoë"}'.encode(), datetime.now(UTC)
    with receiving() as receiver:
        await send_once(receiver.url, AllowedTargets.ANY, content, messages.headers("msg_1", at, content, [SECRET]))
        message: Message = receiver.messages[0]
    assert verified(SECRET, message.headers, message.body)
    assert not verified(OLD_SECRET, message.headers, message.body)
    assert not verified(SECRET, message.headers, message.body.replace(b"Zo", b"Xo"))
    assert not verified(SECRET, {**message.headers, "webhook-id": "msg_2"}, message.body)


def test_with_two_secrets_a_message_is_verified_by_either() -> None:
    headers = messages.headers("msg_1", datetime.now(UTC), b"{}", [SECRET, OLD_SECRET])
    assert verified(SECRET, headers, b"{}")
    assert verified(OLD_SECRET, headers, b"{}")
    assert len(headers["webhook-signature"].split()) == 2


def test_an_old_message_cannot_be_used_again() -> None:
    headers = messages.headers("msg_1", datetime.now(UTC) - timedelta(minutes=6), b"{}", [SECRET])
    assert not verified(SECRET, headers, b"{}")


def test_signatures_are_those_of_the_standards_example() -> None:
    """The values of the specification's own libraries."""
    at = datetime.fromtimestamp(1614265330, UTC)
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    headers = messages.headers("msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}', [secret])
    assert headers["webhook-timestamp"] == "1614265330"
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
