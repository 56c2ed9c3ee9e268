"""Random facts, few and close together, so that rights meet, windows touch and tags differ by case alone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime

from hypothesis import strategies as st

from chargerights.rights.model import AccessGroup, Charger, Driver, Hours, Place, PlaceKind, Right, Site, Tag
from tests.support.oracle import Facts
from tests.support.world import AN_INSTANT, NOW, TOMORROW, YESTERDAY

SITE_IDS = (1, 2, 3, 4, 5, 2**63 - 1)
CHARGER_IDS = ("A-1", "A-2", "B-1", "a-1")
GROUP_IDS = (1, 2)
DRIVER_IDS = (1, 2, 3, 2**63 - 1)
TAGS = ("ALICE", "04a2b3", "straße", "ΟΔΟΣ", "AB-1", "AB 1", "ırmak", "0042")
ZONES = (None, "Europe/Helsinki", "America/New_York", "Asia/Kathmandu")
EDGES = (
    datetime(2026, 3, 29, 1, 0, tzinfo=UTC),  # clocks go forward in Helsinki
    YESTERDAY,
    NOW,
    TOMORROW,
    datetime(2026, 10, 25, 1, 0, tzinfo=UTC),  # and back
)
MINUTES = (0, 1, 3 * 60, 4 * 60, 8 * 60, 12 * 60, 17 * 60, 22 * 60, 24 * 60 - 1)
SPELLINGS: tuple[Callable[[str], str], ...] = (str, str.upper, str.lower, str.swapcase, "  {}\t".format)

instants = st.one_of(
    st.builds(lambda edge, by: edge + by * AN_INSTANT, st.sampled_from(EDGES), st.sampled_from((-1, 0, 1))),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
"""On, just before and just after the edges of windows, or anywhere in the year."""

windows = st.sampled_from(
    [(None, None)] * 9
    + [(start, end) for start in (None, *EDGES) for end in (None, *EDGES) if not (start and end) or start < end]
)
hours = st.sampled_from(
    [
        Hours(weekday, start, end)
        for weekday in range(1, 8)
        for start in MINUTES
        for end in (*MINUTES, 24 * 60)
        if start != end
    ]
)
spans = st.one_of(st.just(()), st.lists(hours, max_size=3).map(tuple))
spellings = st.sampled_from(SPELLINGS)
blocks = st.sampled_from((None, None, *EDGES))
rarely = st.sampled_from((False, False, False, True))
shown_tags = st.builds(
    lambda tag, spell: spell(tag), st.sampled_from((*TAGS, "STRANGER", "")), st.sampled_from(SPELLINGS)
)


@st.composite
def drivers(
    draw: st.DrawFn, driver_id: int, tag_texts: Collection[str], site_ids: Sequence[int], places: Sequence[Place]
) -> Driver:
    """The driver of that id with those tags; at home at one of the sites, with rights on some of the places."""
    return Driver(
        driver_id,
        draw(st.sampled_from((f"D{driver_id}", "Zoe", "zoe"))),
        draw(st.sampled_from((None, *site_ids))),
        enabled=not draw(rarely),
        tags=tuple(
            Tag(1, driver_id, draw(spellings)(text).strip(), *draw(windows), blocked=draw(rarely)) for text in tag_texts
        ),
        rights=tuple(
            Right(i, draw(st.sampled_from(places)), *draw(windows), hours=draw(spans))
            for i in range(draw(st.integers(0, 4)))
        ),
    )


def places(site_ids: Sequence[int], charger_ids: Sequence[str], group_ids: Sequence[int]) -> list[Place]:
    return [
        *(Place(PlaceKind.SITE, each) for each in site_ids),
        *(Place(PlaceKind.CHARGER, each) for each in charger_ids),
        *(Place(PlaceKind.ACCESS_GROUP, each) for each in group_ids),
    ]


@st.composite
def facts(draw: st.DrawFn) -> Facts:
    """Facts that agree with each other."""
    site_ids = draw(st.lists(st.sampled_from(SITE_IDS), unique=True, min_size=1))
    sites = [
        Site(each, f"S{each}", draw(st.sampled_from((None, *site_ids[:i]))), timezone=draw(st.sampled_from(ZONES)))
        for i, each in enumerate(site_ids)
    ]
    charger_ids = draw(st.lists(st.sampled_from(CHARGER_IDS), unique=True, min_size=1))
    chargers = [
        Charger(i, each, draw(st.sampled_from(site_ids)), blocked_until=draw(blocks))
        for i, each in enumerate(charger_ids)
    ]
    group_ids = draw(st.lists(st.sampled_from(GROUP_IDS), unique=True))
    groups = [AccessGroup(each, f"G{each}", draw(st.frozensets(st.sampled_from(charger_ids)))) for each in group_ids]
    driver_ids = draw(st.lists(st.sampled_from(DRIVER_IDS), unique=True, min_size=1))
    owners = [draw(st.sampled_from((None, *driver_ids))) for _ in TAGS]
    return Facts(
        sites,
        chargers,
        groups,
        [
            draw(
                drivers(
                    each,
                    [text for text, owner in zip(TAGS, owners, strict=True) if owner == each],
                    site_ids,
                    places(site_ids, charger_ids, group_ids),
                )
            )
            for each in driver_ids
        ],
    )
