"""Zip packages of workbooks: their parts, and XML as a stream of events.

The unpacked size is limited. A part that is longer than the package says or has a wrong checksum is rejected, as is
XML that declares entities.
"""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from collections.abc import Callable, Iterator
from xml.parsers import expat

from .problems import InvalidSpreadsheet, Problem, shown

MAX_UNPACKED = 1 << 30
_CHUNK = 1 << 18
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, ValueError)
"""Errors of a package that is damaged, locked, or packed by a method that Python lacks."""

Start = Callable[[str, dict[str, str]], object]
End = Callable[[str], object]
Text = Callable[[str], object]


class Package:
    """A zip file whose parts are found by name, ignoring case."""

    def __init__(self, raw: bytes) -> None:
        """Opens the package. Raises InvalidSpreadsheet."""
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(raw))
        except _BROKEN:
            raise damaged() from None
        if sum(part.file_size for part in self._zip.infolist()) > MAX_UNPACKED:
            raise InvalidSpreadsheet(Problem(None, None, "the workbook unpacks to more than 1 GB: split it"))
        self._names: dict[str, str] = {}
        for name in self._zip.namelist():
            if _key(name) in self._names:
                raise InvalidSpreadsheet(Problem(None, None, f"the workbook holds {shown(name)} twice: save it again"))
            self._names[_key(name)] = name

    def holds(self, name: str) -> bool:
        return _key(name) in self._names

    def parse(self, name: str, start: Start, end: End, text: Text) -> Iterator[None]:
        """Parses a part of XML and yields after each chunk.

        Handlers get names as `namespace name`. Raises InvalidSpreadsheet.
        """
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
        parser.StartDoctypeDeclHandler = _refuse_doctype
        try:
            with self._zip.open(self._names[_key(name)]) as stream:
                while chunk := stream.read(_CHUNK):
                    parser.Parse(chunk)
                    yield
            parser.Parse(b"", True)
        except (*_BROKEN, expat.ExpatError, LookupError) as error:  # an encoding that there is not, too
            sentence = f"the workbook cannot be read, {name}: {error}. Save it again as .xlsx, without a password"
            raise InvalidSpreadsheet(Problem(None, None, sentence)) from None
        yield

    def attributes(self, name: str, *elements: str) -> Iterator[tuple[str, dict[str, str]]]:
        """Yields elements with these local names, with their attributes by local name."""
        found: list[tuple[str, dict[str, str]]] = []

        def start(element: str, attributes: dict[str, str]) -> None:
            if (local := local_name(element)) in elements:
                found.append((local, {local_name(key): value for key, value in attributes.items()}))

        for _ in self.parse(name, start, ignore, ignore):
            yield from found
            found.clear()


def damaged() -> InvalidSpreadsheet:
    return InvalidSpreadsheet(Problem(None, None, "the workbook is damaged or cut short: send it again"))


def local_name(element: str) -> str:
    return element.rpartition(" ")[2]


def ignore(*_: object) -> None:
    pass


def beside(part: str, target: str) -> str:
    """Resolves a relative or absolute path in one part to another part's name."""
    return posixpath.normpath(posixpath.join("/", posixpath.dirname(part), target)).lstrip("/")


def _key(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").casefold()


def _refuse_doctype(*_: object) -> None:
    raise ValueError("it declares entities, as no workbook does")
