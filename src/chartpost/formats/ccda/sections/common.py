"""Parts that several entry templates share."""

from collections.abc import Mapping

from lxml import etree

from chartpost.formats.ccda.codesystems import ICD10CM, SNOMED
from chartpost.formats.ccda.datatypes import coded, fixed, point, text_ref
from chartpost.formats.ccda.fhirvalues import Fhir, choice, concept_text, timestamp
from chartpost.formats.ccda.model import Context, templates
from chartpost.formats.ccda.record import resource_name
from chartpost.formats.ccda.xmlnode import el, null

SNOMED_OID = "2.16.840.1.113883.6.96"
LOINC_OID = "2.16.840.1.113883.6.1"
ACT_CODE_OID = "2.16.840.1.113883.5.4"
ACT_CLASS_OID = "2.16.840.1.113883.5.6"
FINDINGS = (SNOMED, ICD10CM)

STATUS = {
    "active": ("55561003", "Active"),
    "inactive": ("73425007", "Inactive"),
    "resolved": ("413322009", "Resolved"),
}


def status(code: str) -> etree._Element:
    """An entry's statusCode (HL7 ActStatus)."""
    return el("statusCode", {"code": code})


def status_of(table: Mapping[str, str], said: object) -> etree._Element:
    """The statusCode for a FHIR status; one that says nothing (or unknown) stays unknown, and never reads as active."""
    code = table.get(str(said))
    return status(code) if code else null("statusCode", "UNK")


def assertion() -> etree._Element:
    """The code that says an observation's value is asserted."""
    return fixed("code", "ASSERTION", ACT_CODE_OID, "Assertion")


def related(kind: str, element: etree._Element, *, inverted: bool = False) -> etree._Element:
    """An entryRelationship around an entry."""
    return el("entryRelationship", {"typeCode": kind, "inversionInd": "true" if inverted else None}, element)


def observation(*children: "etree._Element | list[etree._Element] | None", **attributes: str) -> etree._Element:
    """An `observation` in event mood."""
    return el("observation", {"classCode": "OBS", "moodCode": "EVN", **attributes}, *children)


def clinical_status(template: str, clinical: str, value_type: str) -> etree._Element | None:
    """Problem Status (4.6) or Allergy Status (4.28) observation, 2019-06-20; None where it is not known."""
    known = STATUS.get({"recurrence": "active", "relapse": "active", "remission": "inactive"}.get(clinical, clinical))
    if known is None:
        return None
    return observation(
        templates(template, "2019-06-20"),
        fixed("code", "33999-4", LOINC_OID, "Status"),
        status("completed"),
        fixed("value", known[0], SNOMED_OID, known[1], value_type),
    )


def indications(ctx: Context, resource: Fhir) -> list[etree._Element]:
    """Indication observations (4.19) from reasonCode and reasonReference."""
    reasons = list(resource.get("reasonCode") or ())
    for reference in resource.get("reasonReference") or ():
        found = ctx.record.resolve(reference, resource) or {}
        if found.get("code"):
            reasons.append(found["code"])
    return [related("RSON", _indication(ctx, resource, reason, n)) for n, reason in enumerate(reasons)]


def _indication(ctx: Context, resource: Fhir, reason: Fhir, number: int) -> etree._Element:
    return observation(
        templates("2.16.840.1.113883.10.20.22.4.19", "2014-06-09"),
        ctx.id(resource, f"reason-{number}"),
        fixed("code", "404684003", SNOMED_OID, "Finding"),
        status("completed"),
        coded("value", reason, FINDINGS, xsi_type="CD"),
    )


def reason_text(ctx: Context, resource: Fhir) -> str:
    """Why something was done, for a reader."""
    words = [concept_text(r) for r in resource.get("reasonCode") or ()]
    for reference in resource.get("reasonReference") or ():
        found = ctx.record.resolve(reference, resource) or {}
        words.append(concept_text(found.get("code")) or str(reference.get("display", "")))
    return ", ".join(dict.fromkeys(word for word in words if word))


def performer(name: str) -> etree._Element | None:
    """A performer known by name only."""
    if not name:
        return None
    person = el("assignedPerson", None, el("name", None, name))
    return el(
        "performer",
        None,
        el("assignedEntity", None, null("id"), null("addr"), null("telecom"), person),
    )


def author(ctx: Context, resource: Fhir, *references: str) -> etree._Element | None:
    """Author Participation (4.119) of whoever the first present reference names, and of when it was written."""
    for key in references:
        reference = resource.get(key)
        reference = reference[0] if isinstance(reference, list) and reference else reference
        name = ctx.record.name_of(reference, resource) if isinstance(reference, dict) else ""
        if name:
            return _author(name, resource)
    return _author("", resource) if timestamp(_written(resource)) else None


def _written(resource: Fhir) -> str | None:
    names = ("recordedDate", "authoredOn", "recorded", "issued")
    return next((resource[name] for name in names if resource.get(name)), None)


def _author(name: str, resource: Fhir) -> etree._Element:
    person = el("assignedPerson", None, el("name", None, name)) if name else None
    return el(
        "author",
        None,
        templates("2.16.840.1.113883.10.20.22.4.119"),
        point("time", _written(resource)),
        el("assignedAuthor", None, null("id"), person),
    )


def comment(ref: str | None) -> etree._Element | None:
    """Comment Activity (4.64) whose words stand in the narrative; None where there are none."""
    if ref is None:
        return None
    act = el(
        "act",
        {"classCode": "ACT", "moodCode": "EVN"},
        templates("2.16.840.1.113883.10.20.22.4.64"),
        fixed("code", "48767-8", LOINC_OID, "Annotation comment"),
        text_ref(ref),
    )
    return related("SUBJ", act, inverted=True)


def location(name: str, concept: Fhir | None = None) -> etree._Element | None:
    """A Service Delivery Location (4.32) as participant LOC."""
    if not name:
        return None
    role = el(
        "participantRole",
        {"classCode": "SDLOC"},
        templates("2.16.840.1.113883.10.20.22.4.32"),
        coded("code", concept, ()),
        null("addr"),
        null("telecom"),
        el("playingEntity", {"classCode": "PLC"}, el("name", None, name)),
    )
    return el("participant", {"typeCode": "LOC"}, role)


def place_name(ctx: Context, resource: Fhir) -> str:
    """Where an encounter or procedure happened."""
    places = resource.get("location")
    if isinstance(places, dict):
        places = [{"location": places}]
    for place in places or ():
        name = ctx.record.name_of(place.get("location"), resource)
        if name:
            return name
    return ctx.record.name_of(resource.get("serviceProvider"), resource)


def performer_name(ctx: Context, resource: Fhir, key: str = "performer", who: str = "actor") -> str:
    """The first performer's name."""
    for item in resource.get(key) or ():
        name = ctx.record.name_of(item.get(who) or (item if "reference" in item else None), resource)
        if name:
            return name
    return ""


def medication_of(ctx: Context, resource: Fhir) -> Fhir:
    """The CodeableConcept of medication[x], looked up where it is a reference."""
    kind, value = choice(resource, "medication")
    if kind == "CodeableConcept":
        return dict(value)
    found = ctx.record.resolve(value, resource) or {}
    concept = found.get("code") or {}
    return concept if concept_text(concept) else {"text": (value or {}).get("display") or resource_name(found)}
