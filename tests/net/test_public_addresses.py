"""Only global unicast addresses of no special purpose are the internet's."""

from __future__ import annotations

import random
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest

from chargerights.net.public_addresses import GLOBAL_IPV6, SPECIAL_IPV4, SPECIAL_IPV6, is_public

Address = IPv4Address | IPv6Address

REGISTRIES = [  # https://www.iana.org/assignments/iana-ipv4-special-registry, …/iana-ipv6-special-registry
    "0.0.0.0/8", "0.0.0.0/32", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
    "192.0.0.0/24", "192.0.0.0/29", "192.0.0.8/32", "192.0.0.9/32", "192.0.0.10/32", "192.0.0.170/32", "192.0.0.171/32",
    "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.88.99.2/32", "192.168.0.0/16",
    "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4", "255.255.255.255/32",
    "224.0.0.0/4", "::1/128", "::/128", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "100:0:0:1::/64",
    "2001::/23", "2001::/32", "2001:1::1/128", "2001:1::2/128", "2001:1::3/128", "2001:2::/48", "2001:3::/32",
    "2001:4:112::/48", "2001:10::/28", "2001:20::/28", "2001:30::/28", "2001:db8::/32", "2002::/16",
    "2620:4f:8000::/48", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10",
]  # fmt: skip
OTHERS = ["::/96", "::ffff:0:0:0/96", "fec0::/10", "ff00::/8", "4000::/2", "8000::/1", "100::/8"]
"""IPv4-compatible, IPv4-translated, site-local, multicast, and what IANA has not given out."""


@pytest.mark.parametrize("network", [*REGISTRIES, *OTHERS])
def test_no_address_of_a_special_purpose_is_public_from_the_first_to_the_last(network: str) -> None:
    found = ip_network(network)
    random_one = found[random.Random(network).randrange(found.num_addresses)]
    assert [each for each in (found[0], found[-1], random_one) if is_public(each)] == []


@pytest.mark.parametrize("inside", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "93.184.216.34"])
@pytest.mark.parametrize(
    "form",
    [
        "::{}",
        "::ffff:{}",
        "::ffff:0:{}",
        "64:ff9b::{}",
        "64:ff9b:1::{}",
        "2002:{hex}::",
        "2001:0:{hex}::",
        "2001::{no}",
    ],
)
def test_a_form_that_carries_an_ipv4_address_is_refused_whatever_it_carries(form: str, inside: str) -> None:
    number = int(IPv4Address(inside))
    pair, inverted = (f"{n >> 16:x}:{n & 0xFFFF:x}" for n in (number, number ^ 0xFFFF_FFFF))
    assert not is_public(ip_address(form.format(inside, hex=pair, no=inverted)))


def beside() -> list[Address]:
    """The addresses just before and after each entry of the table."""
    found: list[Address] = []
    for network in (*SPECIAL_IPV4, *SPECIAL_IPV6, GLOBAL_IPV6):
        most = 2**network.max_prefixlen - 1
        kind = type(network.network_address)
        found += [kind(n) for n in (int(network[0]) - 1, int(network[-1]) + 1) if 0 <= n <= most]
    return found


@pytest.mark.parametrize("address", beside(), ids=str)
def test_the_address_beside_a_special_network_is_judged_by_itself(address: Address) -> None:
    of_other_entry = any(address in each for each in (*SPECIAL_IPV4, *SPECIAL_IPV6))
    outside = isinstance(address, IPv6Address) and address not in GLOBAL_IPV6
    assert is_public(address) == (not of_other_entry and not outside)
    if not of_other_entry and not outside:
        assert address.is_global, "python knows a special network that we do not"


def test_what_python_calls_not_global_is_never_public() -> None:
    """Over random addresses, and over many in and beside the special networks."""
    chance = random.Random(6)
    anywhere: list[Address] = [IPv4Address(chance.getrandbits(32)) for _ in range(20_000)]
    anywhere += [IPv6Address((0b001 << 125) | chance.getrandbits(125)) for _ in range(10_000)]
    anywhere += [IPv6Address(chance.getrandbits(128)) for _ in range(10_000)]
    near = [each[chance.randrange(each.num_addresses)] for each in map(ip_network, REGISTRIES) for _ in range(100)]
    for address in [*anywhere, *near, *beside()]:
        if is_public(address):
            assert address.is_global, address
            assert not address.is_multicast, address


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.216.34", "223.255.255.254", "2606:2800:220:1::1", "2a00::1"])
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(ip_address(address))
