"""Taking in what people add to a record themselves: documents alone, and none that names somebody else."""

from typing import BinaryIO

from chartpost.formats import ccda
from chartpost.formats.ccda import CcdaError
from chartpost.formats.filekinds import MB, PDF, PNG, XML
from chartpost.identity import queries as identity
from chartpost.identity.types import Actor, PersonView
from chartpost.records import matching
from chartpost.records.errors import Refused
from chartpost.records.ingest import originals
from chartpost.records.ingest.patients import from_header
from chartpost.records.ingest.reading import unpacked
from chartpost.records.ingest.run import import_stream
from chartpost.records.ingest.types import ImportReport

TAKEN = frozenset({PDF.name, PNG.name, XML.name})
"""Kinds people may add: PDF, pictures and C-CDA. FHIR and zips come from programs, and staff import them."""
SOURCE = "Added by the person"
"""Where entries of such a document say they came from: not from an office, so nobody takes them for its word."""


MOST_XML = 50 * MB
"""Largest C-CDA file that is taken while somebody waits for the answer; larger ones the office imports."""


class OtherKind(Refused):
    """A file of a kind that people do not add."""


class SomebodyElse(Refused):
    """A document that names another patient."""


class TwoPeople(Refused):
    """A document about more than one patient."""


class TooMuch(Refused):
    """A clinical document that takes too long to read while somebody waits."""


def take_given(stream: BinaryIO, name: str, actor: Actor, person_ref: str) -> ImportReport:
    """File a document (a seekable stream) that somebody adds to the record they have open.

    A clinical document must not contradict whose record it is: another birth date, or another name without the same
    birth date, is refused, and stays with who gave it. What may be somebody else's goes to the inbox: another name
    with the same birth date, or a number that is somebody else's. Raises Refused, NotFound.
    """
    person = identity.person(person_ref)
    size = originals.sized(stream)
    kind = originals.kind_of(stream, size)
    if kind is None or kind.name not in TAKEN:
        raise OtherKind("a file of another kind", "PDF, PNG, JPEG, TIFF or C-CDA", "Keep it on your device.")
    if kind is XML:
        _about(person, clinical_stream(stream, size))
        stream.seek(0)
    report = import_stream(stream, name, actor, person_ref, SOURCE)
    if report.refused:
        raise Refused("a file that cannot be read", "a whole document", report.refused[0][1])
    return report


def clinical_stream(stream: BinaryIO, size: int) -> BinaryIO | bytes:
    """A C-CDA file as it is read, unpacked where it is gzip; raises TooMuch."""
    if size > MOST_XML:
        raise TooMuch(f"a file of {size:,} bytes", f"at most {MOST_XML:,}", "Give it to the office.")
    inner = unpacked(stream, size, MOST_XML)
    return inner if inner.seekable() else inner.read()


def _about(person: PersonView, data: BinaryIO | bytes) -> None:
    try:
        header = ccda.header_of_one(data)
    except ccda.TwoPatientsError as error:
        raise TwoPeople(error.seen, error.expected, error.todo) from error
    except ccda.NotClinicalDocumentError as error:
        raise OtherKind(error.seen, error.expected, error.todo) from error
    except CcdaError as error:
        raise Refused(error.seen, error.expected, error.todo) from error
    said = matching.score(person, from_header(header))
    if "birth date" in said.contradictions or (said.contradictions and dict(said.parts)["birth_date"] != "same"):
        raise SomebodyElse("a document about somebody else", "one about the person", "Give it to the office.")
