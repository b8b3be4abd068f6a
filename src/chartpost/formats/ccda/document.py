"""A record as a C-CDA R2.1 document: CCD, Referral Note, Discharge Summary or Transfer Summary."""

from datetime import datetime
from typing import Literal, TypeAlias

from lxml import etree

from chartpost.formats.ccda import frame, privacy
from chartpost.formats.ccda.codesystems import is_oid
from chartpost.formats.ccda.datatypes import fixed
from chartpost.formats.ccda.errors import CannotWriteError
from chartpost.formats.ccda.fhirvalues import Fhir
from chartpost.formats.ccda.kinds import KINDS
from chartpost.formats.ccda.model import Wish, Written
from chartpost.formats.ccda.parties import Author, Organization, Recipient
from chartpost.formats.ccda.record import Record
from chartpost.formats.ccda.sections.referral import REFERRING
from chartpost.formats.ccda.selfcheck import require_sound
from chartpost.formats.ccda.usrealm import patient_role
from chartpost.formats.ccda.xmlnode import el

KindName: TypeAlias = Literal["ccd", "referral", "discharge", "transfer"]
_LOINC = "2.16.840.1.113883.6.1"


def write(
    kind: KindName,
    record: Record,
    *,
    custodian: Organization,
    created: datetime,
    document_id: str,
    author: Author | None = None,
    recipient: Recipient | None = None,
    reason: str = "",
    stay: str = "",
    embed: bool = False,
    title: str = "",
    selection: str = "",
    language: str = "en-US",
    check: bool = True,
) -> bytes:
    """The record of one person as a document: UTF-8 XML, the same bytes for the same input.

    Only the resources in `record` are written; `created` must carry a zone; `document_id` is an OID or UUID;
    `selection` says in plain words what was chosen and stands first. `recipient` and `reason` are for referral notes
    and transfer summaries, `stay` is the Type/id of a discharge summary's Encounter (the newest that ended if empty),
    `embed` puts files the record holds inside. Raises CannotWriteError, and UnsoundDocumentError where `check` finds
    a fault.
    """
    check_header(record.person, custodian, created, document_id)
    chosen = KINDS[kind]
    now = created.isoformat(timespec="seconds")
    encounter = frame.stay_of(record, stay) if kind == "discharge" else {}
    wish = Wish(kind, reason, _key(encounter), embed)
    sections = [s for s in (section.write(record, custodian.identifier, wish) for section in chosen.sections) if s]
    level = privacy.strictest([privacy.confidentiality_of(record.person), *(s.confidentiality for s in sections)])
    root = el(
        "ClinicalDocument",
        None,
        frame.identity(chosen, title or chosen.title, now, document_id, marked=level != "N"),
        privacy.confidentiality(level),
        el("languageCode", {"code": language}),
        el("recordTarget", None, patient_role(record.person, custodian)),
        frame.author(author or Author(), custodian, now, marked=level != "N"),
        frame.custodian_of(custodian),
        _around(kind, record, encounter, custodian, recipient, now),
        _body(sections, level, selection, frame.author(author or Author(), custodian, now, marked=True)),
    )
    data = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=False)
    del root, sections  # the check reads the document anew: no need to have it twice
    if check:
        require_sound(data)
    return data


def _around(
    kind: KindName, record: Record, stay: Fhir, custodian: Organization, recipient: Recipient | None, now: str
) -> list[etree._Element]:
    """Who it is for, who stands by the person, what care it tells of, and the stay it is about."""
    return [
        *([frame.information_recipient(recipient or Recipient())] if kind in REFERRING or recipient else []),
        *frame.contacts(record.person),
        frame.service_event(record, custodian, now, performed=kind == "transfer"),
        *([frame.encompassing(record, stay, custodian)] if kind == "discharge" else []),
    ]


def _key(resource: dict[str, object]) -> str:
    return f"{resource['resourceType']}/{resource.get('id', '')}" if resource else ""


def _body(sections: list[Written], level: str, selection: str, author: etree._Element) -> etree._Element:
    part2 = any(section.part2 for section in sections)
    front = [privacy.privacy_section(level, part2=part2, author=author), _about(selection)]
    every = [s for s in (*front, *(section.element for section in sections)) if s is not None]
    return el("component", None, el("structuredBody", None, [el("component", None, s) for s in every]))


def _about(selection: str) -> etree._Element | None:
    if not selection:
        return None
    return el(
        "section",
        None,
        fixed("code", "48767-8", _LOINC, "Annotation comment"),
        el("title", None, "About this document"),
        el("text", None, [el("paragraph", None, line) for line in selection.splitlines() if line.strip()]),
    )


def check_header(person: dict[str, object], custodian: Organization, created: datetime, document_id: str) -> None:
    """Raise CannotWriteError for values that cannot make a header."""
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
