"""Medical equipment (46264-8): implanted and other devices, Non-Medicinal Supply Activity 4.50."""

from collections.abc import Iterator

from lxml import etree

from chartpost.formats.ccda.codesystems import SNOMED
from chartpost.formats.ccda.datatypes import coded, text_ref
from chartpost.formats.ccda.fhirvalues import Fhir, concept_text, first, long_date
from chartpost.formats.ccda.model import Context, Entry, Row, Section, templates
from chartpost.formats.ccda.sections.common import status
from chartpost.formats.ccda.xmlnode import el, null

_UDI = "2.16.840.1.113883.3.3719"


def _entries(ctx: Context) -> Iterator[Entry]:
    for device in ctx.record.of("Device"):
        if not device.get("patient"):
            continue
        row = ctx.row(
            _name(device),
            str(device.get("status", "")).replace("-", " ").capitalize(),
            _udi(device),
            str(device.get("serialNumber", "")),
            str(device.get("lotNumber", "")),
            long_date(device.get("expirationDate")),
        )
        yield Entry((row,), _supply(ctx, device, row))


def _name(device: Fhir) -> str:
    return concept_text(device.get("type")) or str(first(device.get("deviceName")).get("name", ""))


def _udi(device: Fhir) -> str:
    carrier = first(device.get("udiCarrier"))
    return str(carrier.get("carrierHRF") or carrier.get("deviceIdentifier") or "")


def _supply(ctx: Context, device: Fhir, row: Row) -> etree._Element:
    udi = _udi(device)
    role = el(
        "participantRole",
        {"classCode": "MANU"},
        templates("2.16.840.1.113883.10.20.22.4.37"),
        el("id", {"root": _UDI, "extension": udi}) if udi else ctx.id(device, "product"),
        el("playingDevice", None, coded("code", device.get("type") or {"text": _name(device)}, (SNOMED,),
                                        ref=row.cell(1))),
        el("scopingEntity", None, el("id", {"root": _UDI}) if udi else null("id")),
    )  # fmt: skip
    return el(
        "supply",
        {"classCode": "SPLY", "moodCode": "EVN"},
        templates("2.16.840.1.113883.10.20.22.4.50", "2014-06-09"),
        ctx.id(device),
        text_ref(row.ref),
        status("completed"),
        el("participant", {"typeCode": "PRD"}, role),
    )


EQUIPMENT = Section(
    prefix="equipment",
    title="Medical Equipment",
    loinc="46264-8",
    display="History of medical device use",
    template="2.16.840.1.113883.10.20.22.2.23",
    version="2014-06-09",
    columns=("Device", "Status", "UDI", "Serial number", "Lot", "Expires"),
    entries=_entries,
)
