"""Authenticates chargers by OCPP's security profiles 0 to 3.

    0  no proof, for chargers without a password. One that has a password must show it
    1  the charger's password (HTTP Basic, user name = charger id)
    2  the same over TLS
    3  a certificate whose verified subject a proxy hands on. Its common name is the charger's id or serial number

The policy names the lowest profile that is accepted. TLS ends here or at a proxy. The scheme of a request comes from
uvicorn, or from a proxy that the settings trust (see `serving.proxies`).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...storage.charging.charger_passwords import KnownCredentials
from .certificates import common_name

CERTIFICATE = 3
"""The security profile."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The authentication that is required.

    `subject_header`: the header in which a proxy hands on a client certificate's verified subject, if one does.
    """

    least_profile: int = 1
    subject_header: str = ""


class HandshakeRejected(Exception):
    """A handshake that ends with this HTTP status and text."""

    def __init__(self, status: int, text: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.headers = headers or {}


class NothingCommon(HandshakeRejected):
    """A charger that offers no subprotocol of this server.

    As OCPP requires, the handshake is finished without a subprotocol, and the web socket is closed.
    """


def authenticate(
    charger_id: str,
    known: KnownCredentials,
    policy: Policy,
    headers: Mapping[str, str],
    is_tls: bool,
    subjects: Sequence[bytes] = (),
) -> int:
    """Returns the security profile by which the charger is authenticated.

    `subjects`: of its certificate, see `certificates.subjects`. Raises HandshakeRejected.
    """
    profile = _profile(charger_id, known, policy, headers, is_tls, subjects)
    if profile < policy.least_profile:
        wanted = {
            1: "show the charger's password",
            2: "connect over TLS",
            CERTIFICATE: "show a client certificate, by TLS, to the proxy that checks it",
        }
        raise HandshakeRejected(
            401, f"security profile {policy.least_profile} is asked for here: {wanted[policy.least_profile]}"
        )
    return profile


def _profile(
    charger_id: str,
    known: KnownCredentials,
    policy: Policy,
    headers: Mapping[str, str],
    is_tls: bool,
    subjects: Sequence[bytes],
) -> int:
    if subjects:
        if len(subjects) > 1:
            raise HandshakeRejected(
                403, f"{policy.subject_header} came twice: the proxy must overwrite what clients send in it"
            )
        if common_name(subjects[0]) not in (charger_id, known.serial_number or charger_id):
            raise HandshakeRejected(403, "the certificate's common name is not this charger's id or serial number")
        return CERTIFICATE
    given = headers.get("authorization")
    if given is None:
        if known.hash is None and policy.least_profile == 0:
            return 0
        raise _unauthorised("show the charger's password")
    name, password = _basic(given)
    if name != charger_id or not known.shows(password):
        raise _unauthorised("the user name is not the charger's id, or the password is not the charger's")
    return 2 if is_tls else 1


def _basic(header: str) -> tuple[str, bytes]:
    """Returns user name and password, which need not be text.

    A charger id holds no colon (RFC 7617 section 2).
    """
    scheme, _, token = header.partition(" ")
    try:
        decoded = base64.b64decode(token.strip(), validate=True) if scheme.lower() == "basic" else b""
    except (binascii.Error, ValueError):
        decoded = b""
    name, _, password = decoded.partition(b":")
    return name.decode(errors="replace"), password


def _unauthorised(text: str) -> HandshakeRejected:
    return HandshakeRejected(401, text, {"www-authenticate": 'Basic realm="OCPP", charset="UTF-8"'})
