"""`chargerights operator …`."""

from __future__ import annotations

from typing import Annotated, Any

from cyclopts import App, Parameter
from rich.markup import escape
from rich.table import Table

from ..rights.identifiers import name as checked_name
from ..rights.permissions import Operator, Permission
from ..storage import callers, revisions
from ..storage.changes import operators
from ..storage.journal import ChangeContext
from ..storage.rows import operators as stored
from .common import Common, CustomerId, Id, WrongQuestion, now, print_json, print_table, stdout

operator = App(name="operator")

COMMON = Common()
BY_NAME = {permission.value.casefold(): permission for permission in Permission}
May = Annotated[list[str] | None, Parameter(help="A permission, such as ReadDrivers. Can be repeated", negative="")]
Sites = Annotated[
    list[Id] | None,
    Parameter(help="Number of a site that the operator sees, with all sites below it. Can be repeated", negative=""),
]


@operator.command(name="add")
def add_operator(
    name: str,
    /,
    *,
    customer: CustomerId,
    may: May = None,
    site: Sites = None,
    common: Common = COMMON,
) -> None:
    """Add an operator. Without --site they see all sites.

    Parameters
    ----------
    name
        Name of the person or program.
    """
    shown = checked_name(name, "the operator's name")
    with common.open() as database:
        made = database.write_now(
            revisions.make, customer, _occasion("operator.add"), operators.add, shown, permissions(may or []), site
        )
    if common.json:
        print_json(_members(customer, made))
    else:
        stdout.print(f"Operator {made.id}, {made.name}. Make a key with: ", markup=False, end="")
        stdout.print(f"chargerights key add --customer {customer} --operator {made.id}", markup=False)


@operator.command(name="list")
def list_operators(*, customer: CustomerId, common: Common = COMMON) -> None:
    """List the customer's operators."""
    with common.open() as database:
        database.read_now(callers.require_customer, customer)
        operators = database.read_now(stored.load, customer)
    if common.json:
        print_json([_members(customer, it) for it in operators])
        return
    table = Table("Id", "Name", "May", "At", "State")
    for it in operators:
        at = "all sites" if it.site_ids is None else ", ".join(map(str, it.site_ids)) or "no site"
        may = ", ".join(sorted(it.permissions)) or "nothing"
        table.add_row(str(it.id), escape(it.name), may, at, "enabled" if it.enabled else "disabled")
    print_table(table)


@operator.command(name="change")
def change_operator(
    operator_id: Id,
    /,
    *,
    customer: CustomerId,
    name: Annotated[str | None, Parameter(help="New name")] = None,
    may: May = None,
    site: Sites = None,
    all_sites: Annotated[bool, Parameter(help="The operator sees all sites", negative="")] = False,
    enabled: Annotated[bool | None, Parameter(help="Whether the keys of the operator are accepted")] = None,
    common: Common = COMMON,
) -> None:
    """Change an operator. Given permissions and sites replace the earlier ones.

    Parameters
    ----------
    operator_id
        Number of the operator, as `operator list` shows it.
    """
    if site and all_sites:
        raise WrongQuestion("--site and --all-sites contradict each other: give one of them")
    members: dict[str, Any] = {}
    if name is not None:
        members["name"] = checked_name(name, "the operator's name")
    if may:
        members["permissions"] = permissions(may)
    if site or all_sites:
        members["site_ids"] = None if all_sites else tuple(sorted(set(site or ())))
    if enabled is not None:
        members["enabled"] = enabled
    if not members:
        raise WrongQuestion("nothing to change: give --name, --may, --site, --all-sites, --enabled or --no-enabled")
    with common.open() as database:
        changed = database.write_now(
            revisions.make, customer, _occasion("operator.change"), operators.change, operator_id, **members
        )
    if common.json:
        print_json(_members(customer, changed))
    else:
        stdout.print(f"Operator {changed.id}, {changed.name}, is changed.", markup=False)


@operator.command(name="remove")
def remove_operator(operator_id: Id, /, *, customer: CustomerId, common: Common = COMMON) -> None:
    """Disable an operator and revoke their keys.

    The record stays, because the audit log refers to it.

    Parameters
    ----------
    operator_id
        Number of the operator, as `operator list` shows it.
    """
    with common.open() as database:
        database.write_now(revisions.make, customer, _occasion("operator.remove"), operators.remove, operator_id)
    if common.json:
        print_json({"clientId": customer, "id": operator_id, "enabled": False})
    else:
        stdout.print(f"Operator {operator_id} of customer {customer} is disabled, and their keys are revoked.")


def permissions(words: list[str]) -> frozenset[Permission]:
    """The permissions with those names, in any case. Raises WrongQuestion."""
    unknown = [word for word in words if word.casefold() not in BY_NAME]
    if unknown:
        raise WrongQuestion(f"{unknown[0]} is not a permission: use one of {', '.join(Permission)}")
    return frozenset(BY_NAME[word.casefold()] for word in words)


def _occasion(action: str) -> ChangeContext:
    return ChangeContext(now(), callers.HOST, action)


def _members(customer_id: int, operator_: Operator) -> dict[str, object]:
    return {
        "clientId": customer_id,
        "id": operator_.id,
        "name": operator_.name,
        "permissions": sorted(operator_.permissions),
        "siteIds": operator_.site_ids,
        "enabled": operator_.enabled,
    }
