"""Asks a customer's partner in real time about unknown tags.

A question waits for its own answer alone: meanwhile the connection reads on, and other chargers are answered. Two
questions about one tag at one charger are sent once. Answers, yes or no, are cached for a while. When a partner does
not answer in time, or not as agreed, the fallback counts: a no unless the customer has chosen otherwise. After several
failures in a row the partner is not asked for a while.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from enum import StrEnum
from itertools import count
from typing import NamedTuple

import httpx
import orjson
import structlog

from ..net import allowed_targets
from ..net.allowed_targets import AllowedTargets, ForbiddenTarget, Resolve
from ..net.safe_http import Receiver, UnreadableAnswer, body_of, new_client
from ..rights.decide import Reason
from ..rights.identifiers import tag_key, tag_text
from ..storage.rows.partners import Fallback
from ..storage.rows.partners import Partner as Settings
from ..webhooks import messages

AT_ONCE = 20
"""Questions under way for one customer. Others wait for their turn, within their time."""
REMEMBERED = 10_000
FAILURES, PAUSE_SECONDS = 5, 30.0
"""After that many failures in a row, the partner is not asked for that time. Then one question tries."""

log = structlog.get_logger()


class PartnerCause(StrEnum):
    """The causes of decisions about unknown tags, beside those of the core."""

    ALLOWED = "partnerAllowed"
    DENIED = "partnerDenied"
    AWAY = "partnerAway"


class PartnerReason(StrEnum):
    """The reasons of a partner for a no."""

    UNKNOWN_CHARGER_ID = "UNKNOWN_CHARGER_ID"
    UNKNOWN_RFID_TAG_ID = "UNKNOWN_RFID_TAG_ID"
    EXPIRED_RFID_TAG_ID = "EXPIRED_RFID_TAG_ID"
    UNAUTHORIZED_RFID_TAG_ID = "UNAUTHORIZED_RFID_TAG_ID"


REASONS = {
    PartnerReason.UNKNOWN_CHARGER_ID: Reason.NOT_AT_THIS_LOCATION,
    PartnerReason.UNKNOWN_RFID_TAG_ID: Reason.UNKNOWN,
    PartnerReason.EXPIRED_RFID_TAG_ID: Reason.EXPIRED,
    PartnerReason.UNAUTHORIZED_RFID_TAG_ID: Reason.NOT_AT_THIS_LOCATION,
}
"""Reasons by those of a partner. A no without a reason, or with another one, is INVALID."""


class PartnerAnswer(NamedTuple):
    reason: Reason
    cause: PartnerCause


class NotUnderstood(Exception):
    """An answer that cannot be read."""


class PartnerClient:
    """The client of one customer's partner, for the connections of any charger."""

    def __init__(
        self,
        customer_id: int,
        settings: Settings,
        secret: str | None,
        allowed: AllowedTargets,
        clock: Callable[[], datetime],
        resolve: Resolve = allowed_targets.resolve,
    ) -> None:
        self.settings = settings
        self._customer_id = customer_id
        self._receiver = Receiver(settings.url, allowed, resolve)
        self._secrets = () if secret is None else (secret,)
        self._clock = clock
        self._time = asyncio.get_running_loop().time
        self._client: asyncio.Task[httpx.AsyncClient] | None = None
        self._address: str | None = None
        self._room = asyncio.Semaphore(AT_ONCE)
        self._asking: dict[tuple[str, str], asyncio.Task[PartnerAnswer]] = {}
        self._known: dict[tuple[str, str], tuple[float, PartnerAnswer]] = {}
        self._failures, self._not_before = 0, 0.0
        self._numbers = count(1)

    def known(self, charger_id: str, id_tag: str) -> PartnerAnswer | None:
        """Returns the partner's cached answer."""
        until, verdict = self._known.get((charger_id, tag_key(id_tag)), (0.0, None))
        return verdict if self._time() < until else None

    async def ask(self, charger_id: str, id_tag: str) -> PartnerAnswer:
        """Returns the partner's answer in time, or the fallback. Raises nothing."""
        verdict = self.known(charger_id, id_tag)
        if verdict is not None:
            return verdict
        key = charger_id, tag_key(id_tag)
        asking = self._asking.get(key)
        if asking is None:
            asking = self._asking[key] = asyncio.create_task(self._asked(key, charger_id, id_tag))
            asking.add_done_callback(lambda _: self._asking.pop(key, None))
        return await asyncio.shield(asking)  # the charger that asked may go: the answer is cached for the next

    async def close(self) -> None:
        """Closes the client once the questions under way are answered."""
        await asyncio.gather(*self._asking.values(), return_exceptions=True)
        if self._client is not None:
            with suppress(Exception):
                await (await self._client).aclose()

    async def _asked(self, key: tuple[str, str], charger_id: str, id_tag: str) -> PartnerAnswer:
        now = self._time()
        if now < self._not_before:
            return self._fallback()
        if self._failures >= FAILURES:
            self._not_before = now + PAUSE_SECONDS  # others wait for what this one finds
        try:
            async with asyncio.timeout(self.settings.timeout_seconds), self._room:
                verdict = await self._post(charger_id, id_tag)
        except (TimeoutError, httpx.HTTPError, ForbiddenTarget, NotUnderstood, UnreadableAnswer, OSError) as error:
            return self._failed(charger_id, error)
        except Exception as error:
            log.error("a partner cannot be asked", customer=self._customer_id, exc_info=error)
            return self._failed(charger_id, error)
        self._failures, self._not_before = 0, 0.0
        if self.settings.cache_seconds:
            self._known.pop(key, None)
            while len(self._known) >= REMEMBERED:
                del self._known[next(iter(self._known))]
            self._known[key] = self._time() + self.settings.cache_seconds, verdict
        return verdict

    def _failed(self, charger_id: str, error: Exception) -> PartnerAnswer:
        self._failures += 1
        self._address = None
        if self._failures >= FAILURES:
            self._not_before = self._time() + PAUSE_SECONDS
        cause = str(error) or type(error).__name__
        log.warning("a partner does not answer", customer=self._customer_id, charger=charger_id, cause=cause)
        return self._fallback()

    def _fallback(self) -> PartnerAnswer:
        allows = self.settings.fallback is Fallback.ALLOW
        return PartnerAnswer(Reason.ACCEPTED if allows else Reason.UNKNOWN, PartnerCause.AWAY)

    async def _post(self, charger_id: str, id_tag: str) -> PartnerAnswer:
        content = orjson.dumps({"charger_id": charger_id, "rfid_tag_id": tag_text(id_tag)})
        if self._client is None:
            self._client = asyncio.create_task(_new_client(self.settings.timeout_seconds))
        client = await asyncio.shield(self._client)
        if self._address is None:
            addresses = await self._receiver.addresses()
            self._address = addresses[self._failures % len(addresses)]
        at = self._clock()
        id_ = f"msg_{self._customer_id}_{at.timestamp():.6f}_{next(self._numbers)}"
        headers = messages.headers(id_, at, content, self._secrets)
        request = self._receiver.request(client, self._address, content, headers)
        response = await client.send(request, stream=True)
        try:
            if response.status_code != httpx.codes.OK:
                raise NotUnderstood(f"the partner answered {response.status_code}")
            return read(await body_of(response))
        finally:
            await response.aclose()


def read(body: bytes) -> PartnerAnswer:
    """Reads a partner's answer. Only a plain `true` is a yes. Raises NotUnderstood."""
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise NotUnderstood("the partner's answer is not JSON") from None
    allowed = answer.get("charging_allowed") if isinstance(answer, dict) else None
    if allowed is True:
        return PartnerAnswer(Reason.ACCEPTED, PartnerCause.ALLOWED)
    if allowed is not False:
        raise NotUnderstood("the partner's answer has no charging_allowed that is true or false")
    word = answer.get("reason")
    known = isinstance(word, str) and word in PartnerReason.__members__
    return PartnerAnswer(REASONS[PartnerReason(word)] if known else Reason.INVALID, PartnerCause.DENIED)


async def _new_client(seconds: float) -> httpx.AsyncClient:
    return new_client(await asyncio.to_thread(httpx.create_ssl_context), AT_ONCE, seconds)
