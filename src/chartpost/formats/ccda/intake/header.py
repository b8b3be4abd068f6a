"""The header of a document: whose it is, who wrote it, who keeps it, and the visit it is about."""

import hashlib

from chartpost.formats.ccda.errors import NoPatientError, TwoPatientsError
from chartpost.formats.ccda.header import Header
from chartpost.formats.ccda.intake import people, provenance, security
from chartpost.formats.ccda.intake.document import Document, Scope, UnfitError
from chartpost.formats.ccda.intake.nodes import Node, attr, down, kid, kids
from chartpost.formats.ccda.intake.patient import is_nobody, patient
from chartpost.formats.ccda.intake.sections.encounters import encompassing
from chartpost.formats.ccda.intake.times import zones
from chartpost.formats.ccda.intake.types import Json

PATH = "/v3:ClinicalDocument"
_RELATIVES = frozenset({"PRS", "NOK", "ECON", "AGNT", "CAREGIVER", "GUARD", "GUAR", "CON"})


def open_document(root: Node, header: Header, sha256: str, zone: str | None) -> tuple[Document, Scope]:
    """The document and the scope of its header, with the Patient made.

    Raises NoPatientError, TwoPatientsError.
    """
    role = _the_role(root)
    place = "|".join(header.document_id).strip("|")
    times = zones(header.effective_time, zone)
    doc = Document(header, place or hashlib.sha256(sha256.encode()).hexdigest(), times, {})
    doc.patient.update({"resourceType": "Patient", "id": doc.claim("Patient", "the patient")})
    scope = Scope(doc, root, PATH)
    doc.security = security.confidentiality(root) or []
    doc.time = doc.read_time(header.effective_time).text if header.effective_time else ""
    try:
        patient(scope, role)
    except UnfitError as error:
        raise NoPatientError(
            str(error), "a patient that FHIR can hold", "ask the sender for the document again"
        ) from None
    scope.adopt(doc.patient, role)
    return doc, scope


def read(scope: Scope, root: Node) -> None:
    """Everybody the header names, and the encompassing encounter."""
    doc = scope.doc
    custodian = down(root, "custodian", "assignedCustodian", "representedCustodianOrganization")
    doc.custodian = scope.calmly(custodian, people.organization)
    doc.author = scope.calmly(root, provenance.author)
    for node in (*kids(root, "informant"), *kids(root, "legalAuthenticator"), *kids(root, "authenticator")):
        scope.calmly(node, people.who)
    for performer in kids(down(root, "documentationOf", "serviceEvent"), "performer"):
        reference = scope.calmly(performer, people.who)
        if reference and attr(kid(performer, "functionCode"), "code") in ("PCP", "PRISURG", "PP"):
            _general_practitioner(doc.patient, reference)
    for participant in kids(root, "participant"):
        associated = kid(participant, "associatedEntity")
        if attr(associated, "classCode") in _RELATIVES and kid(associated, "associatedPerson") is not None:
            scope.calmly(associated, people.related_person)
    visit = down(root, "componentOf", "encompassingEncounter")
    if visit is not None:
        scope.attempt(visit, encompassing)


def _general_practitioner(made: Json, reference: Json) -> None:
    if reference["reference"].partition("/")[0] in ("Practitioner", "Organization", "PractitionerRole"):
        held = made.setdefault("generalPractitioner", [])
        if reference not in held:
            held.append(reference)


def _the_role(root: Node) -> Node:
    roles = [role for target in kids(root, "recordTarget") for role in kids(target, "patientRole")]
    told = [role for role in roles if not is_nobody(role)]
    if not told:
        raise NoPatientError("a document that names no patient", "one recordTarget with a name or number", _ASK)
    for other in told[1:]:
        if not _same(told[0], other):
            raise TwoPatientsError(f"a document about {len(told)} patients", "a document about one", _ASK)
    return told[0]


_ASK = "ask the sender for one document for each patient"


def _same(one: Node, other: Node) -> bool:
    """Whether two patientRoles share a number, birth date and sex not speaking against it."""
    numbers = [{(attr(i, "root"), attr(i, "extension")) for i in kids(role, "id")} for role in (one, other)]
    births = {attr(down(role, "patient", "birthTime"), "value")[:8] for role in (one, other)} - {""}
    sexes = {attr(down(role, "patient", "administrativeGenderCode"), "code") for role in (one, other)} - {""}
    return bool(numbers[0] & numbers[1]) and len(births) < 2 and len(sexes) < 2
