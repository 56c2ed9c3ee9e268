"""HTTP requests to receivers that customers name, bounded in time and size."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from types import TracebackType
from typing import Self

import httpx

from . import allowed_targets
from .allowed_targets import AllowedTargets, ForbiddenTarget, Resolve

ATTEMPT_SECONDS = 15.0
CONNECT_SECONDS = 5.0
RESPONSE_BYTES = 64 * 1024
"""The longest body that is read, in bytes on the wire. A longer one is cut off."""


class UnreadableAnswer(Exception):
    """A response that is too long, or encoded although `identity` was requested."""


@dataclass(frozen=True, slots=True)
class SendResult:
    """The result of one attempt.

    `status` is the receiver's, if it answered. `error` says why the attempt failed, and is None if it did not.
    `retry_after` is the pause in seconds that the receiver asked for.
    """

    status: int | None
    error: str | None = None
    retry_after: float | None = None

    @property
    def gone(self) -> bool:
        """Tells whether the receiver wants no more messages, ever."""
        return self.status == HTTPStatus.GONE


def new_client(context: ssl.SSLContext, connections: int, timeout: httpx.Timeout | float) -> httpx.AsyncClient:
    """Returns a client that ignores redirects and the environment (proxies, `.netrc`)."""
    return httpx.AsyncClient(
        verify=context,
        headers={"accept-encoding": "identity"},
        trust_env=False,
        follow_redirects=False,
        timeout=timeout,
        limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
    )


async def body_of(response: httpx.Response) -> bytes:
    """Returns the response's body.

    It is never decompressed: a few hundred bytes can unpack to gigabytes. Raises UnreadableAnswer.
    """
    encoding = response.headers.get("content-encoding", "")
    if encoding.strip().lower() not in ("", "identity"):
        raise UnreadableAnswer("the answer has a Content-Encoding, although identity was asked for: send it plain")
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > RESPONSE_BYTES:
            raise UnreadableAnswer(f"the answer is longer than {RESPONSE_BYTES // 1024} KiB")
    return bytes(body)


class Receiver:
    """The receiver at a URL: its allowed addresses, and requests to one of them."""

    def __init__(self, url: str, allowed: AllowedTargets, resolve: Resolve) -> None:
        self._url = httpx.URL(url)
        self._host = self._url.raw_host.decode("ascii")
        self._allowed = allowed
        self._resolve = resolve

    async def addresses(self) -> list[str]:
        """Resolves the host's name to the allowed addresses.

        Raises ForbiddenTarget, OSError.
        """
        port = self._url.port or {"https": 443, "http": 80}[self._url.scheme]
        return await allowed_targets.addresses(self._host, port, self._allowed, self._resolve)

    def request(
        self, client: httpx.AsyncClient, address: str, content: bytes, headers: Mapping[str, str]
    ) -> httpx.Request:
        """Builds a request to that address.

        It names the host in the `Host` header and in TLS, so that the certificate is checked for the name.
        """
        return client.build_request(
            "POST",
            self._url.copy_with(host=address),
            content=content,
            headers={**headers, "host": self._url.netloc.decode("ascii")},
            extensions={"sni_hostname": self._host},
        )


class Line:
    """A connection to one receiver, kept open between messages.

    Use it as a context manager, for one webhook only.
    """

    def __init__(
        self,
        url: str,
        allowed: AllowedTargets,
        context: ssl.SSLContext,
        resolve: Resolve = allowed_targets.resolve,
        seconds: float = ATTEMPT_SECONDS,
    ) -> None:
        self._receiver = Receiver(url, allowed, resolve)
        self._seconds = seconds
        self._address: str | None = None
        self._client = new_client(context, 1, httpx.Timeout(seconds, connect=min(seconds, CONNECT_SECONDS)))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def post(self, content: bytes, headers: Mapping[str, str]) -> SendResult:
        """Makes one attempt. Redirects are not followed."""
        try:
            async with asyncio.timeout(self._seconds):
                outcome = await self._post(content, headers)
        except TimeoutError:
            outcome = SendResult(None, f"no answer within {self._seconds:g} seconds")
        except ForbiddenTarget as error:
            outcome = SendResult(None, str(error))
        except httpx.HTTPError as error:
            outcome = SendResult(None, _words(error))
        if outcome.error is not None:
            self._address = None
        return outcome

    async def _post(self, content: bytes, headers: Mapping[str, str]) -> SendResult:
        if self._address is not None:
            return await self._post_to(self._address, content, headers)
        *first, last = await self._receiver.addresses()
        for address in first:
            try:
                outcome = await self._post_to(address, content, headers)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
            break
        else:
            address = last
            outcome = await self._post_to(address, content, headers)
        self._address = address
        return outcome

    async def _post_to(self, address: str, content: bytes, headers: Mapping[str, str]) -> SendResult:
        request = self._receiver.request(self._client, address, content, headers)
        response = await self._client.send(request, stream=True)
        try:
            with suppress(UnreadableAnswer):  # the status is enough; the body is read to keep the connection open
                await body_of(response)
        finally:
            await response.aclose()
        return _outcome(response)


async def send_once(url: str, allowed: AllowedTargets, content: bytes, headers: Mapping[str, str]) -> SendResult:
    """Makes one attempt over a new connection."""
    context = await asyncio.to_thread(httpx.create_ssl_context)
    async with Line(url, allowed, context) as line:
        return await line.post(content, headers)


def _outcome(response: httpx.Response) -> SendResult:
    status = response.status_code
    if 200 <= status < 300:
        return SendResult(status)
    if 300 <= status < 400:
        return SendResult(
            status, f"the receiver answered {status}, a redirect, which is not followed: change the webhook's URL"
        )
    given = response.headers.get("retry-after", "")
    return SendResult(
        status, f"the receiver answered {status}", float(given) if given.isascii() and given.isdigit() else None
    )


def _words(error: httpx.HTTPError) -> str:
    if isinstance(error, httpx.ConnectTimeout):
        return "the receiver cannot be connected to: no answer"
    if isinstance(error, httpx.ConnectError):
        return f"the receiver cannot be connected to: {error}"
    return f"the connection failed: {str(error) or type(error).__name__}"
