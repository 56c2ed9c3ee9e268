"""Settings come from the environment or from files it names; whatever is wrong is refused by its name."""

from __future__ import annotations

from pathlib import Path

import pytest

from chargerights.settings import InvalidSettings, Settings, read


def refusal(environment: dict[str, str]) -> str:
    with pytest.raises(InvalidSettings) as refused:
        read(environment)
    return str(refused.value)


def test_without_any_setting_the_defaults_hold() -> None:
    assert read({"PATH": "/bin", "OTHER_DATABASE": "x"}) == Settings()
    assert read({}).database == "sqlite:///chargerights.db"


def test_each_setting_is_read() -> None:
    found = read(
        {
            "CHARGERIGHTS_DATABASE": "postgresql://a@b/c",
            "CHARGERIGHTS_LOG_FORMAT": "json",
            "CHARGERIGHTS_LOG_LEVEL": "error",
            "CHARGERIGHTS_WEBHOOK_TARGETS": "any",
            "CHARGERIGHTS_EVENTS_KEPT_DAYS": "7",
        }
    )
    assert (found.webhook_targets, found.events_kept_days) == ("any", 7)
    assert (found.database, found.log_format, found.log_level) == ("postgresql://a@b/c", "json", "error")


def test_a_setting_may_stand_in_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("postgresql://a:b@c/d\n")
    assert read({"CHARGERIGHTS_DATABASE_FILE": str(secret)}).database == "postgresql://a:b@c/d"


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    for path in (tmp_path / "absent", tmp_path, tmp_path / "binary"):
        told = refusal({"CHARGERIGHTS_DATABASE_FILE": str(path)})
        assert told.startswith(f"CHARGERIGHTS_DATABASE_FILE names {path}, which cannot be read: ")


def test_a_setting_that_stands_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("sqlite:///a.db")
    for environment in (
        {"CHARGERIGHTS_DATABASE": "sqlite:///b.db", "CHARGERIGHTS_DATABASE_FILE": str(tmp_path / "secret")},
        {"CHARGERIGHTS_DATABASE_FILE": str(tmp_path / "secret"), "CHARGERIGHTS_DATABASE": "sqlite:///b.db"},
    ):
        assert refusal(environment) == "CHARGERIGHTS_DATABASE and CHARGERIGHTS_DATABASE_FILE are both set: keep one"


@pytest.mark.parametrize("name", ["DATABSE", "", "FILE", "_FILE", "PORT", "MODEL_CONFIG"])
def test_an_unknown_setting_is_refused_and_told_which_there_are(name: str, tmp_path: Path) -> None:
    told = refusal({f"CHARGERIGHTS_{name}": str(tmp_path)})
    assert told.startswith(f"CHARGERIGHTS_{name} ")


def test_what_a_client_s_script_exports_is_no_setting() -> None:
    assert read({"CHARGERIGHTS_KEY": "crk_1_x", "CHARGERIGHTS_CLI": "/bin/chargerights"}) == read({})


@pytest.mark.parametrize("name", ["chargerights_ocpp_security_profile", "Chargerights_Log_Level", "CHARGERIGHTs_X"])
def test_a_setting_in_small_letters_is_refused_not_overlooked(name: str) -> None:
    assert refusal({name: "2"}) == f"{name} is not a setting: write its name in capitals, {name.upper()}"


def test_nothing_but_that_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHARGERIGHTS_OCPP_SECURITY_PROFILE", "0")
    assert read({}).ocpp_security_profile == 1


def test_the_value_of_a_secret_is_in_no_refusal() -> None:
    assert "hunter2" not in refusal({"CHARGERIGHTS_METRICS_TOKEN": "hunter2"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LOG_FORMAT", "xml"),
        ("LOG_FORMAT", ""),
        ("LOG_FORMAT", "JSON"),
        ("LOG_LEVEL", "loud"),
        ("WEBHOOK_TARGETS", "private"),
        ("EVENTS_KEPT_DAYS", "0"),
        ("EVENTS_KEPT_DAYS", "1.5"),
        ("EVENTS_KEPT_DAYS", ""),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_what_can(name: str, value: str) -> None:
    told = refusal({f"CHARGERIGHTS_{name}": value})
    assert told == f"CHARGERIGHTS_{name} cannot be {value!r}: {Settings.model_fields[name.lower()].description}"


def test_every_setting_has_a_description() -> None:
    assert all(field.description for field in Settings.model_fields.values())
