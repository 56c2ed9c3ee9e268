"""Who may open a socket, and by which subprotocol."""

from __future__ import annotations

import base64

import pytest
from websockets.asyncio.client import connect
from websockets.datastructures import HeadersLike
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from chargerights.gateway.admission import Policy
from chargerights.rights.model import Charger
from chargerights.storage import charger_passwords
from tests.gateway.client import V16, V21, V201, basic, connected
from tests.gateway.server import InProcess, World, node
from tests.servers import opened
from tests.storage.writing import put
from tests.world import DEPOT, NOW


async def refused(
    server: InProcess, path: str, headers: HeadersLike, protocols: tuple[str, ...] = (V16,)
) -> tuple[int, str]:
    """The status and the text of a handshake that must not succeed."""
    with pytest.raises(InvalidStatus) as caught:
        async with connect(
            f"{server.url}{path}",
            subprotocols=[Subprotocol(each) for each in protocols] or None,
            additional_headers=headers,
            proxy=None,
        ):
            pass
    return caught.value.response.status_code, caught.value.response.body.decode()


def authorised(world: World, charger_id: str) -> dict[str, str]:
    return {"Authorization": basic(charger_id, world.passwords[charger_id])}


async def test_a_charger_without_a_password_is_refused(server: InProcess) -> None:
    assert (await refused(server, "/ocpp/DEP-1", {}))[0] == 401


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("DEP-1", "wrong"),
        ("DEP-1", ""),
        ("GF-1", None),
        ("", None),
        ("dep-1", None),
    ],
)
async def test_a_wrong_password_or_user_name_is_refused(server: InProcess, name: str, password: str | None) -> None:
    right = server.world.passwords["DEP-1"]
    given = right if password is None else password
    assert (await refused(server, "/ocpp/DEP-1", {"Authorization": basic(name, given)}))[0] == 401


@pytest.mark.parametrize("header", ["Basic", "Basic !!!", "Bearer abc", "Basic " + "A" * 5000, "Basic //8="])
async def test_what_is_no_basic_authorisation_is_refused(server: InProcess, header: str) -> None:
    assert (await refused(server, "/ocpp/DEP-1", {"Authorization": header}))[0] == 401


async def test_another_charger_s_password_is_refused(server: InProcess) -> None:
    theirs = server.world.passwords["RIV-1"]
    assert (await refused(server, "/ocpp/DEP-1", {"Authorization": basic("DEP-1", theirs)}))[0] == 401


@pytest.mark.parametrize(
    "path", ["/ocpp/", "/ocpp/NO-SUCH", "/ocpp/" + "X" * 100, "/ocpp/%20", "/ocpp/%ff", "/ocpp/dep-1"]
)
async def test_an_unknown_charger_is_refused_and_the_server_goes_on(server: InProcess, path: str) -> None:
    """citrineos #105: it crashed."""
    assert (await refused(server, path, authorised(server.world, "DEP-1")))[0] == 404
    async with server.charger("DEP-1") as charger:
        await charger.call("Heartbeat", {})


@pytest.mark.parametrize("protocols", [(), ("ocpp1.5",), ("soap", "ocpp1.2")])
async def test_a_charger_that_speaks_nothing_we_speak_is_refused(server: InProcess, protocols: tuple[str, ...]) -> None:
    status, text = await refused(server, "/ocpp/DEP-1", authorised(server.world, "DEP-1"), protocols)
    assert status == 400
    assert "ocpp2.1, ocpp2.0.1, ocpp1.6" in text


async def test_the_best_subprotocol_that_is_offered_is_spoken(server: InProcess) -> None:
    for offered, spoken in (((V16, V201, V21), V21), ((V16, "ocpp1.5", V201), V201), (("x", V16), V16)):
        async with connect(
            f"{server.url}/ocpp/DEP-1",
            subprotocols=[Subprotocol(each) for each in offered],
            additional_headers=authorised(server.world, "DEP-1"),
            proxy=None,
        ) as socket:
            assert socket.subprotocol == spoken


async def test_a_charger_id_is_percent_decoded(world: World) -> None:
    with opened(world.url) as database:
        database.write_now(put, world.us, Charger(100, "Hof 7+ä", DEPOT.id))
        world.passwords["Hof 7+ä"] = database.write_now(charger_passwords.renew, "Hof 7+ä", NOW)
    async with node(world) as server:
        headers = authorised(world, "Hof 7+ä")
        async with connected(server.url, "Hof%207+%C3%A4", None, headers=headers) as charger:
            await charger.call("Heartbeat", {})


async def test_a_new_password_ends_the_old_one(server: InProcess) -> None:
    new = await server.database.write(charger_passwords.renew, "DEP-1", NOW)
    assert (await refused(server, "/ocpp/DEP-1", authorised(server.world, "DEP-1")))[0] == 401
    async with connected(server.url, "DEP-1", new) as charger:
        await charger.call("Heartbeat", {})


async def test_a_charger_of_1_6_may_show_the_bytes_that_its_key_writes(server: InProcess) -> None:
    key = bytes.fromhex(server.world.passwords["DEP-1"])
    headers = {"Authorization": "Basic " + base64.b64encode(b"DEP-1:" + key).decode()}
    async with connected(server.url, "DEP-1", None, headers=headers) as charger:
        await charger.call("Heartbeat", {})
    headers = {"Authorization": "Basic " + base64.b64encode(b"DEP-1:" + key[:-1]).decode()}
    assert (await refused(server, "/ocpp/DEP-1", headers))[0] == 401


async def test_at_profile_0_only_chargers_that_have_no_password_need_none(world: World) -> None:
    with opened(world.url) as database:
        database.write_now(put, world.us, Charger(100, "OPEN", DEPOT.id))
    async with node(world) as server:
        assert (await refused(server, "/ocpp/OPEN", {}))[0] == 401
    async with node(world, Policy(0)) as server:
        assert (await refused(server, "/ocpp/DEP-1", {}))[0] == 401
        assert (await refused(server, "/ocpp/OPEN", {"Authorization": basic("OPEN", "guess")}))[0] == 401
        async with connected(server.url, "OPEN", None) as charger:
            await charger.call("Heartbeat", {})


async def test_at_profile_2_a_password_without_tls_is_refused_whatever_a_stranger_says_of_tls(world: World) -> None:
    async with node(world, Policy(2)) as server:
        headers = authorised(world, "DEP-1")
        for more in ({}, {"X-Forwarded-Proto": "https"}, {"X-Forwarded-Proto": "wss", "Forwarded": "proto=https"}):
            assert (await refused(server, "/ocpp/DEP-1", headers | more))[0] == 401


@pytest.mark.parametrize(
    ("subject", "status"),
    [
        ("CN=DEP-1", None),
        ("CN=DEP-1,O=Company", None),
        ("O=Company,CN=DEP-1", None),
        ("cn=DEP-1", None),
        ("CN=GF-1", 403),
        ("O=CN=DEP-1", 403),
        ("O=DEP-1", 403),
        ("CN=DEP-1x", 403),
        ("O=a\\,CN=DEP-1", 403),
        ("O=a\\\\,CN=DEP-1", None),
        ('O="a,CN=DEP-1,b"', 403),
        ("/O=a,CN=DEP-1", 403),
        ("/O=a/CN=DEP-1", 403),
        ("CN=DEP-1,CN=GF-1", 403),
        ("CN=GF-1,CN=DEP-1", 403),
        ("CN=DEP-1+CN=GF-1", 403),
        ("CN=DEP-1,CN=DEP-1", 403),
        ("CN=GF-1,2.5.4.3=DEP-1", 403),
        ("2.5.4.3=DEP-1", None),
        ("CN=DEP\\2d1", None),
        ("CN=DEP\\-1", None),
        ("CN=DEP-1\\00", 403),
        ("CN=DEP-\\ff", 403),
        ("CN=\\44EP-1,O=x", None),
        ("CN=", 403),
        ("", 401),
    ],
)
async def test_at_profile_3_the_certificate_s_common_name_must_be_the_charger(
    world: World, subject: str, status: int | None
) -> None:
    async with node(world, Policy(3, "X-Client-Subject"), trusted="127.0.0.1") as server:
        headers = {"X-Client-Subject": subject, "X-Forwarded-Proto": "https"}
        if status is None:
            async with connected(server.url, "DEP-1", None, headers=headers) as charger:
                await charger.call("Heartbeat", {})
        else:
            assert (await refused(server, "/ocpp/DEP-1", headers))[0] == status


@pytest.mark.parametrize(
    ("trusted", "protocols"),
    [
        ("", ("https",)),
        ("192.0.2.1", ("https",)),
        ("127.0.0.1", ()),
        ("127.0.0.1", ("http",)),
        ("127.0.0.1", ("ws",)),
        ("127.0.0.1", ("https", "http")),
        ("127.0.0.1", ("http", "https")),
        ("127.0.0.1", ("https, http",)),
        ("127.0.0.1", ("https", "https")),
        ("127.0.0.1", ("",)),
    ],
)
async def test_a_subject_counts_only_from_a_trusted_proxy_that_was_reached_by_tls(
    world: World, trusted: str, protocols: tuple[str, ...]
) -> None:
    async with node(world, Policy(2, "X-Client-Subject"), trusted=trusted) as server:
        headers = [("X-Client-Subject", "CN=DEP-1"), *(("X-Forwarded-Proto", each) for each in protocols)]
        assert (await refused(server, "/ocpp/DEP-1", headers))[0] == 401


async def test_a_subject_that_comes_twice_is_refused_even_if_both_are_the_charger_s(world: World) -> None:
    """One of them is the client's own."""
    async with node(world, Policy(3, "X-Client-Subject"), trusted="127.0.0.1") as server:
        secure = ("X-Forwarded-Proto", "https")
        for subjects in (("CN=DEP-1", "CN=DEP-1"), ("CN=DEP-1", "CN=GF-1"), ("CN=GF-1", "CN=DEP-1")):
            headers = [secure, *(("x-client-subject", each) for each in subjects)]
            assert (await refused(server, "/ocpp/DEP-1", headers))[0] == 403


async def test_a_subject_from_a_stranger_neither_helps_nor_hinders_a_password(world: World) -> None:
    async with node(world, Policy(1, "X-Client-Subject"), trusted="192.0.2.1") as server:
        headers = authorised(world, "DEP-1") | {"X-Client-Subject": "CN=GF-1", "X-Forwarded-Proto": "https"}
        async with connected(server.url, "DEP-1", None, headers=headers) as charger:
            await charger.call("Heartbeat", {})


async def test_a_subject_in_a_header_that_no_setting_names_proves_nothing(server: InProcess) -> None:
    assert (await refused(server, "/ocpp/DEP-1", {"X-Client-Subject": "CN=DEP-1"}))[0] == 401


async def test_a_charger_that_connects_again_and_again_is_told_to_wait(server: InProcess) -> None:
    for _ in range(30):
        assert (await refused(server, "/ocpp/DEP-1", {}))[0] == 401, "who cannot prove to be it does not count"
    for _ in range(20):
        async with server.charger("DEP-1"):
            pass
    assert (await refused(server, "/ocpp/DEP-1", authorised(server.world, "DEP-1")))[0] == 429
    async with server.charger("GF-1") as other:
        await other.call("Heartbeat", {})
