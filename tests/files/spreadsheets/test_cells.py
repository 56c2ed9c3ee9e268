"""What Excel does to tags, dates and ids is mended with a warning where nothing is lost, else refused."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
import xlsxwriter  # type: ignore[import-untyped]

from chargerights.files.spreadsheets.cells import value
from chargerights.files.spreadsheets.columns import Column
from chargerights.files.spreadsheets.drivers_file import Mode
from chargerights.files.spreadsheets.problems import CellError, shown
from chargerights.rights.model import ExternalId, Hours, ReferenceType
from chargerights.rights.network import Network
from tests.files.spreadsheets.sheets import (
    added,
    errors_of,
    essence,
    exported,
    planned,
    warnings_of,
    without_drivers,
    xlsx_bytes,
)
from tests.support.world import network


def tag_of(cell: object) -> str:
    (driver,) = added(network(), xlsx_bytes([["Name", "RFID tag"], ["Ada", cell]]))
    return driver.tags[0].id_tag


def cell_error(column: str, cell: object, **options: Any) -> str:
    """Why a workbook with that cell is refused."""
    rows = [["Name", "RFID tag", column], ["Ada", "04AB", cell]]
    if column == "RFID tag":
        rows = [["Name", column], ["Ada", cell]]
    (error,) = errors_of(network(), xlsx_bytes(rows, **options))
    assert error.startswith(f"row 2 column {column}: ")
    return error.partition(": ")[2]


def window_of(column: str, cell: object, home: str = "Depot", **options: Any) -> datetime | None:
    """When the tag starts or expires."""
    raw = xlsx_bytes([["Name", "RFID tag", "Home site", column], ["Ada", "04AB", home, cell]], **options)
    (driver,) = added(network(), raw)
    tag = driver.tags[0]
    return tag.starts_at if column == "Start date" else tag.expires_at


def test_a_tag_kept_as_text_stays_as_it_is() -> None:
    assert [tag_of(each) for each in ("0042", "04e2", "  04 AB ", "1E5", "VID:A0")] == [
        "0042", "04e2", "04 AB", "1E5", "VID:A0",
    ]  # fmt: skip


@pytest.mark.parametrize(("number", "digits"), [(421, "421"), (1234567890123, "1234567890123"), (10**15 - 1, "9" * 15)])
def test_a_tag_kept_as_a_number_is_its_digits_with_a_warning(number: int, digits: str) -> None:
    raw = xlsx_bytes([["Name", "RFID tag"], ["Ada", number]])
    found = planned(network(), raw)
    assert found.added[0].tags[0].id_tag == digits
    (warning,) = warnings_of(found)
    assert warning.startswith(
        "row 2 column RFID tag: is kept as a number, which has no leading zeros; format the column"
    )


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        (10**15, "has more digits than the 15"),
        (1.2345678901234567e19, "has more digits than the 15"),
        (4.5, "is a number with a fraction"),
        (True, "Excel keeps it as true or false"),
        (date(2026, 4, 2), "Excel keeps it as a date"),
        ("1.23457E+12", "its digits are gone"),
        ("4,5e+08", "its digits are gone"),
        ("4E+5", "its digits are gone"),
        ("4E-5", "its digits are gone"),
        ("1.2E9", "its digits are gone"),
        ("1234567890123450000", "its digits are gone"),
    ],
)
def test_a_tag_that_excel_has_spoilt_is_refused_with_what_to_do(cell: object, why: str) -> None:
    error = cell_error("RFID tag", cell)
    assert why in error
    assert "format the column as text" in error


@pytest.mark.parametrize(
    "cell",
    ["1-Feb", "01-feb", "1. Feb", "02/Jan", "Feb-01", "Mär 26", "1-févr.", "2-ene", "1-Feb-26", "2026-02-01",
     "01.02.2026", "1/2/26", "1/2/2026", "2026/02/01", "2026-2-1", "2026.02.01", "2026-02-01 00:00:00",
     "2026-02-01T00:00:00Z", "2026-02-01T00:00:00.000+01:00", "2026-02-01 00:00:00 +0000", "01.02.2026 00:00",
     "1/2/2026 12:00:00 AM", "01/02/26 0:00", "1-Feb 00:00", "1. Februar 2026", "February 1, 2026", "1 March",
     "Sun Feb 01 2026 00:00:00 GMT+0100 (CET)", "Sunday, 1 February 2026", "Feb 2026"],
)  # fmt: skip
@pytest.mark.parametrize("column", ["RFID tag", "External id"])
def test_a_tag_or_id_that_a_program_has_made_a_date_of_in_a_csv_is_refused(cell: str, column: str) -> None:
    refused_unless_quoted(column, cell, "is a date")


def refused_unless_quoted(column: str, cell: str, why: str) -> None:
    rows = [["Name", column], ["Ada", cell]]
    (error,) = errors_of(network(), rows)
    assert error.startswith(f"row 2 column {column}: {shown(cell)} {why}, which a program may have made of it: format")
    (ada,) = added(network(), [rows[0], ["Ada", f'"{cell}"']])
    assert (ada.external_id if column == "External id" else ada.tags[0].id_tag) == cell
    kept = without_drivers(network())
    assert essence(added(kept, exported(Network.build([], [], [], [ada]), "csv"))) == essence([ada])


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("4:21", "is a time"),
        ("04:21:33", "is a time"),
        ("12:04:21 AM", "is a time"),
        ("421:00:00", "is a time"),
        ("04:21.0", "is a time"),
        ("€ 421,00", "is an amount"),
        ("$421", "is an amount"),
        ("-421 €", "is an amount"),
        ("-$4.21", "is an amount"),
        ("EUR 4,21", "is an amount"),
        ("1,234.00 EUR", "is an amount"),
        ("421%", "is an amount"),
        ("42,1 %", "is an amount"),
        ("1,234,567", "is a number with separators"),
        ("421.0", "is a number with a fraction"),
        ("421,0", "is a number with a fraction"),
        ("421.00", "is a number with a fraction"),
        ("-421.0", "is a number with a fraction"),
        ("TRUE", "is a word for true or false"),
        ("False", "is a word for true or false"),
        ("WAHR", "is a word for true or false"),
        ("faux", "is a word for true or false"),
    ],
)
@pytest.mark.parametrize("column", ["RFID tag", "External id"])
def test_a_tag_or_id_that_a_program_has_turned_into_another_value_is_refused(cell: str, why: str, column: str) -> None:
    refused_unless_quoted(column, cell, why)


@pytest.mark.parametrize(
    "cell",
    [
        "1-2",
        "ABC-12",
        "12-ABC",
        "1.2.3",
        "12-34-56-78",
        "NOV",
        "2026",
        "12-34-56",
        "1E5",
        "12E4",
        "04:A1",
        "04:21:33:11",
        "1-MARIA",
        "MARCH",
        "EUR-1",
        "100EUR1",
        "TRUEMAN",
        "1,2",
        "2026-02-01-7",
        "04:99",
    ],
)
def test_a_tag_that_is_no_date_is_taken(cell: str) -> None:
    assert added(network(), [["Name", "RFID tag"], ["Ada", cell]])[0].tags[0].id_tag == cell


def test_a_tag_that_looks_spoilt_but_is_meant_so_stands_in_quotes() -> None:
    assert tag_of('"4E+5"') == "4E+5"
    assert tag_of('"-"') == "-"


def test_a_tag_that_can_be_none_is_refused() -> None:
    assert "use at most 255" in cell_error("RFID tag", "0" * 256)
    assert "cannot be shown" in cell_error("RFID tag", "04\x07")


def test_an_external_id_that_excel_has_spoilt_is_refused_too() -> None:
    assert "its digits are gone" in cell_error("External id", "1.2E+9")
    assert "15 that Excel keeps" in cell_error("External id", 10**16)


HELSINKI_31_JANUARY = datetime(2026, 1, 30, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    "cell",
    ["2026-01-31", "31.1.2026", "31.01.2026", "31/01/2026", "01/31/2026", "31-1-2026", "2026-01-31 00:00",
     "2026-01-30T22:00Z", "2026-01-31 00:00:00+02:00", date(2026, 1, 31), datetime(2026, 1, 31)],  # noqa: DTZ001
)  # fmt: skip
def test_a_day_begins_with_its_midnight_at_the_home_site(cell: object) -> None:
    assert window_of("Start date", cell) == HELSINKI_31_JANUARY


@pytest.mark.parametrize("cell", ["2026-01-30", "30.1.2026", date(2026, 1, 30)])
def test_an_expiration_day_is_the_last_day(cell: object) -> None:
    assert window_of("Expiration date", cell) == HELSINKI_31_JANUARY


@pytest.mark.parametrize("cell", ["2026-01-31 00:00", "31.1.2026 0:00", datetime(2026, 1, 30, 22, 0, 1)])  # noqa: DTZ001
def test_an_expiration_with_a_time_ends_at_that_time(cell: object) -> None:
    expected = HELSINKI_31_JANUARY if isinstance(cell, str) else datetime(2026, 1, 30, 20, 0, 1, tzinfo=UTC)
    assert window_of("Expiration date", cell) == expected


@pytest.mark.parametrize(
    "cell",
    ["9999-12-31", "31.12.9999", "9999-12-31T23:59:59Z", "9999-12-31t23:59:59.999z", "9999-12-31 23:59:59.9999999",
     "9999-12-31T00:00:00+02:00", "9999-12-31 23:59+0200", "9999-12-31 00:00", datetime(9999, 12, 31, 23, 59)],  # noqa: DTZ001
)  # fmt: skip
def test_the_last_of_all_days_means_no_expiry_at_any_time_on_it(cell: object) -> None:
    assert window_of("Expiration date", cell) is None
    if isinstance(cell, str):
        (driver,) = added(network(), [["Name", "Site access"], ["Ada", f"Depot [2026-01-01..{cell}]"]])
        assert driver.rights[0].valid_until is None


@pytest.mark.parametrize(
    "error", ["#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!", "#SPILL!", "#BEZUG!", "#NV", "#####",
              "#n/a", "Err:502", "#GETTING_DATA"],
)  # fmt: skip
@pytest.mark.parametrize("column", ["Name", "RFID tag", "External id", "Site access", "Expiration date", "Enabled"])
def test_an_error_that_was_saved_as_text_is_no_value(column: str, error: str) -> None:
    rows = [["Name", "RFID tag", column], ["Ada", "04AB", error]]
    if column in rows[0][:2]:
        rows = [["External id", column], ["E-1", error]]
    (found,) = errors_of(network(), rows)
    assert found.startswith(f"row 2 column {column}: shows the error {error}: correct its formula")


def test_a_name_like_an_error_stands_in_quotes() -> None:
    (driver,) = added(network(), [["Name", "RFID tag"], ['"#N/A"', '"Err:502"']])
    assert (driver.name, driver.tags[0].id_tag) == ("#N/A", "Err:502")


@pytest.mark.parametrize(("mac", "number"), [(False, 46053), (True, 44591)])
def test_a_number_in_a_date_column_is_excels_day_in_the_workbooks_own_count(mac: bool, number: int) -> None:
    raw = xlsx_bytes([["Name", "RFID tag", "Start date"], ["Ada", "04AB", number]], date_1904=mac)
    found = planned(network(), raw)
    assert found.added[0].tags[0].starts_at == datetime(2026, 1, 31, tzinfo=UTC)
    (warning,) = warnings_of(found)
    assert warning.startswith(f"row 2 column Start date: the number {number} is taken as Excel's number of 2026-01-31")


def test_a_number_with_a_fraction_is_a_day_with_a_time() -> None:
    assert window_of("Start date", 46053.75) == datetime(2026, 1, 31, 16, tzinfo=UTC)


def test_a_number_in_a_csv_is_no_day_since_nobody_knows_from_when_it_counts() -> None:
    (error,) = errors_of(network(), [["Name", "RFID tag", "Start date"], ["Ada", "04AB", "46053"]])
    assert "46053 looks like Excel's number of a day" in error


@pytest.mark.parametrize("cell", ["05/06/2026", "5-6-2026"])
def test_a_date_that_could_be_two_is_refused(cell: str) -> None:
    assert "may be in month 5 or 6: write 2026-05-06 or so" in cell_error("Start date", cell)


def test_a_date_that_is_one_day_either_way_is_taken() -> None:
    assert window_of("Start date", "5/5/2026") == datetime(2026, 5, 4, 21, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("soon", "is not a date: write 2026-12-31"),
        ("31.12.26", "is not a date"),
        ("2026-02-30", "is not an existing date"),
        ("2026-01-31 25:00", "is not an existing date"),
        ("13/13/2026", "is not an existing date"),
        (True, "Excel keeps it as true or false"),
        (12345678, "is not a date"),
        (2026, "is not a date"),
        ("2026", "is not a date"),
    ],
)
def test_what_is_no_date_is_refused(cell: object, why: str) -> None:
    assert why in cell_error("Expiration date", cell)


@pytest.mark.parametrize("column", ["Name", "RFID tag", "Start date", "Payer id", "Site access", "Enabled"])
@pytest.mark.parametrize("cell", [float("inf"), float("nan")])
def test_what_is_no_number_at_all_is_refused(column: str, cell: float) -> None:
    with pytest.raises(CellError, match="is not a usable number"):
        value(Column(column), cell, None, warn=lambda warning: None)


def test_a_time_alone_is_no_date() -> None:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as workbook:
        sheet = workbook.add_worksheet()
        sheet.write_row(0, 0, ["Name", "RFID tag", "Start date"])
        sheet.write_row(1, 0, ["Ada", "04AB"])
        sheet.write_datetime(1, 2, time(12), workbook.add_format({"num_format": "hh:mm"}))
    assert "is a time without a day" in errors_of(network(), content.getvalue())[0]


def test_a_local_time_that_clocks_skip_or_repeat_is_refused() -> None:
    rows = [["Name", "RFID tag", "Home site", "Start date"], ["Ada", "04AB", "Depot", "2026-03-29 03:30"]]
    assert "is left out in Europe/Helsinki" in errors_of(network(), rows)[0]
    rows[1][3] = "2026-10-25 03:30"
    assert "is there twice in Europe/Helsinki" in errors_of(network(), rows)[0]


def test_days_are_those_of_the_home_site_else_of_the_first_site_with_access_else_of_utc() -> None:
    heads = ["Name", "RFID tag", "Home site", "Site access", "Start date"]
    rows = [
        ["At home", "1", "Depot", "Office", "2026-01-31"],
        ["With access", "2", None, "Circuit A; Office", "2026-01-31"],
        ["Neither", "3", None, None, "2026-01-31"],
    ]
    assert [driver.tags[0].starts_at for driver in added(network(), [heads, *rows])] == [
        HELSINKI_31_JANUARY, HELSINKI_31_JANUARY, datetime(2026, 1, 31, tzinfo=UTC),
    ]  # fmt: skip


def test_a_tag_that_expires_before_it_starts_is_refused() -> None:
    heads = ["Name", "RFID tag", "Start date", "Expiration date"]
    (error,) = errors_of(network(), [heads, ["Ada", "1", "2026-02-01", "2026-01-31"]])
    assert error.startswith("row 2 column Expiration date: it ends 2026-02-01")
    assert added(network(), [heads, ["Ada", "1", "2026-02-01", "2026-02-01"]])


@pytest.mark.parametrize("cell", ["yes", "YES", "true", "1", 1, True])
def test_yes_is_said_in_many_ways(cell: object) -> None:
    raw = xlsx_bytes([["Name", "RFID tag", "Blocked", "Enabled"], ["Ada", "1", cell, "no"]])
    (driver,) = added(network(), raw)
    assert driver.tags[0].blocked
    assert not driver.enabled


def test_neither_yes_nor_no_is_refused() -> None:
    assert cell_error("Blocked", "maybe") == '"maybe" is not a valid value: write yes or no'


def test_ids_are_whole_numbers() -> None:
    assert "not a whole number" in cell_error("Payer id", "A7")
    assert "not a whole number" in cell_error("Company id", str(2**63))
    assert "with a fraction" in cell_error("Payer id", 7.5)
    assert "use a whole number from 1" in cell_error("Driver id", "0")
    (driver,) = added(network(), xlsx_bytes([["Name", "Payer id", "Company id"], ["Ada", 7, "-8"]]))
    assert (driver.payer_id, driver.company_id) == (7, -8)


def test_ids_in_other_systems_are_a_system_and_an_id() -> None:
    cell = 'HR / E01; "A/B" / "7;8" [OTHER; 2025-01-01..]'
    (driver,) = added(network(), [["Name", "Other ids"], ["Ada", cell]])
    assert driver.external_ids == (
        ExternalId("HR", "E01"),
        ExternalId("A/B", "7;8", ReferenceType.OTHER, datetime(2025, 1, 1, tzinfo=UTC)),
    )
    assert "write system / id" in cell_error("Other ids", "E01")
    assert "neither INTEGRATION nor OTHER" in cell_error("Other ids", "HR / E01 [sometimes]")


@pytest.mark.parametrize(
    ("cell", "hours"),
    [
        ("Depot [Mo–Fr 08:00–17:00]", [(day, 480, 1020) for day in range(1, 6)]),
        ("Depot [Mo-Fr 08:00-17:00]", [(day, 480, 1020) for day in range(1, 6)]),
        (
            "Depot [monday - wed 8:00 - 17:00, Sa 22:00-06:00]",
            [*((day, 480, 1020) for day in (1, 2, 3)), (6, 1320, 360)],
        ),
        ("Depot [Mo, We, Fr 00:00-24:00]", [(day, 0, 1440) for day in (1, 3, 5)]),
        ("Depot [Sa-Mo 08:00-09:00]", [(day, 480, 540) for day in (6, 7, 1)]),
    ],
)
def test_weekly_hours_stand_in_brackets(cell: str, hours: list[tuple[int, int, int]]) -> None:
    (driver,) = added(network(), [["Name", "Site access"], ["Ada", cell]])
    assert driver.rights[0].hours == tuple(Hours(*each) for each in hours)


def test_windows_stand_in_brackets_as_days_of_the_place() -> None:
    cell = "Depot [2026-02-01..2026-02-28]; Office [2026-02-01..]; Yard [..2026-02-28; Mo 08:00-09:00]"
    (driver,) = added(network(), [["Name", "Site access"], ["Ada", cell]])
    assert [(right.valid_from, right.valid_until) for right in driver.rights] == [
        (datetime(2026, 1, 31, 22, tzinfo=UTC), datetime(2026, 2, 28, 22, tzinfo=UTC)),
        (datetime(2026, 2, 1, tzinfo=UTC), None),
        (None, datetime(2026, 3, 1, tzinfo=UTC)),
    ]


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("Depot [2026]", '"2026" is neither a window nor hours: write [2026-01-01..2026-06-30]'),
        ("Depot [Mo-Fr]", "names days but no hours"),
        ("Depot [Xy 08:00-09:00]", '"Xy" is not a weekday: write Mo, Tu, We, Th, Fr, Sa, Su'),
        ("Depot [Mo 08:00-08:00]", "begin and end at the same minute"),
        ("Depot [Mo 08:70-09:00]", "is not a time of day"),
        ("Depot [Mo 25:00-26:00]", "outside the day"),
        ("Depot [2026-01-01..; ..2026-02-01]", "has two windows"),
        ("Depot [2026-02-01..2026-01-01]", "which is not after its start"),
        ("Depot [05/06/2026..]", "may be in month"),
        ("Depot [2026-01-01..", "has no closing bracket"),
        ('"Depot" x', "separate values with ;"),
        ("Depot [2026-01-01..] x", "separate values with ;"),
    ],
)
def test_limits_that_cannot_be_are_refused(cell: str, why: str) -> None:
    assert why in cell_error("Site access", cell)


def test_a_hyphen_says_nothing() -> None:
    heads = ["Name", "RFID tag", "RFID name", "External id", "Home site", "Site access", "Expiration date", "Payer id"]
    (driver,) = added(network(), [heads, ["Ada", "1", *"------"]])
    assert (driver.external_id, driver.home_site_id, driver.rights, driver.payer_id) == (None, None, (), None)
    assert (driver.tags[0].token_name, driver.tags[0].expires_at) == (None, None)
    assert planned(network(), [["Name"], ["-"]]).problems.errors.count == 1
    assert planned(network(), [["Name", "RFID tag"], ["Ada", "-"]], Mode.ADD).added[0].tags == ()
