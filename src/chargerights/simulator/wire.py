"""The wire that both generations of OCPP share: calls and answers.

Commands are answered from a table action → behaviour. It is built on the `ocpp` package's ChargePoint, without its
schema validation, which costs more than everything else together. Tests check the messages by the official schemas
instead.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, ClassVar, TypeVar

from ocpp import exceptions
from ocpp.charge_point import ChargePoint, camel_to_snake_case, remove_nones, serialize_as_dict, snake_to_camel_case
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from .commands import Commands
from .device import Device
from .errors import CallRefused, LinkLost, MalformedAnswer, NoAnswer, TimedOut
from .model import TagDecision, TransactionMessage
from .sessions import Sessions

LOGGER = logging.getLogger("chargerights.simulator")
LOGGER.addHandler(logging.NullHandler())  # else Python prints the library's warnings over the terminal's table
SILENCE = object()

T = TypeVar("T")


class ChargerLink(ChargePoint):
    """One link to the central system, from the charger's side."""

    subprotocol: ClassVar[str]
    behaviours: ClassVar[Mapping[str, Callable[..., Any]]]
    known_actions: ClassVar[frozenset[str]]
    format_violation: ClassVar[type[exceptions.OCPPError]] = exceptions.FormatViolationError

    def __init__(self, charger: Device, sessions: Sessions, socket: ClientConnection) -> None:
        super().__init__(charger.id, socket, response_timeout=charger.timings.answer, logger=LOGGER)
        self.charger = charger
        self.sessions = sessions
        self.commands = Commands(charger, sessions)
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.frame_size = 0
        self._afterwards: list[Callable[[], Coroutine[Any, Any, None]]] = []

    # What a charger says, in either generation.

    async def boot(self, reason: str) -> tuple[str, int]:
        """The registration status and the interval in seconds."""
        raise NotImplementedError

    async def heartbeat(self) -> None:
        raise NotImplementedError

    async def authorize(self, tag: str) -> TagDecision:
        raise NotImplementedError

    async def report_status(self, number: int) -> None:
        """Tells the state of the connector."""
        raise NotImplementedError

    async def send(self, message: TransactionMessage) -> None:
        """Sends a transaction message and keeps what the answer says of the transaction."""
        raise NotImplementedError

    async def report_firmware(self, status: str, request_id: int | None) -> None:
        raise NotImplementedError

    # How it speaks and listens.

    async def ask(self, request: Any, read: Callable[[Any], T]) -> T:
        """Calls the central system, and returns what `read` makes of its answer.

        Raises NoAnswer, at once when the link ends.
        """
        action = type(request).__name__
        self.charger.tally.sent[action] += 1
        call = asyncio.ensure_future(self.call(request, suppress=False, skip_schema_validation=True))
        try:
            await asyncio.wait((call, self.lost), return_when=asyncio.FIRST_COMPLETED)
            if not call.done():
                raise LinkLost
            return read(call.result())
        except (LinkLost, ConnectionClosed):
            raise LinkLost from None
        except NoAnswer as error:
            raise self._counted(action, error) from None
        except TimeoutError:
            raise self._counted(action, TimedOut()) from None
        except exceptions.OCPPError as error:
            raise self._counted(action, CallRefused(error.code)) from None
        except exceptions.UnknownCallErrorCodeError as error:
            raise self._counted(action, CallRefused(str(error))) from None
        except (TypeError, ValueError, KeyError, AttributeError):
            raise self._counted(action, MalformedAnswer()) from None
        finally:
            call.cancel()

    def _counted(self, action: str, error: NoAnswer) -> NoAnswer:
        self.charger.tally.errors[f"{action}: {error}"] += 1
        return error

    def afterwards(self, step: Callable[..., Coroutine[Any, Any, None]], *arguments: Any) -> None:
        """Runs the step once the answer to the command at hand is sent."""
        self._afterwards.append(partial(step, *arguments))

    async def route_message(self, raw_msg: Any) -> None:
        self.frame_size = len(raw_msg)
        await super().route_message(raw_msg)

    async def _handle_call(self, msg: Any) -> None:
        """Answers a command.

        It replaces the library's method, which asks for handlers by decorator, validates, and leaves unknown actions of
        2.1 without an answer.
        """
        self._afterwards = []
        charger = self.charger
        action = str(msg.action)
        charger.received(action, msg.payload)
        if action in charger.answers:
            answer = charger.answers[action]
            if answer is SILENCE:
                return
            if isinstance(answer, exceptions.OCPPError):
                raise answer
        else:
            answer = snake_to_camel_case(remove_nones(serialize_as_dict(self._behave(action, msg.payload))))
        await self._send(msg.create_call_result(answer).to_json())
        for step in self._afterwards:
            charger.spawn(step())

    def _behave(self, action: str, payload: Any) -> Any:
        behave = self.behaviours.get(action)
        if behave is None:
            known = action in self.known_actions
            raise exceptions.NotImplementedError() if known else exceptions.NotSupportedError()
        if self.charger.registration == "Rejected":
            raise exceptions.SecurityError(description="this charger was not accepted")
        try:
            return behave(self, **camel_to_snake_case(payload))
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise self.format_violation(details={"cause": str(error)}) from error


def accepted(accepted: bool) -> str:
    return "Accepted" if accepted else "Rejected"


def stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def instant(text: str | None) -> datetime | None:
    """Reads an instant. Raises ValueError.

    Without a zone it is in UTC: some central systems leave it out.
    """
    if text is None:
        return None
    found = datetime.fromisoformat(text)
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
