"""Fragments of JSON that are kept from answer to answer.

A fragment is kept with the values it was made from, all of them immutable. It is made again when one of them is
another object, so that changes need not be announced.
"""

from __future__ import annotations

from typing import NamedTuple

from fastapi import Request
from pyroaring import BitMap64

from ...operations.redaction import live_without_tags
from ...replica.images import NetworkSnapshot
from ...rights.live import LiveCharger, sockets_of
from ...rights.model import Charger, Site
from ...storage.journal import Mark
from . import encoding
from .encoding import encode

BRIEF_SITES_KEPT = 256


class SocketCounts(NamedTuple):
    """Sockets of a charger or of a site's subtree."""

    online: int = 0
    offline: int = 0
    error: int = 0

    def plus(self, other: SocketCounts) -> SocketCounts:
        return SocketCounts(self.online + other.online, self.offline + other.offline, self.error + other.error)


class ChargerFragment(NamedTuple):
    charger: Charger
    site: Site
    live: LiveCharger | None
    tags_since: Mark | None
    """Where known tags are left out: since when they are known."""
    counts: SocketCounts
    json: bytes

    def made_from(self, charger: Charger, site: Site, live: LiveCharger | None, tags_since: Mark | None) -> bool:
        same = self.charger is charger and self.site is site and self.live is live
        return same and self.tags_since == tags_since


class BriefSite(NamedTuple):
    """The users of one site with `excludeDetails`.

    True while the drivers are these and no driver or site is renamed.
    """

    drivers: BitMap64
    names_since: Mark
    json: bytes


class Shown(NamedTuple):
    """Parts of an answer that depend on the caller's permissions."""

    tags: bool = True
    settings: bool = True
    """The configuration of chargers."""


class Fragments:
    """One customer's fragments, kept from answer to answer."""

    def __init__(self) -> None:
        self.chargers: dict[tuple[str, bool, bool], ChargerFragment] = {}
        """By charger id, whether its configuration is shown, and whether known tags are left out of that."""
        self.brief_sites: dict[int, BriefSite] = {}

    def charger(self, image: NetworkSnapshot, charger_id: str, shown: Shown) -> ChargerFragment:
        charger = image.network.chargers[charger_id]
        site = image.network.sites[charger.site_id]
        live = image.live.get(charger_id)
        hides_tags = shown.settings and not shown.tags
        tags_since = image.mark if hides_tags else None
        key = charger_id, shown.settings, hides_tags
        kept = self.chargers.get(key)
        if kept is None or not kept.made_from(charger, site, live, tags_since):
            shown_live = live_without_tags(image.network, live) if live is not None and hides_tags else live
            # A copy of its own length: the encoder's result keeps a buffer many times as long behind it.
            json = bytes(memoryview(encode(encoding.charger(charger, site, shown_live, shown.settings))))
            kept = ChargerFragment(charger, site, live, tags_since, _count(charger, live), json)
            self.chargers[key] = kept
        return kept

    def keep_brief(self, site_id: int, brief: BriefSite) -> None:
        self.brief_sites.pop(site_id, None)
        self.brief_sites[site_id] = brief
        while len(self.brief_sites) > BRIEF_SITES_KEPT:
            del self.brief_sites[next(iter(self.brief_sites))]


def fragments_of(request: Request, customer_id: int) -> Fragments:
    """The customer's fragments, which this process keeps."""
    kept: dict[int, Fragments] = request.app.state.fragments
    return kept.setdefault(customer_id, Fragments())


def _count(charger: Charger, live: LiveCharger | None) -> SocketCounts:
    counts = SocketCounts()
    for _, state in sockets_of(charger, live):
        status = encoding.socket_status(live, state)
        if status == encoding.ERROR:
            counts = counts._replace(error=counts.error + 1)
        elif status in (encoding.OFFLINE, encoding.UNAVAILABLE):
            counts = counts._replace(offline=counts.offline + 1)
        else:
            counts = counts._replace(online=counts.online + 1)
    return counts
