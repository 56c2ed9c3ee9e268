"""Describes an entry of the audit log in one short sentence for people.

The sentence is read off what was before and after, so that every command has one, also those made after this module.
"""

from __future__ import annotations

from typing import Any

from pydantic.alias_generators import to_camel

from ...rights.errors import NotFound
from ...rights.model import Place, PlaceKind
from ...rights.network import Network
from ...storage.audit import Changed, Record
from ...storage.charging.commands import End
from ...storage.entity_types import (
    ACCESS_GROUP,
    API_KEY,
    CHARGER,
    CHARGER_PASSWORD,
    CHARGING_SETTINGS,
    COMMAND,
    DRIVER,
    OPERATOR,
    PARTNER,
    SESSION,
    SITE,
    WEBHOOK,
)

KINDS = {
    SITE.name: "site",
    CHARGER.name: "charger",
    ACCESS_GROUP.name: "access group",
    DRIVER.name: "driver",
    OPERATOR.name: "operator",
    API_KEY.name: "API key",
    WEBHOOK.name: "webhook",
    PARTNER.name: "partner authorisation",
    SESSION.name: "session",
    CHARGING_SETTINGS.name: "charging settings",
}
PLACES = {
    PlaceKind.SITE: KINDS[SITE.name],
    PlaceKind.CHARGER: KINDS[CHARGER.name],
    PlaceKind.ACCESS_GROUP: KINDS[ACCESS_GROUP.name],
}
ENDS = {
    End.ERROR: "it answered with an error",
    End.SILENT: "it did not answer",
    End.NOT_CONNECTED: "it was not connected",
    End.BUSY: "it was still busy with another question, so nothing was sent",
    End.TAG_REFUSED: "the tag may not charge there, so nothing was sent",
    End.IMPOSSIBLE: "it made no sense there, so nothing was sent",
}
"""How commands end that were not answered in a word of the charger's own."""
MOST_LISTED = 3
UNTOLD = ("updated_at",)
"""Members that change with others."""

Members = dict[str, Any]


def sentence(record: Record, network: Network) -> str:
    """Describes what the entry did, with places by their names of today."""
    if record.bulk:
        return "changed many things at once"
    if not record.changes:
        return f"did {record.action}"
    first = record.changes[0]
    first_change = _change(first, network)
    others = record.count - 1
    if not others:
        return first_change
    return f"{first_change}, and made {others} more {'change' if others == 1 else 'changes'}"


def _change(change: Changed, network: Network) -> str:
    before, after = change.before, change.after
    if change.kind == COMMAND.name and after is not None:
        return f"told charger {change.id}: {after['action']}; {ENDS.get(after['end']) or after['word']}"
    if change.kind == SESSION.name and after is not None:
        return f"ended session {change.id} at charger {after['charger_id']}, whose stop had not come"
    if change.kind == CHARGER_PASSWORD.name:
        return f"gave charger {change.id} a new password"
    if before is None:
        return f"added {_named(change.kind, change.id, after or {})}"
    if after is None:
        return f"removed {_named(change.kind, change.id, before)}"
    who = _named(change.kind, change.id, after)
    members = [name for name in sorted({*before, *after} - {*UNTOLD}) if before.get(name) != after.get(name)]
    if change.kind == DRIVER.name and len(members) == 1 and members[0] in ("rights", "tags"):
        was, now = _by_id(before.get(members[0], [])), _by_id(after.get(members[0], []))
        return _rights(who, was, now, network) if members == ["rights"] else _tags(who, was, now)
    if change.kind == API_KEY.name and "revoked_at" in members:
        return f"revoked {who}"
    if not members:  # what it was about has been erased
        return f"changed {who}"
    if members == ["enabled"]:
        return f"{'enabled' if after.get('enabled', True) else 'disabled'} {who}"
    if members == ["blocked_until"]:
        return f"blocked {who} until {after[members[0]]}" if after.get(members[0]) else f"unblocked {who}"
    return f"changed {_listed([to_camel(name) for name in members])} of {who}"


def _by_id(parts: list[Members]) -> dict[int, Members]:
    return {member["id"]: member for member in parts}


def _rights(who: str, before: dict[int, Members], after: dict[int, Members], network: Network) -> str:
    granted = [right for number, right in after.items() if number not in before]
    revoked = [right for number, right in before.items() if number not in after]
    sentences = []
    if granted:
        sentences.append(f"granted {who} {_count(granted, 'right')} on {_places(granted, network)}")
    if revoked:
        sentences.append(f"revoked {_count(revoked, 'right')} of {who} on {_places(revoked, network)}")
    changed = [right for number, right in after.items() if number in before and before[number] != right]
    if changed:
        sentences.append(f"changed {_count(changed, 'right')} of {who} on {_places(changed, network)}")
    return " and ".join(sentences)


def _tags(who: str, before: dict[int, Members], after: dict[int, Members]) -> str:
    sentences = [f"gave {who} the {_tag(tag)}" for number, tag in after.items() if number not in before]
    sentences += [f"took the {_tag(tag)} from {who}" for number, tag in before.items() if number not in after]
    for number in [number for number, tag in after.items() if number in before and before[number] != tag]:
        old, new = before[number].get("blocked", False), after[number].get("blocked", False)
        verb = "changed" if old == new else "blocked" if new else "unblocked"
        sentences.append(f"{verb} the {_tag(after[number])} of {who}")
    return _listed(sentences)


def _tag(tag: Members) -> str:
    """The tag by its text.

    One whose driver was erased, by its number.
    """
    numbered = f"tag {tag['id']}"
    return numbered if tag["id_tag"] == numbered else f"tag {tag['id_tag']}"


def _named(kind: str, entity_id: str, members: Members) -> str:
    """The thing by its name and number.

    One that is called as it is numbered, by that.
    """
    what, name = KINDS.get(kind, kind), members.get("name")
    if name is None or name == f"{what} {entity_id}":
        return f"{what} {entity_id}"
    return f"{what} {name} ({entity_id})"


def _places(rights: list[Members], network: Network) -> str:
    return _listed([_place(right["place"], network) for right in rights])


def _place(members: list[Any], network: Network) -> str:
    place = Place(PlaceKind(members[0]), members[1])
    what, number = PLACES[place.kind], str(place.id)
    try:
        network.require_place(place)
        name = network.name_of(place)
    except NotFound:  # it has been removed since
        name = number
    return f"{what} {number}" if name == number else f"{what} {name} ({number})"


def _count(parts: list[Members], what: str) -> str:
    return f"a {what}" if len(parts) == 1 else f"{len(parts)} {what}s"


def _listed(parts: list[str]) -> str:
    """`a, b and c`.

    Of many, the first and how many more.
    """
    if len(parts) > MOST_LISTED:
        parts = [*parts[: MOST_LISTED - 1], f"{len(parts) - MOST_LISTED + 1} more"]
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
