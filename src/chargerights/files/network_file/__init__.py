"""The network file: a customer's sites, chargers, access groups and drivers as one JSON file.

`parse` reads its shape, `facts` checks what it says and makes the core's values of it, `dump` writes a
network as such a file, `schema` describes it. What may stand in a file is written in `entries`; loading what
was dumped gives the same network, up to the numbers of chargers, tags and rights.

Errors come in two rounds, since a reference can only be judged once everything has its shape: `parse` lists
every error of shape, `facts` every id, tag, reference, window and cycle that is wrong.
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
    """The file's entries. Raises InvalidNetworkFile with every error of shape."""
    raw = raw.removeprefix(_BYTE_ORDER_MARK)
    try:
        with collector_paused():
            return _FILE.validate_json(raw)
    except ValidationError as found:
        raise InvalidNetworkFile(shape_errors(raw) or [f"the file: {found}"]) from None
