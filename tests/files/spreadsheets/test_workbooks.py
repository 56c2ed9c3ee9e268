"""A workbook's cell is read as what it shows, or the file is refused with the cell; never as blank."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from typing import Any
from xml.sax.saxutils import quoteattr

import pytest
import xlsxwriter

from chargerights.files.spreadsheets import sheets, workbooks, xlsx_rows
from chargerights.files.spreadsheets.drivers_file import Mode
from chargerights.rights.model import Site
from chargerights.rights.network import Network
from tests.files.spreadsheets.books import (
    KINDS,
    MAIN,
    Array,
    Failed,
    Formatted,
    Formula,
    Kind,
    Merged,
    Sheet,
    ods,
    xls,
    xlsx,
)
from tests.files.spreadsheets.sheets import added, errors_of, planned, warnings_of
from tests.support.world import FACTS, network

HEADS = ["Name", "RFID tag", "External id", "Site access", "Expiration date", "Blocked", "Enabled", "Home site"]
SOUND = ["Ada", "04AB", "E-1", "Depot", "2027-12-31", "yes", "no", "Depot"]


@pytest.fixture(params=sorted(KINDS))
def kind(request: pytest.FixtureRequest) -> Kind:
    return KINDS[request.param]


def first_error(raw: bytes, mode: Mode = Mode.ADD, them: Network | None = None) -> str:
    """The first error as people read it; fails when anything would be imported."""
    errors_of(them or network(), raw, mode)
    return str(planned(them or network(), raw, mode).problems.errors.first[0])


def with_cell(column: int, cell: Any) -> list[list[Any]]:
    return [HEADS, [*SOUND[:column], cell, *SOUND[column + 1 :]], ["Bea", *[None] * 7]]


def test_a_sound_workbook_is_read_as_it_is(kind: Kind) -> None:
    ada, _ = added(network(), kind(with_cell(4, date(2027, 12, 31))))
    (tag,) = ada.tags
    assert (ada.name, tag.id_tag, ada.external_id, tag.blocked, ada.enabled) == ("Ada", "04AB", "E-1", True, False)
    assert (tag.expires_at, ada.home_site_id) == (datetime(2027, 12, 31, 22, tzinfo=UTC), 2)
    assert [right.place.id for right in ada.rights] == [2]


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("column", range(8))
@pytest.mark.parametrize(
    ("cell", "why"),
    [
        (Formula('CONCATENATE("De","pot")'), "is a formula whose result"),
        (Formula("1+1", zero=True), "is a formula whose result"),
        (Formula("1=1", false=True), "is a formula whose result"),
        (Failed("#N/A"), "shows the error #N/A: correct its formula"),
        (Failed("#REF!"), "shows the error #REF!"),
        (Failed("#DIV/0!"), "shows the error #DIV/0!"),
    ],
    ids=["no result", "zero result", "false result", "N/A", "REF", "DIV"],
)
def test_a_cell_whose_value_is_not_in_the_file_is_refused(
    kind: Kind, column: int, cell: Any, why: str, mode: Mode
) -> None:
    error = first_error(kind(with_cell(column, cell)), mode)
    assert error.startswith(f"Drivers!{chr(65 + column)}2 ({HEADS[column]}): {why}")


@pytest.mark.parametrize("mode", [Mode.ADD, Mode.REPLACE_ALL])
def test_the_other_cells_of_a_formula_without_a_kept_result_are_refused_too(mode: Mode) -> None:
    """xlsxwriter writes 0 into them, as into every formula that it cannot calculate: a card was not blocked."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        sheet = book.add_worksheet("Drivers")
        for number, row in enumerate((HEADS, SOUND, [*SOUND[:1], "04AC", "E-2", *SOUND[3:]])):
            sheet.write_row(number, 0, row)
        sheet.write_array_formula(1, 5, 2, 5, '{=IF(ROW(A2:A3)>0,"yes","no")}', None, "yes")
    assert first_error(buffer.getvalue(), mode).startswith("Drivers!F3 (Blocked): is a formula")


@pytest.mark.parametrize("mode", Mode)
def test_a_text_formula_of_an_ods_without_any_result_is_refused(mode: Mode) -> None:
    texts = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{each}</text:p></table:table-cell>' for each in SOUND[:3]
    )
    heads = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{each}</text:p></table:table-cell>' for each in HEADS[:4]
    )
    failed = '<table:table-cell table:formula="of:=A1" office:value-type="string"/>'
    rows = f"<table:table-row>{heads}</table:table-row><table:table-row>{texts}{failed}</table:table-row>"
    assert first_error(ods(cells=rows), mode).startswith("Drivers!D2 (Site access): is a formula")


@pytest.mark.parametrize("mode", [Mode.ADD, Mode.REPLACE_ALL])
def test_a_cell_that_an_old_workbook_leaves_out_of_an_array_formula_s_results_is_refused(mode: Mode) -> None:
    assert first_error(xls([HEADS, [*SOUND[:3], Array("Depot", rows=2)], ["Bea"]]), mode).startswith(
        "Drivers!D3 (Site access): is a formula"
    )


def test_replace_all_takes_no_rights_for_cells_that_fail_and_names_them_all_in_the_order_of_rows(kind: Kind) -> None:
    rows: list[list[Any]] = [["Driver id", "Name", "RFID tag", "Site access"]]
    for i, driver in enumerate(FACTS.drivers):
        rows.append([driver.id, driver.name, driver.tags[0].id_tag if driver.tags else None, "Depot"])
        if i % 2:
            rows[-1][3] = Failed("#N/A") if i % 4 == 1 else Formula("A1")
    found = planned(network(), kind(rows), Mode.REPLACE_ALL).problems.errors
    assert found.count == len(FACTS.drivers) // 2
    assert [each.cell for each in found.first] == ["Drivers!D3", "Drivers!D5"]
    assert [each.count for each in found.first] == [(found.count + 1) // 2, found.count // 2]


@pytest.mark.parametrize(
    ("place", "named"),
    [((2, 1), "Drivers!D3 (Site access): is a part of the merged cells D2:D3"), ((3, 1), "Drivers!D3, Drivers!D4")],
)
def test_cells_that_look_filled_by_those_they_are_merged_with_are_refused(
    kind: Kind, place: tuple[int, int], named: str
) -> None:
    raw = kind([HEADS, [*SOUND[:3], Merged("Depot", *place)], ["Bea"], ["Cat"]])
    for mode in (Mode.ADD, Mode.REPLACE_ALL):
        assert first_error(raw, mode).startswith(named)


def test_cells_merged_to_the_right_and_below_the_last_row_are_refused_too(kind: Kind) -> None:
    assert "Drivers!E2 (Expiration date): is a part of the merged cells D2:E2" in first_error(
        kind([HEADS, [*SOUND[:3], Merged("Depot", 1, 2)]])
    )
    assert "Drivers!B3 (RFID tag): is a part of" in first_error(kind([HEADS[:2], ["Ada", Merged("04AB", 2)]]))


def test_merged_cells_with_nothing_in_them_show_nothing(kind: Kind) -> None:
    assert len(added(network(), kind([HEADS, [*SOUND[:3], Merged(None, 2, 1)], ["Bea"]]))) == 2


def test_a_merged_heading_is_refused(kind: Kind) -> None:
    error = errors_of(network(), kind([["Name", Merged("RFID tag", 1, 2)], ["Ada", "1", "yes"]]))[0]
    assert error.startswith("row 1 column C: is a part of the merged cells B1:C1")


@pytest.mark.parametrize("column", [0, 1, 2])
def test_leading_zeros_of_a_format_are_read_as_they_are_shown(kind: Kind, column: int) -> None:
    ada = added(network(), kind(with_cell(column, Formatted(421, "0000", "0421"))))[0]
    assert (ada.name, ada.tags[0].id_tag, ada.external_id)[column] == "0421"


def test_a_site_is_named_by_what_the_cell_shows(kind: Kind) -> None:
    them = Network.build([Site(1, "Depot"), Site(7, "0421")], [], [], [])
    assert added(them, kind(with_cell(3, Formatted(421, "0000", "0421"))))[0].rights[0].place.id == 7
    assert added(them, kind(with_cell(3, 7)))[0].rights[0].place.id == 7


@pytest.mark.parametrize("column", [0, 1, 2, 3, 7])
@pytest.mark.parametrize(
    ("code", "shown"),
    [('"T"0000', "T0421"), ("#,##0", "1,421"), ("0.00E+00", "1.42E+03"), ("000-000", "001-421"), ("0%", "142100%"),
     ("0.00", "1421.00"), ("[<2000]0000;General", "1421"), ("0000\\A", "1421A")],
)  # fmt: skip
def test_a_number_that_its_format_shows_otherwise_is_no_text(kind: Kind, column: int, code: str, shown: str) -> None:
    if kind is ods and shown == "1421":
        pytest.skip("what is shown is in the file, and is the number")
    error = first_error(kind(with_cell(column, Formatted(1421, code, shown))))
    assert "the number 1421" in error
    assert "is shown in another way by its format: format the column as text" in error


@pytest.mark.parametrize("column", [0, 1, 3, 4, 5])
@pytest.mark.parametrize(
    ("number", "code", "shown"),
    [(0, '0;;"yes"', "yes"), (-5, '0;"no";"none"', "no"), (0, '0;"no";"none"', "none"), (0, "0;;;", ""),
     (421, ";;;", ""), (-421, "0;0", "421"), (0, "#", ""), (1, '"no"', "no"), (46752, '"never"', "never")],
)  # fmt: skip
def test_a_number_that_its_format_shows_as_another_number_a_word_or_nothing_is_refused(
    kind: Kind, column: int, number: int, code: str, shown: str
) -> None:
    error = first_error(kind(with_cell(column, Formatted(number, code, shown))), Mode.REPLACE_ALL)
    assert error.startswith(f"Drivers!{chr(65 + column)}2 ({HEADS[column]}): ")
    assert "format" in error


@pytest.mark.parametrize("column", range(8))
@pytest.mark.parametrize("code", [";;;", '"never"@', '0;0;0;"no"'])
def test_a_text_that_its_format_shows_as_another_text_or_hides_is_refused(column: int, code: str) -> None:
    """An ods has what is shown beside the text."""
    for kind in (xlsx, xls):
        error = first_error(kind(with_cell(column, Formatted(SOUND[column], code, ""))), Mode.REPLACE_ALL)
        assert error.startswith(f"Drivers!{chr(65 + column)}2 ({HEADS[column]}): is a text that its format shows in")


@pytest.mark.parametrize("code", ["@", "General", "0;-0;0;@", "[Red]0;@"])
def test_a_text_that_its_format_shows_as_it_is_is_read(code: str) -> None:
    for kind in (xlsx, xls):
        assert added(network(), kind(with_cell(1, Formatted("0421", code, ""))))[0].tags[0].id_tag == "0421"


@pytest.mark.parametrize("kept", ['t="str"><v>04A1</v>', 't="inlineStr"><is><t>04A1</t></is>'])
def test_a_text_that_is_not_shared_is_shown_by_its_format_too(kept: str) -> None:
    styles = f'<styleSheet xmlns="{MAIN}"><cellXfs><xf numFmtId="0"/><xf numFmtId="200"/></cellXfs></styleSheet>'
    styles = styles.replace("<cellXfs>", '<numFmts><numFmt numFmtId="200" formatCode=";;;"/></numFmts><cellXfs>')
    raw = one(f'<c r="B2" s="1" {kept}</c>', more={"xl/styles.xml": styles})
    assert first_error(raw).startswith("Drivers!B2 (RFID tag): is a text that its format shows in another way")


@pytest.mark.parametrize(
    ("code", "shown"), [("d-mmm", "1-Feb"), ("mmm-yy", "Feb-27"), ("yyyy", "2027"), ("mm/dd", "02/01")]
)
def test_a_date_that_shows_only_a_part_of_itself_is_refused(kind: Kind, code: str, shown: str) -> None:
    """What was typed as 12/27, for December 2027, became 27 December of the year in which it was typed."""
    cell = Formatted((date(2027, 2, 1) - date(1899, 12, 30)).days, code, shown)
    assert "Drivers!E2 (Expiration date): is a date that shows only a part of itself" in first_error(
        kind(with_cell(4, cell))
    )


@pytest.mark.parametrize("code", ["yyyy-mm-dd", "d.m.yy", 'dd" of "mmmm yyyy', "[$-407]d/ mmmm yyyy;@", "m/d/yy h:mm"])
def test_a_date_in_any_whole_format_is_that_day(code: str) -> None:
    for kind in (xlsx, xls):
        ada = added(network(), kind(with_cell(4, Formatted(46752, code, ""))))[0]
        assert ada.tags[0].expires_at == datetime(2027, 12, 31, 22, tzinfo=UTC)


@pytest.mark.parametrize("column", [0, 1, 2, 3])
def test_a_tag_that_became_a_date_is_refused(kind: Kind, column: int) -> None:
    assert "Excel keeps it as a date: format the column as text" in first_error(
        kind(with_cell(column, date(2026, 2, 1)))
    )


@pytest.mark.parametrize("column", [0, 1, 2, 3, 4, 7])
def test_a_truth_is_no_text_and_no_date(kind: Kind, column: int) -> None:
    assert "Excel keeps it as true or false" in first_error(kind(with_cell(column, True)))


def test_a_truth_is_yes_or_no(kind: Kind) -> None:
    assert [each.tags[0].blocked for each in added(network(), kind([HEADS, [*SOUND[:5], True]]))] == [True]


@pytest.mark.parametrize("number", [10**15, 2**53 + 1, 1.2345678901234567e19, 12345678901234567890])
def test_a_number_with_more_digits_than_excel_keeps_is_refused(kind: Kind, number: float) -> None:
    assert "has more digits than the 15" in first_error(kind(with_cell(1, float(number))))


@pytest.mark.parametrize("blank", [" ", "\u00a0", "\u2003\t", ""])
def test_a_cell_with_nothing_but_white_space_shows_nothing(kind: Kind, blank: str) -> None:
    ada, _ = added(network(), kind(with_cell(3, blank)))
    assert ada.rights == ()


def test_hidden_rows_and_columns_are_read_like_others_and_that_is_said(kind: Kind) -> None:
    """A filter hides rows of one list; if they were left out, replace-all would remove who is in them."""
    sheet = Sheet("Drivers", [HEADS, SOUND, ["Bea", "B1"], ["Cat", "C1"]], hidden_rows=[3], hidden_columns=[1, 5])
    found = planned(network(), kind(sheet))
    assert [each.name for each in found.added] == ["Ada", "Bea", "Cat"]
    assert warnings_of(found) == [
        "1 hidden or filtered rows are read like the others: delete them if they are not meant",
        "hidden columns are read like the others, B, F: delete them if they are not meant",
    ]


def test_hidden_sheets_are_not_read_and_other_sheets_are_named(kind: Kind) -> None:
    sheets = [
        Sheet("Old", [HEADS, ["Old"]], hidden=True),
        Sheet("Drivers", [HEADS, SOUND]),
        Sheet("Notes", [["Call Bo"]]),
    ]
    found = planned(network(), kind(*sheets))
    assert [each.name for each in found.added] == ["Ada"]
    assert warnings_of(found) == ['other sheets are not read: "Notes"']


def test_a_second_visible_sheet_of_drivers_is_refused_since_replace_all_would_remove_them(kind: Kind) -> None:
    (error,) = errors_of(
        network(), kind(Sheet("Day", [HEADS, SOUND]), Sheet("Night", [HEADS, ["Bea"]])), Mode.REPLACE_ALL
    )
    assert error.startswith('sheet "Night" holds drivers, and only sheet "Day" is read')


# -- what xlsx holds in more than one way -------------------------------------------------------------


def one(cell: str, row: str = "", more: dict[str, str] | None = None) -> bytes:
    """A workbook with that XML for the tag."""
    heads = '<row r="1"><c r="A1" t="inlineStr"><is><t>Name</t></is></c><c r="B1" t="str"><v>RFID tag</v></c></row>'
    return xlsx(cells=f'{heads}<row r="2"><c r="A2" t="str"><v>Ada</v></c>{cell}</row>{row}', more=more)


@pytest.mark.parametrize(
    ("cell", "tag"),
    [
        ('<c r="B2" t="inlineStr"><is><r><rPr/><t>04</t></r><r><t xml:space="preserve">A1</t></r></is></c>', "04A1"),
        ('<c r="B2" t="inlineStr"><is><t>04A1</t><rPh sb="0" eb="1"><t>aloud</t></rPh></is></c>', "04A1"),
        ('<c r="B2" t="str"><f>"04"&amp;"A1"</f><v>04A1</v></c>', "04A1"),
        ('<c r="B2" t="str"><v><![CDATA[04A1]]></v></c>', "04A1"),
        ('<c r="B2" t="str"><v>04<!-- no -->A1</v></c>', "04A1"),
        ('<c r="B2" t="str"><v>04_x0041_1</v></c>', "04A1"),
        ('<c r="B2" t="str"><v>_xD83D__xDE00_</v></c>', "\N{GRINNING FACE}"),
        ('<c t="str"><v>04A1</v></c>', "04A1"),
        ('<c r="b2" t="str"><v>04A1</v></c>', "04A1"),
        ('<c r="B2" t="n"><v> 421 </v></c>', "421"),
        ('<c r="B2"><v>4.21E2</v></c>', "421"),
        ('<c r="B2"><f>420+1</f><v>421</v></c>', "421"),
    ],
)
def test_a_cell_of_xlsx_is_read_however_it_is_written(cell: str, tag: str) -> None:
    assert added(network(), one(cell))[0].tags[0].id_tag == tag


@pytest.mark.parametrize(
    "cell",
    [
        '<c r="B2" t="str"><f>IF(A2="","",A2)</f><v></v></c>',
        '<c r="B2" t="str"><f>IF(A2="","",A2)</f><v/></c>',
        '<c r="B2" t="str"><v></v></c>',
        '<c r="B2" s="0"/>',
        '<c r="B2" t="s"></c>',
        '<c r="B2" t="inlineStr"><is><t> </t></is></c>',
    ],
)
def test_a_formula_whose_result_is_an_empty_text_shows_nothing(cell: str) -> None:
    assert added(network(), one(cell))[0].tags == ()


@pytest.mark.parametrize(
    "cell",
    [
        '<c r="B2"><f>1+1</f></c>', '<c r="B2"><f>1+1</f><v/></c>', '<c r="B2"><f>1+1</f><v> </v></c>',
        '<c r="B2" t="str"><f>A2</f></c>', '<c r="B2" t="shared"><f t="shared" si="0"/></c>',
        '<c r="B2"><f t="array" ref="B2">A2:A3</f></c>', '<c r="B2" t="s"><v>7</v></c>',
        '<c r="B2" t="s"><v>-1</v></c>', '<c r="B2" t="s"><v> </v></c>', '<c r="B2" t="b"><v/></c>',
        '<c r="B2" t="e"><v>#VALUE!</v></c>', '<c r="B2" t="e"/>', '<c r="B2" t="b"><v>2</v></c>',
        '<c r="B2" t="zz"><v>1</v></c>', '<c r="B2"><v>1,5</v></c>', '<c r="B2" s="99"><v>1</v></c>',
        '<c r="B2" t="d"><v>yesterday</v></c>', '<c r="B2"><is><t>04A1</t></is></c>', '<c r="B2"><v>INF</v></c>',
        '<c r="B2" t="inlineStr"><is><f>1</f></is></c>', '<c r="B2"><v>NaN</v></c>',
        f'<c r="B2"><v>1{"0" * 400}</v></c>',
    ],
)  # fmt: skip
def test_a_cell_of_xlsx_that_is_not_understood_is_refused(cell: str) -> None:
    assert first_error(one(cell)).startswith("Drivers!B2 (RFID tag): ")


@pytest.mark.parametrize(
    ("cell", "row"),
    [
        ('<c r="B3" t="str"><v>04</v></c>', ""),
        ('<c r="B2"><v>1</v></c><c r="B2"><v>2</v></c>', ""),
        ('<c r="2B"><v>1</v></c>', ""),
        ('<c r="B2"><v>1</v></c>', '<row r="1"/>'),
        ('<c r="B2"><v>1</v></c>', '<row r="x"/>'),
        ('<c r="B2"><v>1</v>', ""),
    ],
)
def test_a_sheet_that_contradicts_itself_is_refused(cell: str, row: str) -> None:
    assert "the workbook cannot be read, xl/worksheets/sheet1.xml" in errors_of(network(), one(cell, row))[0]


def test_a_sheet_that_hides_columns_too_often_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx_rows, "MAX_COLUMNS", 2)
    sheet = Sheet("Drivers", [["Name"], ["Ada"]], hidden_columns=[3, 4, 5])
    assert "it hides columns more than 2 times" in errors_of(network(), xlsx(sheet))[0]


def test_merged_cells_and_results_of_formulas_are_bounded(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = kind([["Name"], ["Ada"], [Merged(None, 2, 2)], [], [Merged(None, 2, 2)], [], [Merged(None, 30, 2)]])
    monkeypatch.setattr(workbooks, "MAX_CELLS", 5)
    assert "has too many cells that are merged or filled by formulas" in errors_of(network(), raw)[0]


@pytest.mark.parametrize(
    ("cell", "code", "why"),
    [
        ('<c r="B2" s="1" t="d"><v>2026-02-01</v></c>', "d-mmm", "is a date that shows only a part of itself"),
        ('<c r="B2" s="1" t="d"><v>2026-02-01T12:00:00</v></c>', "h:mm", "is a time without a day"),
        ('<c r="B2" s="1" t="d"><v>2026-02-01</v></c>', '"never"', "is a date that its format shows in another way"),
        ('<c r="B2" s="1" t="d"><v>2026-02-01</v></c>', "yyyy-mm-dd", "Excel keeps it as a date"),
        ('<c r="B2" t="d"><v>2026-02-01T12:00:00</v></c>', "General", "Excel keeps it as a date"),
        ('<c r="B2" s="1"><v>0</v></c>', "yyyy-mm-dd", "shows no day"),
        ('<c r="B2" s="1"><v>60</v></c>', "yyyy-mm-dd", "shows no day"),
        ('<c r="B2" s="1"><v>-1</v></c>', "yyyy-mm-dd", "shows no day"),
        ('<c r="B2" s="1"><v>2958466</v></c>', "yyyy-mm-dd", "shows no day"),
        ('<c r="B2" s="1"><v>1e300</v></c>', "yyyy-mm-dd", "shows no day"),
        ('<c r="B2" s="1"><v>59</v></c>', "yyyy-mm-dd", "Excel keeps it as a date"),
    ],
)
def test_a_day_is_shown_by_its_format_however_it_is_kept(cell: str, code: str, why: str) -> None:
    styles = (
        f'<styleSheet xmlns="{MAIN}"><numFmts><numFmt numFmtId="200" formatCode={quoteattr(code)}/></numFmts>'
        '<cellXfs><xf numFmtId="0"/><xf numFmtId="200"/></cellXfs></styleSheet>'
    )
    assert why in first_error(one(cell, more={"xl/styles.xml": styles}))


def test_a_workbook_that_declares_entities_or_holds_a_part_twice_is_refused() -> None:
    bomb = f'<!DOCTYPE x [<!ENTITY a "{"a" * 50}">]><worksheet/>'
    raw = xlsx([HEADS, SOUND], more={"xl/worksheets/sheet1.xml": bomb})
    assert "it declares entities, as no workbook does" in errors_of(network(), raw)[0]
    twice = xlsx([HEADS, SOUND], more={"XL/worksheets/Sheet1.xml": "<worksheet/>"})
    assert "holds" in errors_of(network(), twice)[0]
    assert "twice" in errors_of(network(), twice)[0]


def test_a_workbook_of_the_binary_kind_is_refused() -> None:
    rels = '<Relationships xmlns="p"><Relationship Type="x/officeDocument" Target="xl/workbook.bin"/></Relationships>'
    raw = xlsx([HEADS], more={"_rels/.rels": rels, "xl/workbook.bin": ""})
    assert errors_of(network(), raw) == ["workbooks of the kind .xlsb are not read: save it as .xlsx"]


ARRAY = '<c r="B2" t="str"><f t="{}" ref="{}">A2:A9</f><v>04A1</v></c>{}'.format
ROW = '<row r="{}"><c r="A{}" t="str"><v>Bea</v></c>{}</row>'.format


@pytest.mark.parametrize("mode", [Mode.ADD, Mode.REPLACE_ALL])
@pytest.mark.parametrize(
    ("raw", "cell"),
    [
        (one(ARRAY("array", "B2:B3", ""), ROW(3, 3, "")), "Drivers!B3 (RFID tag)"),
        (one(ARRAY("array", "B2:B3", ""), ROW(3, 3, '<c r="B3" s="0"/>')), "Drivers!B3 (RFID tag)"),
        (one(ARRAY("array", "$B$2:$B$4", ""), ROW(4, 4, '<c r="B4"><v>1</v></c>')), "Drivers!B3 (RFID tag)"),
        (one(ARRAY("array", "B2:B3", "")), "Drivers!B3 (RFID tag)"),
        (one(ARRAY("array", "B2:B1048576", ""), ROW(3, 3, '<c r="B3"><v>1</v></c>') + ROW(4, 4, "")), "Drivers!B4 "),
        (one(ARRAY("dataTable", "B2:B3", ""), ROW(3, 3, "")), "Drivers!B3 (RFID tag)"),
        (one(ARRAY("array", "B2:B3", "").replace("<c ", '<c cm="1" '), ROW(3, 3, "")), "Drivers!B3 (RFID tag)"),
    ],
    ids=["no cell", "no value", "no row", "below the last row", "far below", "data table", "spilled"],
)
def test_a_cell_that_the_file_leaves_out_of_an_array_formula_s_results_is_refused(
    raw: bytes, cell: str, mode: Mode
) -> None:
    assert first_error(raw, mode).startswith(cell)
    assert "is a formula whose result" in first_error(raw, mode)


def test_the_results_of_an_array_formula_are_read_and_an_empty_text_among_them_shows_nothing() -> None:
    rows = ROW(3, 3, '<c r="B3" t="str"><v></v></c>') + ROW(4, 4, '<c r="B4" t="str"><v>04A2</v></c>') + ROW(5, 5, "")
    found = added(network(), one(ARRAY("array", "B2:B4", ""), rows))
    assert [tag.id_tag for each in found for tag in each.tags] == ["04A1", "04A2"]


def test_shared_formulas_have_their_own_cells_and_leave_no_other_without_a_result() -> None:
    rows = ROW(3, 3, "") + ROW(4, 4, '<c r="B4" t="str"><f t="shared" si="0"/><v>04A2</v></c>')
    found = added(network(), one(ARRAY("shared", "B2:B4", ""), rows))
    assert [tag.id_tag for each in found for tag in each.tags] == ["04A1", "04A2"]


def test_a_row_that_too_many_array_formulas_fill_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MAX_ARRAYS", 2)
    array = '<c r="{}" t="str"><f t="array" ref="{}">A1</f><v>x</v></c>'.format
    three = "".join(array(f"{each}2", f"{each}2:{each}3") for each in "BCD")
    assert "more than 2 formulas that fill several cells" in errors_of(network(), one(three))[0]
    below = ROW(4, 4, array("B4", "B4:B5")) + ROW(5, 5, '<c r="B5" t="str"><v>y</v></c>')
    one_after_the_other = array("B2", "B2:B3") + "".join(array(f"{each}2", f"{each}2") for each in "CDE")
    rows = ROW(3, 3, '<c r="B3" t="str"><v>z</v></c>') + below
    errors = errors_of(network(), one(one_after_the_other, rows))
    assert errors == ["row 2 column C: has content, but the column has no heading"]


# -- what ods holds in more than one way --------------------------------------------------------------


def cell_of(attributes: str, *paragraphs: str) -> str:
    """The XML of a cell; `type=` and `value=` are OpenDocument's own."""
    attributes = attributes.replace(" type=", " office:value-type=").replace(" value=", " office:value=")
    shown = "".join(
        each if each.startswith(("<office", "<draw")) else f"<text:p>{each}</text:p>" for each in paragraphs
    )
    return f"<table:table-cell {attributes}>{shown}</table:table-cell>"


def odd(cell: str) -> bytes:
    """An ods with that XML for the tag."""
    row = "<table:table-row>{}</table:table-row>".format
    return ods(cells=row(cell_of("", "Name") + cell_of("", "RFID tag")) + row(cell_of("", "Ada") + cell))


DRAW = 'xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" xmlns:xlink="http://www.w3.org/1999/xlink"'
SHAPE = f"<draw:rect {DRAW}><text:p>over the cell</text:p></draw:rect>"
RUBY = "<text:ruby><text:ruby-base>B</text:ruby-base><text:ruby-text>bee</text:ruby-text></text:ruby>"
NOTE = "<office:annotation><text:p>note</text:p></office:annotation>"


@pytest.mark.parametrize(
    ("cell", "tag"),
    [
        (cell_of("", "04A1"), "04A1"),
        (cell_of(' type="string" office:string-value="04A1"'), "04A1"),
        (cell_of(' type="string"', NOTE, "04<text:span>A1</text:span>"), "04A1"),
        (cell_of(' type="string"', '04<text:s text:c="2"/>A1'), "04  A1"),
        (cell_of('table:formula="of:=[.A1]" type="string"', "04A1"), "04A1"),
        (cell_of(' type="float" value="421"', "421"), "421"),
        (cell_of(' type="string"', SHAPE, "04A1", SHAPE), "04A1"),
        (cell_of(' type="string"', f"04{SHAPE.replace('rect', 'frame')}A1"), "04A1"),
        (cell_of(' type="string"', "<text:a><text:span>04</text:span>A1</text:a>"), "04A1"),
        (cell_of(' type="string"', f"04A1{RUBY}"), "04A1B"),
        (cell_of(' type="string"', "04<text:tab/>A1"), "04 A1"),
        (cell_of(' type="string"', "04<text:line-break/>A1"), "04 A1"),
        ('<table:table-cell office:value-type="string"><text:h>04A1</text:h></table:table-cell>', "04A1"),
        (cell_of(' type="float" value="421"'), "421"),
    ],
)
def test_a_cell_of_ods_is_read_however_it_is_written(cell: str, tag: str) -> None:
    assert added(network(), odd(cell))[0].tags[0].id_tag == tag


@pytest.mark.parametrize(
    "cell",
    [
        cell_of('table:formula="of:=1+1"'),
        cell_of('table:formula="of:=1+1" type="float"'),
        cell_of('table:formula="of:=1+1" type="float" value="0"', "#DIV/0!"),
        cell_of('table:formula="of:=1+1" type="string"', "Err:502"),
        cell_of(' type="string" calcext:value-type="error"'),
        cell_of(' type="float" value="x"'),
        cell_of(' type="boolean"'),
        cell_of(' type="wish" value="1"'),
        cell_of(' type="time" office:time-value="PT4H"', "04:00"),
        cell_of(' type="float" value="0"', ""),
        cell_of(' type="float" value="421"', "", ""),
        cell_of(' type="string" office:string-value="04A1"', ""),
        cell_of(' type="boolean" office:boolean-value="false"', " "),
        cell_of(' type="date" office:date-value="2026-01-31"', ""),
        cell_of('table:formula="of:=1+1" type="float" value="421"', ""),
        cell_of('table:formula="of:=1+1" type="float" value="0"'),
        cell_of('table:formula="of:=1+1" type="float" value="0.0"', ""),
        cell_of('table:formula="of:=1+1" type="float" value="-0"'),
        cell_of('table:formula="of:=1+1" type="percentage" value="0"'),
        cell_of('table:formula="of:=1+1" type="currency" value="0"'),
        cell_of('table:formula="of:=1+1" type="boolean" office:boolean-value="false"'),
        cell_of('table:formula="of:=1+1" type="date" office:date-value="1899-12-30"'),
        cell_of('table:formula="msoxl:=1+1" type="string" office:string-value=""', "Err:522"),
    ],
)
def test_a_cell_of_ods_that_has_no_value_is_refused(cell: str) -> None:
    assert first_error(odd(cell)).startswith("Drivers!B2 (RFID tag): ")


def test_a_shape_that_lies_over_a_blank_cell_is_no_value() -> None:
    assert added(network(), odd(cell_of("", SHAPE)))[0].tags == ()


@pytest.mark.parametrize(
    ("day", "shown"),
    [("2026-01-01", "01/26"), ("2026-01-01", "1.2026"), ("2012-12-12", "12/12"), ("2026-01-01T01:00:00", "01/26 00:00"),
     ("2026-01-31", "31 Jan"), ("2026-01-31", "Jan 26"), ("2026-01-31", "2026")],
)  # fmt: skip
def test_a_date_of_ods_that_shows_only_a_part_of_itself_is_refused_whatever_its_numbers(day: str, shown: str) -> None:
    cell = cell_of(f' type="date" office:date-value="{day}"', shown)
    assert "is a date that shows only a part of itself" in first_error(odd(cell))


@pytest.mark.parametrize(
    "shown",
    ["31.01.26", "2026-01-31", "01/31/2026", "31. Januar 2026", "January 31, 2026", "Sat 31 Jan 26", "2026年1月31日",
     "01/31/26 12:00 AM", "2026-01-31T00:00:00", "31.1.2026 0:00",
     "Sat Jan 31 00:00:00 2026", "00:00 31.01.26"],
)  # fmt: skip
def test_a_date_of_ods_that_shows_day_month_and_year_is_read(shown: str) -> None:
    row = "<table:table-row>{}</table:table-row>".format
    heads = "".join(cell_of("", each) for each in ("Name", "RFID tag", "Start date"))
    cells = cell_of("", "Ada") + cell_of("", "1") + cell_of(' type="date" office:date-value="2026-01-31"', shown)
    (ada,) = added(network(), ods(cells=row(heads) + row(cells)))
    assert ada.tags[0].starts_at == datetime(2026, 1, 31, tzinfo=UTC)


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ("<table:table-row><table:table-cell><table:table/></table:table-cell></table:table-row>", "a table stands in"),
        ("<table:table-cell/>", "a cell stands in no row"),
        ('<table:table-row><table:table-cell table:number-columns-repeated="16385"/></table:table-row>', "16384 cells"),
        ('<table:table-row table:number-rows-repeated="1048577"/>', "more than 1048576 rows"),
        ('<table:table-row table:number-rows-repeated="0"/>', "0 is no number of cells"),
        ('<table:table-row table:number-rows-repeated="1000000000"/>', "is no number of cells"),
        ('<table:table-column table:number-columns-repeated="x"/>', "x is no number of cells"),
    ],
)
def test_an_ods_that_is_larger_than_a_sheet_or_no_sheet_is_refused(rows: str, why: str) -> None:
    assert why in errors_of(network(), ods(cells=rows))[0]


def matrix(first: str, *below: str, area: tuple[int, int] = (2, 1), heads: str = "") -> bytes:
    """An ods with a formula for the first tag whose results fill the cells below it or beside it."""
    spanned = (
        f'table:formula="of:=A2:A3" table:number-matrix-rows-spanned="{area[0]}" '
        f'table:number-matrix-columns-spanned="{area[1]}" '
    )
    row = "<table:table-row>{}</table:table-row>".format
    names = "".join(cell_of("", each) for each in ("Name", "RFID tag", "External id")) + heads
    lines = [cell_of("", "Ada") + first.replace("<table:table-cell", f"<table:table-cell {spanned}", 1), *below]
    return ods(cells=row(names) + "".join(map(row, lines)))


SAID = cell_of(' type="string" office:string-value="04A1"', "04A1")
BEA = cell_of("", "Bea")


@pytest.mark.parametrize("mode", [Mode.ADD, Mode.REPLACE_ALL])
@pytest.mark.parametrize(
    ("raw", "cell"),
    [
        (matrix(SAID, BEA + cell_of("")), "Drivers!B3 (RFID tag)"),
        (matrix(SAID, BEA + cell_of(' type="string"')), "Drivers!B3 (RFID tag)"),
        (matrix(SAID, BEA + cell_of(' type="float" value="0"')), "Drivers!B3 (RFID tag)"),
        (matrix(SAID, BEA + cell_of(' type="boolean" office:boolean-value="false"')), "Drivers!B3 (RFID tag)"),
        (matrix(SAID, BEA), "Drivers!B3 (RFID tag)"),
        (matrix(SAID), "Drivers!B3 (RFID tag)"),
        (matrix(SAID + cell_of(""), area=(1, 2)), "Drivers!C2 (External id)"),
        (matrix(SAID + cell_of('table:number-columns-repeated="9"'), area=(1, 2)), "Drivers!C2 (External id)"),
        (matrix(cell_of(""), BEA + SAID), "Drivers!B2 (RFID tag)"),
        (matrix(SAID, BEA + cell_of(' type="string"', "#N/A")), "Drivers!B3 (RFID tag)"),
    ],
    ids=["no value", "no text", "zero", "false", "no cell", "no row", "beside", "repeated", "first", "error"],
)
def test_a_cell_of_an_ods_s_matrix_formula_without_a_result_is_refused(raw: bytes, cell: str, mode: Mode) -> None:
    assert first_error(raw, mode).startswith(cell)


def test_the_results_of_a_matrix_formula_are_read_and_an_empty_text_among_them_shows_nothing() -> None:
    empty = cell_of(' type="string" office:string-value=""')
    found = added(network(), matrix(SAID, BEA + empty, cell_of("", "Cat") + cell_of("", "04A3"), area=(2, 1)))
    assert [tag.id_tag for each in found for tag in each.tags] == ["04A1", "04A3"]


def test_repeated_cells_and_rows_of_ods_are_all_read() -> None:
    text = '<table:table-cell office:value-type="string"{}><text:p>{}</text:p></table:table-cell>'.format
    row = "<table:table-row{}>{}</table:table-row>".format
    raw = ods(
        cells=row("", text("", "Name") + text("", "Blocked") + text("", "Enabled") + text("", "RFID tag"))
        + row(' table:number-rows-repeated="2"', '<table:table-cell table:number-columns-repeated="16384"/>')
        + row("", text("", "Ada") + text(' table:number-columns-repeated="2"', "no") + text("", "04A1"))
        + row(' table:number-rows-repeated="1048000"', '<table:table-cell table:number-columns-repeated="16384"/>')
    )
    (ada,) = added(network(), raw)
    assert (ada.enabled, ada.tags[0].id_tag) == (False, "04A1")
