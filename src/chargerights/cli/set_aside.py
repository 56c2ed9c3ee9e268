"""`chargerights set-aside …`."""

from __future__ import annotations

from typing import Annotated

import orjson
from cyclopts import App, Parameter
from sqlalchemy.exc import DBAPIError

from ..storage.charging import set_aside as messages
from .common import Common, CustomerId, WrongQuestion, int64, now, print_json, stdout

set_aside = App(name="set-aside")

COMMON = Common()


@set_aside.command(name="list")
def show(*, customer: CustomerId, common: Common = COMMON) -> None:
    """List charger messages that the database rejected, newest first."""
    with common.open() as database:
        rejected = database.read_now(messages.find, customer)
    if common.json:
        print_json([it._asdict() for it in rejected])
        return
    for it in rejected:
        stdout.print(f"{it.id}  {it.at:%Y-%m-%d %H:%M:%S} UTC  {it.charger_id}  {it.error}", markup=False)
        stdout.print(f"    {orjson.dumps(it.message).decode()}", markup=False)
    if not rejected:
        stdout.print("No message was set aside.")


@set_aside.command
def retry(
    message_id: Annotated[int, Parameter(validator=int64)], /, *, customer: CustomerId, common: Common = COMMON
) -> None:
    """Write a rejected message again, as if it had just arrived.

    Parameters
    ----------
    message_id
        Number of the message, as `set-aside list` shows it.
    """
    with common.open() as database:
        try:
            database.write_now(messages.retry, customer, message_id, now())
        except (DBAPIError, ValueError) as error:
            raise WrongQuestion(f"message {message_id} was rejected again and stays in the list: {error}") from error
    if common.json:
        print_json({"id": message_id, "written": True})
    else:
        stdout.print(f"Message {message_id} is written.")
