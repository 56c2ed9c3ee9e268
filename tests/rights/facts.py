"""A case's facts as the core's values."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from typing import Any

from chargerights.rights.model import AccessGroup, Charger, Driver, Hours, Place, PlaceKind, Right, Site, SiteType, Tag
from tests.cases import Case
from tests.oracle import Facts


def facts_of(case: Case) -> Facts:
    ids = count(1)
    file = case.facts
    return Facts(
        [
            Site(s["id"], s["name"], s.get("parentId"), SiteType(s.get("type", "SUB_CPO")), timezone=s.get("timezone"))
            for s in file["sites"]
        ],
        [Charger(next(ids), c["chargerId"], c["siteId"]) for c in file["chargers"]],
        [AccessGroup(g["id"], g["name"], frozenset(g["chargerIds"])) for g in file["accessGroups"]],
        [
            Driver(
                d["id"],
                d["name"],
                d.get("homeSiteId"),
                enabled=d.get("enabled", True),
                tags=tuple(
                    Tag(
                        next(ids),
                        d["id"],
                        t["idTag"],
                        _instant(t.get("startDate")),
                        _instant(t.get("expiringDate")),
                        blocked=t.get("blocked", False),
                    )
                    for t in d.get("tags", [])
                ),
                rights=tuple(
                    Right(
                        next(ids),
                        _place(r),
                        _instant(r.get("validFrom")),
                        _instant(r.get("validUntil")),
                        tuple(
                            Hours(h["weekday"], _minutes(h["from"]), _minutes(h["until"])) for h in r.get("hours", [])
                        ),
                    )
                    for r in d.get("rights", [])
                ),
            )
            for d in file["drivers"]
        ],
    )


def _place(right: dict[str, Any]) -> Place:
    if "siteId" in right:
        return Place(PlaceKind.SITE, right["siteId"])
    if "chargerId" in right:
        return Place(PlaceKind.CHARGER, right["chargerId"])
    return Place(PlaceKind.ACCESS_GROUP, right["accessGroupId"])


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text is not None else None


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)
