"""The tables of commands: what each version of OCPP has, and what it lacks."""

from __future__ import annotations

import pytest

from chargerights.rights.commands import COMMANDS, TABLES, Action, CommandRow, lacking
from chargerights.rights.permissions import Permission


def test_every_action_is_a_command_and_every_command_is_in_some_version() -> None:
    assert COMMANDS.keys() == {*Action}
    assert {action for table in TABLES.values() for action in table} == {*Action}
    assert all(row.messages for table in TABLES.values() for row in table.values())


def test_no_two_commands_have_one_route_and_what_changes_a_charger_needs_the_permission_for_it() -> None:
    assert len({(row.path, row.only_asks) for row in COMMANDS.values()}) == len(COMMANDS)
    for row in COMMANDS.values():
        assert row.permission is (Permission.READ_CHARGERS if row.only_asks else Permission.OPERATE_CHARGERS)


@pytest.mark.parametrize("version", TABLES)
def test_a_command_of_the_table_lacks_nothing(version: str) -> None:
    for action in TABLES[version]:
        assert lacking(TABLES[version], version, action, {}) is None


def test_what_a_version_lacks_is_named() -> None:
    table = {Action.RESET: CommandRow(("Reset",), lacks=("evseId", "force"))}
    assert lacking(table, "1.6", Action.RESET, {"type": "Hard", "evseId": None}) is None
    assert lacking(table, "1.6", Action.RESET, {"evseId": 1, "force": False}) == (
        "the charger speaks OCPP 1.6, in which reset has no evseId and no force: nothing was sent. Leave it out"
    )
    assert lacking(table, "1.6", Action.SEND_LIST, {}) == (
        "the charger speaks OCPP 1.6, which has no command local-list/send: nothing was sent"
    )
