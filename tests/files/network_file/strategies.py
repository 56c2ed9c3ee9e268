"""Random network files in their normal form, every member included, as the dictionaries that JSON gives."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, get_args

from hypothesis import strategies as st

from chargerights.fields import words
from chargerights.rights.explain import clock_text
from chargerights.rights.identifiers import tag_key

Entry = dict[str, Any]
Members = dict[str, st.SearchStrategy[Any]]

ZONES = ("UTC", "Europe/Helsinki", "America/New_York", "Asia/Kathmandu")

texts = st.text(st.characters(exclude_categories=("C", "Zl", "Zp", "Zs")), min_size=1, max_size=6)
ids = st.one_of(st.integers(1, 9), st.integers(1, 2**63 - 1))
counts = st.one_of(st.integers(0, 9), st.integers(0, 2**31 - 1))
numbers = st.integers(-(2**63), 2**63 - 1)
instants = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)).map(  # noqa: DTZ001 the zone is written next
    lambda each: each.replace(tzinfo=UTC).isoformat().replace("+00:00", "Z")
)
true = st.just(True)
minutes = st.integers(0, 24 * 60 - 1)


def one_of(literal: Any) -> st.SearchStrategy[str]:
    return st.sampled_from(get_args(literal))


def some(entries: st.SearchStrategy[Any], **limits: Any) -> st.SearchStrategy[list[Any]]:
    """A list that says something: an empty one is left out."""
    return st.lists(entries, min_size=1, max_size=3, **limits)


def entry(needed: Members, optional: Members) -> st.SearchStrategy[Entry]:
    return st.fixed_dictionaries(needed, optional=optional)


def window(start: str, end: str) -> st.SearchStrategy[Entry]:
    both = st.tuples(instants, instants).filter(lambda two: two[0][:19] < two[1][:19])
    return st.one_of(
        st.just({}),
        instants.map(lambda each: {start: each}),
        instants.map(lambda each: {end: each}),
        both.map(lambda two: {start: two[0], end: two[1]}),
    )


def address(postal: str) -> Members:
    named = ("streetAddress", "streetNumber", "houseLetter", postal, "city", "area", "country")
    return {
        "latitude": st.floats(-90, 90),
        "longitude": st.floats(-180, 180),
        **dict.fromkeys(named, texts),
    }


sockets = entry(
    {"id": st.integers(1, 2**31 - 1)},
    {
        **dict.fromkeys(("name", "maxPower"), texts),
        "termsAndConditions": st.sampled_from(["https://example.org/terms", "http://a.example/?b=c#d"]),
        "type": one_of(words.ConnectorType),
        "format": one_of(words.ConnectorFormat),
        "socketPowerType": one_of(words.PowerType),
        "phaseRotation": one_of(words.PhaseRotation),
        **dict.fromkeys(("maxWatts", "maxVoltage", "maxAmperage"), counts),
        **dict.fromkeys(("deviceEvseId", "deviceConnectorId", "chargingStationEvseId"), counts),
    },
)
hours = st.builds(
    lambda weekday, start, until: {"weekday": weekday, "from": clock_text(start), "until": clock_text(until)},
    st.integers(1, 7),
    minutes,
    st.one_of(minutes, st.just(24 * 60)),
).filter(lambda each: each["from"] != each["until"])
external_ids = entry(
    {"referenceId": texts, "externalId": texts}, {"referenceType": st.just("OTHER"), "effectiveFrom": instants}
)
tags = st.builds(
    lambda members, window: {**members, **window},
    entry({"idTag": texts}, {"tokenName": texts, "invoicable": true, "blocked": true}),
    window("startDate", "expiringDate"),
)


def sites(site_id: int, parents: list[int]) -> st.SearchStrategy[Entry]:
    return entry(
        {"id": st.just(site_id), "name": texts},
        {
            **({"parentId": st.sampled_from(parents)} if parents else {}),
            "type": st.sampled_from(["SITE", "SUB_SITE", "CIRCUIT", "OTHER"]),
            **dict.fromkeys(("publicName", "externalId", "costId", "costName"), texts),
            "timezone": st.sampled_from(ZONES),
            **dict.fromkeys(("payerId", "paymentRecipientId"), numbers),
            "isPublicSite": st.booleans(),
            "freeToUse": st.booleans(),
            **address("postalCode"),
        },
    )


def chargers(charger_id: str, site_ids: list[int]) -> st.SearchStrategy[Entry]:
    told = ("name", "manufacturer", "serialNumber", "chargerModel", "firmwareVersion", "evseId", "physicalReference")
    meters = ("iccid", "imsi", "meterSerialNumber", "meterType")
    flags = ("splitEvseBySocket", "pushIntegrationEnabled", "chargerSpecificMessageStructure")
    return entry(
        {"chargerId": st.just(charger_id), "siteId": st.sampled_from(site_ids)},
        {
            **dict.fromkeys((*told, *meters), texts),
            **dict.fromkeys(flags, true),
            "capabilities": some(one_of(words.Capability)),
            "integrationRelays": some(texts),
            "blockedUntil": instants,
            "freeToUse": st.booleans(),
            "customProperties": st.dictionaries(texts, st.one_of(st.just(""), texts), min_size=1, max_size=3),
            "locationInfo": entry({}, address("postalNumber")).filter(bool),
            "sockets": some(sockets, unique_by=lambda each: each["id"]),
        },
    )


@st.composite
def drivers(draw: st.DrawFn, driver_id: int, places: list[Entry], site_ids: list[int], cards: list[Entry]) -> Entry:
    held: Members = {"tags": st.just(cards)} if cards else {}
    right = st.builds(
        lambda place, window, more: {**place, **window, **more},
        st.sampled_from(places) if places else st.nothing(),
        window("validFrom", "validUntil"),
        entry({}, {"hours": some(hours)}),
    )
    optional: Members = {
        "externalId": texts,
        **dict.fromkeys(("payerId", "companyId"), numbers),
        "enabled": st.just(False),
        "externalIds": some(external_ids),
    }
    if places:
        optional["rights"] = some(right)
    if site_ids:
        optional["homeSiteId"] = st.sampled_from(site_ids)
    return draw(entry({"id": st.just(driver_id), "name": texts, **held}, optional))


@st.composite
def network_files(draw: st.DrawFn) -> Entry:
    """A file in normal form: without empty lists, in the order of ids, parents with smaller ids or greater ones."""
    site_ids = sorted(draw(st.sets(ids, max_size=4)))
    towards_the_root = draw(st.permutations(site_ids))
    places: list[Entry] = [{"siteId": each} for each in site_ids]
    tree = {each: draw(sites(each, towards_the_root[:i])) for i, each in enumerate(towards_the_root)}
    charger_names = st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=1, max_size=3)
    charger_ids = sorted(draw(st.sets(charger_names, max_size=4))) if site_ids else []
    group_ids = sorted(draw(st.sets(ids, max_size=2)))
    places += [{"chargerId": each} for each in charger_ids] + [{"accessGroupId": each} for each in group_ids]
    groups = []
    for group_id in group_ids:
        members = sorted(draw(st.sets(st.sampled_from(charger_ids)))) if charger_ids else []
        groups.append({"id": group_id, "name": draw(texts), **({"chargerIds": members} if members else {})})
    driver_ids = sorted(draw(st.sets(ids, max_size=3)))
    cards = draw(st.lists(tags, max_size=6, unique_by=lambda each: tag_key(each["idTag"])))
    everything = {
        "sites": [tree[each] for each in site_ids],
        "chargers": [draw(chargers(each, site_ids)) for each in charger_ids],
        "accessGroups": groups,
        "drivers": [
            draw(drivers(each, places, site_ids, cards[i :: len(driver_ids)])) for i, each in enumerate(driver_ids)
        ],
    }
    return {name: entries for name, entries in everything.items() if entries}
