"""`chargerights driver …`: personal data, for whoever answers a person's request or a court's."""

from __future__ import annotations

import sys
from typing import Annotated

from cyclopts import App, Parameter

from ..api.v2 import personal_data
from ..storage import journal, personal
from ..storage.callers import HOST
from ..storage.journal import ERASURE, Occasion
from .common import Common, CustomerId, Id, WrongQuestion, now, print_json, stdout

driver = App(name="driver")

COMMON = Common()


@driver.command(name="export")
def export_driver(driver_id: Id, /, *, customer: CustomerId, common: Common = COMMON) -> None:
    """Write all that is kept about a driver as JSON: his facts, every change of them, and what chargers recorded.

    Parameters
    ----------
    driver_id
        The driver's number.
    """
    with common.open() as database:
        known = database.read_now(personal.known_about, customer, driver_id)
    sys.stdout.write(personal_data.shape_of(driver_id, known).to_json() + "\n")


@driver.command(name="erase")
def erase_driver(
    driver_id: Id,
    /,
    *,
    customer: CustomerId,
    yes: Annotated[bool, Parameter(help="Do it; without this nothing is erased", negative="")] = False,
    common: Common = COMMON,
) -> None:
    """Erase a driver for good: he goes with his tags and rights, and nothing that is kept names him any more.

    Parameters
    ----------
    driver_id
        The driver's number.
    """
    with common.open() as database:
        known = database.read_now(personal.known_about, customer, driver_id)
        if not yes:
            who = known.driver.name if known.driver is not None else f"driver {driver_id}, who was removed before,"
            raise WrongQuestion(f"nothing was erased: add --yes to erase {who} for good")
        occasion = Occasion(now(), HOST, ERASURE)
        database.write_now(journal.make, customer, occasion, personal.erase, driver_id)
    if common.json:
        print_json({"clientId": customer, "driverId": driver_id, "erased": True})
    else:
        stdout.print(f"Driver {driver_id} of customer {customer} is erased.")
