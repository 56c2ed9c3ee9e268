"""The verified subject of a charger's client certificate, from a proxy's header.

A client that can write that header can pose as any charger. So it counts only when a trusted proxy sends it, exactly
once, for a client that came to the proxy by TLS, and when it has exactly one common name.
"""

from __future__ import annotations

import re

from starlette.types import Scope

from ...serving.proxies import PROXIED

_PART = re.compile(r"(?:[^,+\\]|\\.)+", re.DOTALL)
_ESCAPED = re.compile(rb"\\(?:([0-9A-Fa-f]{2})|(.))", re.DOTALL)
_NAMES = ("cn", "2.5.4.3")


def subjects(scope: Scope, header: str) -> list[bytes]:
    """Returns the values of the header in a handshake, one for each time it is there.

    Empty when the header does not count.
    """
    if not header or not scope.get(PROXIED) or scope["scheme"] != "wss":
        return []
    wanted = header.lower().encode()
    return [value for name, value in scope["headers"] if name.lower() == wanted and value.strip()]


def common_name(subject: bytes) -> str | None:
    """Returns the common name of a subject in the form of RFC 4514, `CN=…,O=…`.

    None unless it has exactly one. In older forms, with quotes or slashes, a name cannot be told from a part of
    another, so they have none.
    """
    try:
        text = subject.decode()
        if text.startswith("/") or b'"' in _ESCAPED.sub(b"", subject):
            return None
        parts = (part.partition("=") for part in _PART.findall(text))
        names = [_unescaped(value) for name, _, value in parts if name.strip().lower() in _NAMES]
    except UnicodeDecodeError:
        return None
    return names[0] if len(names) == 1 else None


def _unescaped(value: str) -> str:
    def plain(found: re.Match[bytes]) -> bytes:
        return bytes.fromhex(found[1].decode()) if found[1] else found[2]

    return _ESCAPED.sub(plain, value.strip().encode()).decode()
