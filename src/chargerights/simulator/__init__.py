"""Simulated chargers: real web socket clients of any central system, for demos, tests and load.

Holds no rights and knows no database; `chargerights simulate` and tests are its users.
"""

from .charger import About, Command, SimulatedCharger, Timings
from .model import Cause, Source, State, Verdict
from .tally import Tally
from .wire import SILENCE

__all__ = ["SILENCE", "About", "Cause", "Command", "SimulatedCharger", "Source", "State", "Tally", "Timings", "Verdict"]
