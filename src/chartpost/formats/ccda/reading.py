"""Reading somebody else's CDA safely: no DOCTYPE, no entities, no network, a size cap."""

import re
from collections.abc import Iterable
from xml.parsers import expat

from lxml import etree

from chartpost.formats.ccda.errors import NotClinicalDocumentError, NotXmlError, TooLargeError, UnsafeXmlError
from chartpost.formats.ccda.xmlnode import qname

MAX_BYTES = 50 * 1024 * 1024
"""Largest document that is read into a tree; real ones are under 1 MB, scans inside one can reach 40 MB."""

MAX_ELEMENTS = 400_000
"""Largest number of elements: about ten times the largest real document seen."""

_CHUNK = 1 << 16
_HEAD = 1 << 10
_NAMED_ENCODING = re.compile(rb"""^<\?xml[^>]*encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_ENCODINGS = {"UTF-8", "UTF8", "UTF-16", "US-ASCII", "ASCII", "ISO-8859-1", "WINDOWS-1252"}


def parse(data: bytes, *, max_elements: int = MAX_ELEMENTS) -> etree._Element:
    """The root of a CDA document (HL7 CDA R2 ClinicalDocument).

    Raises TooLargeError, UnsafeXmlError (DOCTYPE), NotXmlError or NotClinicalDocumentError; the messages
    hold positions and element names, never content.
    """
    if len(data) > MAX_BYTES:
        raise TooLargeError(f"{len(data)} bytes", f"at most {MAX_BYTES}", "ask for a smaller document")
    if _plain(data, max_elements):
        _allow_encoding(data[:_HEAD])
    else:
        check_chunks((data[start : start + _CHUNK] for start in range(0, len(data), _CHUNK)), max_elements)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True, remove_comments=True
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise NotXmlError(_where(error.lineno, error.offset), "well-formed XML", _ASK_AGAIN) from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise UnsafeXmlError("a DOCTYPE declaration", "CDA without one", "refuse it and tell the sender")
    if root.tag != qname("ClinicalDocument"):
        name = etree.QName(root).localname[:40]
        raise NotClinicalDocumentError(
            f"a document that starts with <{name}>", "ClinicalDocument in urn:hl7-org:v3", _OTHER_KIND
        )
    return root


def _plain(data: bytes, max_elements: int) -> bool:
    """Whether the bytes alone tell that there is no document type and that there are not too many elements.

    In an encoding that has ASCII within it (all that are read but UTF-16, which holds zero bytes) a document type has
    its name as it is, and each element at least one `<`.
    """
    return b"\0" not in data and b"DOCTYPE" not in data and data.count(b"<") <= max_elements


_ASK_AGAIN = "ask the sender for the document again"
_OTHER_KIND = "file it as an ordinary attachment"


def check_chunks(chunks: Iterable[bytes], max_elements: int | None, max_in_part: int | None = None) -> None:
    """Walk the bytes of a document once without a tree; raises for a DOCTYPE, broken XML, or too many elements.

    Elements are not counted where `max_elements` is None.
    `max_in_part` caps the elements below any one element three levels down, which in CDA holds one section.
    """
    reader = expat.ParserCreate(namespace_separator=" ")
    counted = _Counted(max_elements or 0, max_in_part)
    reader.StartDoctypeDeclHandler = counted.refuse
    if max_elements is not None:
        reader.StartElementHandler = counted.started
    if max_in_part is not None:
        reader.EndElementHandler = counted.ended
    first = True
    try:
        for chunk in chunks:
            if first:
                _allow_encoding(chunk[:_HEAD])
                first = False
            reader.Parse(chunk, False)
        reader.Parse(b"", True)
    except expat.ExpatError as error:
        raise NotXmlError(_where(error.lineno, error.offset), "well-formed XML", _ASK_AGAIN) from None


class _Counted:
    """Counts elements as they are met."""

    def __init__(self, most: int, most_in_part: int | None) -> None:
        self.most, self.most_in_part = most, most_in_part or most
        self.count = self.part = self.depth = 0

    def refuse(self, *_: object) -> None:
        raise UnsafeXmlError("a DOCTYPE declaration", "CDA without one", "refuse it and tell the sender")

    def started(self, *_: object) -> None:
        self.count += 1
        self.depth += 1
        self.part = 0 if self.depth == _PART_DEPTH else self.part + 1
        if self.count > self.most or self.part > self.most_in_part:
            most = self.most if self.count > self.most else self.most_in_part
            raise TooLargeError(f"over {most} elements", "fewer", "ask for a smaller document")

    def ended(self, *_: object) -> None:
        self.depth -= 1


_PART_DEPTH = 4


def _allow_encoding(head: bytes) -> None:
    named = _NAMED_ENCODING.match(head.removeprefix(b"\xef\xbb\xbf").lstrip())
    if named and named.group(1).decode("ascii").upper() not in _ENCODINGS:
        raise NotXmlError("an unusual character encoding", "UTF-8, UTF-16 or ISO-8859-1", _ASK_AGAIN)


def _where(line: int | None, column: int | None) -> str:
    return f"broken XML at line {line or 0}, column {column or 0}"
