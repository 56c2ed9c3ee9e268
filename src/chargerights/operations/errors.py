"""Refusals of what an operator asks for.

Each door shows them in its own way.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager

from ..fields.sentences import unknown_word
from ..rights.errors import DomainError, InvalidInput

Members = Mapping[type[DomainError], str]
"""The member of the body that each kind of refusal is about."""


class Forbidden(DomainError):
    """A known caller that is not allowed to do this."""


class PreconditionFailed(DomainError):
    """A change of something that has changed since the caller saw it."""


class Malformed(InvalidInput):
    """`errors`: sentences by member of the body or parameter."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        self.errors = errors
        super().__init__("; ".join(f"{place}: {error}" for place in errors for error in errors[place]))


class NoPreview(Malformed):
    """A dry run of a change that cannot give or take access."""

    def __init__(self, text: str) -> None:
        super().__init__({"dryRun": [text]})


class InMember(DomainError):
    """A refusal that is about one member of the body.

    What is not found there is invalid input, not a missing page.
    """

    def __init__(self, member: str, error: DomainError) -> None:
        self.error = error
        self.errors = {member: [str(error)]}
        self.extension = getattr(error, "extension", None)
        super().__init__(f"{member}: {error}")


@contextmanager
def blaming(members: Members) -> Iterator[None]:
    """Raises refusals of those kinds as InMember."""
    try:
        yield
    except DomainError as error:
        member = next((name for kind, name in members.items() if isinstance(error, kind)), None)
        if member is None:
            raise
        raise InMember(member, error) from error


def require_word(parameter: str, value: str, known: Collection[str]) -> None:
    """Raises Malformed for a parameter's value that is not a known one."""
    if value not in known:
        raise Malformed({parameter: [unknown_word(value, tuple(known))]})


def require_one_at_most(given: Mapping[str, object]) -> None:
    """Raises Malformed if more than one of the parameters has a value."""
    first, *others = [name for name, value in given.items() if value not in (None, False)] or [""]
    if others:
        raise Malformed({name: [f"cannot be given with {first}: give one of them"] for name in others})
