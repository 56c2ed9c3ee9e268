"""`chargerights serve` with settings and files that it refuses: it says why, and never listens."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from chargerights.cli import server
from tests.cli.conftest import Cli

Refusal = Callable[..., str]


@pytest.fixture
def refusal(run: Cli, monkeypatch: pytest.MonkeyPatch) -> Refusal:
    """Runs `serve` with those options and settings, and returns what it printed."""
    monkeypatch.setattr(server, "listen", lambda *_: pytest.fail("it listens"))

    def ask(*options: object, **settings: str) -> str:
        for name, value in settings.items():
            monkeypatch.setenv(f"CHARGERIGHTS_{name}", value)
        done = run("serve", *options)
        assert (done.status, done.out) == (2, "")
        assert "Traceback" not in done.err
        return " ".join(done.err.split())

    return ask


@pytest.mark.parametrize(
    ("settings", "options", "cause"),
    [
        (
            {"OCPP_SUBJECT_HEADER": "X-Subject"},
            (),
            "CHARGERIGHTS_OCPP_SUBJECT_HEADER is set and CHARGERIGHTS_TRUSTED_PROXIES is not: any client could write",
        ),
        ({"OCPP_SUBJECT_HEADER": "X-Subject", "TRUSTED_PROXIES": "*"}, (), "CHARGERIGHTS_TRUSTED_PROXIES: '*' is no"),
        ({"TRUSTED_PROXIES": "10.0.0.1/8"}, (), "CHARGERIGHTS_TRUSTED_PROXIES: '10.0.0.1/8' is not an address"),
        ({"TRUSTED_PROXIES": "proxy.example"}, (), "CHARGERIGHTS_TRUSTED_PROXIES: 'proxy.example' is not an address"),
        ({"TRUSTED_PROXIES": "0.0.0.0/0"}, (), "CHARGERIGHTS_TRUSTED_PROXIES: '0.0.0.0/0' trusts half the internet"),
        ({"OCPP_SECURITY_PROFILE": "3"}, (), "security profile 3 needs CHARGERIGHTS_OCPP_SUBJECT_HEADER"),
        ({}, ("--ocpp-security-profile", "3"), "security profile 3 needs CHARGERIGHTS_OCPP_SUBJECT_HEADER"),
        ({"METRICS_TOKEN": "short"}, (), "CHARGERIGHTS_METRICS_TOKEN cannot be"),
    ],
)
def test_settings_that_would_let_strangers_in(
    refusal: Refusal, settings: dict[str, str], options: tuple[str, ...], cause: str
) -> None:
    assert cause in refusal(*options, **settings)


@pytest.mark.parametrize("profile", ["4", "-1", "two"])
def test_a_profile_that_does_not_exist(refusal: Refusal, profile: str) -> None:
    assert "--ocpp-security-profile" in refusal("--ocpp-security-profile", profile)


@pytest.mark.parametrize(
    ("certificate", "key", "cause"),
    [
        ("certificate.pem", None, "TLS needs both --tls-certificate and --tls-key"),
        (None, "key.pem", "TLS needs both --tls-certificate and --tls-key"),
        ("certificate.pem", "absent.pem", "absent.pem cannot be read: No such file or directory"),
        (".", "key.pem", "cannot be read: Is a directory"),
        ("key.pem", "certificate.pem", "are not a certificate and its key"),
        ("certificate.pem", "other.pem", "are not a certificate and its key"),
        ("certificate.pem", "locked.pem", "are not a certificate and its key"),
    ],
)
def test_files_that_make_no_tls(
    refusal: Refusal, folder: Path, certificate: str | None, key: str | None, cause: str
) -> None:
    issuer = trustme.CA()
    made = issuer.issue_cert("127.0.0.1")
    made.cert_chain_pems[0].write_to_path(folder / "certificate.pem")
    made.private_key_pem.write_to_path(folder / "key.pem")
    issuer.issue_cert("127.0.0.1").private_key_pem.write_to_path(folder / "other.pem")
    whole = load_pem_private_key(made.private_key_pem.bytes(), None)
    secret = whole.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
    (folder / "locked.pem").write_bytes(secret)
    options = [] if certificate is None else ["--tls-certificate", folder / certificate]
    options += [] if key is None else ["--tls-key", folder / key]
    assert cause in refusal(*options)
