"""Webhook messages, signed by Standard Webhooks (standardwebhooks.com), version 1."""

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
"""The type of the message that tests a webhook. No event of the log has it."""


def members(event: Event) -> dict[str, Any]:
    """Returns an event as webhooks carry it and as /v2/events lists it."""
    envelope = {"type": event.type, "timestamp": instant(event.at), "number": event.number}
    if event.revision is not None:
        envelope["revision"] = event.revision
    return {**envelope, "data": event.data}


def body(event: Event) -> bytes:
    return orjson.dumps(members(event))


def test_body(at: datetime) -> bytes:
    return orjson.dumps({"type": TEST, "timestamp": instant(at), "data": {}})


def message_id(customer_id: int, webhook_id: int, number: int | str) -> str:
    """Returns the id of a message: the same for every attempt, replays included."""
    return f"msg_{customer_id}_{webhook_id}_{number}"


def headers(id_: str, at: datetime, content: bytes, secrets: Iterable[str]) -> dict[str, str]:
    """Returns the headers of one attempt, signed with each secret.

    Without secrets it is not signed.
    """
    fields = {"content-type": "application/json", "user-agent": f"chargerights/{__version__}"}
    signatures = [Signer(secret).sign(id_, at, content.decode()) for secret in secrets]
    if signatures:
        fields["webhook-id"] = id_
        fields["webhook-timestamp"] = str(int(at.timestamp()))
        fields["webhook-signature"] = " ".join(signatures)
    return fields
