"""Files are understood whatever wrote them; what cannot be is refused in words, before any row is looked at."""

from __future__ import annotations

import io
import random
import zipfile
from contextlib import suppress

import pytest
import xlsxwriter  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from chargerights.files.spreadsheets import packages, tables, workbooks
from chargerights.files.spreadsheets.drivers_file import InvalidSpreadsheet, Mode, Problems, table, understand
from chargerights.files.spreadsheets.problems import shown
from tests.files.spreadsheets.sheets import Table, added, csv_bytes, errors_of, warnings_of, xlsx_bytes
from tests.files.spreadsheets.sheets import planned as plan_of
from tests.support.world import network

ROWS: Table = [
    ["Name", "RFID tag", "Site access"],
    ["Zoë Müller, née Öz", "04AB", "Depot; Office"],
]
NO_BREAK = "\u00a0"


def refusal(raw: bytes) -> str:
    with pytest.raises(InvalidSpreadsheet) as refused:
        table(raw)
    return str(refused.value)


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8"),
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16 (assumed, it has no mark)"),
        ("utf-16-be", "UTF-16 (assumed, it has no mark)"),
        ("cp1252", "Windows-1252 (assumed, it is not UTF-8)"),
    ],
)
@pytest.mark.parametrize(("delimiter", "named"), [(",", "commas"), (";", "semicolons"), ("\t", "tabs")])
def test_a_csv_is_read_in_its_encoding_and_with_its_delimiter(
    encoding: str, said: str, delimiter: str, named: str
) -> None:
    raw = csv_bytes(ROWS, delimiter, encoding)
    assert table(raw).read_as == f"CSV in {said}, separated by {named}"
    (driver,) = added(network(), raw)
    assert (driver.name, len(driver.rights)) == ("Zoë Müller, née Öz", 2)


def test_semicolons_and_commas_in_cells_do_not_mislead_the_search_for_the_delimiter() -> None:
    raw = b"Name,Site access\r\nA;B;C;D,Depot;Office;Yard\r\nE;F;G;H,Depot;Office\r\n"
    assert [driver.name for driver in added(network(), raw)] == ["A;B;C;D", "E;F;G;H"]


def test_one_column_needs_no_delimiter() -> None:
    assert [driver.name for driver in added(network(), b"name\nAda\nBea\n")] == ["Ada", "Bea"]


def test_a_line_that_names_the_delimiter_for_excel_is_obeyed_and_is_no_row() -> None:
    raw = b"sep=|\r\nName|External id\r\nAda|7\r\n"
    assert added(network(), raw)[0].external_id == "7"
    assert errors_of(network(), raw + b"|8\r\n") == ["row 4 column Name: is missing: every driver has a name"]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_lines_end_as_on_any_system_and_blank_ones_count_but_say_nothing(ending: str) -> None:
    raw = ending.join(["", "Name", "", "Ada", f" {NO_BREAK},,", ""]).encode()
    assert [number for number, _ in table(raw).rows] == [4]


@pytest.mark.parametrize("cell", ['="0421"', '"=""0421"""', '"= ""0421"" "', '"=""0421"" "'])
def test_a_text_that_a_csv_keeps_as_a_formula_is_the_text(cell: str) -> None:
    (driver,) = added(network(), f"Name,RFID tag\nAda,{cell}\n".encode())
    assert driver.tags[0].id_tag == "0421"


def test_a_double_quote_in_such_a_text_stands_twice() -> None:
    assert added(network(), csv_bytes([["Name"], ['="Ada ""A"" Lovelace"']]))[0].name == 'Ada "A" Lovelace'


@pytest.mark.parametrize("column", ["Name", "RFID tag", "Site access", "Expiration date", "Blocked"])
@pytest.mark.parametrize("formula", ["=1+1", "=A1", '="04"&"21"', '="0421', "=", " =TODAY()", '=HYPERLINK("x","0421")'])
def test_any_other_formula_in_a_csv_is_refused_since_its_value_is_not_there(column: str, formula: str) -> None:
    (error,) = errors_of(network(), [["External id", column], ["E-1", formula]])
    assert error == f"row 2 column {column}: is a formula, {shown(formula.strip())}: write the value that it has"


def test_a_text_that_begins_like_a_formula_stands_with_an_apostrophe() -> None:
    assert added(network(), [["Name"], ["'=1+1"]])[0].name == "=1+1"


@pytest.mark.parametrize("raw", [b"<html><table><tr><td>Name", b"\xef\xbb\xbf\r\n<?xml version='1.0'?><Workbook/>"])
def test_a_page_that_is_named_like_a_workbook_is_refused(raw: bytes) -> None:
    assert "open it in a spreadsheet and save it as .xlsx" in refusal(raw)


def test_bytes_of_no_text_are_refused() -> None:
    assert "neither" not in refusal(b"Name\n\x81\x8d")
    assert 'save it as "CSV UTF-8"' in refusal(b"Name\n\x81\x8d")
    assert "UTF-16" in refusal(b"\xff\xfeN\x00\x00\xd8")


def test_quotes_that_do_not_close_are_refused_with_their_row() -> None:
    assert refusal(b'Name,RFID tag\nAda,1\n"Bea,2\n').startswith("row 3: the row is not CSV")


@pytest.mark.parametrize("raw", [b"", b"\n\n", b"\xef\xbb\xbf", b" , ,\n"])
def test_an_empty_file_is_refused(raw: bytes) -> None:
    assert "the file is empty" in refusal(raw)


def test_headings_are_found_in_any_order_case_and_spacing() -> None:
    raw = csv_bytes([["  home SITE ", "rfid_tag*", None, "NAME *"], ["Depot", "04AB", None, "Ada"]])
    (driver,) = added(network(), raw)
    assert (driver.name, driver.home_site_id, driver.tags[0].id_tag) == ("Ada", 2, "04AB")


def test_unknown_and_repeated_headings_are_all_named_with_what_was_meant() -> None:
    errors = errors_of(network(), [["Name", "RFID tagg", "Colour", "name", "Site acess"], ["Ada", "1", "2"]])
    assert (
        errors[0]
        == 'row 1 column B: there is no column "RFID tagg"; did you mean "RFID tag" or "RFID name"? Else remove it'
    )
    assert errors[1].startswith(
        'row 1 column C: there is no column "Colour"; remove it, or rename it to one of Name, RFID'
    )
    assert errors[2] == "row 1 column D: the column Name is there twice: keep one of them"
    assert '"Site access"' in errors[3]


def test_a_file_without_headings_is_told_which_there_are() -> None:
    (error,) = errors_of(network(), [["Ada", "04AB"]])
    assert error.startswith("row 1: the first row names no column; headings are Name, RFID tag, ")


def test_a_cell_in_a_column_without_heading_is_refused() -> None:
    assert errors_of(network(), [["Name", None, "RFID tag"], ["Ada", None, "1"], ["Bea", "x", "2"]]) == [
        "row 3 column B: has content, but the column has no heading"
    ]
    assert errors_of(network(), [["Name"], ["Ada", "x"]]) == [
        "row 2 column B: has content, but the column has no heading"
    ]


def test_columns_are_lettered_as_spreadsheets_do() -> None:
    assert [tables.column_letters(each) for each in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]


def test_a_file_without_drivers_is_refused_also_where_it_would_remove_all() -> None:
    assert errors_of(network(), [["Name"]]) == ["the file has no drivers: add rows below the headings"]


def test_too_many_rows_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MAX_ROWS", 2)
    assert table(csv_bytes([["Name"], ["A"], [], ["B"]])).rows
    assert "more than 2 rows" in refusal(csv_bytes([["Name"], ["A"], ["B"], ["C"]]))


def test_a_workbook_is_read_from_wherever_its_table_begins() -> None:
    raw = xlsx_bytes([[], [None, None, "Name", "RFID tag"], [None, None, "Ada", "04AB"], [], [None, None, "Bea"]])
    found = table(raw)
    assert (found.heading_row, [number for number, _ in found.rows]) == (2, [3, 5])
    assert found.read_as == 'sheet "Sheet1" of a workbook'
    assert [driver.name for driver in added(network(), raw)] == ["Ada", "Bea"]


def test_hidden_and_empty_sheets_are_passed_over() -> None:

    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as workbook:
        hidden, _, shown = (workbook.add_worksheet(name) for name in ("Lists", "Empty", "People"))
        hidden.write(0, 0, "Nonsense")
        shown.write(0, 0, "Name")
        shown.write(1, 0, "Ada")
        shown.activate()
        shown.set_first_sheet()
        hidden.hide()
    assert table(content.getvalue()).read_as == 'sheet "People" of a workbook'


@pytest.mark.parametrize(
    "raw",
    [b"PK\x03\x04 cut short", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old and broken", xlsx_bytes([])],
    ids=["xlsx", "xls", "empty"],
)
def test_a_workbook_that_is_broken_or_empty_is_refused_in_words(raw: bytes) -> None:
    assert "workbook" in refusal(raw)


def test_a_zip_of_something_else_is_refused() -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as package:
        package.writestr("holiday.txt", "sun")
    assert "is not a workbook: save it as .xlsx" in refusal(content.getvalue())


@given(
    st.randoms(use_true_random=False),
    st.sampled_from([xlsx_bytes(ROWS), csv_bytes(ROWS), csv_bytes(ROWS, ";", "utf-16")]),
)
def test_whatever_is_damaged_in_a_file_it_is_read_or_refused_in_words(dice: random.Random, raw: bytes) -> None:
    damaged = bytearray(raw)
    for _ in range(dice.randint(1, 4)):
        damaged[dice.randrange(len(damaged))] = dice.randrange(256)
    with suppress(InvalidSpreadsheet):
        understand(table(bytes(damaged)), Problems())


def test_a_workbook_that_unpacks_to_too_much_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "MAX_UNPACKED", 1000)
    assert "unpacks to more than" in refusal(xlsx_bytes(ROWS))


def test_a_sheet_that_reaches_far_out_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "MAX_CELLS", 10)
    assert "delete the cells far out" in refusal(xlsx_bytes([["Name"], [*[None] * 10, "x"]]))


def test_the_values_of_formulas_are_read() -> None:

    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as workbook:
        sheet = workbook.add_worksheet()
        sheet.write(0, 0, "Name")
        sheet.write_formula(1, 0, '="A"&"da"', None, "Ada")
    assert added(network(), content.getvalue())[0].name == "Ada"


def test_problems_are_kept_up_to_a_number_and_counted_beyond() -> None:
    found = plan_of(network(), [["Name", "Enabled"], *[[f"D{i}", f"perhaps {i}"] for i in range(2500)]])
    assert found.problems.errors.count == 2500
    assert [each.row for each in found.problems.errors.first] == [*range(2, 1002)]
    assert warnings_of(found) == []


def test_a_problem_that_is_the_same_in_many_cells_is_one_with_a_count_and_the_first_cells() -> None:
    rows = [["Name", "RFID tag", "Enabled"], *[[f"D{i}", f"{i}{i}A", "perhaps" if i % 2 else "ja"] for i in range(60)]]
    errors = plan_of(network(), rows).problems.errors
    assert errors.count == 60
    assert [(each.row, each.count, each.cells) for each in errors.first] == [
        (2, 30, ("C2", "C4", "C6", "C8", "C10")),
        (3, 30, ("C3", "C5", "C7", "C9", "C11")),
    ]
    assert (
        str(errors.first[0]) == 'C2, C4, C6, C8, C10 and 25 more (Enabled): "ja" is not a valid value: write yes or no'
    )


def test_problems_come_in_the_order_of_rows_whenever_they_are_found() -> None:
    """Cells are looked at first, then what rows say of one driver, then places, then whose tags they are."""
    rows = [
        ["Name", "RFID tag", "Site access", "Enabled"],
        ["Ada", "alice", "", ""],
        ["Bea", "B1", "Nowhere", ""],
        ["", "C1", "", ""],
        ["Dee", "D1", "", "perhaps"],
        ["Eve", "B1", "", ""],
    ]
    found = plan_of(network(), rows, Mode.REPLACE_ALL).problems.errors.first
    assert [(each.row, each.cell) for each in found] == [(3, "C3"), (4, "A4"), (5, "D5"), (6, "B6")]
    found = plan_of(network(), rows).problems.errors.first
    assert [(each.row, each.cell) for each in found] == [(2, "B2"), (3, "C3"), (4, "A4"), (5, "D5"), (6, "B6")]


@pytest.mark.parametrize(("sheet", "named"), [("Drivers", "Drivers!B2"), ("Night shift", "'Night shift'!B2")])
def test_a_cell_is_named_with_its_sheet_as_spreadsheets_do(sheet: str, named: str) -> None:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as workbook:
        page = workbook.add_worksheet(sheet)
        page.write_row(0, 0, ["Name", "Enabled"])
        page.write_row(1, 0, ["Ada", "perhaps"])
    (found,) = plan_of(network(), content.getvalue()).problems.errors.first
    assert str(found) == f'{named} (Enabled): "perhaps" is not a valid value: write yes or no'
