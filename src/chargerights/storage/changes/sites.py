"""Changes of sites."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ...rights import apply as core
from ...rights.errors import StillReferenced
from ...rights.model import Site
from ...rights.network import Network
from ..entity_types import SITE
from ..revisions import Revision
from ..rows import sites
from ..schema import chargers as charger_rows
from ..schema import drivers as driver_rows
from ..schema import rights as right_rows
from ..schema import sites as site_rows
from . import facts


def add(revision: Revision, name: str, **members: Any) -> Site:
    """Adds a site, at the top of the tree unless `parent_id` is given.

    Raises UnknownSite, SiteTooDeep.
    """
    site_id = revision.free_id(SITE)
    site = Site(site_id, name, **members)
    _require_parent(revision, site)
    revision.put(site)
    return site


def change(revision: Revision, site_id: int, **members: Any) -> Site:
    """Changes members of the site.

    Raises UnknownSite (the parent's too), SiteCycle, SiteTooDeep.
    """
    before = facts.site(revision, site_id)
    after = replace(before, **members)
    if after.parent_id != before.parent_id:
        _require_parent(revision, after)
    revision.put(after)
    return after


def remove(revision: Revision, site_id: int) -> None:
    """Removes a site that nothing else needs. Raises UnknownSite, StillReferenced."""
    site = facts.site(revision, site_id)
    for table, column, one, many in (
        (site_rows, site_rows.c.parent_id, "subsite", "subsites"),
        (charger_rows, charger_rows.c.site_id, "charger", "chargers"),
        (driver_rows, driver_rows.c.home_site_id, "driver at home there", "drivers at home there"),
        (right_rows, right_rows.c.site_id, "right on it", "rights on it"),
    ):
        users = facts.count(revision, table, column, site_id)
        if users:
            raise StillReferenced(
                f"site {site_id} cannot be removed: it has {users} {one if users == 1 else many}; move or remove"
                f" {'that' if users == 1 else 'those'} first"
            )
    revision.remove(site)


def _require_parent(revision: Revision, site: Site) -> None:
    """Checks the site's parent by the core's rules, on the tree alone.

    The parent exists, is not below the site, and is not too deep for the site and its subsites.
    """
    if site.parent_id is not None:
        parents = sites.parents(revision.connection, revision.customer_id)
        tree = Network.build([Site(each, "", parent) for each, parent in parents.items()], (), (), ())
        core.put_site(tree, site)
