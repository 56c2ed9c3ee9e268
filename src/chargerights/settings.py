"""Settings from the environment.

`CHARGERIGHTS_…` has the value, or `CHARGERIGHTS_…_FILE` the path of a file with the value. An invalid or unknown
setting stops the program with a text that names it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

PREFIX = "CHARGERIGHTS_"
FILE = "_FILE"
OF_CLIENTS = frozenset({"KEY", "CLI"})
"""Not settings: names that client scripts use for their API key and the path of the command line."""
SECRETS = frozenset({"database", "metrics_token"})
"""Settings whose values are never part of an error."""


class InvalidSettings(Exception):
    """A setting that is unknown or has an invalid value."""


class Settings(BaseModel):
    """All settings."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    database: str = Field(
        "sqlite:///chargerights.db",
        description="The database: `sqlite:///file.db`, or `postgresql://user:password@host/name`",
    )
    spool: str = Field(
        "",
        description="Folder on a local disk where messages of chargers wait while the database cannot be written;"
        " empty: beside an SQLite file (`chargerights.db-spool`), for PostgreSQL `spool` in `$STATE_DIRECTORY`, which"
        " systemd sets, or `chargerights-spool` in the working folder",
    )
    spool_megabytes: int = Field(
        1024,
        ge=1,
        le=1_000_000,
        description="Megabytes that a process's messages may use there, 1 to 1000000. When they are used up, chargers"
        " get no answer and send again",
    )
    rate_limit: float = Field(
        100,
        ge=0,
        allow_inf_nan=False,
        description="Average requests per second that an operator may send with all their API keys, with ten seconds'"
        " worth in one burst; each process counts separately. `0`: no limit",
    )
    log_format: str = Field(
        "auto",
        pattern="^(auto|json|text)$",
        description="`json` for machines, `text` for people, `auto`: text in a terminal, else json",
    )
    log_level: str = Field(
        "info",
        pattern="^(debug|info|warning|error)$",
        description="Minimum level that is logged: `debug`, `info`, `warning` or `error`",
    )
    metrics_token: str = Field(
        "",
        pattern="^([!-~]{16,})?$",
        description="The bearer token for `/metrics`, at least 16 characters of ASCII; empty: `/metrics` is disabled",
    )
    ocpp_security_profile: int = Field(
        1,
        ge=0,
        le=3,
        description="The minimum OCPP security profile of chargers, a whole number from 0 to 3: 0 no password, "
        "1 password, 2 password over TLS, 3 client certificate",
    )
    ocpp_subject_header: str = Field(
        "",
        pattern="^[A-Za-z0-9-]*$",
        description="The header in which a proxy passes the verified subject of a charger's client certificate, "
        "overwriting what clients send in it; used only from `CHARGERIGHTS_TRUSTED_PROXIES` and over TLS; "
        "empty: no certificates",
    )
    trusted_proxies: str = Field(
        "",
        description="Addresses or networks of reverse proxies, separated by commas, whose `X-Forwarded-Proto` and "
        "`X-Forwarded-For` are trusted; empty: no proxy is trusted",
    )
    max_header_bytes: int = Field(
        65_536,
        ge=1_024,
        description="Maximum size of a request's line and headers together; a longer one is answered 431",
    )
    max_header_seconds: float = Field(
        20,
        gt=0,
        allow_inf_nan=False,
        description="Seconds for a client to send a request's headers, and for a TLS handshake",
    )
    max_body_seconds: float = Field(
        600, gt=0, allow_inf_nan=False, description="Seconds for a client to send a request's body"
    )
    max_stall_seconds: float = Field(
        20,
        gt=0,
        allow_inf_nan=False,
        description="Seconds over which `CHARGERIGHTS_MIN_BYTES_PER_SECOND` is measured: a client that sends or reads"
        " nothing for that time is disconnected",
    )
    min_bytes_per_second: int = Field(
        1_000,
        ge=0,
        description="Minimum rate at which a client must send a body and read an answer. `0`: no minimum",
    )
    keep_alive_seconds: float = Field(
        75, gt=0, allow_inf_nan=False, description="Seconds after which a connection without a request is closed"
    )
    max_connections: int = Field(
        20_000,
        ge=0,
        description="Maximum connections of a process, chargers included; more are answered 503. `0`: no limit",
    )
    max_connections_per_address: int = Field(
        1_000,
        ge=0,
        description="Maximum connections of one address (of IPv6, one /64) to a process; more are answered 429."
        " Authenticated chargers and trusted proxies are not counted. `0`: no limit",
    )
    max_pings_per_second: int = Field(
        20, ge=0, description="Maximum pings and pongs a second on a charger's WebSocket; more close it. `0`: no limit"
    )
    webhook_targets: str = Field(
        "public",
        pattern="^(public|any)$",
        description="Allowed webhook targets: `public`: https and public addresses; `any`: http and private ones too",
    )
    events_kept_days: int = Field(
        90, ge=1, le=36_500, description="Minimum number of days for which events are kept, 1 to 36500"
    )


def read(environment: Mapping[str, str] = os.environ) -> Settings:
    """Returns the settings of that environment. Raises InvalidSettings."""
    given: dict[str, str] = {}
    for variable, value in environment.items():
        if not variable.startswith(PREFIX):
            if variable.upper().startswith(PREFIX):
                raise InvalidSettings(f"{variable} is not a setting: write its name in capitals, {variable.upper()}")
            continue
        name = variable.removeprefix(PREFIX)
        if name in OF_CLIENTS:
            continue
        if name.endswith(FILE):
            name, value = name.removesuffix(FILE), _content(variable, value)
        if name.lower() not in Settings.model_fields:
            known = ", ".join(PREFIX + each.upper() for each in Settings.model_fields)
            raise InvalidSettings(f"{variable} is not a setting; the settings are {known}, each also with {FILE}")
        if name.lower() in given:
            raise InvalidSettings(f"{PREFIX}{name} and {PREFIX}{name}{FILE} are both set: keep one")
        given[name.lower()] = value
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        fault = error.errors()[0]
        name = str(fault["loc"][0])
        value = "what it is" if name in SECRETS else repr(fault["input"])
        description = Settings.model_fields[name].description
        raise InvalidSettings(f"{PREFIX}{name.upper()} cannot be {value}: {description}") from None


def _content(variable: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidSettings(f"{variable} names {path}, which cannot be read: {error}") from None
