"""Every error that the core raises, as one tree.

    DomainError
    ├── InvalidInput              a value breaks a rule that needs no other facts to check
    │   ├── InvalidIdentifier     not a valid id, tag or name
    │   ├── InvalidWindow         a window that ends before it begins, or has no time zone
    │   ├── InvalidHours          weekly hours outside a week or of no length
    │   └── UnknownTimezone       not a name of the IANA time zone database
    ├── NotFound                  the customer has no entity with this id
    │   ├── UnknownSite
    │   ├── UnknownCharger
    │   ├── UnknownAccessGroup
    │   └── UnknownDriver
    └── Conflict                  the change contradicts existing facts
        ├── IdTaken               the id belongs to another entity
        ├── TagTaken              the tag belongs to another driver
        ├── SiteCycle             the site would lie below itself
        ├── SiteTooDeep           the site tree would get too deep
        └── StillReferenced       another fact refers to what is to be removed

Messages are for people: what is wrong, where, and how to fix it. They know nothing of HTTP: each door has one table
from these classes to its own protocol.
"""

from __future__ import annotations

from collections.abc import Iterable


class DomainError(Exception):
    """A rejected request.

    The text tells the caller how to fix it.
    """


class InvalidInput(DomainError):
    pass


class InvalidIdentifier(InvalidInput):
    pass


class InvalidWindow(InvalidInput):
    pass


class InvalidHours(InvalidInput):
    pass


class UnknownTimezone(InvalidInput):
    pass


class NotFound(DomainError):
    """A missing entity, with its ids, so that each door can word the error itself."""

    what = "thing"

    def __init__(self, ids: Iterable[int | str]) -> None:
        self.ids = tuple(ids)
        super().__init__(f"no {self.what} {', '.join(str(id_) for id_ in self.ids)}")


class UnknownSite(NotFound):
    what = "site"


class UnknownCharger(NotFound):
    what = "charger"


class UnknownAccessGroup(NotFound):
    what = "access group"


class UnknownDriver(NotFound):
    what = "driver"


class Conflict(DomainError):
    pass


class IdTaken(Conflict):
    pass


def already_tag(tag: str, owner: str, other_spelling: str = "") -> str:
    """Returns the sentence that the tag has an owner.

    `other_spelling` is the owner's, if it differs.
    """
    return f"{tag} is already a tag of {owner}{f', written {other_spelling} there' if other_spelling else ''}"


class TagTaken(Conflict):
    """A tag that another driver has.

    `driver_id`: the owner, not visible to every caller. `tag`: the text that was given.
    """

    def __init__(self, text: str, tag: str = "", driver_id: int | None = None) -> None:
        self.tag = tag
        self.driver_id = driver_id
        super().__init__(text)


class SiteCycle(Conflict):
    pass


class SiteTooDeep(Conflict):
    pass


class StillReferenced(Conflict):
    pass
