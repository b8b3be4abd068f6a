"""XDM out (IHE ITI TF-1 16): a zip with one C-CDA document and its metadata, as Direct mail carries it."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime

from chartpost.formats import xdm
from chartpost.formats.ccda import read_header
from chartpost.formats.ccda.codesystems import is_oid
from chartpost.formats.convert import to_ccda
from chartpost.formats.convert.errors import CannotMakeError
from chartpost.formats.convert.keeper import keeper
from chartpost.formats.convert.people import Share
from chartpost.formats.convert.to_fhir import NAMES
from chartpost.formats.convert.types import Document, Json, Notice, Wish
from chartpost.formats.fhirjson.values import get
from chartpost.formats.readable.patient import UNPRINTED_NUMBERS
from chartpost.formats.xdm.types import of_bytes

_URN = "urn:oid:"


def write(document: Document, share: Share, wish: Wish) -> tuple[bytes, list[Notice]]:
    """The package; a C-CDA goes in as it was received, FHIR is written as one first. Raises CannotMakeError."""
    data, notices = (document.original, []) if document.original else to_ccda.write(share, wish)
    header = read_header(data)
    code = (header.code.code, header.code.display) if header.code.code else ("34133-9", "Summarization of Episode Note")
    inner = xdm.Document(
        title=header.title or code[1],
        media_type="text/xml",
        open=of_bytes(data),
        unique_id=_unique(*header.document_id),
        created=_moment(wish.created),
        code=code,
        language=next(iter(header.languages), "en-US"),
    )
    name = keeper(share, wish).name
    sender = xdm.Sender(document.custodian or name, str(uuid.uuid5(NAMES, document.custodian or name)))
    try:
        return b"".join(xdm.pack([inner], sender, _patient(share.patient), made=wish.created)), notices
    except xdm.XdmError as error:
        raise CannotMakeError(error.seen, error.expected, error.todo) from error


def _unique(root: str, extension: str) -> str:
    """The document's id as one OID or UUID."""
    return root if root and not extension else str(uuid.uuid5(NAMES, f"{root}^{extension}"))


def _moment(created: datetime) -> str:
    return created.astimezone(UTC).strftime("%Y%m%d%H%M%S")


def _patient(patient: Json) -> xdm.Patient:
    name: Json = next((n for n in get(patient, "name") if isinstance(n, dict)), {})
    return xdm.Patient(
        identifier=next(_numbers(patient), (str(uuid.uuid5(NAMES, "person")), str(patient.get("id", "1")))),
        family=str(name.get("family", "")),
        given=" ".join(g for g in get(name, "given") if isinstance(g, str)),
        birth_date=str(patient.get("birthDate", "")),
        sex=str(patient.get("gender", "unknown")),
    )


def _numbers(patient: Json) -> Iterator[tuple[str, str]]:
    """(OID or UUID of who gave it, number), record numbers alone: none that the law guards and no bare addresses."""
    for one in get(patient, "identifier"):
        system = str(one.get("system", "")) if isinstance(one, dict) else ""
        guarded = any(part in system for part in UNPRINTED_NUMBERS)
        if system and system != "urn:ietf:rfc:3986" and not guarded and one.get("value"):
            oid = system.removeprefix(_URN)
            yield (oid if is_oid(oid) else str(uuid.uuid5(NAMES, system))), str(one["value"])
