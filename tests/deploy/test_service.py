"""The systemd unit is understood and hardened, by systemd's own programs."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from tests.deploy.proxies import DEPLOY, checked
from tests.support.programs import needs

MOST_EXPOSED = 15
"""Tenths of systemd's exposure level: 10.0 is a service without any of it."""


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit, with the program where it is here."""
    text = (DEPLOY / "chargerights.service").read_text(encoding="utf-8")
    assert text.count("/opt/chargerights/bin/") == 2
    copy = tmp_path / "chargerights.service"
    copy.write_text(text.replace("/opt/chargerights/bin/", f"{Path(sys.executable).parent}/"))
    return copy


@needs("systemd-analyze")
def test_systemd_understands_it(unit: Path) -> None:
    assert checked(["systemd-analyze", "verify", "--man=no", str(unit)]) == ""


@needs("systemd-analyze")
def test_it_is_hardened(unit: Path) -> None:
    report = checked(
        ["systemd-analyze", "security", "--no-pager", "--offline=true", f"--threshold={MOST_EXPOSED}", str(unit)]
    )
    assert re.search(r"exposure level for chargerights.service: [01]\.\d OK", report), report
