"""Transactions that a charger has begun and ended, by version of OCPP."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from typing import NamedTuple

STARTS_KEPT = 200
ENDS_KEPT = 200


class Start(NamedTuple):
    """A StartTransaction of OCPP 1.6. `is_new`: it was not sent before."""

    key: str
    transaction_id: str
    is_new: bool


class Transactions16:
    """The transactions of OCPP 1.6 by the content of their starts.

    A start that is sent again begins no other transaction.
    """

    def __init__(self) -> None:
        self._transactions: dict[str, str] = {}
        self._ended: set[str] = set()

    def learn(self, transactions: dict[str, str], ended: set[str]) -> None:
        """Adds what this process or others have stored before.

        What is known already takes precedence.
        """
        self._transactions = transactions | self._transactions
        self._ended |= ended

    def begin(self, content: str, has_clock: bool, new_id: Callable[[Collection[str]], int]) -> Start:
        """Returns the start with that content, which may have been sent before.

        A start that repeats one whose transaction has ended is new when the charger has no clock. When it has one, the
        start was sent again.
        """
        key, copies = content, 1
        while (transaction := self._transactions.get(key)) in self._ended and not has_clock:
            copies += 1
            key = f"{content}.{copies}"
        if transaction is not None:
            return Start(key, transaction, is_new=False)
        self._transactions[key] = transaction = str(new_id(self._transactions.values()))
        while len(self._transactions) > STARTS_KEPT:
            self._ended.discard(self._transactions.pop(next(iter(self._transactions))))
        return Start(key, transaction, is_new=True)

    def has_ended(self, transaction_id: str) -> bool:
        return transaction_id in self._ended

    def end(self, transaction_id: str) -> None:
        if transaction_id in self._transactions.values():
            self._ended.add(transaction_id)


class Transactions2x:
    """Transactions of OCPP 2.x that have ended.

    Their events come in any order, also after the end.
    """

    def __init__(self) -> None:
        self._ended: dict[str, datetime] = {}
        """Instants by transaction id, the latest last."""

    def end(self, transaction_id: str, at: datetime) -> None:
        self._ended.pop(transaction_id, None)
        self._ended[transaction_id] = at
        while len(self._ended) > ENDS_KEPT:
            del self._ended[next(iter(self._ended))]

    def has_ended(self, transaction_id: str, started_at: datetime | None) -> bool:
        """Returns whether the transaction has ended already.

        A start that is later than the end uses its id again.
        """
        ended_at = self._ended.get(transaction_id)
        if ended_at is None or (started_at is not None and started_at > ended_at):
            self._ended.pop(transaction_id, None)
            return False
        return True
