"""Request bodies of commands to chargers."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from ...fields import types
from ...operations.errors import InMember
from ...rights.errors import InvalidInput
from .shapes import Draft

Trigger = Literal[
    "BootNotification", "DiagnosticsStatusNotification", "FirmwareStatusNotification", "Heartbeat",
    "LogStatusNotification", "MeterValues", "StatusNotification", "TransactionEvent",
]  # fmt: skip
SocketId = Annotated[int, Field(ge=1, le=2**31 - 1)]


class TagMissing(InvalidInput):
    """A tag that is to be validated and is not given."""


class OneTooMany(InvalidInput):
    """Two members that name the same thing."""


class SocketChoice(Draft):
    """A socket and a tag."""

    socket_id: SocketId | None = Field(None, description="Left out: the charger's only session, or what is free")
    rfid_tag: types.TagText | None = Field(None, description="The driver's tag")
    validate_rfid: bool = Field(False, description="true: only if the tag's driver may charge there now")

    def arguments(self) -> dict[str, Any]:
        """Raises InMember."""
        if self.validate_rfid and self.rfid_tag is None:
            raise InMember("rfidTag", TagMissing("must be given: validateRfid asks whether it may charge"))
        return {"socketId": self.socket_id, "validate": self.validate_rfid}

    @property
    def tag(self) -> dict[str, Any]:
        """The member that names a person, which is not logged."""
        return {"idTag": self.rfid_tag}


class StartDraft(SocketChoice):
    """The socket and tag of a session to start."""

    rfid_tag: types.TagText = Field(description="The tag of the driver that the session is for")


class StopDraft(SocketChoice):
    """The session to stop, and the tag that stops it."""

    session_id: types.EntityId | None = Field(
        None, description="The session; without it, the one at the socket or of the tag"
    )

    def arguments(self) -> dict[str, Any]:
        """Raises InMember."""
        if self.session_id is not None and self.socket_id is not None:
            raise InMember("socketId", OneTooMany("cannot be given with sessionId: send one of them"))
        return {**super().arguments(), "sessionId": self.session_id}


class UnlockDraft(Draft):
    socket_id: SocketId


class ResetDraft(Draft):
    """A kind of restart: Soft or Hard.

    Soft: sessions end in good order first (OCPP 1.6), or the charger waits for them to end (2.x). Hard: at once.
    """

    type: Literal["Soft", "Hard"]
    evse_id: SocketId | None = Field(None, description="Only this EVSE, by its number at the charger; OCPP 2.x only")


class AvailabilityDraft(Draft):
    """The availability of a socket or, without socketId, of the whole charger."""

    available: bool
    socket_id: SocketId | None = None


class SettingDraft(Draft):
    """One setting."""

    name: Annotated[str, Field(min_length=1, max_length=500)]
    value: Annotated[str, Field(max_length=2500)]


class TriggerDraft(Draft):
    """A message that the charger is to send now.

    LogStatusNotification and TransactionEvent are in OCPP 2.x only, DiagnosticsStatusNotification in 1.6 only.
    """

    message: Trigger
    socket_id: SocketId | None = None
