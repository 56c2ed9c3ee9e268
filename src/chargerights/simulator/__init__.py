"""Simulated chargers: real web socket clients, for demos, tests and load.

They work with any central system, hold no rights and know no database. `chargerights simulate` and tests use them.

charger, fleet   one charger, and many with their drivers
life             its link: connect, boot, report, lose the link, back off
sessions         how sessions begin and end
commands         what the central system can command
ocpp16, ocpp2x   messages and commands of each version, on what `wire` shares
model            connectors, transactions and unconfirmed messages, without input or output
configuration    settings in the words of both generations
local_list       the local authorization list, and the cache of answers
device           a charger as these parts see it
"""

from .charger import ReceivedCommand, SimulatedCharger
from .device import About, Timings
from .model import Source, State, TagDecision, Trigger
from .tally import Tally
from .wire import SILENCE

__all__ = [
    "SILENCE",
    "About",
    "ReceivedCommand",
    "SimulatedCharger",
    "Source",
    "State",
    "TagDecision",
    "Tally",
    "Timings",
    "Trigger",
]
