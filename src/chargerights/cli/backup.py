"""`chargerights backup`."""

from __future__ import annotations

from pathlib import Path

from .. import settings
from ..gateway.writes import spool
from ..storage.backup import back_up
from ..storage.database import Database
from .common import Bar, Common, print_json, stdout

COMMON = Common()


def backup(file: Path, /, *, common: Common = COMMON) -> None:
    """Copy an SQLite database to a new file while servers write, and check the copy.

    Parameters
    ----------
    file
        The file to write. An existing file is not overwritten.
    """
    database = Database(common.url)  # without migrating it: a backup comes before that
    with Bar() as bar:
        bar.begin("copying pages", 0)
        size = back_up(database, file, bar.show)
    folder = Path(settings.read().spool or spool.default_folder(database)).absolute()
    if common.json:
        print_json({"file": str(file.absolute()), "bytes": size, "spool": str(folder)})
        return
    stdout.print(f"{file}: {size / 1e6:.1f} MB, checked.", markup=False)
    stdout.print(f"Not included: charger messages that wait in the spool, {folder}", markup=False)
