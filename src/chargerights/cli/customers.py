"""`chargerights customer …` and `chargerights key …`."""

from __future__ import annotations

from typing import Annotated

from cyclopts import App, Parameter
from rich.markup import escape
from rich.table import Table
from sqlalchemy import Connection

from ..storage import callers, charging_settings
from ..storage.rows import keys
from ..storage.rows.keys import ApiKey, UnknownKey
from .common import Common, CustomerId, Id, WrongQuestion, instant, int64, now, print_json, print_table, stdout

customer = App(name="customer")
key = App(name="key")

COMMON = Common()


@customer.command(name="add")
def add_customer(name: str, /, *, common: Common = COMMON) -> None:
    """Add a customer with a first API key, which is shown only once.

    Parameters
    ----------
    name
        Name of the customer.
    """
    at = now()

    def add(connection: Connection) -> tuple[callers.Customer, str]:
        made = callers.add_customer(connection, name, at)
        return made, callers.add_key(connection, made.id, at=at, name="first key")[1]

    with common.open() as database:
        made, secret = database.write_now(add)
    if common.json:
        print_json({"clientId": made.id, "name": made.name, "key": secret})
    else:
        stdout.print(f"Customer {made.id}, {made.name}. Its key, shown only once:", markup=False)
        stdout.print(secret, style="bold", markup=False)


@customer.command(name="list")
def list_customers(*, common: Common = COMMON) -> None:
    """List the customers."""
    with common.open() as database:
        customers = database.read_now(callers.list_customers)
    if common.json:
        print_json([{"clientId": it.id, "name": it.name, "revision": it.revision} for it in customers])
        return
    table = Table("Id", "Name", "Since", "Revision")
    for it in customers:
        table.add_row(str(it.id), escape(it.name), f"{it.created_at:%Y-%m-%d}", str(it.revision))
    print_table(table)


@customer.command(name="set")
def set_customer(
    customer_id: Id,
    /,
    *,
    one_session_per_tag: Annotated[bool | None, Parameter(help="A tag can be in one session at a time only")] = None,
    lists_hours_too: Annotated[
        bool | None,
        Parameter(help="Local lists include tags whose rights have weekly hours. Offline they work at any hour"),
    ] = None,
    common: Common = COMMON,
) -> None:
    """Set rules of charging for all drivers of a customer.

    Parameters
    ----------
    customer_id
        Number of the customer.
    """
    settings = (
        ("oneSessionPerTag", "one session per tag", one_session_per_tag, charging_settings.set_one_session_per_tag),
        ("listsHoursToo", "hours too on local lists", lists_hours_too, charging_settings.set_lists_hours_too),
    )
    given = [setting for setting in settings if setting[2] is not None]
    if not given:
        raise WrongQuestion("nothing to set: give --one-session-per-tag, --lists-hours-too, or either with --no-")
    with common.open() as database:
        for _, _, value, set_it in given:
            database.write_now(set_it, customer_id, bool(value), now())
    if common.json:
        print_json({"clientId": customer_id, **{name: value for name, _, value, _ in given}})
        return
    for _, words, value, _ in given:
        stdout.print(f"Customer {customer_id}: {words} is {'on' if value else 'off'}.")


@key.command(name="add")
def add_key(
    *,
    customer: CustomerId,
    name: Annotated[str, Parameter(help="Purpose of the key")] = "",
    read_only: Annotated[bool, Parameter(help="The key may read only", negative="")] = False,
    expires: Annotated[str | None, Parameter(help="When the key expires, in ISO 8601. Default: never")] = None,
    operator: Annotated[
        int | None,
        Parameter(
            help="Number of the operator the key belongs to. Default: an operator with all permissions", validator=int64
        ),
    ] = None,
    common: Common = COMMON,
) -> None:
    """Add an API key, which is shown only once."""
    ends = instant(expires, "--expires") if expires is not None else None
    with common.open() as database:
        made, secret = database.write_now(
            callers.add_key,
            customer,
            at=now(),
            name=name,
            read_only=read_only,
            expires_at=ends,
            operator_id=operator,
        )
    if common.json:
        print_json({"id": made.id, "key": secret})
    else:
        stdout.print(f"Key {made.id}, shown only once:", markup=False)
        stdout.print(secret, style="bold", markup=False)


@key.command(name="list")
def list_keys(
    *,
    customer: Annotated[int | None, Parameter(help="Only keys of this customer", validator=int64)] = None,
    common: Common = COMMON,
) -> None:
    """List API keys with their names and last characters."""
    with common.open() as database:
        listed = database.read_now(keys.load_with_customers, customer)
    if common.json:
        print_json([_members(customer_id, key_) for customer_id, key_ in listed])
        return
    table = Table("Customer", "Id", "Name", "Operator", "Key", "May", "Last used", "State")
    for customer_id, key_ in listed:
        used = f"{key_.last_used_at:%Y-%m-%d %H:%M}" if key_.last_used_at else "never"
        may = "read" if key_.read_only else "read, write"
        who = str(customer_id), str(key_.id), escape(key_.name), str(key_.operator_id)
        table.add_row(*who, f"crk_{customer_id}_…{key_.last_characters}", may, used, _state(key_))
    print_table(table)


@key.command(name="revoke")
def revoke_key(
    key_id: Id,
    /,
    *,
    customer: Annotated[
        int | None,
        Parameter(help="Number of the customer. Needed where several have a key of that number", validator=int64),
    ] = None,
    common: Common = COMMON,
) -> None:
    """Revoke an API key. It is refused from the next request on.

    Parameters
    ----------
    key_id
        Number of the key, as `key list` shows it.
    """
    with common.open() as database:
        owners = [owner for owner, key_ in database.read_now(keys.load_with_customers, customer) if key_.id == key_id]
        if len(owners) > 1:
            raise WrongQuestion(f"customers {', '.join(map(str, owners))} have a key {key_id}: add --customer")
        if not owners:
            raise UnknownKey((key_id,))
        database.write_now(callers.revoke_key, owners[0], key_id, now())
    if common.json:
        print_json({"id": key_id, "clientId": owners[0], "revoked": True})
    else:
        stdout.print(f"Key {key_id} of customer {owners[0]} is revoked.")


def _state(key: ApiKey) -> str:
    if key.revoked_at is not None:
        return f"revoked {key.revoked_at:%Y-%m-%d}"
    if key.expires_at is not None:
        return f"{'expired' if key.expires_at <= now() else 'expires'} {key.expires_at:%Y-%m-%d}"
    return "valid"


def _members(customer_id: int, key: ApiKey) -> dict[str, object]:
    return {
        "clientId": customer_id,
        "id": key.id,
        "name": key.name,
        "operatorId": key.operator_id,
        "lastCharacters": key.last_characters,
        "readOnly": key.read_only,
        "createdAt": key.created_at,
        "expiresAt": key.expires_at,
        "revokedAt": key.revoked_at,
        "lastUsedAt": key.last_used_at,
    }
