"""Where webhooks may not go, and where they may."""

from __future__ import annotations

import pytest

from chargerights.net.allowed_targets import (
    AllowedTargets,
    ForbiddenTarget,
    InvalidWebhookUrl,
    Resolve,
    addresses,
    check_url,
    resolve,
)

PRIVATE = [
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
    "255.255.255.255", "::", "::1", "fe80::1", "fd00::1", "ff02::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a00:1::",
    "::127.0.0.1", "fec0::1", "64:ff9b::5db8:d822", "64:ff9b:1::a00:1", "2001::1", "::ffff:93.184.216.34",
    "192.0.0.8", "192.88.99.1", "5f00::1", "fe80::1%1",
]  # fmt: skip
PUBLIC = ["93.184.216.34", "2606:2800:220:1::1"]


def at(*found: str) -> Resolve:
    async def to(host: str, port: int) -> list[str]:
        return list(found)

    return to


@pytest.mark.parametrize("address", PRIVATE)
async def test_addresses_that_are_not_of_the_internet_are_not_gone_to(address: str) -> None:
    with pytest.raises(ForbiddenTarget, match="no public address"):
        await addresses("name.example", 443, AllowedTargets.PUBLIC, at(address))
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(InvalidWebhookUrl, match="is not a public address"):
        check_url(f"https://{host}/", AllowedTargets.PUBLIC)


@pytest.mark.parametrize("address", PUBLIC)
async def test_addresses_of_the_internet_are(address: str) -> None:
    assert await addresses("name.example", 443, AllowedTargets.PUBLIC, at(address)) == [address]


async def test_of_several_addresses_only_the_public_ones_are_tried_in_their_order() -> None:
    found = at("10.0.0.1", "93.184.216.34", "::1", "2606:2800:220:1::1")
    assert await addresses("name.example", 443, AllowedTargets.PUBLIC, found) == ["93.184.216.34", "2606:2800:220:1::1"]


async def test_where_any_target_is_allowed_private_addresses_are() -> None:
    assert await addresses("name.example", 80, AllowedTargets.ANY, at("127.0.0.1")) == ["127.0.0.1"]


@pytest.mark.parametrize("host", ["no-such-name.invalid", "a" * 70 + ".example", "a..b"])
async def test_a_name_that_leads_nowhere_is_told_so(host: str) -> None:
    with pytest.raises(ForbiddenTarget, match="does not resolve to an address"):
        await addresses(host, 443, AllowedTargets.ANY)


async def test_a_name_is_resolved_to_each_address_once() -> None:
    assert await resolve("127.0.0.1", 80) == ["127.0.0.1"]
    assert await resolve("::1", 80) == ["::1"]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com",
        "//example.com/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "https://",
        "https:///path",
        "https://user@example.com/",
        "https://user:secret@example.com/",
        "https://:secret@example.com/",
        "https://example.com/#fragment",
        "https://example.com:99999/",
        "https://example.com:port/",
        "https://[::1",
        "https://[::1]a/",
        "https://[v1.a]/",
        "https://256.1.1.1/",
        "https://exa mple.com/",
        "https://example.com/\n",
        "https://bücher.example/",
        "https://example.com/" + "a" * 2_000,
    ],
)
@pytest.mark.parametrize("targets", AllowedTargets)
def test_what_is_no_url_of_a_receiver_is_refused_in_words(url: str, targets: AllowedTargets) -> None:
    with pytest.raises(InvalidWebhookUrl, match=r"^the URL "):
        check_url(url, targets)


def test_http_is_for_any_target_only() -> None:
    with pytest.raises(InvalidWebhookUrl, match="must begin with https:// and a host"):
        check_url("http://example.com/", AllowedTargets.PUBLIC)
    check_url("http://example.com/", AllowedTargets.ANY)
    check_url("http://127.0.0.1:8000/hook?key=1", AllowedTargets.ANY)
    check_url("https://[::1]/", AllowedTargets.ANY)


@pytest.mark.parametrize("url", ["https://example.com", "https://example.com:8443/a/b?c=d", "https://93.184.216.34/"])
def test_https_and_a_public_host_are_for_all(url: str) -> None:
    check_url(url, AllowedTargets.PUBLIC)
