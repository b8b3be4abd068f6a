"""The Continuity of Care Document (C-CDA R2.1, 2.16.840.1.113883.10.20.22.1.2:2015-08-01)."""

from collections.abc import Iterable
from datetime import datetime

from lxml import etree

from chartpost.formats.ccda.codesystems import is_oid
from chartpost.formats.ccda.datatypes import fixed
from chartpost.formats.ccda.errors import CannotWriteError
from chartpost.formats.ccda.fhirvalues import Fhir, timestamp
from chartpost.formats.ccda.model import templates
from chartpost.formats.ccda.parties import Author, Organization
from chartpost.formats.ccda.record import Record, date_of
from chartpost.formats.ccda.sections import SECTIONS
from chartpost.formats.ccda.usrealm import organization_contact, patient_role
from chartpost.formats.ccda.xmlnode import el, null

_NPI = "2.16.840.1.113883.4.6"
_LOINC = "2.16.840.1.113883.6.1"
_CONFIDENTIALITY = {"N": "normal", "R": "restricted", "V": "very restricted"}


def write_ccd(
    person: Fhir,
    resources: Iterable[Fhir],
    *,
    custodian: Organization,
    created: datetime,
    document_id: str,
    author: Author | None = None,
    title: str = "Continuity of Care Document",
    selection: str = "",
    language: str = "en-US",
) -> bytes:
    """The record of one person as a CCD: UTF-8 XML, the same bytes for the same input.

    `person` is a FHIR R4 Patient, `resources` the FHIR R4 resources chosen for release (only they are
    written); `created` must carry a zone; `document_id` is an OID or UUID; `selection` says in plain words
    what was chosen and stands first in the document. Raises CannotWriteError.
    """
    _check(person, custodian, created, document_id)
    record = Record(person, resources)
    now = created.isoformat(timespec="seconds")
    sections = [section.write(record, custodian.identifier) for section in SECTIONS]
    body = [el("component", None, s) for s in (_about(selection), *sections) if s is not None]
    root = el(
        "ClinicalDocument",
        None,
        _identity(title, now, document_id),
        _confidentiality(record),
        el("languageCode", {"code": language}),
        el("recordTarget", None, patient_role(person, custodian)),
        _author(author or Author(), custodian, now),
        _custodian(custodian),
        _service_event(record, now),
        el("component", None, el("structuredBody", None, body)),
    )
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=False)


def _check(person: Fhir, custodian: Organization, created: datetime, document_id: str) -> None:
    if person.get("resourceType") != "Patient":
        raise CannotWriteError("a person that is not a FHIR Patient", "resourceType Patient", "pass the Patient")
    if created.tzinfo is None:
        raise CannotWriteError("a creation time without zone", "an aware datetime", "attach the office's zone")
    if not custodian.name:
        raise CannotWriteError("a custodian without a name", "the office's name", "set it in the office settings")
    for name, value in (("document id", document_id), ("custodian identifier", custodian.identifier)):
        if not (is_oid(value) or _is_uuid(value)):
            raise CannotWriteError(f"a {name} that is neither OID nor UUID", "OID or UUID", f"give a valid {name}")


def _is_uuid(text: str) -> bool:
    parts = text.split("-")
    return [len(p) for p in parts] == [8, 4, 4, 4, 12] and all(c in "0123456789abcdefABCDEF" for c in text if c != "-")


def _identity(title: str, now: str, document_id: str) -> list[etree._Element]:
    return [
        el("realmCode", {"code": "US"}),
        el("typeId", {"root": "2.16.840.1.113883.1.3", "extension": "POCD_HD000040"}),
        *templates("2.16.840.1.113883.10.20.22.1.1", "2015-08-01"),
        *templates("2.16.840.1.113883.10.20.22.1.2", "2015-08-01"),
        el("id", {"root": document_id}),
        el("code", {"code": "34133-9", "codeSystem": _LOINC, "codeSystemName": "LOINC",
                    "displayName": "Summarization of Episode Note"}),
        el("title", None, title),
        el("effectiveTime", {"value": timestamp(now)}),
    ]  # fmt: skip


def _confidentiality(record: Record) -> etree._Element:
    """The strictest confidentiality label of anything in the document, N at least (HL7 v3 Confidentiality)."""
    labels = {
        str(label.get("code"))
        for resource in (record.person, *record)
        for label in (resource.get("meta") or {}).get("security") or ()
        if str(label.get("system", "")).endswith("v3-Confidentiality")
    }
    code = next((c for c in ("V", "R") if c in labels), "N")
    return fixed("confidentialityCode", code, "2.16.840.1.113883.5.25", _CONFIDENTIALITY[code])


def _author(author: Author, custodian: Organization, now: str) -> etree._Element:
    named = bool(author.family)
    who = (
        el("assignedPerson", None, el("name", None, _given(author), el("family", None, author.family)))
        if named
        else el(
            "assignedAuthoringDevice",
            None,
            el("manufacturerModelName", None, author.model),
            el("softwareName", None, author.software),
        )
    )
    return el(
        "author",
        None,
        el("time", {"value": timestamp(now)}),
        el(
            "assignedAuthor",
            None,
            el("id", {"root": _NPI, "extension": author.npi}) if author.npi else null("id"),
            list(reversed(organization_contact(custodian))),
            who,
            el("representedOrganization", None, _organization(custodian)),
        ),
    )


def _given(author: Author) -> etree._Element:
    return el("given", None, author.given) if author.given else null("given")


def _organization(custodian: Organization) -> list[etree._Element]:
    npi = [el("id", {"root": _NPI, "extension": custodian.npi})] if custodian.npi else []
    return [
        el("id", {"root": custodian.identifier}),
        *npi,
        el("name", None, custodian.name),
        *organization_contact(custodian),
    ]


def _custodian(custodian: Organization) -> etree._Element:
    organization = el("representedCustodianOrganization", None, _organization(custodian))
    return el("custodian", None, el("assignedCustodian", None, organization))


def _service_event(record: Record, now: str) -> etree._Element:
    dates = [d for d in map(date_of, record) if timestamp(d)]
    earliest = min(dates, default=record.person.get("birthDate") or now)
    period = el(
        "effectiveTime",
        None,
        el("low", {"value": timestamp(earliest) or timestamp(now)}),
        el("high", {"value": timestamp(now)}),
    )
    return el("documentationOf", None, el("serviceEvent", {"classCode": "PCPR"}, period))


def _about(selection: str) -> etree._Element | None:
    if not selection:
        return None
    return el(
        "section",
        None,
        el("code", {"code": "48767-8", "codeSystem": _LOINC, "codeSystemName": "LOINC",
                    "displayName": "Annotation comment"}),
        el("title", None, "About this document"),
        el("text", None, [el("paragraph", None, line) for line in selection.splitlines() if line.strip()]),
    )  # fmt: skip
