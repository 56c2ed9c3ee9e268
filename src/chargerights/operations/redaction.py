"""Removes known tags from what chargers say, for callers who may not read tags."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from ..rights.live import ChargerFault, LiveCharger
from ..rights.network import Network

HIDDEN = "…"
LONGEST = 20
"""Words and separators of the longest tag that is looked for: ten bytes with colons between them have 19."""
_token = re.compile(r"\w+|[^\w\s]")


def without_tags(network: Network, text: str) -> str:
    """Replaces each known tag that begins and ends at a word or separator."""
    kept: list[str] = []
    position = 0
    for start, end in _tags_in(network, text):
        kept += (text[position:start], HIDDEN)
        position = end
    return "".join([*kept, text[position:]])


def live_without_tags(network: Network, live: LiveCharger) -> LiveCharger:
    """Replaces known tags in the texts of a charger's faults and configuration."""
    settings = tuple(
        setting if (value := without_tags(network, setting.value)) == setting.value else replace(setting, value=value)
        for setting in live.reported.configurations
    )
    faults = tuple(_fault(network, fault) for fault in live.faults)
    return replace(live, faults=faults, reported=replace(live.reported, configurations=settings))


def _fault(network: Network, fault: ChargerFault) -> ChargerFault:
    return replace(
        fault,
        vendor_id=fault.vendor_id and without_tags(network, fault.vendor_id),
        vendor_error_code=fault.vendor_error_code and without_tags(network, fault.vendor_error_code),
        info=fault.info and without_tags(network, fault.info),
    )


def _tags_in(network: Network, text: str) -> Iterator[tuple[int, int]]:
    """Finds the start and end of known tags, the longest at each start."""
    tokens = [match.span() for match in _token.finditer(text)]
    first = 0
    while first < len(tokens):
        start = tokens[first][0]
        for last in reversed(range(first, min(first + LONGEST, len(tokens)))):
            if network.tag(text[start : tokens[last][1]]) is not None:
                yield start, tokens[last][1]
                first = last
                break
        first += 1
