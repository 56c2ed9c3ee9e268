"""The network file: sites, chargers, access groups and drivers as one JSON file.

`parse` reads its shape, `facts` checks the content and converts it to the core's values, `dump` writes a network as
such a file, and `published.schema` describes it. `schema` defines what a file may contain. Loading a dumped file
gives the same network, except for the internal numbers of chargers, tags and rights.

Errors come in two rounds, since references can only be checked once everything has its shape: `parse` lists all
errors of shape, `facts` all errors of ids, tags, references, windows and cycles.
"""

from __future__ import annotations

from pydantic import TypeAdapter, ValidationError

from ..collector import collector_paused
from .problems import InvalidNetworkFile
from .published import schema
from .read import Facts, charger_taken_error, facts
from .schema import NetworkFile
from .shape_errors import shape_errors
from .write import dump

__all__ = ["Facts", "InvalidNetworkFile", "NetworkFile", "charger_taken_error", "dump", "facts", "parse", "schema"]

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"  # some editors begin UTF-8 with it
_FILE = TypeAdapter(NetworkFile)


def parse(raw: bytes) -> NetworkFile:
    """Parses the file. Raises InvalidNetworkFile with every error of shape."""
    raw = raw.removeprefix(_BYTE_ORDER_MARK)
    try:
        with collector_paused():
            return _FILE.validate_json(raw)
    except ValidationError as error:
        raise InvalidNetworkFile(shape_errors(raw) or [f"the file: {error}"]) from None
