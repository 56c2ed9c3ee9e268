"""What has not the shape of a network file is refused, every error with its place."""

from __future__ import annotations

from typing import Any

import pytest

from chargerights.files.network_file import InvalidNetworkFile, parse
from chargerights.files.network_file.problems import MAX_ERRORS
from tests.files.network_file.loading import CHARGER, DRIVER, SITE, errors_of, raw, with_driver, with_right, with_tag

INSTANT = "must be a date, time and time zone such as 2026-01-31T08:00:00+02:00 or …Z"


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b" ",
        b'{"sites": [}',
        b'{"sites": []',
        b'{"sites": []} {}',
        b"\xff\xfe{\x00}\x00",
        b'{"drivers": [{"id": 1, "name": "\xc3"}]}',
        b'{"drivers": [{"id": 1, "name": "\\ud800"}]}',
        b'{"drivers": [{"id": NaN, "name": "A"}]}',
        b'{"sites": [{"id": 1, "name": "A", "latitude": Infinity}]}',
        b"[" * 100_000,
        b'{"drivers": [{"id": ' + b"9" * 5000 + b', "name": "A"}]}',
    ],
)
def test_what_is_not_json_in_utf8_is_refused(broken: bytes) -> None:
    [error] = errors_of(broken)
    assert error.startswith("the file: is not JSON in UTF-8: ")


@pytest.mark.parametrize(("top", "found"), [([], "a list"), (None, "null"), (3, "3"), ("x", '"x"'), (True, "true")])
def test_a_file_is_an_object(top: object, found: str) -> None:
    assert errors_of(raw(top)) == [f"the file: must be an object, not {found}"]


@pytest.mark.parametrize(
    ("file", "error"),
    [
        ({"Sites": []}, 'Sites: is not a member of a network file; did you mean "sites"?'),
        ({"x": []}, "x: is not a member of a network file; its members are sites, chargers, accessGroups, drivers"),
        (with_driver(nmae="A"), 'drivers[0].nmae: is not a member of a driver; did you mean "name"?'),
        (
            with_tag(tokenNmae="x"),
            'drivers[0].tags[0].tokenNmae: is not a member of a tag; did you mean "tokenName"?',
        ),
        (
            {"sites": [SITE], "chargers": [{**CHARGER, "publicGroupName": "x"}]},
            "chargers[0].publicGroupName: is not a member of a charger; ",
        ),
        (with_right({"siteId": 1, "\x1b[31m": 1}), 'drivers[0].rights[0]["\\u001b[31m"]: is not a member of a right; '),
    ],
)
def test_an_unknown_member_is_refused_and_the_nearest_one_named(file: object, error: str) -> None:
    [found] = errors_of(file)
    assert found.startswith(error)


@pytest.mark.parametrize("name", ["sites", "chargers", "accessGroups", "drivers"])
def test_what_an_object_needs_is_named_when_missing(name: str) -> None:
    needed = {"sites": 2, "chargers": 2, "accessGroups": 2, "drivers": 2}
    errors = errors_of({name: [{}]})
    assert len(errors) == needed[name]
    assert all(error.startswith(f"{name}[0].") and " is missing: a" in error for error in errors)


@pytest.mark.parametrize(
    ("file", "error"),
    [
        ({"drivers": {}}, "drivers: must be a list, not an object"),
        ({"drivers": [[]]}, "drivers[0]: must be an object, not a list"),
        ({"drivers": [None]}, "drivers[0]: must be an object, not null"),
        (with_driver(id="1"), 'drivers[0].id: must be a whole number, not "1"'),
        (with_driver(id=1.0), "drivers[0].id: must be a whole number, not 1.0"),
        (with_driver(id=True), "drivers[0].id: must be a whole number, not true"),
        (with_driver(id=None), "drivers[0].id: must be a whole number, not null"),
        (with_driver(id=0), "drivers[0].id: must be 1 or more, not 0"),
        (with_driver(id=2**63), f"drivers[0].id: must be {2**63 - 1} or less, not {2**63}"),
        (with_driver(payerId="7"), 'drivers[0].payerId: must be a whole number, not "7"'),
        (with_driver(name=1), "drivers[0].name: must be a text, not 1"),
        (with_driver(name=" "), "drivers[0].name: it is empty"),
        (with_driver(name="a" * 501), "drivers[0].name: it has 501 characters: use at most 500"),
        (
            with_driver(name="a\x00b"),
            "drivers[0].name: it contains a character that cannot be shown: 'a\\x00b'",
        ),
        (
            with_driver(externalId="a\nb"),
            "drivers[0].externalId: it contains a character that cannot be shown: 'a\\nb'",
        ),
        (with_driver(enabled=1), "drivers[0].enabled: must be true or false, not 1"),
        (with_driver(enabled="true"), 'drivers[0].enabled: must be true or false, not "true"'),
        (
            with_tag(idTag=" "),
            "drivers[0].tags[0].idTag: a tag is empty: write what the card, app, plate or vehicle shows",
        ),
        (with_tag(idTag="x" * 256), "drivers[0].tags[0].idTag: a tag has 256 characters: use at most 255"),
        (with_tag(idTag=42), "drivers[0].tags[0].idTag: must be a text, not 42"),
        (with_tag(blocked=0), "drivers[0].tags[0].blocked: must be true or false, not 0"),
        (with_right({"siteId": 1.0}), "drivers[0].rights[0].siteId: must be a whole number, not 1.0"),
        (with_right({"chargerId": 1}), "drivers[0].rights[0].chargerId: must be a text, not 1"),
        (
            with_driver(externalIds=[{"referenceId": "HR", "externalId": "7", "referenceType": "integration"}]),
            'drivers[0].externalIds[0].referenceType: "integration" is not a valid value; did you mean "INTEGRATION"?',
        ),
        (
            {"sites": [{**SITE, "type": "SUBSITE"}]},
            'sites[0].type: "SUBSITE" is not a valid value; did you mean "SUB_SITE"?',
        ),
        (
            {"sites": [{**SITE, "type": 1}]},
            "sites[0].type: 1 is not a valid value; use one of SUB_CPO, SITE, SUB_SITE, CIRCUIT, OTHER",
        ),
        ({"sites": [{**SITE, "latitude": 90.5}]}, "sites[0].latitude: must be 90.0 or less, not 90.5"),
        ({"sites": [{**SITE, "latitude": True}]}, "sites[0].latitude: must be a number, not true"),
        (
            b'{"sites": [{"id": 1, "name": "A", "longitude": 1e999}]}',
            "sites[0].longitude: must be a finite number, not Infinity",
        ),
        (
            {"sites": [{**SITE, "timezone": "Mars/Olympus"}]},
            "sites[0].timezone: 'Mars/Olympus' is not a valid time zone: "
            "use an IANA name such as Europe/Amsterdam or UTC",
        ),
        (
            {"sites": [{**SITE, "postalCode": "1", "postalNumber": "2"}]},
            "sites[0].postalNumber: is given twice: postalCode and postalNumber mean the same, so write one of them",
        ),
        (
            {"chargers": [{**CHARGER, "chargerId": "a/b"}]},
            "chargers[0].chargerId: 'a/b' is not a valid charger id: it must not contain '/' or ':'",
        ),
        ({"chargers": [{**CHARGER, "sockets": [{"id": 0}]}]}, "chargers[0].sockets[0].id: must be 1 or more, not 0"),
        (
            {"chargers": [{**CHARGER, "sockets": [{"id": 1, "termsAndConditions": "see below"}]}]},
            "chargers[0].sockets[0].termsAndConditions: must be a web address such as https://example.org/terms,"
            ' not "see below"',
        ),
        (
            {"chargers": [{**CHARGER, "locationInfo": {"postalNumber": 220}}]},
            "chargers[0].locationInfo.postalNumber: must be a text, not 220",
        ),
        (
            {"chargers": [{**CHARGER, "customProperties": {"colour": 1}}]},
            "chargers[0].customProperties.colour: must be a text, not 1",
        ),
        (
            {"chargers": [{**CHARGER, "customProperties": {"a\x00": ""}}]},
            "chargers[0].customProperties[\"a\\u0000\"]: it contains a character that cannot be shown: 'a\\x00'",
        ),
        (
            {"accessGroups": [{"id": 1, "name": "G", "chargerIds": ["A", 1]}]},
            "accessGroups[0].chargerIds[1]: must be a text, not 1",
        ),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused(file: object, error: str) -> None:
    assert errors_of(file) == [error]


@pytest.mark.parametrize(
    "written",
    [
        5,
        1767225600,
        "1767225600",
        "",
        "tomorrow",
        "2026-01-31",
        "2026-01-31T08:00:00",
        "2026-01-31 08:00:00Z",
        "2026-02-31T08:00:00Z",
        "2026-01-31T25:00:00Z",
        "2026-01-31T08:00:60Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-01:00",
        "٢٠٢٦-01-31T08:00:00Z",
    ],
)
@pytest.mark.parametrize("member", ["startDate", "expiringDate"])
def test_a_date_without_time_and_zone_is_refused(member: str, written: object) -> None:
    [error] = errors_of(with_tag(**{member: written}))
    assert error.startswith(f"drivers[0].tags[0].{member}: {INSTANT}, not ")


@pytest.mark.parametrize(
    ("hours", "error"),
    [
        ({"weekday": 0, "from": "08:00", "until": "17:00"}, ".weekday: must be 1 or more, not 0"),
        ({"weekday": 8, "from": "08:00", "until": "17:00"}, ".weekday: must be 7 or less, not 8"),
        ({"weekday": 1, "from": "8:00", "until": "17:00"}, '.from: must be a time of day such as 08:00, not "8:00"'),
        ({"weekday": 1, "from": 480, "until": "17:00"}, ".from: must be a time of day such as 08:00, not 480"),
        ({"weekday": 1, "from": "٠٨:00", "until": "17:00"}, '.from: must be a time of day such as 08:00, not "٠٨:00"'),
        ({"weekday": 1, "from": "08:00", "until": "24:01"}, '.until: must be a time of day such as 08:00, not "24:01"'),
        ({"weekday": 1, "from": "08:00"}, ".until: is missing: an entry of hours needs it"),
        (
            {"weekday": 1, "start": 8, "from": "08:00", "until": "17:00"},
            ".start: is not a member of an entry of hours; ",
        ),
    ],
)
def test_hours_that_are_none_are_refused(hours: dict[str, Any], error: str) -> None:
    [found] = errors_of(with_right({"siteId": 1, "hours": [hours]}))
    assert found.startswith(f"drivers[0].rights[0].hours[0]{error}")


def test_all_errors_are_listed_in_the_order_of_the_file() -> None:
    errors = errors_of(
        {
            "drivers": [DRIVER, {"id": "1", "nmae": "A"}, 7],
            "sites": [{"id": 1, "name": ""}, SITE, {"id": 2, "name": "B", "parentId": "1"}],
        }
    )
    assert [error.partition(":")[0] for error in errors] == [
        "drivers[1].id",
        "drivers[1].name",
        "drivers[1].nmae",
        "drivers[2]",
        "sites[0].name",
        "sites[2].parentId",
    ]


def test_all_errors_of_inner_lists_and_objects_are_listed() -> None:
    charger = {
        **CHARGER,
        "capabilities": ["RFID", "RESERVABLE", 1],
        "customProperties": {"a": 1, "b": "", "c": None},
        "locationInfo": {"latitude": "60", "city": 7},
        "sockets": [{"id": 0}, {"id": 1, "maxWatts": -1}],
    }
    group = {"id": 1, "name": "G", "chargerIds": [1, "DEP-1", None]}
    tags = [{"idTag": ""}, {"idTag": "A"}, {}]
    hours = [{"weekday": 0, "from": "08:00", "until": "09:00"}, 7]
    driver = {**DRIVER, "tags": tags, "rights": [{"siteId": "1"}, {"siteId": 1, "hours": hours}]}
    errors = errors_of({"chargers": [charger], "accessGroups": [group], "drivers": [driver]})
    assert [error.partition(":")[0] for error in errors] == [
        "chargers[0].capabilities[0]",
        "chargers[0].capabilities[2]",
        "chargers[0].customProperties.a",
        "chargers[0].customProperties.c",
        "chargers[0].locationInfo.latitude",
        "chargers[0].locationInfo.city",
        "chargers[0].sockets[0].id",
        "chargers[0].sockets[1].maxWatts",
        "accessGroups[0].chargerIds[0]",
        "accessGroups[0].chargerIds[2]",
        "drivers[0].tags[0].idTag",
        "drivers[0].tags[2].idTag",
        "drivers[0].rights[0].siteId",
        "drivers[0].rights[1].hours[0].weekday",
        "drivers[0].rights[1].hours[1]",
    ]


@pytest.mark.parametrize(
    "start",
    [
        b'{"drivers": [',
        b'{"drivers": [{"id": 1, "name": "A", "tags": [',
        b'{"drivers": [{"id": 1, "name": "A", "rights": [{"siteId": 1, "hours": [',
        b'{"accessGroups": [{"id": 1, "name": "A", "chargerIds": [',
    ],
)
def test_a_hostile_file_does_not_fill_memory_with_its_errors(start: bytes) -> None:
    closing = {ord("{"): "}", ord("["): "]"}
    end = "".join(closing[each] for each in reversed(start) if each in closing)
    errors = errors_of(start + b"1," * 200_000 + b"1" + end.encode())
    assert len(errors) == MAX_ERRORS + 1
    assert errors[-1] == f"the file: may contain more than these {MAX_ERRORS} errors. Fix these and try again"


def test_an_object_of_very_many_members_is_one_error() -> None:
    many = {f"x{each}": 1 for each in range(100_000)}
    assert errors_of(with_driver(**many)) == ["drivers[0]: has 100002 members; a driver has at most 10"]


def test_a_hostile_value_does_not_make_an_error_long() -> None:
    errors = errors_of({"drivers": [{"id": "9" * 10**6, "name": "A", "x" * 10**6: 1}, {"id": 1, "name": "\x00" * 400}]})
    assert [len(error) < 1000 for error in errors] == [True] * 3


def test_the_error_itself_says_the_first_and_how_many_more() -> None:
    with pytest.raises(
        InvalidNetworkFile, match=r'^drivers\[0\]\.id: must be a whole number, not "1" \(and 1 more error\)$'
    ):
        parse(raw(with_driver(id="1", name="")))
