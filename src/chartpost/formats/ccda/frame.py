"""The header around the sections: who wrote it, who keeps it, who gets it, and what time and stay it is about."""

from lxml import etree

from chartpost.formats.ccda import privacy
from chartpost.formats.ccda.codesystems import code_system
from chartpost.formats.ccda.datatypes import coded, identifier, point
from chartpost.formats.ccda.fhirvalues import Fhir, first, timestamp
from chartpost.formats.ccda.kinds import Kind
from chartpost.formats.ccda.model import templates
from chartpost.formats.ccda.parties import Author, Organization, Recipient
from chartpost.formats.ccda.record import Record, date_of, unique_id
from chartpost.formats.ccda.usrealm import addresses, organization_contact, telecoms
from chartpost.formats.ccda.xmlnode import el, null

NPI = "2.16.840.1.113883.4.6"
_LOINC = "2.16.840.1.113883.6.1"
_NPI_SYSTEM = "http://hl7.org/fhir/sid/us-npi"


def identity(kind: Kind, title: str, now: str, document_id: str, *, marked: bool) -> list[etree._Element]:
    """Realm, type, templates, id, code, title and time; `marked` for a document with privacy markings."""
    segmented = [el("templateId", {"root": privacy.SEGMENTED, "assigningAuthorityName": "HL7 Security"})]
    return [
        el("realmCode", {"code": "US"}),
        el("typeId", {"root": "2.16.840.1.113883.1.3", "extension": "POCD_HD000040"}),
        *templates("2.16.840.1.113883.10.20.22.1.1", "2015-08-01"),
        *templates(kind.template, "2015-08-01"),
        *(segmented if marked else []),
        el("id", {"root": document_id}),
        el("code", {"code": kind.code, "codeSystem": _LOINC, "codeSystemName": "LOINC",
                    "displayName": kind.display}),
        el("title", None, title),
        el("effectiveTime", {"value": timestamp(now)}),
    ]  # fmt: skip


def author(given: Author, custodian: Organization, now: str, *, marked: bool = False) -> etree._Element:
    """The author: a person with a name, or else the software."""
    named = bool(given.family)
    first_name = el("given", None, given.given) if given.given else null("given")
    who = (
        el("assignedPerson", None, el("name", None, first_name, el("family", None, given.family)))
        if named
        else el(
            "assignedAuthoringDevice",
            None,
            el("manufacturerModelName", None, given.model),
            el("softwareName", None, given.software),
        )
    )
    return el(
        "author",
        None,
        _marking(privacy.AUTHOR) if marked else None,
        el("time", {"value": timestamp(now)}),
        el(
            "assignedAuthor",
            None,
            _marking(privacy.ASSIGNED_AUTHOR) if marked else None,
            el("id", {"root": NPI, "extension": given.npi}) if given.npi else null("id"),
            list(reversed(organization_contact(custodian))),
            who,
            el("representedOrganization", None, _organization(custodian)),
        ),
    )


def _marking(template: str) -> etree._Element:
    return el("templateId", {"root": template, "assigningAuthorityName": "HL7 Security"})


def _organization(custodian: Organization) -> list[etree._Element]:
    npi = [el("id", {"root": NPI, "extension": custodian.npi})] if custodian.npi else []
    return [
        el("id", {"root": custodian.identifier}),
        *npi,
        el("name", None, custodian.name),
        *organization_contact(custodian),
    ]


def custodian_of(custodian: Organization) -> etree._Element:
    """Who keeps the document."""
    organization = el("representedCustodianOrganization", None, _organization(custodian))
    return el("custodian", None, el("assignedCustodian", None, organization))


def information_recipient(to: Recipient) -> etree._Element:
    """Who the document is for; the name is unknown (NI) where only an organisation is."""
    name = [el("given", None, to.given) if to.given else null("given"), el("family", None, to.family)]
    organization = Organization(to.organization, "", to.phone, to.address)
    return el(
        "informationRecipient",
        None,
        el(
            "intendedRecipient",
            None,
            el("id", {"root": NPI, "extension": to.npi}) if to.npi else null("id"),
            list(reversed(organization_contact(organization))),
            el("informationRecipient", None, el("name", None, name) if to.family else null("name")),
            el("receivedOrganization", None, el("name", None, to.organization)) if to.organization else None,
        ),
    )


def service_event(record: Record, custodian: Organization, now: str, *, performed: bool) -> etree._Element:
    """The care that the document tells of, from its oldest entry to now, and the person's own doctors.

    With `performed` there is always a performer: the office where no doctor is known.
    """
    dates = [d for d in map(date_of, record) if timestamp(d)]
    earliest = min(dates, default=record.person.get("birthDate") or now)
    period = el(
        "effectiveTime",
        None,
        el("low", {"value": timestamp(earliest) or timestamp(now)}),
        el("high", {"value": timestamp(now)}),
    )
    doctors = [_doctor(record, r) for r in record.person.get("generalPractitioner") or ()]
    known = [d for d in doctors if d is not None]
    office = [_performer(null("id"), None, el("representedOrganization", None, _organization(custodian)))]
    event = el("serviceEvent", {"classCode": "PCPR"}, period, known or (office if performed else []))
    return el("documentationOf", None, event)


def _doctor(record: Record, reference: Fhir) -> etree._Element | None:
    name = record.name_of(reference, record.person)
    if not name:
        return None
    found = record.resolve(reference, record.person) or {}
    npi = next((i for i in found.get("identifier") or () if i.get("system") == _NPI_SYSTEM), None)
    own = identifier(npi) if npi else None
    return _performer(own if own is not None else null("id"), el("assignedPerson", None, el("name", None, name)), None)


def _performer(
    own: etree._Element, person: etree._Element | None, organization: etree._Element | None
) -> etree._Element:
    entity = el("assignedEntity", None, own, null("addr"), null("telecom"), person, organization)
    return el("performer", {"typeCode": "PRF"}, entity)


def stay_of(record: Record, wanted: str = "") -> Fhir:
    """The hospital stay a discharge summary is about: the one asked for, else the newest that has ended.

    An empty dict where there is none.
    """
    if wanted:
        return dict(record.resolve({"reference": wanted}) or {})
    ended = [e for e in record.of("Encounter") if (e.get("period") or {}).get("end")]
    stays = [e for e in ended if (e.get("class") or {}).get("code") in ("IMP", "ACUTE", "NONAC", "inpatient")]
    return dict(first([*stays, *ended]))


def encompassing(record: Record, stay: Fhir, custodian: Organization) -> etree._Element:
    """`componentOf` of a discharge summary; what is not known about the stay says so."""
    period = stay.get("period") or {}
    left = ((stay.get("hospitalization") or {}).get("dischargeDisposition")) or {}
    return el(
        "componentOf",
        None,
        el(
            "encompassingEncounter",
            None,
            el("id", {"root": unique_id(stay, custodian.identifier)}) if stay else null("id"),
            _class(stay.get("class") or {}),
            el("effectiveTime", None, point("low", period.get("start")), point("high", period.get("end"))),
            _disposition(left),
            _place(record, stay),
        ),
    )


def _class(kind: Fhir) -> etree._Element | None:
    system = code_system(str(kind.get("system", "")))
    if not system or not kind.get("code"):
        return None
    return el("code", {"code": kind["code"], "codeSystem": system.oid, "displayName": kind.get("display")})


def _disposition(concept: Fhir) -> etree._Element:
    found = coded("dischargeDispositionCode", concept, ())
    return found if found.get("code") else null("dischargeDispositionCode", "UNK")


def _place(record: Record, stay: Fhir) -> etree._Element | None:
    name = next((n for p in stay.get("location") or () if (n := record.name_of(p.get("location"), stay))), "")
    name = name or record.name_of(stay.get("serviceProvider"), stay)
    if not name:
        return None
    facility = el("healthCareFacility", None, null("id"), el("location", None, el("name", None, name)))
    return el("location", None, facility)


def contacts(person: Fhir) -> list[etree._Element]:
    """Relatives and other contacts of the Patient resource, as supporting participants (IND)."""
    return [_contact(c) for c in person.get("contact") or () if c.get("name")]


def _contact(contact: Fhir) -> etree._Element:
    name = contact["name"]
    parts = [el("given", None, g) for g in name.get("given") or ()]
    family = name.get("family") or (name.get("text") if not parts else None)
    codes = {c.get("code") for r in contact.get("relationship") or () for c in r.get("coding") or ()}
    role = "ECON" if "C" in codes else "NOK" if "N" in codes else "PRS"
    return el(
        "participant",
        {"typeCode": "IND"},
        el(
            "associatedEntity",
            {"classCode": role},
            coded("code", first(contact.get("relationship")), ("http://terminology.hl7.org/CodeSystem/v3-RoleCode",))
            if contact.get("relationship")
            else None,
            addresses([contact["address"]] if contact.get("address") else None),
            telecoms(contact.get("telecom")),
            el("associatedPerson", None, el("name", None, parts, el("family", None, family) if family else None)),
        ),
    )
