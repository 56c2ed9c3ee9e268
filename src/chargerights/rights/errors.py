"""Everything the core can refuse, as one tree.

    DomainError
    ├── InvalidInput              a value breaks a rule that needs no other facts to see
    │   ├── InvalidIdentifier     an id, a tag or a name that cannot be one
    │   ├── InvalidWindow         a window that ends before it begins, or has no time zone
    │   ├── InvalidHours          weekly hours outside a week or of no length
    │   └── UnknownTimezone       not a name of the IANA time zone database
    ├── NotFound                  the customer has no such thing
    │   ├── UnknownSite
    │   ├── UnknownCharger
    │   ├── UnknownAccessGroup
    │   └── UnknownDriver
    └── Conflict                  the change contradicts facts that stand
        ├── IdTaken               the id names another thing already
        ├── TagTaken              the tag is another driver's
        ├── SiteCycle             a site would come to lie below itself
        ├── SiteTooDeep           a site would come to lie below too many others
        └── StillReferenced       something else needs what was to be removed

Messages are for people: what was wrong, where, and what would be right. They know no HTTP;
each door has one table from these classes to its own wire.
"""

from __future__ import annotations

from collections.abc import Iterable


class DomainError(Exception):
    """A refusal that is somebody's to mend; its text says how."""


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
    """Names what was not found, so that a door can list it in its own words."""

    what = "thing"

    def __init__(self, ids: Iterable[int | str]) -> None:
        self.ids = tuple(ids)
        super().__init__(f"no {self.what} {', '.join(str(each) for each in self.ids)}")


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


class TagTaken(Conflict):
    """`driver_id`: whose tag it is, which not everyone may know; `tag`: the text that was given."""

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
