"""The sockets that a server listens on."""

from __future__ import annotations

import errno
import os
import socket
from contextlib import ExitStack

BACKLOG = 2048


class CannotListen(Exception):
    """An address and port that are taken, or not available to this machine or user."""


def listen(host: str, port: int) -> list[socket.socket]:
    """Opens a listening socket for each address of the host.

    With port 0 a free port is chosen, the same for all. From then on no other process can listen there. Raises
    CannotListen.
    """
    with ExitStack() as opened:
        sockets: list[socket.socket] = []
        for family, address in _addresses(host, port):
            try:
                sockets.append(opened.enter_context(_listen(family, (address, port))))
            except OSError as error:
                if error.errno == errno.EADDRNOTAVAIL and len(_addresses(host, port)) > 1:
                    continue  # such as ::1 of localhost, on a machine without IPv6
                raise _cannot(host, port, error) from None
            port = port or sockets[0].getsockname()[1]
        if not sockets:
            raise _cannot(host, port, OSError(errno.EADDRNOTAVAIL, os.strerror(errno.EADDRNOTAVAIL)))
        opened.pop_all()
        return sockets


def _addresses(host: str, port: int) -> list[tuple[socket.AddressFamily, str]]:
    try:
        infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise CannotListen(f"{host} is not a name or address of this machine: {error}") from None
    return list(dict.fromkeys((family, str(address[0])) for family, _, _, _, address in infos))


def _listen(family: socket.AddressFamily, address: tuple[str, int]) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family is socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
        listener.set_inheritable(True)  # worker processes accept from it
    except OSError:
        listener.close()
        raise
    return listener


def _cannot(host: str, port: int, error: OSError) -> CannotListen:
    causes = {
        errno.EADDRINUSE: "another program listens there: stop it, or choose another --port",
        errno.EACCES: "this user may not: choose a --port above 1023, or give the program CAP_NET_BIND_SERVICE",
        errno.EADDRNOTAVAIL: "this machine does not have that address: choose another --host",
    }
    return CannotListen(f"cannot listen on port {port} of {host}: {causes.get(error.errno or 0, error.strerror)}")
