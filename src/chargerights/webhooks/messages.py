"""How an event looks outside, and its signature: Standard Webhooks (standardwebhooks.com), version 1."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import orjson
from standardwebhooks import Webhook as Signer

from .. import __version__
from ..rights.events import instant
from ..storage.events import Event

TEST = "webhook.test"
"""The type of the message that is sent to try a webhook out; no event of the log has it."""


def members(event: Event) -> dict[str, Any]:
    """An event as webhooks carry it and as /v2/events lists it."""
    found = {"type": event.type, "timestamp": instant(event.at), "number": event.number}
    if event.revision is not None:
        found["revision"] = event.revision
    return {**found, "data": event.data}


def body(event: Event) -> bytes:
    return orjson.dumps(members(event))


def test_body(at: datetime) -> bytes:
    return orjson.dumps({"type": TEST, "timestamp": instant(at), "data": {}})


def message_id(customer_id: int, webhook_id: int, number: int | str) -> str:
    """The same for every attempt to bring the event of that number to that webhook, replays included."""
    return f"msg_{customer_id}_{webhook_id}_{number}"


def headers(id_: str, at: datetime, content: bytes, secrets: Iterable[str]) -> dict[str, str]:
    """The headers of one attempt, signed with each of the secrets; without secrets, of a message that is not signed."""
    found = {"content-type": "application/json", "user-agent": f"chargerights/{__version__}"}
    signatures = [Signer(secret).sign(id_, at, content.decode()) for secret in secrets]
    if signatures:
        found["webhook-id"] = id_
        found["webhook-timestamp"] = str(int(at.timestamp()))
        found["webhook-signature"] = " ".join(signatures)
    return found
