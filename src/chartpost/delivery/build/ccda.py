"""The C-CDA file: a Continuity of Care Document that must pass our own check before it leaves."""

import uuid

from chartpost.delivery.build.content import Content
from chartpost.delivery.build.file import File, whole
from chartpost.delivery.errors import DeliveryError
from chartpost.formats.ccda import Address, CannotWriteError, Organization, Record, write
from chartpost.formats.fhirjson.canonical import parse
from chartpost.kernel.keys import derive


def build(content: Content) -> list[File]:
    """One CCD; raises DeliveryError when it would not hold."""
    shared = [parse(s.body) for s in content.shared]
    others = [resource for stored, resource in content.parsed() if stored.type != "Patient"]
    try:
        data = write(
            "ccd",
            Record(content.patient, [*others, *shared]),
            custodian=_custodian(content),
            created=content.made_at,
            document_id=str(uuid.uuid4()),
        )
    except CannotWriteError as error:
        raise DeliveryError(seen=error.seen, expected=error.expected, todo=error.todo) from None
    return [whole("ccda", f"{content.file_stem}.ccda.xml", "application/xml", data)]


def _custodian(content: Content) -> Organization:
    lines = tuple(line.strip() for line in content.office.address.splitlines() if line.strip())
    return Organization(
        name=content.office.name,
        identifier=str(uuid.UUID(bytes=derive("custodian-id", 16), version=4)),
        phone=content.office.phone,
        address=Address(lines=lines[:1], city=lines[1] if len(lines) > 1 else ""),
    )
