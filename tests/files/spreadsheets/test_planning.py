"""What an import would do, in each mode; what cannot be is refused with its row and column."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from chargerights.files.spreadsheets.drivers_file import Mode
from chargerights.rights.model import Driver, ExternalId, Place, PlaceKind, Right, Site, Tag
from chargerights.rights.network import Network
from tests.files.spreadsheets.sheets import added, errors_of, planned, warnings_of
from tests.support.world import NOW, TOMORROW, WEEKDAYS_8_TO_17, network

ADD, UPDATE, REPLACE_ALL = Mode
DEPOT, YARD = Place(PlaceKind.SITE, 2), Place(PlaceKind.SITE, 5)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)

ADA = Driver(
    1, "Ada", 2, "E-1", payer_id=9, company_id=8, enabled=False, external_ids=(ExternalId("HR", "1"),),
    tags=(
        Tag(11, 1, "aa01", starts_at=LONG_AGO, token_name="Card", blocked=True, updated_at=LONG_AGO),
        Tag(12, 1, "AA02", invoicable=True, updated_at=LONG_AGO),
    ),
    rights=(Right(21, DEPOT, LONG_AGO, TOMORROW, WEEKDAYS_8_TO_17), Right(22, YARD)),
)  # fmt: skip
BEA = Driver(2, "Bea", tags=(Tag(13, 2, "BB01", updated_at=LONG_AGO),))
CAT = Driver(3, "Cat", external_id="E-3")


def them(*drivers: Driver) -> Network:
    world = network()
    return Network.build(
        world.sites.values(), world.chargers.values(), world.access_groups.values(), drivers or (ADA, BEA, CAT)
    )


def changed(rows: list[list[str]], mode: Mode = UPDATE) -> Driver:
    """The one driver that changes; fails when anything else would happen to those the file names."""
    found = planned(them(), rows, mode)
    assert not found.problems.errors.first
    (driver,) = found.changed
    return driver


# -- one driver of several rows ---------------------------------------------------------------------


def test_rows_of_one_external_id_are_one_driver_with_several_tags() -> None:
    rows = [
        ["Name", "RFID tag", "External id", "Site access"],
        ["Dan", "D1", "E-9", "Depot"],
        ["Eve", "E1", "", ""],
        ["", "D2", "E-9", ""],
    ]
    dan, eve = added(them(), rows)
    assert ([tag.id_tag for tag in dan.tags], len(dan.rights), dan.name) == (["D1", "D2"], 1, "Dan")
    assert [tag.id_tag for tag in eve.tags] == ["E1"]


def test_rows_of_one_name_without_any_id_are_one_driver_and_that_is_said() -> None:
    found = planned(them(), [["Name", "RFID tag"], ["Dan", "D1"], ["Dan", "D2"]])
    assert [tag.id_tag for tag in found.added[0].tags] == ["D1", "D2"]
    assert warnings_of(found) == [
        "row 3 column Name: is taken for the driver of row 2, of the same name: if they are two, give External ids"
    ]


def test_rows_of_nearly_one_name_without_any_id_are_refused() -> None:
    assert errors_of(them(), [["Name", "RFID tag"], ["Dan Dee", "D1"], ["dan dee", "D2"]]) == [
        "row 3 column Name: differs from row 2, which is the same driver's: make both equal"
    ]


def test_rows_of_one_name_with_several_ids_are_several_drivers() -> None:
    assert len(added(them(), [["Name", "External id"], ["Dan", "1"], ["Dan", "2"], ["Dan", ""]])) == 3
    assert len(added(them(), [["Name", "Driver id"], ["Dan", "101"], ["Dan", "102"]])) == 2


@pytest.mark.parametrize(("column", "one", "other"), [("Home site", "Depot", "Yard"), ("Payer id", "1", "2")])
def test_rows_of_one_driver_that_differ_are_refused(column: str, one: str, other: str) -> None:
    rows = [["Name", "External id", column], ["Dan", "1", one], ["Dan", "1", other], ["Dan", "1", one]]
    assert errors_of(them(), rows) == [
        f"row 3 column {column}: differs from row 2, which is the same driver's: make both equal"
    ]


def test_rows_of_one_driver_that_name_different_places_give_him_all_of_them_and_say_so() -> None:
    rows = [["Name", "External id", "Site access"], ["Dan", "1", "Depot"], ["Dan", "1", "Yard; Depot"]]
    found = planned(them(), rows)
    assert [right.place for right in found.added[0].rights] == [DEPOT, YARD]
    assert warnings_of(found) == [
        "row 2 column Site access: rows 2 and 3 of one driver name different places: the driver gets all of them"
    ]


def test_rows_of_one_driver_of_which_one_says_nothing_and_another_something_are_refused() -> None:
    rows = [["Name", "External id", "Site access"], ["Dan", "1", "-"], ["Dan", "1", "Depot"]]
    assert errors_of(them(), rows) == ["row 2 column Site access: rows 2 and 3 of one driver contradict each other"]
    rows = [["Name", "RFID tag"], ["Dan", "-"], ["Dan", "D1"]]
    assert errors_of(them(), rows) == ["row 2 column RFID tag: other rows of the driver name tags: remove the -"]


def test_a_tag_stands_in_one_row_of_the_file() -> None:
    rows = [["Name", "RFID tag"], ["Dan", "d1"], ["Eve", " D1"], ["Dan", "D1"]]
    (error,) = planned(them(), rows).problems.errors.first
    assert (str(error), error.count) == ("B3, B4 (RFID tag): is the tag of row 2 already", 2)


def test_what_is_said_of_a_tag_needs_one() -> None:
    assert errors_of(them(), [["Name", "RFID tag", "RFID name"], ["Dan", "", "Card"]]) == [
        "row 2 column RFID name: describes a tag that the row does not have: fill in RFID tag"
    ]
    assert errors_of(them(), [["Name", "Blocked"], ["Dan", "yes"]]) == [
        "row 2 column Blocked: describes a tag that the row does not have: fill in RFID tag"
    ]


@pytest.mark.parametrize("mode", [ADD, REPLACE_ALL])
def test_a_driver_needs_a_name(mode: Mode) -> None:
    rows = [["Name", "RFID tag"], ["", "D1"]]
    assert errors_of(them(), rows, mode) == ["row 2 column Name: is missing: every driver has a name"]
    assert errors_of(them(), [["RFID tag"], ["D1"]], mode) == ["row 2 column Name: is missing: every driver has a name"]


def test_of_rows_that_are_not_understood_nothing_else_is_said() -> None:
    """Neither of the other rows of their driver, nor that the driver is missing at the customer."""
    rows = [
        ["Name", "RFID tag", "External id", "Enabled"],
        ["Dan", "1E+9", "9", "perhaps"],
        ["", "D2", "9", ""],
        ["", "", "", "maybe"],
    ]
    for mode in Mode:
        assert [error.partition(":")[0] for error in errors_of(them(), rows, mode)] == [
            "row 2 column RFID tag", "row 2 column Enabled", "row 4 column Enabled",
        ]  # fmt: skip


# -- add --------------------------------------------------------------------------------------------


def test_adding_makes_new_drivers_with_numbers_of_their_own() -> None:
    found = planned(them(), [["Name", "RFID tag", "Site access"], ["Dan", "D1", "Depot"], ["Eve", "E1", "Yard"]])
    numbers = [each.id for each in found.added]
    numbers += [tag.id for each in found.added for tag in each.tags]
    numbers += [right.id for each in found.added for right in each.rights]
    assert len({*numbers}) == 6
    assert all(tag.driver_id == each.id and tag.updated_at == NOW for each in found.added for tag in each.tags)
    assert found.counts == {"added": 2, "changed": 0, "removed": 0, "unchanged": 0}


@pytest.mark.parametrize(
    ("rows", "column"),
    [
        ([["Name", "External id"], ["Someone", "E-1"]], "External id"),
        ([["Name", "Driver id"], ["Someone", "1"]], "Driver id"),
        ([["Name", "RFID tag"], ["Someone", "AA01"]], "RFID tag"),
        ([["Name", "RFID tag", "External id"], ["Someone", "AA01", "E-9"]], "External id"),
    ],
)
def test_adding_a_driver_who_is_there_is_refused(rows: list[list[str]], column: str) -> None:
    (error,) = errors_of(them(), rows)
    assert error == (
        f"row 2 column {column}: is driver 1, Ada already; mode add only adds: use mode update, or leave the row out"
    )


def test_adding_a_tag_that_another_has_is_refused_where_the_driver_is_new_by_his_id() -> None:
    assert errors_of(them(), [["Name", "RFID tag", "Driver id"], ["Dan", "aA01", "77"]]) == [
        "row 2 column RFID tag: aA01 is already a tag of driver 1, Ada"
    ]


def test_adding_with_a_driver_id_takes_it() -> None:
    assert added(them(), [["Name", "Driver id"], ["Dan", "77"]])[0].id == 77


# -- update -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "rows",
    [
        [["Name", "External id"], ["Ada B.", "E-1"]],
        [["Name", "Driver id"], ["Ada B.", "1"]],
        [["Name", "RFID tag"], ["Ada B.", "aA01"]],
        [["Name", "RFID tag", "External id"], ["Ada B.", "AA02", "E-1"]],
    ],
)
def test_updating_finds_the_driver_and_keeps_all_that_the_file_does_not_say(rows: list[list[str]]) -> None:
    after = changed(rows)
    assert after == Driver(**{**{name: getattr(ADA, name) for name in ADA.__slots__}, "name": "Ada B."})


def test_who_is_found_by_his_tag_alone_and_gets_another_name_is_warned_of() -> None:
    found = planned(them(), [["Name", "RFID tag"], ["Bob", "BB01"]], UPDATE)
    assert warnings_of(found) == ['row 2 column Name: driver 2, Bea, found by tag or name, is renamed to "Bob"']


def test_blank_cells_keep_and_hyphens_clear() -> None:
    heads = ["Name", "External id", "Home site", "Site access", "Payer id", "Company id", "Other ids", "Enabled"]
    assert planned(them(), [heads, ["Ada", "E-1"]], UPDATE).unchanged == 1
    after = changed([heads, ["Ada", "E-1", *"------"]])
    assert (after.home_site_id, after.rights, after.payer_id, after.company_id) == (None, (), None, None)
    assert (after.external_ids, after.enabled, after.tags) == ((), True, ADA.tags)


def test_an_external_id_is_cleared_by_a_hyphen_where_something_else_names_the_driver() -> None:
    assert changed([["RFID tag", "External id"], ["AA01", "-"]]).external_id is None


def test_updating_a_tag_keeps_the_others_and_adds_new_ones() -> None:
    heads = ["External id", "RFID tag", "RFID name", "Start date"]
    after = changed([heads, ["E-1", "AA01", "Fob", "-"], ["E-1", "AA03", "New", ""]])
    assert [(tag.id, tag.id_tag, tag.token_name, tag.starts_at) for tag in after.tags] == [
        (11, "aa01", "Fob", None),
        (12, "AA02", None, None),
        (after.tags[2].id, "AA03", "New", None),
    ]
    assert [tag.updated_at for tag in after.tags] == [NOW, LONG_AGO, NOW]
    assert after.tags[0].blocked


def test_a_hyphen_takes_all_tags() -> None:
    assert changed([["External id", "RFID tag"], ["E-1", "-"]]).tags == ()


def test_a_named_place_keeps_the_right_that_stands_with_its_number_window_and_hours() -> None:
    after = changed([["External id", "Site access"], ["E-1", "Depot; Office"]])
    assert after.rights[0] == ADA.rights[0]
    assert [(right.place.id, right.valid_until) for right in after.rights[1:]] == [(6, None)]


def test_limits_in_brackets_replace_those_that_stand_and_empty_brackets_take_them_off() -> None:
    after = changed([["External id", "Site access"], ["E-1", "Depot []; Yard [2026-01-01..]"]])
    assert [(right.place, right.valid_from, right.hours) for right in after.rights] == [
        (DEPOT, None, ()),
        (YARD, datetime(2026, 1, 1, tzinfo=UTC), ()),
    ]
    assert not {right.id for right in after.rights} & {21, 22}


def test_a_place_may_be_named_twice_with_different_limits() -> None:
    after = changed([["External id", "Site access"], ["E-1", "Yard; Yard [Mo 08:00-09:00]; Yard"]])
    assert [(right.id == 22, bool(right.hours)) for right in after.rights] == [(True, False), (False, True)]


def test_rights_of_columns_that_the_file_does_not_have_stay() -> None:
    after = changed([["External id", "Charger access"], ["E-1", "GF-1"]])
    assert after.rights[:2] == ADA.rights
    assert after.rights[2].place == Place(PlaceKind.CHARGER, "GF-1")


@pytest.mark.parametrize(
    ("rows", "error"),
    [
        (
            [["Name", "External id"], ["Dan", "E-9"]],
            "row 2 column External id: no driver of the customer has it; "
            "mode update only changes drivers that are there",
        ),
        (
            [["Name", "RFID tag"], ["Dan", "D1"]],
            "row 2 column RFID tag: no driver of the customer has it; mode update only changes drivers that are there",
        ),
        ([["Name", "Driver id"], ["Dan", "99"]], "row 2 column Driver id: there is no driver 99"),
        (
            [["Name"], ["Ada"]],
            "row 2: the row names no driver: give an External id or an RFID tag that the driver has",
        ),
        (
            [["RFID tag", "External id"], ["AA01", "E-9"]],
            'row 2 column External id: there is no driver with "E-9", and the tag is one of driver 1, Ada, '
            'whose external id is "E-1"',
        ),
        (
            [["RFID tag", "External id"], ["AA01", "E-3"]],
            "row 2 column RFID tag: AA01 is already a tag of driver 1, Ada",
        ),
    ],
)
def test_updating_who_is_not_there_is_refused(rows: list[list[str]], error: str) -> None:
    assert errors_of(them(), rows, UPDATE) == [error]


def test_a_tag_that_may_have_lost_its_zeros_is_told_of_the_one_that_has_them() -> None:
    card = them(Driver(1, "Ada", tags=(Tag(1, 1, "00421"),)))
    (error,) = errors_of(card, [["RFID tag", "Name"], ["421", "Ada"]], UPDATE)
    assert error.endswith("; did Excel drop the zeros of 00421?")
    found = planned(card, [["RFID tag", "Name"], ["421", "Bea"], ["422", "Cat"]])
    assert warnings_of(found) == ["row 2 column RFID tag: 421 is new, and 00421 is there: did Excel drop its zeros?"]
    assert not warnings_of(planned(card, [["RFID tag", "Name", "Home site"], ["421", "Bea", "Yard"]], site_ids=[5]))


def test_an_external_id_that_two_drivers_have_does_not_tell_which() -> None:
    two = them(Driver(1, "Ada", external_id="X"), Driver(2, "Bea", external_id="X"))
    assert errors_of(two, [["Name", "External id"], ["Ada", "X"]], UPDATE) == [
        'row 2 column External id: "X" is the external id of drivers 1 and 2: say which in the column Driver id'
    ]
    assert planned(two, [["Name", "External id", "Driver id"], ["Ada", "X", "1"]], UPDATE).unchanged == 1


def test_a_new_card_in_a_row_of_the_same_name_is_that_drivers() -> None:
    after = changed([["Name", "RFID tag"], ["Bea", "BB01"], ["Bea", "BB02"]])
    assert [tag.id_tag for tag in after.tags] == ["BB01", "BB02"]


def test_a_new_card_that_could_be_one_of_two_namesakes_is_refused() -> None:
    two = them(Driver(1, "Ann", tags=(Tag(1, 1, "A1"),)), Driver(2, "Ann", tags=(Tag(2, 2, "A2"),)))
    rows = [["Name", "RFID tag"], ["Ann", "A1"], ["Ann", "A2"], ["Ann", "A3"]]
    assert errors_of(two, rows, UPDATE) == [
        "row 4 column Name: it may be driver 1 and 2, of the same name: give an External id or Driver id"
    ]
    assert planned(two, rows[:3], UPDATE).unchanged == 2


# -- replace-all ------------------------------------------------------------------------------------


def test_replacing_removes_who_is_not_in_the_file_and_says_where_he_was_listed() -> None:
    found = planned(network(), [["Name", "External id"], ["Dan", "E-9"]], REPLACE_ALL)
    assert [driver.name for driver in found.added] == ["Dan"]
    assert [driver.id for driver in found.removed] == list(range(1, 14))
    lost = {each.driver.name: (each.sites, each.chargers) for each in found.losers}
    assert (lost["Alice"], lost["Bob"], lost["Dan"], lost["Frank"]) == ((4, 4), (5, 4), (0, 0), (0, 0))


def test_replacing_makes_drivers_what_the_file_says_and_keeps_numbers_and_block() -> None:
    rows = [["Name", "RFID tag", "External id", "Home site", "Site access"], ["Ada", "AA01", "E-1", "", "Depot"]]
    found = planned(them(), rows, REPLACE_ALL)
    (after,) = found.changed
    assert after == Driver(
        1, "Ada", None, "E-1", payer_id=9, company_id=8, enabled=False, external_ids=ADA.external_ids,
        tags=ADA.tags[:1], rights=ADA.rights[:1],
    )  # fmt: skip
    assert [driver.id for driver in found.removed] == [2, 3]


def test_replacing_clears_blank_cells_of_columns_that_are_there_but_not_block_nor_enabled() -> None:
    heads = ["Name", "RFID tag", "External id", "RFID name", "Start date", "Blocked", "Enabled", "Payer id"]
    (after,) = planned(them(), [heads, ["Ada", "AA01", "E-1"], ["", "AA02", "E-1"]], REPLACE_ALL).changed
    assert (after.tags[0].token_name, after.tags[0].starts_at, after.tags[0].blocked) == (None, None, True)
    assert (after.enabled, after.payer_id) == (False, None)


def test_replacing_finds_a_driver_by_a_name_that_he_alone_has() -> None:
    found = planned(them(), [["Name", "RFID tag"], ["bea", "BB09"], ["Ada", "AA01"]], REPLACE_ALL)
    assert [(driver.id, [tag.id_tag for tag in driver.tags]) for driver in found.changed] == [
        (2, ["BB09"]),
        (1, ["aa01"]),
    ]
    two = them(Driver(1, "Ann"), Driver(2, "Ann"))
    assert planned(two, [["Name"], ["Ann"]], REPLACE_ALL).counts["added"] == 1


def test_replacing_moves_a_tag_from_who_leaves_or_loses_it() -> None:
    rows = [["Name", "RFID tag", "External id"], ["Dan", "AA01", "E-9"], ["Cat", "AA02", "E-3"]]
    found = planned(them(), rows, REPLACE_ALL)
    assert not found.problems.errors.first
    assert [driver.id for driver in found.removed] == [1, 2]
    rows.append(["Ada", "", "E-1"])
    found = planned(them(), rows, REPLACE_ALL)
    assert not found.problems.errors.first
    assert [driver.id for driver in found.removed] == [2]


def test_nothing_is_removed_by_a_file_with_an_error() -> None:
    found = planned(them(), [["Name", "Enabled"], ["Ada", "perhaps"], ["Bea", ""]], REPLACE_ALL)
    assert (found.removed, found.losers) == ([], [])


# -- as far as an operator sees ---------------------------------------------------------------------

YARD_MAN = Driver(5, "Yve", 5, "E-5", tags=(Tag(5, 5, "Y1"),), rights=(Right(51, YARD), Right(52, DEPOT)))


def test_who_sees_only_some_sites_replaces_only_the_drivers_at_home_there() -> None:
    found = planned(them(ADA, BEA, YARD_MAN), [["Name", "Home site"], ["Dan", "Yard"]], REPLACE_ALL, site_ids=[5])
    assert [driver.id for driver in found.removed] == [5]


def test_rights_at_sites_that_he_does_not_see_stay() -> None:
    rows = [["External id", "Site access"], ["E-5", "-"]]
    found = planned(them(ADA, YARD_MAN), rows, UPDATE, site_ids=[5])
    assert found.changed[0].rights == (Right(52, DEPOT),)


@pytest.mark.parametrize(
    ("rows", "mode", "error"),
    [
        ([["External id", "Name"], ["E-1", "A"]], UPDATE, "no driver of the customer has it"),
        ([["RFID tag", "Name"], ["AA01", "A"]], UPDATE, "no driver of the customer has it"),
        ([["Driver id", "Name"], ["1", "A"]], UPDATE, "is the id of a driver that you cannot see"),
        ([["Driver id", "Name", "Home site"], ["1", "A", "Yard"]], ADD, "is the id of a driver that you cannot see"),
        (
            [["RFID tag", "Name", "Home site"], ["aa01", "Dan", "Yard"]],
            ADD,
            "aa01 is already a tag of a driver that you cannot see",
        ),
        ([["Name"], ["Dan"]], ADD, "you can add drivers only with one of your sites as home site"),
        ([["Name", "Home site"], ["Dan", "Office"]], ADD, "there is no site"),
        ([["External id", "Home site"], ["E-5", "-"]], UPDATE, "you can add drivers only with one of your sites"),
    ],
)
def test_what_he_does_not_see_is_not_there(rows: list[list[str]], mode: Mode, error: str) -> None:
    (found,) = planned(them(ADA, YARD_MAN), rows, mode, site_ids=[5]).problems.errors.first
    assert error in found.message


def test_sites_without_zone_are_in_utc() -> None:
    lonely = Network.build([Site(1, "S")], [], [], [])
    (driver,) = added(lonely, [["Name", "Site access"], ["Ada", "S [2026-01-01..]"]])
    assert driver.rights[0].valid_from == datetime(2026, 1, 1, tzinfo=UTC)


# -- tags that are perhaps no cards, or one card twice ------------------------------------------------


@pytest.mark.parametrize("id_tag", ["NULL", "N/A", "n/a", "0", "0000", "none", "unknown", "TEST", "00:00:00:00"])
def test_a_placeholder_for_a_tag_is_warned_of(id_tag: str) -> None:
    found = planned(them(), [["Name", "RFID tag"], ["Dan", id_tag]])
    assert found.added
    assert warnings_of(found) == [
        f'row 2 column RFID tag: "{id_tag}" looks like a placeholder, not like a card: anyone who shows it may charge'
    ]


@pytest.mark.parametrize(
    "other", ["04:A1:B2:C3", "04.A1.B2.C3", "0x04_A1B2-C3", "c3b2a104", "0077705923", "077705923", "77705923"]
)
def test_one_card_in_two_spellings_in_a_file_is_warned_of(other: str) -> None:
    found = planned(them(), [["Name", "RFID tag"], ["Dan", "04A1B2C3"], ["Eve", "04A1B2C4"], ["Fay", other]])
    assert len(found.added) == 3
    assert warnings_of(found) == [
        f"row 4 column RFID tag: {other} may be 04A1B2C3 of row 2 in another spelling: keep the one that chargers send"
    ]


@pytest.mark.parametrize(("one", "other"), [("CARD-12345", "card12345"), ("A1:B2:D1", "A1B2D1"), ("0421", "421")])
def test_short_cards_in_two_spellings_are_warned_of_in_a_file_and_against_the_known_ones(one: str, other: str) -> None:
    for first, second in ((one, other), (other, one)):
        (warning,) = warnings_of(planned(them(), [["Name", "RFID tag"], ["Dan", first], ["Eve", second]]))
        assert warning.startswith(f"row 3 column RFID tag: {second} may be {first} of row 2 in another spelling")
        known = Driver(9, "Kim", 5, tags=(Tag(19, 9, first),))
        (warning,) = warnings_of(planned(them(known), [["Name", "RFID tag"], ["Eve", second]]))
        assert warning.startswith(f"row 2 column RFID tag: {second} is new, and ")


def test_a_new_tag_that_is_known_in_another_spelling_is_warned_of_to_those_who_see_its_driver() -> None:
    known = Driver(9, "Kim", 5, tags=(Tag(19, 9, "04A1B2C3"),))
    rows = [["Name", "RFID tag", "Home site"], ["Dan", "C3:B2:A1:04", "Depot"]]
    assert warnings_of(planned(them(known), rows)) == [
        "row 2 column RFID tag: C3:B2:A1:04 is new, and may be 04A1B2C3 of driver 9, Kim in another spelling: "
        "keep the one that chargers send"
    ]
    assert warnings_of(planned(them(known), rows, site_ids=[DEPOT.id])) == []
