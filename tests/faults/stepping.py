"""`chargerights` as a program that says when it comes to a chosen statement: `stepping.py MOMENT HOW ARGUMENTS…`

MOMENT is how the statement begins; COMMIT is that of the transaction that wrote to the journal. HOW: `held` waits
before it, `let-go` goes on at once, `done` waits after it. The reader of the line on standard output kills it then.
"""

from __future__ import annotations

import signal
import sys
from typing import Any

from sqlalchemy import Engine, event

from chargerights.cli import main

REACHED = "reached"


class Stepping:
    def __init__(self, moment: str, how: str) -> None:
        self._moment = moment
        self._how = how
        self._journalled = False

    def before(self, _c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        self._journalled |= statement.startswith("INSERT INTO journal")
        if self._how != "done" and self._is_it(statement):
            self._reached()

    def after(self, _c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if self._how == "done" and self._is_it(statement):
            self._reached()

    def _is_it(self, statement: str) -> bool:
        return statement.startswith(self._moment) and (self._moment != "COMMIT" or self._journalled)

    def _reached(self) -> None:
        print(REACHED, flush=True)
        if self._how != "let-go":
            signal.pause()


if __name__ == "__main__":
    stepping = Stepping(*sys.argv[1:3])
    event.listen(Engine, "before_cursor_execute", stepping.before)
    event.listen(Engine, "after_cursor_execute", stepping.after)
    del sys.argv[1:3]
    main()
