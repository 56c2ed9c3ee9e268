"""Changes of the partner that is asked about unknown tags."""

from __future__ import annotations

from ..revisions import Revision
from ..rows import partners
from ..rows.partners import Fallback, NoPartner, Partner


def put(
    revision: Revision, url: str, timeout_seconds: float, fallback: Fallback, cache_seconds: float, secret: str | None
) -> Partner:
    """Sets the partner, in place of the one before."""
    partner = Partner(url, timeout_seconds, fallback, cache_seconds, secret is not None, revision.at)
    revision.put(partner)
    partners.set_secret(revision.connection, revision.customer_id, secret)
    return partner


def remove(revision: Revision) -> None:
    """Removes the partner. Raises NoPartner."""
    revision.remove(one(revision))


def one(revision: Revision) -> Partner:
    """Returns the partner. Raises NoPartner."""
    found = partners.load(revision.connection, revision.customer_id)
    if not found:
        raise NoPartner()
    return found[0]
