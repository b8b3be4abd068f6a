"""C-CDA out: a document of one person, by default a Continuity of Care Document, checked before it is handed back."""

import uuid
from hashlib import sha256

from chartpost.formats import ccda
from chartpost.formats.ccda import Address, CcdaError, Organization, Record
from chartpost.formats.convert.errors import CannotMakeError
from chartpost.formats.convert.keeper import Keeper, keeper
from chartpost.formats.convert.people import Share
from chartpost.formats.convert.to_fhir import NAMES
from chartpost.formats.convert.types import Notice, Wish
from chartpost.formats.fhirjson.canonical import dump


def write(share: Share, wish: Wish) -> tuple[bytes, list[Notice]]:
    """The document, and what was left out because it breaks the rules of FHIR; raises CannotMakeError."""
    record = Record(share.patient, [entry.resource for entry in share.others if entry.valid])
    try:
        data = ccda.write(
            wish.document,
            record,
            custodian=_custodian(keeper(share, wish)),
            created=wish.created,
            document_id=_document_id(share, wish),
            embed=True,
            language="es-US" if wish.language == "es" else "en-US",
        )
    except CcdaError as error:
        raise CannotMakeError(error.seen, error.expected, error.todo) from error
    broken = [entry for entry in share.others if not entry.valid]
    return data, [Notice("error", "invalid", entry.type, entry.key[:100], "not in the C-CDA") for entry in broken]


def _custodian(found: Keeper) -> Organization:
    """The same organisation gets the same identifier each time."""
    place = Address(found.lines, found.city, found.state, found.postal_code)
    return Organization(found.name, str(uuid.uuid5(NAMES, found.name)), found.phone, place, found.npi)


def _document_id(share: Share, wish: Wish) -> str:
    """The same for the same record and moment."""
    digest = sha256(wish.created.isoformat().encode())
    for resource in (share.patient, *(entry.resource for entry in share.others)):
        digest.update(dump(resource))
    return str(uuid.uuid5(NAMES, digest.hexdigest()))
