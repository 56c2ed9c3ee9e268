"""Checks of the URLs and addresses to which webhooks may go.

By default only `https` and public addresses are allowed, so that a customer cannot use a webhook to reach hosts that
only the server can reach.

An address is checked when a connection is made, and the connection goes to exactly that address. A name that
resolves to another address a moment later changes nothing.
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
    """A URL that a webhook may not have."""


class ForbiddenTarget(Exception):
    """A host name that resolves to no address to which a webhook may go."""


Resolve = Callable[[str, int], Awaitable[list[str]]]


async def resolve(host: str, port: int) -> list[str]:
    """Returns the addresses of the name, in the order in which to try them.

    Raises OSError.
    """
    infos = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in infos))


def check_url(url: str, targets: AllowedTargets) -> None:
    """Raises InvalidWebhookUrl."""
    schemes = {AllowedTargets.PUBLIC: ("https",), AllowedTargets.ANY: ("https", "http")}[targets]
    if len(url) > MAX_URL_LENGTH or not url.isascii() or not url.isprintable() or " " in url:
        raise InvalidWebhookUrl(
            f"the URL is too long or not escaped: use at most {MAX_URL_LENGTH} characters, and percent-encode spaces"
            " and characters outside ASCII"
        )
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
        httpx.URL(url)  # sends the requests, and parses more strictly
    except (ValueError, httpx.InvalidURL) as error:
        raise InvalidWebhookUrl(f"the URL cannot be read: {error}") from None
    if parts.scheme not in schemes or not host:
        raise InvalidWebhookUrl(
            f"the URL must begin with {' or '.join(f'{scheme}://' for scheme in schemes)} and a host"
        )
    if parts.username is not None or parts.password is not None:
        raise InvalidWebhookUrl(
            "the URL holds a user or a password: leave them out; receivers authenticate the server by the signature"
        )
    if parts.fragment:
        raise InvalidWebhookUrl("the URL holds a fragment, which is never sent: leave it out")
    if targets is AllowedTargets.PUBLIC and (address := _address(host)) is not None and not is_public(address):
        raise InvalidWebhookUrl(f"{host} is not a public address: webhooks go to public addresses only")


async def addresses(host: str, port: int, targets: AllowedTargets, resolve: Resolve = resolve) -> list[str]:
    """Returns the addresses of the host to which a webhook may go.

    Raises ForbiddenTarget.
    """
    try:
        resolved = await resolve(host, port)
    except (OSError, UnicodeError):
        resolved = []
    if not resolved:
        raise ForbiddenTarget("the name of the host does not resolve to an address")
    allowed = [
        address
        for address in resolved
        if targets is AllowedTargets.ANY or is_public(ip_address(address.partition("%")[0]))
    ]
    if not allowed:
        raise ForbiddenTarget("the host has no public address: webhooks go to public addresses only")
    return allowed


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host.partition("%")[0])
    except ValueError:
        return None
