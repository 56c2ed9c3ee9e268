"""The command line. Exit status: 0 for yes and for done, 1 for no, 2 for a wrong question or a refused file,
3 for a database that is away, 4 for an address that cannot be listened on, 70 for a fault of the program.

Every command has `--json` for programs and `--database URL`; without it the environment's CHARGERIGHTS_DATABASE
counts, else sqlite:///chargerights.db in the current folder.
"""

from __future__ import annotations

import os
import sys
import traceback

from cyclopts import App, CycloptsError

from .. import __version__
from ..rights.errors import DomainError
from ..serving.listening import CannotListen
from ..settings import InvalidSettings
from ..storage.backup import BackupRefused
from ..storage.database import DatabaseFault, InvalidDatabaseUrl
from ..storage.migration import MayNotMigrate, UnknownSchema
from ..storage.roles import InvalidRole
from ..storage.spool_file import UnusableFolder
from .common import WrongQuestion, complain

REFUSALS = (
    DomainError,
    WrongQuestion,
    InvalidSettings,
    InvalidDatabaseUrl,
    UnknownSchema,
    MayNotMigrate,
    InvalidRole,
    BackupRefused,
    UnusableFolder,
)
"""What the person at the terminal can mend."""

app = App(
    name="chargerights",
    help="An open server that knows who may charge where.",
    version=__version__,
    help_on_error=False,
)
for where in (
    "server:serve",
    "server:migrate",
    "backup:backup",
    "customers:customer",
    "operators:operator",
    "customers:key",
    "chargers:charger",
    "set_aside:set_aside",
    "drivers:driver",
    "networks:load",
    "networks:dump",
    "spreadsheets:import_drivers",
    "spreadsheets:export_drivers",
    "questions:who",
    "questions:check",
    "questions:explain",
    "simulator:simulate",
):
    app.command(f"{__name__}.{where}", name=where.partition(":")[2].removesuffix("_drivers").replace("_", "-"))
"""Named, not imported: a command loads what it needs when it is called."""


def main() -> None:
    """Runs the command of this process's arguments and ends the process with its status."""
    arguments = sys.argv[1:]
    try:
        if arguments[:1] in ([], ["--help"], ["-h"]):
            app.resolved_commands()  # else the list of commands does not say what they are for
        status = app(arguments, exit_on_error=False, print_error=True, result_action="return_value")
    except CycloptsError:  # printed by cyclopts
        sys.exit(2)
    except REFUSALS as error:
        complain(str(error))
        sys.exit(2)
    except DatabaseFault as error:
        complain(str(error))
        sys.exit(3)
    except CannotListen as error:
        complain(str(error))
        sys.exit(4)
    except BrokenPipeError:  # whoever reads the output has gone, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python complains while it ends
        sys.exit(141)
    except KeyboardInterrupt:
        complain("interrupted; nothing of this command was kept")
        sys.exit(130)
    except Exception:  # a fault of this program; status 1 would be read as "no"
        traceback.print_exc()
        sys.exit(70)
    sys.exit(status if isinstance(status, int) else 0)
