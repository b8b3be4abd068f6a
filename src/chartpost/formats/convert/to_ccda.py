"""C-CDA out: a document of one person, by default a Continuity of Care Document, checked before it is handed back."""

import uuid
from collections import Counter
from hashlib import sha256

from chartpost.formats import ccda
from chartpost.formats.ccda import Address, CcdaError, Organization, Record
from chartpost.formats.convert.errors import CannotMakeError
from chartpost.formats.convert.keeper import Keeper, keeper
from chartpost.formats.convert.people import Share
from chartpost.formats.convert.to_fhir import NAMES
from chartpost.formats.convert.types import Json, Notice, Wish
from chartpost.formats.fhirjson.canonical import dump
from chartpost.formats.fhirjson.classify import category
from chartpost.formats.fhirjson.terms import Category

NAMED = frozenset({"Provenance", "Medication", "Specimen", "Binary", "List", "Composition"})
"""Types that other entries name, or that say where entries came from."""


def write(share: Share, wish: Wish) -> tuple[bytes, list[Notice]]:
    """The document, and what was left out because it breaks the rules of FHIR; raises CannotMakeError."""
    record = _Watched(share.patient, [entry.resource for entry in share.others if entry.valid])
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
    told = [Notice("error", "invalid", entry.type, entry.key[:100], "not in the C-CDA") for entry in broken]
    return data, told + _without_place(share, record)


class _Watched(Record):
    """A record that remembers which types its sections asked for."""

    asked: frozenset[str] = frozenset()

    def of(self, *types: str) -> list[Json]:
        """What `Record.of` gives."""
        self.asked |= frozenset(types)
        return super().of(*types)


def _without_place(share: Share, record: _Watched) -> list[Notice]:
    """How many entries of each type no section of the document is for; people and places stand in the entries."""
    left = Counter(
        entry.type
        for entry in share.others
        if entry.valid and entry.type not in record.asked | NAMED and category(entry.resource) is not Category.PEOPLE
    )
    said = "not in the C-CDA: it has no section for"
    return [Notice("warning", "no-section", kind, "", f"{said} {n} {kind}") for kind, n in sorted(left.items())]


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
