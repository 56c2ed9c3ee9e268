"""How many connections there may be, of one address and in all, and who does not count."""

from __future__ import annotations

from http import HTTPStatus

import pytest
from websockets.asyncio.client import connect

from chargerights.serving.limits import Gate
from chargerights.serving.proxies import InvalidProxies, Proxies
from chargerights.settings import Settings
from tests.serving.small import small
from tests.support.waiting import until

GET = b"GET /count HTTP/1.1\r\nHost: x\r\n\r\n"


async def test_more_connections_of_one_address_than_the_limit_are_429_until_one_is_closed() -> None:
    async with small(max_connections_per_address=2) as server:
        first, second = await server.client(), await server.client()
        third = await server.client()
        assert (await third.answer())[0] == 429
        assert await third.is_closed()
        assert await first.ask(GET) == await second.ask(GET) == (200, b"0")
        first.close()
        await until(lambda: len(server.gate._open) == 1)
        assert await (await server.client()).ask(GET) == (200, b"0")


async def test_more_connections_in_all_than_the_limit_are_503() -> None:
    async with small(max_connections=1, trusted="127.0.0.1") as server:
        await server.client()
        assert (await (await server.client()).answer())[0] == 503


async def test_connections_of_a_trusted_proxy_do_not_count_to_its_address() -> None:
    async with small(max_connections_per_address=1, trusted="127.0.0.0/8") as server:
        for client in [await server.client() for _ in range(5)]:
            assert await client.ask(GET) == (200, b"0")


async def test_a_charger_that_is_let_in_does_not_count_to_its_address_any_more() -> None:
    """Hundreds of them come from the one address of a garage's router."""
    async with small(max_connections_per_address=1) as server:
        url = f"ws://127.0.0.1:{server.port}/"
        async with connect(url, proxy=None) as one, connect(url, proxy=None) as other:
            await one.send("a")
            await other.send("b")
            assert (await one.recv(), await other.recv()) == ("a", "b")
            assert not server.gate._by_address
            assert len(server.gate._open) == 2
            assert await (await server.client()).ask(GET) == (200, b"0")
        await until(lambda: len(server.gate._open) == 1)


def test_a_gate_that_is_empty_again_remembers_nobody() -> None:
    gate = Gate(Settings(), Proxies())
    one, other = object(), object()
    gate.enter(one, "192.0.2.1")
    gate.enter(other, "2001:db8::1")
    gate.admit(one)
    gate.leave(one)
    gate.leave(one)
    gate.admit(one)
    gate.leave(other)
    assert not gate._open
    assert not gate._by_address


@pytest.mark.parametrize(
    ("host", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
    ],
)
def test_an_address_of_ipv6_counts_with_its_whole_network(host: str, other: str, same: bool) -> None:
    gate = Gate(Settings(max_connections_per_address=1), Proxies())
    assert gate.enter(object(), host) is None
    assert gate.enter(object(), other) is (HTTPStatus.TOO_MANY_REQUESTS if same else None)


def test_without_limits_all_are_let_in() -> None:
    gate = Gate(Settings(max_connections=0, max_connections_per_address=0), Proxies())
    assert {gate.enter(object(), "192.0.2.1") for _ in range(30_000)} == {None}


@pytest.mark.parametrize(
    "text",
    ["*", "proxy.example", "10.0.0.1/8", "10.0.0.1,", ",", "10.0.0.256", "0.0.0.0/0", "::/0", "0.0.0.0/1", "fc00::/6"],
)
def test_what_names_no_proxies_or_half_the_internet_is_refused(text: str) -> None:
    with pytest.raises(InvalidProxies):
        Proxies.of(text)


def test_proxies_are_addresses_and_networks() -> None:
    proxies = Proxies.of(" 10.0.0.1, 192.168.0.0/16,fd00::/8 ")
    for host in ("10.0.0.1", "192.168.3.4", "fd12::1", "::ffff:10.0.0.1"):
        assert host in proxies
    for stranger in ("10.0.0.2", "192.169.0.1", "fe80::1", "", None, "unix:", "10.0.0.1.example"):
        assert stranger not in proxies
    assert not Proxies.of("  ")
