"""Taking in what people add to a record themselves: documents alone, and none that names somebody else."""

from typing import BinaryIO

from chartpost.formats import ccda
from chartpost.formats.ccda import CcdaError
from chartpost.formats.filekinds import PDF, PNG, XML
from chartpost.identity import queries as identity
from chartpost.identity.types import Actor, PersonView
from chartpost.records import matching
from chartpost.records.errors import Refused
from chartpost.records.ingest import originals
from chartpost.records.ingest.patients import from_header
from chartpost.records.ingest.run import import_stream
from chartpost.records.ingest.types import ImportReport

TAKEN = frozenset({PDF.name, PNG.name, XML.name})
"""Kinds people may add: PDF, pictures and C-CDA. FHIR and zips come from programs, and staff import them."""
SOURCE = "Added by the person"
"""Where entries of such a document say they came from: not from an office, so nobody takes them for its word."""


class OtherKind(Refused):
    """A file of a kind that people do not add."""


class SomebodyElse(Refused):
    """A document that names another patient."""


def take_given(stream: BinaryIO, name: str, actor: Actor, person_ref: str) -> ImportReport:
    """File a document (a seekable stream) that somebody adds to the record they have open.

    A clinical document must not contradict whose record it is: another birth date, or another name without the same
    birth date, is refused; a number that is somebody else's goes to the inbox. Raises Refused, NotFound.
    """
    person = identity.person(person_ref)
    kind = originals.kind_of(stream, originals.sized(stream))
    if kind is None or kind.name not in TAKEN:
        raise OtherKind("a file of another kind", "PDF, PNG, JPEG, TIFF or C-CDA", "Keep it on your device.")
    if kind is XML:
        _about(person, stream.read(XML.limit + 1))
        stream.seek(0)
    report = import_stream(stream, name, actor, person_ref, SOURCE)
    if report.refused:
        raise Refused("a file that cannot be read", "a whole document", report.refused[0][1])
    return report


def _about(person: PersonView, data: bytes) -> None:
    try:
        header = ccda.read_header(data)
    except CcdaError as error:
        raise OtherKind(error.seen, error.expected, error.todo) from error
    parts = dict(matching.score(person, from_header(header)).parts)
    if parts["birth_date"] == "differs" or (parts["name"] == "differs" and parts["birth_date"] != "same"):
        raise SomebodyElse("a document about somebody else", "one about the person", "Give it to the office.")
