"""Worker processes: started, supervised, restarted.

Each start and each end is a line of the log.
"""

from __future__ import annotations

import pickle
import signal
import time
from dataclasses import dataclass

import structlog
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors.multiprocess import Multiprocess, Process

HUNG_SECONDS = 120.0
"""On a small busy machine a process takes half a minute to import what it needs."""
END_SECONDS = 20.0
"""Twice the time that a worker gives the requests under way."""
AGAIN_SECONDS = 5.0
"""Delay before a worker that has never served is started again."""

log = structlog.get_logger()


@dataclass(slots=True)
class _WorkerState:
    """The known state of a worker process."""

    asked_at: float | None = None
    serves: bool = False
    ended_at: float | None = None


class Workers(Multiprocess):
    """Supervises worker processes.

    `run` returns when a signal ends it, or when a worker cannot start at all: then `failed` is set.
    """

    failed = False

    def keep_subprocess_alive(self) -> None:
        """Never waits for a worker's answer, so that signals are obeyed at once."""
        now = time.monotonic()
        for number, process in enumerate(self.processes):
            seen = self._seen_of(process)
            if process.process.is_alive():
                if not self._is_hung(process, seen, now):
                    continue
                log.error("worker does not answer and is killed", pid=process.pid, seconds=HUNG_SECONDS)
                process.kill()
                process.join()
            if seen.ended_at is None:
                seen.ended_at = now
                status = process.exitcode or 0
                how = {"signal": signal.Signals(-status).name} if status < 0 else {"status": status}
                log.error("worker died", pid=process.pid, **how)
            if process.exitcode == STARTUP_FAILURE:
                self.failed = True
                self.should_exit.set()
                return
            if seen.serves or now - seen.ended_at >= AGAIN_SECONDS:
                self._known.pop(process)
                self.processes[number] = again = Process(self.config, self.sockets)
                again.start()
                self._seen_of(again)

    def init_processes(self) -> None:
        self._known: dict[Process, _WorkerState] = {}
        super().init_processes()
        for process in self.processes:
            self._seen_of(process)

    def join_all(self) -> None:
        """Waits for the end of the workers. Kills those that hang."""
        until = time.monotonic() + END_SECONDS
        for process in self.processes:
            process.process.join(max(0.0, until - time.monotonic()))
            if process.process.is_alive():
                log.error("worker does not end and is killed", pid=process.pid)
                process.process.kill()
                process.process.join()

    def _seen_of(self, process: Process) -> _WorkerState:
        if process not in self._known:
            self._known = {each: seen for each, seen in self._known.items() if each in self.processes}
            self._known[process] = _WorkerState()
            log.info("worker started", pid=process.pid)
        return self._known[process]

    def _is_hung(self, process: Process, seen: _WorkerState, now: float) -> bool:
        """Returns whether its last sign of life is too long ago."""
        try:
            if seen.asked_at is not None and process.parent_conn.poll():
                seen.asked_at = None
                if process.parent_conn.recv() and not seen.serves:
                    seen.serves = True
                    log.info("worker serves", pid=process.pid)
            if seen.asked_at is None:
                process.parent_conn.send(b"ping")
                seen.asked_at = now
        except (OSError, EOFError, pickle.UnpicklingError):
            return False  # it is ending
        return now - seen.asked_at > HUNG_SECONDS
