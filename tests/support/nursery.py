"""Starts `chargerights` in processes of their own, without importing it again for each.

A program that starts costs two seconds of processor time, nearly all of them for imports, and the tests start more
than a hundred. One process for each test run imports the program and then waits. For each `Program` it forks a child,
which gets its own arguments, environment and files, and runs the command from its first line.

    program = Program(["serve", "--port", "8080"], {"PATH": "/usr/bin"}, log)
"""

from __future__ import annotations

import atexit
import json
import os
import random
import select
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import IO, Any

MAX_REQUEST = 1 << 20


class Program:
    """A child of the nursery, with those methods of `subprocess.Popen` that tests use."""

    def __init__(self, arguments: list[str], environment: dict[str, str], output: IO[bytes] | None) -> None:
        self.returncode: int | None = None
        self._ended, theirs = socket.socketpair()
        request = json.dumps({"arguments": arguments, "environment": environment, "folder": str(Path.cwd())})
        nursery = _nursery()
        with theirs, Path(os.devnull).open("r+b", buffering=0) as nothing:
            files = [theirs.fileno(), nothing.fileno(), (output or nothing).fileno()]
            socket.send_fds(nursery, [request.encode()], files)
            self.pid = int(self._ended.recv(20))

    def __del__(self) -> None:
        self._ended.close()

    def poll(self) -> int | None:
        return self._status(0)

    def wait(self, timeout: float | None = None) -> int:
        status = self._status(timeout)
        if status is None:
            raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0)
        return status

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _status(self, timeout: float | None) -> int | None:
        """Returns the exit status, negative after a signal, or None if the program still runs."""
        if self.returncode is None:
            ready = select.poll()
            ready.register(self._ended, select.POLLIN)
            if ready.poll(None if timeout is None else timeout * 1000):
                self.returncode = int(self._ended.recv(20))
                self._ended.close()
        return self.returncode


_running: list[socket.socket] = []


def _nursery() -> socket.socket:
    """Returns the nursery of this process, which is started when it is first needed."""
    if not _running:
        ours, theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)
        with theirs:
            environment = {name: value for name, value in os.environ.items() if not name.startswith("CHARGERIGHTS_")}
            process = subprocess.Popen(
                [sys.executable, "-m", __name__, str(theirs.fileno())],
                pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, env=environment,
            )  # fmt: skip
        _running.append(ours)
        atexit.register(process.wait)
        atexit.register(ours.close)
    return _running[0]


def _serve(requests: socket.socket) -> dict[str, Any] | None:
    """Forks for each request. Returns the request in the child, and None in the nursery when its tests have ended."""
    import chargerights.app
    import chargerights.cli.server  # noqa: F401

    ended, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    children: dict[int, socket.socket] = {}
    while True:
        ready, _, _ = select.select([requests, ended], [], [])
        if ended in ready:
            os.read(ended, 1_000)
            for pid in [*children]:
                found, status = os.waitpid(pid, os.WNOHANG)
                if found:
                    with children.pop(pid) as owner:
                        owner.send(b"%d" % os.waitstatus_to_exitcode(status))
        if requests in ready:
            message, files, _, _ = socket.recv_fds(requests, MAX_REQUEST, 3)
            if not message:
                return None
            pid = os.fork()
            owner = socket.socket(fileno=files[0])
            if pid == 0:
                signal.set_wakeup_fd(-1)
                for number in (ended, wake, *(child.detach() for child in children.values())):
                    os.close(number)
                for number, target in ((files[1], 0), (files[2], 1), (files[2], 2)):
                    os.dup2(number, target)
                for number in (requests.detach(), owner.detach(), *files[1:]):
                    os.close(number)
                request: dict[str, Any] = json.loads(message)
                return request
            children[pid] = owner
            owner.send(b"%-20d" % pid)
            for number in files[1:]:
                os.close(number)


def _run(request: dict[str, Any]) -> None:
    """Runs the command as `python -m chargerights` does."""
    import chargerights.__main__ as program

    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    random.seed()
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    sys.argv = ["chargerights", *request["arguments"]]
    sys.modules["__main__"] = program  # what worker processes import first
    program.main()


if __name__ == "__main__":
    given = _serve(socket.socket(fileno=int(sys.argv[1])))
    if given is not None:
        _run(given)
