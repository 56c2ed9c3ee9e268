"""Where webhooks may go. By default `https` and public addresses only, so that nobody who may set up a webhook can
reach, through this server, what only it can reach.

An address is checked when a connection is made, and the connection goes to the very address that was checked: a name
that resolves to another one a moment later changes nothing.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

import httpx

from ..rights.errors import InvalidInput
from .public_addresses import is_public

MAX_URL_LENGTH = 2_000


class AllowedTargets(StrEnum):
    PUBLIC = "public"
    ANY = "any"


class InvalidWebhookUrl(InvalidInput):
    """Not a URL that a webhook may have."""


class ForbiddenTarget(Exception):
    """A name that leads to an address where webhooks may not go, or to none."""


Resolve = Callable[[str, int], Awaitable[list[str]]]


async def resolve(host: str, port: int) -> list[str]:
    """The addresses of the name, in the order in which to try them. Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def check_url(url: str, targets: AllowedTargets) -> None:
    """Raises InvalidWebhookUrl."""
    schemes = {AllowedTargets.PUBLIC: ("https",), AllowedTargets.ANY: ("https", "http")}[targets]
    if len(url) > MAX_URL_LENGTH or not url.isascii() or not url.isprintable() or " " in url:
        raise InvalidWebhookUrl(
            f"the URL is longer than {MAX_URL_LENGTH} characters, or holds some that must be escaped"
        )
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
        httpx.URL(url)  # which is what sends: it reads more strictly
    except (ValueError, httpx.InvalidURL) as error:
        raise InvalidWebhookUrl(f"the URL cannot be read: {error}") from None
    if parts.scheme not in schemes or not host:
        raise InvalidWebhookUrl(
            f"the URL does not begin with {' or '.join(f'{each}://' for each in schemes)} and a host"
        )
    if parts.username is not None or parts.password is not None:
        raise InvalidWebhookUrl("the URL holds a user or a password: receivers know us by the signature")
    if parts.fragment:
        raise InvalidWebhookUrl("the URL holds a fragment, which is never sent")
    if targets is AllowedTargets.PUBLIC and (address := _address(host)) is not None and not is_public(address):
        raise InvalidWebhookUrl(f"{host} is no public address: webhooks go to public ones only")


async def addresses(host: str, port: int, targets: AllowedTargets, resolve: Resolve = resolve) -> list[str]:
    """The addresses of the host to which a webhook may go. Raises ForbiddenTarget."""
    try:
        found = await resolve(host, port)
    except (OSError, UnicodeError):
        found = []
    if not found:
        raise ForbiddenTarget("the name of the host leads to no address")
    allowed = [each for each in found if targets is AllowedTargets.ANY or is_public(ip_address(each.partition("%")[0]))]
    if not allowed:
        raise ForbiddenTarget("the host has no public address: webhooks go to public ones only")
    return allowed


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host.partition("%")[0])
    except ValueError:
        return None
