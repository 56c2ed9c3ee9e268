"""The command line.

The exit statuses are listed in docs/cli.md. `endings` sets those of errors.

Every command has `--json` for programs and `--database URL`. Without `--database` the environment variable
CHARGERIGHTS_DATABASE counts, else sqlite:///chargerights.db in the current folder.
"""

from __future__ import annotations

import gc
import sys

from cyclopts import App, CycloptsError

from .. import __version__

COMMANDS = {
    "server:serve": "Migrate the database if needed, then serve until interrupted.",
    "server:migrate": "Migrate the database to this version, as the owner of its tables.",
    "backup:backup": "Copy an SQLite database to a new file while servers write, and check the copy.",
    "customers:customer": "Add, list and configure customers. Each one's data is kept apart.",
    "operators:operator": "Manage operators: their permissions and the sites they see.",
    "customers:key": "Add, list and revoke API keys.",
    "sites:site": "List sites.",
    "chargers:charger": "List chargers and their reports, set passwords, block and unblock.",
    "set_aside:set_aside": "List and retry charger messages that the database rejected.",
    "drivers:driver": "List and show drivers, export or erase what is stored about one.",
    "networks:load": "Load a network file, all or nothing. Every error is listed.",
    "networks:dump": "Write a customer's network as a network file.",
    "spreadsheets:import_drivers": "Import drivers from CSV or Excel, all or nothing. Every error is listed.",
    "spreadsheets:export_drivers": "Export drivers to CSV or Excel. Importing the file again changes nothing.",
    "questions:who": "List the drivers that may charge at sites.",
    "questions:check": "Check whether a tag may charge at a charger.",
    "questions:explain": "Explain why a tag may or may not charge at a charger.",
    "simulator:simulate": "Simulate chargers that connect to any central system.",
}
"""Where each command is and what it does. Only the command that is called is imported, so that `--help` is quick."""

app = App(
    name="chargerights",
    help="An open server that knows who may charge where.",
    version=__version__,
    help_on_error=False,
)
app.register_install_completion_command(help="Install completion of commands and options for your shell.")
for where, does in COMMANDS.items():
    name = where.partition(":")[2].removesuffix("_drivers").replace("_", "-")
    app.command(f"{__name__}.{where}", name=name, help=does)


def main() -> None:
    """Runs the command of this process's arguments and exits with its status."""
    arguments = sys.argv[1:]
    try:
        _import(arguments)
        status = app(arguments, exit_on_error=False, print_error=True, result_action="return_value")
    except CycloptsError:  # printed by cyclopts
        sys.exit(2)
    except (Exception, KeyboardInterrupt) as error:
        from .endings import status_of

        sys.exit(status_of(error))
    sys.exit(status if isinstance(status, int) else 0)


def _import(arguments: list[str]) -> None:
    """Imports the command with the garbage collector off.

    The collector would take a fifth of the time and find nothing.
    """
    gc.disable()
    try:
        app.parse_commands(arguments)
        gc.freeze()
    finally:
        gc.enable()
