"""A document opened for conversion: whole where it is small, section by section where it is large.

Either way the header is there first, and each section is given with its XPath; of a large document only the
section at hand is in memory.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from chartpost.formats.ccda.header import Header, header_of
from chartpost.formats.ccda.intake import security
from chartpost.formats.ccda.intake.nodes import Node, down, has_template, kids
from chartpost.formats.ccda.intake.types import Json
from chartpost.formats.ccda.reading import parse

STREAM_FROM = 8 * 1024 * 1024
"""Documents of more bytes are read section by section."""

BODY = "/v3:ClinicalDocument/v3:component/v3:structuredBody"


@dataclass
class Body:
    """An opened document; `sections` may be walked once."""

    root: Node
    header: Header
    sha256: str
    sections: Callable[[], Iterator[tuple[Node, str]]]
    annotations: list[Json] = field(default_factory=list)


def open_body(data: bytes | BinaryIO) -> Body:
    """Open a document from bytes or a seekable stream; raises what `reading.parse` raises."""
    raw = data if isinstance(data, bytes) else data.read()
    root = parse(raw)
    found = _sections(root)
    return Body(root, header_of(root), hashlib.sha256(raw).hexdigest(), lambda: iter(found), _annotations(found))


def _sections(root: Node) -> list[tuple[Node, str]]:
    found: list[tuple[Node, str]] = []
    for number, component in enumerate(kids(down(root, "component", "structuredBody"), "component"), 1):
        place = f"{BODY}/v3:component[{number}]/v3:section"
        found += [(section, place) for section in kids(component, "section")]
    return found


def _annotations(found: list[tuple[Node, str]]) -> list[Json]:
    """Labels of the privacy section, which speaks for the whole document."""
    marked = [s for s, _ in found if has_template(s, security.PRIVACY_SECTION)]
    return [label for section in marked for label in security.annotations(section)] if marked else []
