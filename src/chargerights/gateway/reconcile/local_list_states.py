"""What a charger's local list can be: in step with the rights, changing, or out of step for a reason."""

from __future__ import annotations

from ...storage.charging.local_lists import OutOfStep

IN_STEP, CHANGING = "inStep", "changing"
STATES = (IN_STEP, CHANGING, *OutOfStep)
HOPELESS = (OutOfStep.NOT_SUPPORTED, OutOfStep.SWITCHED_OFF)
"""Until the charger starts again."""
