"""`chargerights charger …`."""

from __future__ import annotations

from cyclopts import App

from ..storage import charger_passwords
from .common import Common, now, print_json, stdout

charger = App(name="charger", help="Chargers, and how they prove who they are.")

COMMON = Common()


@charger.command(name="password")
def renew_password(charger_id: str, /, *, common: Common = COMMON) -> None:
    """Give the charger a new password, which is shown this once; the old one ends with its next connection.

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
