"""Loads files the way the doors do, with the least that a test has to say."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import count
from typing import Any

import orjson
import pytest

from chargerights.files.network_file import Facts, InvalidNetworkFile, dump, facts, parse
from chargerights.rights.network import Network

LOADED_AT = datetime(2026, 6, 3, 9, 0, tzinfo=UTC)


def raw(file: object) -> bytes:
    """The file's bytes; of bytes, those bytes."""
    return file if isinstance(file, bytes) else orjson.dumps(file)


def load(file: object, known: Network | None = None) -> Facts:
    return facts(parse(raw(file)), known or Network(), count(1).__next__, LOADED_AT)


def network_of(file: object) -> Network:
    read = load(file)
    return Network.build(read.sites, read.chargers, read.access_groups, read.drivers)


def errors_of(file: object, known: Network | None = None) -> list[str]:
    """Why the file is refused; fails when it is not."""
    with pytest.raises(InvalidNetworkFile) as refused:
        load(file, known)
    return refused.value.errors


def dumped(network: Network) -> Any:
    return orjson.loads(b"".join(dump(network)))


SITE = {"id": 1, "name": "Depot"}
CHARGER = {"chargerId": "DEP-1", "siteId": 1}
GROUP = {"id": 1, "name": "Visitors"}
DRIVER = {"id": 1, "name": "Alice"}


def with_driver(**members: Any) -> dict[str, Any]:
    """A file with a site, a charger, an access group, and a driver with these members too."""
    return {"sites": [SITE], "chargers": [CHARGER], "accessGroups": [GROUP], "drivers": [{**DRIVER, **members}]}


def with_right(right: Mapping[str, Any]) -> dict[str, Any]:
    return with_driver(rights=[right])


def with_tag(**members: Any) -> dict[str, Any]:
    return with_driver(tags=[{"idTag": "04A2", **members}])
