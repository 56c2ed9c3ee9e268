"""The order in which a file's sites can be added, and cycles that prevent one."""

from __future__ import annotations

from collections.abc import Sequence

from .problems import FileErrors
from .schema import SiteEntry

MAX_PATH = 10
"""Maximum number of sites of a cycle that an error names."""


def parents_first(entries: Sequence[SiteEntry], refusals: FileErrors) -> list[SiteEntry]:
    """Sorts sites so that parents come first, otherwise in the file's order.

    Sites in a cycle, and those below one, are left out. Each cycle is one error, at its first site.
    """
    children: dict[int | None, list[SiteEntry]] = {}
    by_id = {entry.id: entry for entry in entries}
    for entry in entries:
        children.setdefault(entry.parent_id if entry.parent_id in by_id else None, []).append(entry)
    placed: list[SiteEntry] = []
    waiting = children.get(None, [])[::-1]
    while waiting:
        entry = waiting.pop()
        placed.append(entry)
        waiting.extend(reversed(children.pop(entry.id, [])))
    if len(placed) < len(entries):
        _refuse_cycles(entries, by_id, {entry.id for entry in placed}, refusals)
    return placed


def _refuse_cycles(
    entries: Sequence[SiteEntry], by_id: dict[int, SiteEntry], seen: set[int], refusals: FileErrors
) -> None:
    places = {id(entry): index for index, entry in enumerate(entries)}
    for entry in entries:
        path: dict[int, SiteEntry] = {}
        step: SiteEntry | None = by_id[entry.id]
        while step is not None and step.id not in seen and step.id not in path:
            path[step.id] = step
            step = by_id.get(step.parent_id) if step.parent_id is not None else None
        seen.update(path)
        if step is not None and step.id in path:
            cycle = [*path][[*path].index(step.id) :]
            first = min((path[site_id] for site_id in cycle), key=lambda entry: places[id(entry)])
            start = cycle.index(first.id)
            names = [str(site_id) for site_id in [*cycle[start:], *cycle[:start], first.id]]
            way = ", ".join(names if len(names) <= MAX_PATH else [*names[:MAX_PATH], "…"])
            refusals.add(
                ("sites", places[id(first)], "parentId"),
                f"the sites above site {first.id} lead back to it: {way}",
            )
