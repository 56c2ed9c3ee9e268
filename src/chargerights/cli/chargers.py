"""`chargerights charger …`."""

from __future__ import annotations

from collections.abc import Callable

from cyclopts import App

from ..rights.errors import UnknownCharger
from ..rights.model import Charger
from ..storage import charger_passwords, chargers, journal
from ..storage.callers import HOST
from ..storage.changes import chargers as changes
from ..storage.journal import Occasion
from .common import Common, instant, now, print_json, stdout

charger = App(name="charger", help="Chargers: how they prove who they are, and blocking them.")

COMMON = Common()


@charger.command(name="password")
def renew_password(charger_id: str, /, *, common: Common = COMMON) -> None:
    """Give the charger a new password, which is shown this once; the old one ends at once.

    Parameters
    ----------
    charger_id
        The charger's id, which is its user name too.
    """
    with common.open() as database:
        password = database.write_now(charger_passwords.renew, charger_id, now())
    if common.json:
        print_json({"chargerId": charger_id, "password": password})
    else:
        stdout.print(f"Password of charger {charger_id}, shown this once:", markup=False)
        stdout.print(password, style="bold", markup=False)


@charger.command
def block(charger_id: str, /, *, until: str, common: Common = COMMON) -> None:
    """Block the charger for a while: until then nobody may charge there.

    Parameters
    ----------
    charger_id
        The charger's id.
    until
        The instant at which the block ends by itself, ISO 8601.
    """
    end = instant(until, "--until")
    _change(charger_id, "charger.block", common, changes.block, end)


@charger.command
def unblock(charger_id: str, /, *, common: Common = COMMON) -> None:
    """End the charger's block: who may charge there is as before.

    Parameters
    ----------
    charger_id
        The charger's id.
    """
    _change(charger_id, "charger.unblock", common, changes.unblock)


def _change(charger_id: str, action: str, common: Common, work: Callable[..., Charger], *arguments: object) -> None:
    """Does it for whichever customer has the charger, and says how it is blocked then."""
    with common.open() as database:
        customer = database.read_now(chargers.owner, charger_id)
        if customer is None:
            raise UnknownCharger((charger_id,))
        occasion = Occasion(now(), HOST, action)
        changed = database.write_now(journal.make, customer, occasion, work, charger_id, *arguments)
    until = changed.blocked_until
    if common.json:
        print_json({"chargerId": charger_id, "blockedUntil": until})
    else:
        how = "not blocked" if until is None else f"blocked until {until:%Y-%m-%d %H:%M:%S} UTC"
        stdout.print(f"Charger {charger_id} is {how}.", markup=False)
