"""A document opened for conversion: whole where it is small, section by section where it is large.

Either way the header is there first, and each section is given with its XPath; of a large document only the
section at hand is in memory.
"""

import hashlib
import io
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from lxml import etree

from chartpost.formats.ccda.errors import NotClinicalDocumentError, NotXmlError, TooLargeError
from chartpost.formats.ccda.header import Header, header_of
from chartpost.formats.ccda.intake import security
from chartpost.formats.ccda.intake.nodes import Node, V, down, has_template, kids, words
from chartpost.formats.ccda.intake.types import Json
from chartpost.formats.ccda.reading import MAX_ELEMENTS, check_chunks, parse

STREAM_FROM = 8 * 1024 * 1024
"""Documents of more bytes are read section by section."""
MOST_BYTES = 256 * 1024 * 1024
"""Largest document that is converted."""
MOST_ELEMENTS = 10_000_000
BODY = "/v3:ClinicalDocument/v3:component/v3:structuredBody"
_CHUNK = 1 << 18


@dataclass
class Body:
    """An opened document; `sections` may be walked once. `whole` tells that all of it is in memory."""

    root: Node
    header: Header
    sha256: str
    sections: Callable[[], Iterator[tuple[Node, str]]]
    annotations: list[Json] = field(default_factory=list)
    whole: bool = True


def open_body(data: bytes | BinaryIO) -> Body:
    """Open a document from bytes or a seekable stream; raises what `reading.parse` raises."""
    size = len(data) if isinstance(data, bytes) else _size(data)
    if size > MOST_BYTES:
        raise TooLargeError(f"{size} bytes", f"at most {MOST_BYTES}", "ask for a smaller document")
    if size > STREAM_FROM:
        return _streamed(io.BytesIO(data) if isinstance(data, bytes) else data)
    raw = data if isinstance(data, bytes) else data.read()
    root = parse(raw)
    found = _sections(root)
    return Body(root, header_of(root), hashlib.sha256(raw).hexdigest(), lambda: iter(found), _annotations(found))


def read_header(data: bytes | BinaryIO) -> Header:
    """The header of a CDA document from bytes or a seekable stream; raises what `open_body` raises."""
    return open_body(data).header


def section_words(data: bytes | BinaryIO, most: int) -> str:
    """The first so many characters of what the sections of a document say, titles and text; raises as `open_body`."""
    found: list[str] = []
    for section, _ in open_body(data).sections():
        found += filter(None, (words(node) for node in section.iter(V + "title", V + "text")))
        if sum(map(len, found)) >= most:
            break
    return "\n".join(found)[:most]


def _size(stream: BinaryIO) -> int:
    size = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    return size


def _sections(root: Node) -> list[tuple[Node, str]]:
    found: list[tuple[Node, str]] = []
    for number, component in enumerate(kids(down(root, "component", "structuredBody"), "component"), 1):
        found += _of_component(component, number)
    return found


def _of_component(component: Node, number: int) -> list[tuple[Node, str]]:
    place = f"{BODY}/v3:component[{number}]/v3:section"
    return [(section, place) for section in kids(component, "section")]


def _annotations(found: list[tuple[Node, str]]) -> list[Json]:
    """Labels of the privacy section, which speaks for the whole document."""
    marked = [s for s, _ in found if has_template(s, security.PRIVACY_SECTION)]
    return [label for section in marked for label in security.annotations(section)] if marked else []


def _streamed(stream: BinaryIO) -> Body:
    """Walk the bytes once for safety and their digest, then build the tree as far as the body."""
    digest = hashlib.sha256()

    def chunks() -> Iterator[bytes]:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
            yield chunk

    check_chunks(chunks(), MOST_ELEMENTS, MAX_ELEMENTS)
    stream.seek(0)
    events = _events(stream)
    root = _header(events)
    return Body(root, header_of(root), digest.hexdigest(), lambda: _walk(events), whole=False)


def _events(stream: BinaryIO) -> Any:
    return etree.iterparse(
        stream, events=("start", "end"), tag=[V + n for n in ("ClinicalDocument", "structuredBody", "component")],
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True, remove_comments=True,
    )  # fmt: skip


def _header(events: Any) -> Node:
    """The root with the header complete: when the structured body begins, or else when the document ends."""
    root: Node | None = None
    for event, node in _sound(events):
        root = node.getroottree().getroot()
        if (event, node.tag) == ("start", V + "structuredBody"):
            break
    if root is None or root.tag != V + "ClinicalDocument":
        raise NotClinicalDocumentError("another document", "ClinicalDocument in urn:hl7-org:v3", "file it as it is")
    return root


def _sound(events: Any) -> Iterator[tuple[str, Node]]:
    """The events, one after the other; raises NotXmlError for XML that cannot be read on."""
    while True:
        try:
            event = next(events)
        except StopIteration:
            return
        except etree.XMLSyntaxError as error:
            raise NotXmlError(f"broken XML at line {error.lineno}", "well-formed XML", "ask for it again") from None
        yield event


def _walk(events: Any) -> Iterator[tuple[Node, str]]:
    """Each section as it is complete; it is given up when the next is asked for. Raises NotXmlError."""
    number = 0
    for event, node in _sound(events):
        parent = node.getparent()
        if event != "end" or parent is None or parent.tag != V + "structuredBody":
            continue
        number += 1
        yield from _of_component(node, number)
        node.clear()
        while node.getprevious() is not None:
            del parent[0]
