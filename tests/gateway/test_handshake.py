"""Who may open a socket, and by which subprotocol."""

from __future__ import annotations

import base64
from contextlib import AsyncExitStack
from datetime import timedelta
from hashlib import sha1

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.datastructures import HeadersLike
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from chargerights.gateway.handshake.handshake_auth import Policy
from chargerights.gateway.handshake.rejections import RejectedHandshake, RejectedHandshakes
from chargerights.gateway.handshake.rivals import Rivals
from chargerights.rights.model import Charger
from chargerights.storage.charging import authorizations, charger_passwords
from tests.gateway.client import V16, V21, V201, basic, connected
from tests.gateway.server import InProcess, World, node
from tests.storage.writing import put
from tests.support.servers import opened
from tests.support.world import DEPOT, NOW


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


async def test_a_slash_at_the_end_is_taken(server: InProcess) -> None:
    async with connected(server.url, "DEP-1/", None, headers=authorised(server.world, "DEP-1")) as charger:
        await charger.call("Heartbeat", {})


@pytest.mark.parametrize(
    ("path", "address"),
    [
        ("/DEP-1", "/ocpp/DEP-1"),
        ("/OCPP/DEP-1", "/ocpp/DEP-1"),
        ("/ocpp16/DEP-1/", "/ocpp/DEP-1"),
        ("/v2/chargers/DEP-1", "/ocpp/DEP-1"),
        ("/Hof%207", "/ocpp/Hof%207"),
        ("/ocpp", "/ocpp/{chargerId}"),
        ("/ocpp/", "/ocpp/{chargerId}"),
        ("/", "/ocpp/{chargerId}"),
        ("/%00", "/ocpp/{chargerId}"),
    ],
)
async def test_a_wrong_address_is_answered_with_the_right_one_and_logged(
    server: InProcess, path: str, address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status, text = await refused(server, path, authorised(server.world, "DEP-1"))
    assert status == 404
    assert f"{server.url}{address}," in text
    assert "a charger is refused" in capsys.readouterr().out


async def test_an_address_for_chargers_says_so_in_a_browser(server: InProcess) -> None:
    async with httpx.AsyncClient(base_url=server.url.replace("ws", "http"), trust_env=False) as client:
        for path in ("/ocpp", "/ocpp/", "/ocpp/DEP-1"):
            answer = await client.get(path)
            assert (answer.status_code, "web socket" in answer.text) == (426, True)


async def refusals(server: InProcess, charger_id: str = "DEP-1") -> list[tuple[str, int]]:
    """Which handshakes the API shows as refused."""
    headers = {"x-api-key": server.world.key}
    async with httpx.AsyncClient(base_url=server.url.replace("ws", "http"), trust_env=False, headers=headers) as client:
        answer = await client.get(f"/v2/chargers/{charger_id}/refused-connections")
    assert answer.status_code == 200, answer.text
    return [(each["chargerId"], each["status"]) for each in answer.json()["items"]]


async def test_why_a_charger_does_not_connect_is_shown_for_an_hour(server: InProcess) -> None:
    await refused(server, "/ocpp/DEP-1", {})
    await refused(server, "/ocpp/DEP-01", {})
    await refused(server, "/OCPP/dep-1", {})
    await refused(server, "/ocpp/RIV-1", {})
    server.clock.at += timedelta(minutes=59)
    await refused(server, "/ocpp/DEP-1", {"Authorization": basic("DEP-1", "wrong")})
    assert await refusals(server) == [("DEP-1", 401), ("dep-1", 404), ("DEP-1", 401), ("DEP-01", 404)]
    server.clock.at += timedelta(minutes=1)
    assert await refusals(server) == [("DEP-1", 401)]
    assert await refusals(server, "GF-1") == []


def test_refusals_are_bounded_and_strangers_displace_no_charger() -> None:
    kept = RejectedHandshakes()
    kept.note(RejectedHandshake("DEP-1", NOW, 401, ""), True)
    for number in range(3_000):
        kept.note(RejectedHandshake(sha1(b"%d" % number).hexdigest(), NOW, 404, ""), False)
        kept.note(RejectedHandshake("same", NOW, 404, str(number)), False)
    assert len(kept.of("DEP-1", NOW)) == 1
    assert {each.text for each in kept.of("same", NOW)} == {str(number) for number in range(2_990, 3_000)}
    assert kept.of(sha1(b"1").hexdigest(), NOW) == []
    assert len(kept.of(sha1(b"2999").hexdigest(), NOW)) == 1


# -- two chargers with one id ---------------------------------------------------------------------


async def problem(server: InProcess) -> str | None:
    """The problem that the API shows."""
    headers = {"x-api-key": server.world.key}
    async with httpx.AsyncClient(base_url=server.url.replace("ws", "http"), trust_env=False, headers=headers) as client:
        found: str | None = (await client.get("/v2/chargers/DEP-1")).json().get("connectionProblem")
    return found


async def test_two_chargers_with_one_id_are_named_and_the_newer_one_waits_longer_and_longer(server: InProcess) -> None:
    now = [1000.0]
    server.gateway._rivals = rivals = Rivals(lambda: now[0])
    async with AsyncExitStack() as stack:
        for _ in range(4):
            assert await problem(server) is None
            last = await stack.enter_async_context(server.charger("DEP-1"))
        await server.read(authorizations.count, authorizations.AuthorizationFilter())
        assert "two chargers" in (await problem(server) or "")
        for pause in (10, 20, 40):
            now[0] += pause - 1
            status, text = await refused(server, "/ocpp/DEP-1", authorised(server.world, "DEP-1"))
            assert (status, "two chargers" in text) == (429, True)
            await last.call("Heartbeat", {})
            now[0] += 1
            last = await stack.enter_async_context(server.charger("DEP-1"))
        now[0] += 901
        await server.gateway.look_after()
        await server.read(authorizations.count, authorizations.AuthorizationFilter())
        assert await problem(server) is None
        assert rivals.pause("DEP-1") == 0


async def test_a_charger_that_lost_its_link_and_comes_again_has_no_rival(server: InProcess) -> None:
    for _ in range(6):
        async with server.charger("DEP-1") as charger:
            await charger.call("Heartbeat", {})
    assert await problem(server) is None


async def test_rivals_at_two_nodes_are_seen_by_both(either: InProcess) -> None:
    async with node(either.world, clock=either.clock) as other, AsyncExitStack() as stack:
        for _ in range(4):
            for each in (either, other):
                either.clock.at += timedelta(seconds=1)
                charger = await stack.enter_async_context(each.charger("DEP-1"))
                await charger.call("Heartbeat", {})
                for written in (either, other):
                    await written.read(authorizations.count, authorizations.AuthorizationFilter())
                if each.gateway._rivals.problem("DEP-1"):
                    return
        raise AssertionError("they replaced each other eight times")


@pytest.mark.parametrize(
    "path",
    [
        "/ocpp/",
        "/ocpp/NO-SUCH",
        "/ocpp/%2f",
        "/ocpp/%0d%0aX:x",
        "/ocpp/" + "X" * 100,
        "/ocpp/%20",
        "/ocpp/%ff",
        "/ocpp/dep-1",
    ],
)
async def test_an_unknown_charger_is_refused_and_the_server_goes_on(server: InProcess, path: str) -> None:
    """citrineos #105: it crashed."""
    assert (await refused(server, path, authorised(server.world, "DEP-1")))[0] == 404
    async with server.charger("DEP-1") as charger:
        await charger.call("Heartbeat", {})


@pytest.mark.parametrize("protocols", [(), ("ocpp1.5",), ("soap", "ocpp1.2")])
async def test_a_charger_that_speaks_nothing_we_speak_is_connected_and_closed_with_a_reason(
    server: InProcess, protocols: tuple[str, ...]
) -> None:
    """OCPP-J 1.6 section 3.1.2, OCPP 2.0.1 part 4 section 3.1.2"""
    async with connect(
        f"{server.url}/ocpp/DEP-1",
        subprotocols=[Subprotocol(each) for each in protocols] or None,
        additional_headers=authorised(server.world, "DEP-1"),
        proxy=None,
    ) as socket:
        assert socket.subprotocol is None
        await socket.wait_closed()
        assert socket.close_code == 1002
        assert "ocpp2.1, ocpp2.0.1, ocpp1.6" in (socket.close_reason or "")
    assert (await refused(server, "/ocpp/DEP-1", {}, protocols))[0] == 401, "strangers do not learn the versions"


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
