"""Trusted reverse proxies, and the headers that they send.

`X-Forwarded-Proto` and `X-Forwarded-For` count only when a trusted proxy sends them. The first must name exactly one
scheme: if a proxy adds its header to the client's, it is open which of them is true, and the request counts as plain.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from starlette.types import ASGIApp, Receive, Scope, Send

WIDEST_IPV4, WIDEST_IPV6 = 8, 7
"""Prefix lengths of private networks; a wider network would trust strangers."""
HOSTS_KEPT = 1_024
PROXIED = "chargerights.proxied"
"""A key in scopes: the request came from a trusted proxy."""


class InvalidProxies(ValueError):
    """A list of proxies with something other than addresses and networks."""


class Proxies:
    """The trusted reverse proxies."""

    def __init__(self, networks: Iterable[IPv4Network | IPv6Network] = ()) -> None:
        self._networks = tuple(networks)

    @classmethod
    def of(cls, text: str) -> Proxies:
        """Parses addresses and networks that are separated by commas.

        Raises InvalidProxies.
        """
        return cls(_network(each.strip()) for each in text.split(",")) if text.strip() else cls()

    def __contains__(self, host: str | None) -> bool:
        address = address_of(host)
        return address is not None and any(address in each for each in self._networks)

    def __bool__(self) -> bool:
        return bool(self._networks)


def _network(text: str) -> IPv4Network | IPv6Network:
    try:
        network = ip_network(text)
    except ValueError as error:
        raise InvalidProxies(f"{text!r} is not an address or network: {error}") from None
    widest = WIDEST_IPV4 if network.version == 4 else WIDEST_IPV6
    if network.prefixlen < widest:
        raise InvalidProxies(f"{text!r} trusts half the internet: name your proxies' own addresses")
    return network


def address_of(host: str | None) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address((host or "").partition("%")[0])
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found


class Believing:
    """An application behind these proxies.

    Its scopes have the client's scheme and address.
    """

    def __init__(self, app: ASGIApp, proxies: Proxies) -> None:
        self._app = app
        self._trusts = lru_cache(HOSTS_KEPT)(proxies.__contains__)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan" and scope["client"] and self._trusts(scope["client"][0]):
            scope[PROXIED] = True
            secure, plain = ("wss", "ws") if scope["type"] == "websocket" else ("https", "http")
            protocols = _values(scope, b"x-forwarded-proto")
            if protocols:
                scope["scheme"] = secure if protocols in (["https"], ["wss"]) else plain
            for host in reversed(_values(scope, b"x-forwarded-for")):
                if not self._trusts(host):
                    scope["client"] = (host, 0)
                    break
        await self._app(scope, receive, send)


def _values(scope: Scope, header: bytes) -> list[str]:
    joined = b",".join(value for name, value in scope["headers"] if name == header).decode("latin-1")
    return [each.strip().lower() for each in joined.split(",")] if joined.strip() else []
