"""What docs/import-export.md says is so: its columns, its limits, its first file."""

from __future__ import annotations

import re
from pathlib import Path

from chargerights.files.spreadsheets.columns import Column, recognised
from chargerights.files.spreadsheets.identify import Mode
from chargerights.rights.model import Charger, Site
from chargerights.rights.network import Network
from tests.files.spreadsheets.sheets import added
from tests.support.world import network

TEXT = (Path(__file__).parents[3] / "docs" / "import-export.md").read_text()


def table_below(heading: str) -> list[list[str]]:
    """The rows of the first table below the heading, without its head."""
    lines = TEXT.partition(f"\n{heading}\n")[2].partition("\n#")[0].splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    return rows[2:]


def test_every_column_is_documented_and_no_other() -> None:
    named = [recognised(name) for row in table_below("## Columns") for name in row[0].split(",")]
    assert sorted(map(str, named)) == sorted(Column)


def test_every_limit_that_is_documented_is_understood() -> None:
    cells = [
        cell for row in table_below("### Windows and weekly hours") for cell in re.findall(r"`(Depot[^`]*)`", row[0])
    ]
    assert len(cells) == 9
    for cell in cells:
        (driver,) = added(network(), [["Name", "Site access"], ["Ada", cell]])
        assert len(driver.rights) == 1 + cell.count(";") * cell.startswith("Depot;")


def test_every_mode_is_documented() -> None:
    heads = TEXT.partition("## Modes\n")[2].partition("| --- |")[0]
    assert [each.strip("`") for each in re.findall(r"`[a-z-]+`", heads)] == list(Mode)


def test_the_first_file_is_imported() -> None:
    part = TEXT.partition("## A first file\n")[2].partition("\nThe first row")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in part.splitlines() if "|" in line]
    names = ["Company", "Merituuli", "Yard", "Office"]
    sites = [Site(number, name) for number, name in enumerate(names, 1)]
    them = Network.build([*sites, Site(9, "Garage P1", 1)], [Charger(1, "C-1", 9)], [], [])
    aino, emeka = added(them, [rows[0], *rows[2:]])
    assert ([tag.id_tag for tag in aino.tags], len(aino.rights)) == (["04A1B2C3D4E580", "NL-APP-AINO"], 2)
    assert (len(emeka.rights[0].hours), emeka.rights[0].has_window) == (5, True)
