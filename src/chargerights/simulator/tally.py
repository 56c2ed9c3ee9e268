"""Counts of what simulated chargers have met. A whole fleet has one tally."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

LATENCIES_KEPT = 20_000


@dataclass
class Tally:
    connected: int = 0
    accepted: int = 0
    connects: int = 0
    drops: int = 0
    charging: int = 0
    started: int = 0
    ended: int = 0
    resent: int = 0
    given_up: int = 0
    handshakes_refused: Counter[str] = field(default_factory=Counter)
    boots: Counter[str] = field(default_factory=Counter)
    cards_accepted: Counter[str] = field(default_factory=Counter)
    cards_refused: Counter[str] = field(default_factory=Counter)
    starts_refused: Counter[str] = field(default_factory=Counter)
    sent: Counter[str] = field(default_factory=Counter)
    commands: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    authorize_ms: deque[float] = field(default_factory=lambda: deque(maxlen=LATENCIES_KEPT))

    def summary(self) -> dict[str, Any]:
        """Returns the members of `chargerights simulate --json`."""
        return {
            "connected": self.connected,
            "accepted": self.accepted,
            "connects": self.connects,
            "drops": self.drops,
            "handshakesRefused": dict(self.handshakes_refused),
            "boots": dict(self.boots),
            "cards": {"accepted": dict(self.cards_accepted), "refused": dict(self.cards_refused)},
            "sessions": {
                "started": self.started,
                "ended": self.ended,
                "charging": self.charging,
                "startsRefused": dict(self.starts_refused),
                "messagesResent": self.resent,
                "messagesGivenUp": self.given_up,
            },
            "messages": dict(self.sent),
            "commands": dict(self.commands),
            "errors": dict(self.errors),
            "authoriseMs": {name: self.latency(share) for name, share in (("p50", 0.5), ("p99", 0.99), ("max", 1.0))},
        }

    def latency(self, share: float) -> float | None:
        """Returns a quantile of the latest Authorize calls, in milliseconds."""
        if not self.authorize_ms:
            return None
        ranked = sorted(self.authorize_ms)
        return round(ranked[min(len(ranked) - 1, int(share * len(ranked)))], 1)
