"""Put a resource into its category and find its sensitivity labels."""

from typing import Any

from chartpost.formats.fhirjson.tables import Json
from chartpost.formats.fhirjson.terms import LABEL_SYSTEM, Category, Label

_TYPES: dict[Category, str] = {
    Category.PROBLEMS: "Condition DetectedIssue ClinicalImpression AdverseEvent RiskAssessment",
    Category.MEDICINES: "MedicationRequest MedicationStatement MedicationDispense MedicationAdministration Medication",
    Category.ALLERGIES: "AllergyIntolerance",
    Category.RESULTS: "Observation DiagnosticReport Specimen MolecularSequence BodyStructure",
    Category.IMMUNIZATIONS: "Immunization ImmunizationEvaluation ImmunizationRecommendation",
    Category.VISITS: "Encounter EpisodeOfCare Appointment AppointmentResponse",
    Category.PROCEDURES: "Procedure Device DeviceUseStatement DeviceMetric",
    Category.DOCUMENTS: "DocumentReference DocumentManifest Composition Binary Communication Consent",
    Category.IMAGING: "ImagingStudy Media",
    Category.CARE_PLANS: "CarePlan CareTeam Goal ServiceRequest NutritionOrder DeviceRequest RequestGroup "
    "CommunicationRequest Task VisionPrescription",
    Category.BILLS: "Claim ClaimResponse ExplanationOfBenefit Invoice Account ChargeItem PaymentNotice "
    "PaymentReconciliation",
    Category.COVERAGE: "Coverage CoverageEligibilityRequest CoverageEligibilityResponse EnrollmentRequest "
    "EnrollmentResponse InsurancePlan Contract",
    Category.PEOPLE: "Patient Person RelatedPerson Practitioner PractitionerRole Organization "
    "OrganizationAffiliation Location HealthcareService Endpoint Group",
    Category.SOCIAL: "FamilyMemberHistory QuestionnaireResponse",
}
_BY_TYPE = {name: category for category, names in _TYPES.items() for name in names.split()}
_OBSERVATION = {
    "vital-signs": Category.VITALS,
    "social-history": Category.SOCIAL,
    "survey": Category.SOCIAL,
    "sdoh": Category.SOCIAL,
    "functional-status": Category.SOCIAL,
    "disability-status": Category.SOCIAL,
    "cognitive-status": Category.SOCIAL,
    "imaging": Category.IMAGING,
}
_REPORT = {"RAD": Category.IMAGING, "RUS": Category.IMAGING, "CT": Category.IMAGING, "NMR": Category.IMAGING}
_REPORT |= {"LP29684-5": Category.IMAGING, "18748-4": Category.IMAGING, "radiology": Category.IMAGING}
_LAB = {"LAB", "LP29693-6", "laboratory", "26436-6"}

_ACT = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
_CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
_SECURITY: dict[Label, str] = {
    Label.PSYCHOTHERAPY: "PSYTHPN HIPAAPsyNotes",
    Label.SUBSTANCE_USE: "SUD ETH ETHUD OPIOIDUD",
    Label.PART2: "42CFRPart2",
    Label.MENTAL_HEALTH: "MH PSY BH COGN EMOTDIS",
    Label.HIV: "HIV",
    Label.SEXUAL_HEALTH: "STD SEX",
    Label.REPRODUCTIVE: "PREGNANT",
    Label.VIOLENCE: "SDV DVD VIO MST",
    Label.GENETIC: "GDIS SCA SICKLE",
    Label.MINOR_CONFIDENTIAL: "ADOL",
    Label.SELF_PAY: "HIPAASelfPay",
    Label.TABOO: "TBOO",
    Label.PATIENT_REQUEST: "PRS",
    Label.EMPLOYEE: "EMP",
    Label.CELEBRITY: "CEL VIP",
    Label.DEMOGRAPHICS: "DEMO DOB GENDER LIVARG MARST PATLOC RACE REL",
}
_BY_SECURITY = {(_ACT, code): int(label) for label, codes in _SECURITY.items() for code in codes.split()}
_BY_SECURITY |= {("http://terminology.hl7.org/CodeSystem/v3-ActUSPrivacyLaw", "42CFRPart2"): int(Label.PART2)}
_BY_SECURITY |= {(_CONFIDENTIALITY, "R"): int(Label.RESTRICTED)}
_BY_SECURITY |= {(_CONFIDENTIALITY, "V"): int(Label.VERY_RESTRICTED)}
_BY_SECURITY |= {(LABEL_SYSTEM, str(label.name)): int(label) for label in Label}

_ICD10 = ("http://hl7.org/fhir/sid/icd-10-cm", "http://hl7.org/fhir/sid/icd-10")
_ICD10_CHAPTERS: list[tuple[str, str, Label]] = [
    ("F10", "F16", Label.SUBSTANCE_USE),
    ("F18", "F19", Label.SUBSTANCE_USE),
    ("F20", "F69", Label.MENTAL_HEALTH),
    ("B20", "B20", Label.HIV),
    ("Z21", "Z21", Label.HIV),
    ("A50", "A64", Label.SEXUAL_HEALTH),
    ("T74", "T74", Label.VIOLENCE),
    ("T76", "T76", Label.VIOLENCE),
]
_CLINICAL: dict[tuple[str, Label], str] = {
    (
        "http://snomed.info/sct",
        Label.SUBSTANCE_USE,
    ): "7200002 66590003 361055000 5602001 6525002 75544000 231477003",
    ("http://snomed.info/sct", Label.HIV): "86406008 91947003 62479008",
    ("http://snomed.info/sct", Label.SEXUAL_HEALTH): "8098009 15628003 76272004 105629000",
    ("http://loinc.org", Label.HIV): "7917-8 7918-6 5222-3 56888-1 75622-1 20447-9 25836-8 10351-5 68961-2",
    ("http://loinc.org", Label.SUBSTANCE_USE): "75626-2 82667-7 82666-9",
    ("http://loinc.org", Label.GENETIC): "51969-4 55233-1 81247-9",
}
_BY_CODE = {(system, code): int(label) for (system, label), codes in _CLINICAL.items() for code in codes.split()}
_CODED = {"code", "reasonCode", "type", "category", "diagnosis", "diagnosisCodeableConcept", "component"}


SECTION_BY_CONTENT = frozenset({"Observation", "DiagnosticReport"})
"""Types whose content says the section; of all others the type does, so that a row may be given one of its own."""


def category(resource: Json) -> Category:
    """The section of the record a resource is shown in; OTHER for what has no place of its own."""
    kind = resource.get("resourceType")
    if kind == "Observation":
        return _first(codes(resource.get("category")), _OBSERVATION) or Category.RESULTS
    if kind == "DiagnosticReport":
        return _report(resource)
    return _BY_TYPE.get(kind, Category.OTHER) if isinstance(kind, str) else Category.OTHER


def labels(resource: Json) -> Label:
    """Sensitivity labels from meta.security (and DocumentReference.securityLabel) and from coded content.

    Coded content: ICD-10 chapters, SNOMED CT and LOINC codes for substance use, mental health, HIV, sexually
    transmitted infection, violence and genetics. Absence of a label is no proof of absence of sensitivity.
    """
    found = 0
    meta = resource.get("meta")
    if isinstance(meta, dict) and "security" in meta:
        found |= _security(meta["security"])
    if "securityLabel" in resource:
        found |= _security(resource["securityLabel"])
    for key in _CODED:
        if key in resource:
            for pair in codings(resource[key]):
                found |= _BY_CODE.get(pair, 0)
                if pair[0] in _ICD10:
                    found |= _icd10(pair[1])
    return Label(found) if found else Label.NONE


def codings(value: object) -> list[tuple[str, str]]:
    """All (system, code) pairs in a CodeableConcept, Coding or list of these, one backbone level deep."""
    found: list[tuple[str, str]] = []
    waiting: list[tuple[Any, int]] = [(value, 0)]
    while waiting:
        item, depth = waiting.pop()
        if isinstance(item, list):
            waiting.extend((i, depth) for i in item)
        elif isinstance(item, dict):
            code, system = item.get("code"), item.get("system")
            if isinstance(code, str):
                found.append((system if isinstance(system, str) else "", code))
            elif depth < 3:
                keys = ("coding", "code", "diagnosisCodeableConcept")
                waiting.extend((item[k], depth + 1) for k in keys if k in item)
    return found


def codes(value: object) -> set[str]:
    """The codes alone of `codings`."""
    return {code for _, code in codings(value)}


def _report(resource: Json) -> Category:
    found = codes(resource.get("category"))
    imaging = _first(found, _REPORT)
    if imaging:
        return imaging
    if found & _LAB or resource.get("result"):
        return Category.RESULTS
    return Category.DOCUMENTS if resource.get("presentedForm") else Category.RESULTS


def _first(found: set[str], table: dict[str, Category]) -> Category | None:
    return next((table[code] for code in sorted(found) if code in table), None)


def _security(value: object) -> int:
    found = 0
    for pair in codings(value):
        found |= _BY_SECURITY.get(pair, 0)
    return found


def _icd10(code: str) -> int:
    head = code[:3]
    found = 0
    for first, last, label in _ICD10_CHAPTERS:
        if first <= head <= last:
            found |= int(label)
    return found
