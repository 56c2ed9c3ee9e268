"""HTTP itself: paths, methods, compression, and unexpected errors."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable

import brotli
import httpx
import orjson
import pytest
import structlog

from tests.api.client import MISSION, Api, problem, refusal

LARGE = "/api/user/homeGroups"
DECOMPRESS: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.decompress, "br": brotli.decompress}
try:
    import zstandard

    DECOMPRESS["zstd"] = lambda raw: zstandard.ZstdDecompressor().decompressobj().decompress(raw)
except ImportError:
    pass


async def raw(api: Api, path: str, accept: str | None) -> tuple[httpx.Headers, bytes]:
    """The answer's headers and its bytes as they are on the wire."""
    headers = {"x-api-key": api.us.key, **({} if accept is None else {"accept-encoding": accept})}
    request = api.http.build_request("GET", path, headers=headers)
    if accept is None:
        del request.headers["accept-encoding"]
    response = await api.http.send(request, stream=True)
    return response.headers, b"".join([chunk async for chunk in response.aiter_raw()])


@pytest.mark.parametrize("path", ["/api/nothing", "/api/", "/api/group", "/api/groups/", f"{MISSION}/", "/api/Groups"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_a_path_of_v1_that_there_is_not_is_told_in_plain_words(sqlite_api: Api, method: str, path: str) -> None:
    assert refusal(await sqlite_api.ask(method, path)) == (404, "Not Found: nothing is at this path; see /docs")


@pytest.mark.parametrize("path", ["/v2", "/v2/nothing", "/favicon.ico", "/v2/access/check/", "/.env", "/apis"])
async def test_another_path_that_there_is_not_is_a_problem(sqlite_api: Api, path: str) -> None:
    assert problem(await sqlite_api.get(path)) == (404, "nothing is at this path; see /docs")


async def test_the_address_alone_leads_to_the_documentation(sqlite_api: Api) -> None:
    response = await sqlite_api.get("/")
    assert (response.status_code, response.headers["location"]) == (307, "docs")
    assert (await sqlite_api.http.get("/", follow_redirects=True)).headers["content-type"].startswith("text/html")


async def test_head_answers_as_get_does_without_the_body(sqlite_api: Api) -> None:
    paths = [path for path, methods in sqlite_api.app.openapi()["paths"].items() if "get" in methods]
    asked = [re.sub(r"{\w+}", "1", path) for path in paths]
    assert len(asked) > 40
    changes = {"x-request-id", "date"}
    for path in ["/", "/docs", "/docs/swagger-ui.css", "/openapi.json", "/nothing", *asked]:
        got, head = await sqlite_api.get(path), await sqlite_api.ask("HEAD", path)
        assert head.content == b"", path
        assert head.status_code == got.status_code, path
        ours = {name: value for name, value in head.headers.items() if name not in changes}
        assert ours == {name: value for name, value in got.headers.items() if name not in changes}, path


async def test_head_is_counted_as_a_request_of_its_path(sqlite_api: Api) -> None:
    with structlog.testing.capture_logs() as logged:
        await sqlite_api.ask("HEAD", "/v2/sites")
    assert [(each["method"], each["status"]) for each in logged if each["event"] == "request"] == [("HEAD", 200)]


@pytest.mark.parametrize(("path", "allowed"), [("/v2/access/check", "POST"), ("/v2/access/explain", "GET, HEAD")])
async def test_another_method_of_v2_is_a_problem_that_says_which_there_is(
    sqlite_api: Api, path: str, allowed: str
) -> None:
    response = await sqlite_api.ask("PUT", path)
    assert problem(response) == (405, "this path takes another method")
    assert response.headers["allow"] == allowed


@pytest.mark.parametrize("encoding", sorted(DECOMPRESS))
async def test_an_answer_is_compressed_as_the_client_takes_it(sqlite_api: Api, encoding: str) -> None:
    plain_headers, plain = await raw(sqlite_api, LARGE, "identity")
    headers, compressed = await raw(sqlite_api, LARGE, encoding)
    assert headers["content-encoding"] == encoding
    assert "accept-encoding" in headers["vary"].lower()
    assert headers["etag"] == plain_headers["etag"]
    assert len(compressed) < len(plain)
    assert DECOMPRESS[encoding](compressed) == plain


@pytest.mark.parametrize("accept", [None, "", "identity", "compress", "gzip;q=0", "nonsense"])
async def test_else_it_comes_as_it_is_and_with_its_length(sqlite_api: Api, accept: str | None) -> None:
    headers, body = await raw(sqlite_api, LARGE, accept)
    assert "content-encoding" not in headers
    assert int(headers["content-length"]) == len(body)
    assert orjson.loads(body).keys() == {"userGroups", "spareUsers"}


async def test_zstandard_is_among_what_clients_can_take(sqlite_api: Api) -> None:
    headers, compressed = await raw(sqlite_api, LARGE, "zstd, gzip, br")
    assert headers["content-encoding"] == "zstd"
    assert compressed[:4] == b"\x28\xb5\x2f\xfd"


class Boom(Exception):
    pass


@pytest.mark.parametrize("path", ["/api/groups", "/v2/access/explain?chargerId=DEP-1&idTag=ALICE"])
async def test_an_error_nobody_foresaw_tells_nothing_of_the_inside_and_is_logged(
    fresh_sqlite_api: Api, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise Boom("the password is hunter2")

    monkeypatch.setattr(fresh_sqlite_api.app.state.shared.images, "as_seen", fail)
    transport = httpx.ASGITransport(fresh_sqlite_api.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://chargerights.test") as client:
        with structlog.testing.capture_logs() as logs:
            response = await client.get(path, headers={"x-api-key": fresh_sqlite_api.us.key})
    said = "an error of the server, which is logged"
    if path.startswith("/api/"):
        assert refusal(response) == (500, f"Internal Server Error: {said}")
    else:
        assert problem(response) == (500, said)
    (logged,) = [each for each in logs if each["event"] == "unexpected"]
    assert (logged["log_level"], logged["path"]) == ("error", path.partition("?")[0])
    assert isinstance(logged["exc_info"], Boom)
    (request,) = [each for each in logs if each["event"] == "request"]
    assert request["status"] == 500
