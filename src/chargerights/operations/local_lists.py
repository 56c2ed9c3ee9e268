"""Local lists: whether a charger knows the tags that it may accept offline."""

from __future__ import annotations

from typing import NamedTuple

from ..rights.local_list import ListedTag
from ..storage.charging import local_lists
from ..storage.charging.local_lists import KeptList, OutOfStep
from .view import View

DETAILS = {
    OutOfStep.NOT_CONNECTED: "the charger is not connected: it is sent the changes when it connects",
    OutOfStep.NOT_ASKED: "the charger has connected, and is about to be asked for its list",
    OutOfStep.NOT_SUPPORTED: "the charger does not support local lists: offline it accepts what its own settings say",
    OutOfStep.SWITCHED_OFF: "local lists are switched off at the charger: set LocalAuthListEnabled to true",
    OutOfStep.TOO_SMALL: "the charger takes {list.size} of {list.wanted} tags: it knows those used there last",
    OutOfStep.REFUSED: "the charger has refused its list: it is sent again after a while",
    OutOfStep.NO_ANSWER: "the charger does not answer: its list is sent again after a while",
    OutOfStep.DATABASE_AWAY: "the database cannot be reached: the charger's list waits for it",
}


class LocalListState(NamedTuple):
    """A charger's list as it was last sent, and why it is out of step, if it is."""

    kept: KeptList | None
    reason: OutOfStep | None

    @property
    def detail(self) -> str | None:
        """The reason in a sentence."""
        return None if self.reason is None else DETAILS[self.reason].format(list=self.kept)


async def state(view: View, charger_id: str) -> LocalListState:
    """The state of a charger's list."""
    charger = view.charger(charger_id)
    live = view.image.live.get(charger.charger_id)
    connected = live is not None and live.connected
    kept = await _kept(view, charger.charger_id)
    reason = None if kept is None else kept.reason
    if not connected and reason not in (OutOfStep.NOT_SUPPORTED, OutOfStep.SWITCHED_OFF):
        reason = OutOfStep.NOT_CONNECTED
    elif reason is None and (kept is None or not kept.in_step):
        reason = OutOfStep.NOT_ASKED
    return LocalListState(kept, reason)


async def entries(view: View, charger_id: str) -> list[ListedTag]:
    """The tags that a charger's list holds, as they were sent."""
    kept = await _kept(view, view.charger(charger_id).charger_id)
    return [] if kept is None or kept.tags is None else [*kept.tags.values()]


async def sent_version(view: View, charger_id: str) -> int | None:
    """The version of the list that was sent last."""
    kept = await _kept(view, charger_id)
    return None if kept is None else kept.version


async def _kept(view: View, charger_id: str) -> KeptList | None:
    return await view.services.database.read(local_lists.get, view.caller.customer_id, charger_id)
