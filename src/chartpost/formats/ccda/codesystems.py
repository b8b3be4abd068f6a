"""Code systems and identifier systems: FHIR URIs and the OIDs that CDA uses for them.

Sources: HL7 OID registry; FHIR R4 terminologies-systems and identifier-registry pages.
"""

import re
from dataclasses import dataclass

SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
CVX = "http://hl7.org/fhir/sid/cvx"
NDC = "http://hl7.org/fhir/sid/ndc"
ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm"
ICD10PCS = "http://www.cms.gov/Medicare/Coding/ICD10"
ICD9CM = "http://hl7.org/fhir/sid/icd-9-cm"
CPT = "http://www.ama-assn.org/go/cpt"
HCPCS = "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
CDT = "http://www.ada.org/cdt"
UNII = "http://fdasis.nlm.nih.gov"
NDFRT = "http://hl7.org/fhir/ndfrt"
UCUM = "http://unitsofmeasure.org"
NULL_FLAVOR = "http://terminology.hl7.org/CodeSystem/v3-NullFlavor"
_V3 = "http://terminology.hl7.org/CodeSystem/v3-"


@dataclass(frozen=True)
class System:
    """A code system as CDA names it: OID and printed name."""

    oid: str
    name: str


_SYSTEMS = {
    SNOMED: System("2.16.840.1.113883.6.96", "SNOMED CT"),
    LOINC: System("2.16.840.1.113883.6.1", "LOINC"),
    RXNORM: System("2.16.840.1.113883.6.88", "RxNorm"),
    CVX: System("2.16.840.1.113883.12.292", "CVX"),
    NDC: System("2.16.840.1.113883.6.69", "NDC"),
    ICD10CM: System("2.16.840.1.113883.6.90", "ICD-10-CM"),
    ICD10PCS: System("2.16.840.1.113883.6.4", "ICD-10-PCS"),
    "http://hl7.org/fhir/sid/icd-10": System("2.16.840.1.113883.6.3", "ICD-10"),
    ICD9CM: System("2.16.840.1.113883.6.103", "ICD-9-CM"),
    CPT: System("2.16.840.1.113883.6.12", "CPT-4"),
    HCPCS: System("2.16.840.1.113883.6.285", "HCPCS"),
    CDT: System("2.16.840.1.113883.6.13", "CDT"),
    UNII: System("2.16.840.1.113883.4.9", "UNII"),
    NDFRT: System("2.16.840.1.113883.3.26.1.5", "NDF-RT"),
    "http://va.gov/terminology/medrt": System("2.16.840.1.113883.6.345", "MED-RT"),
    "http://ncimeta.nci.nih.gov": System("2.16.840.1.113883.3.26.1.1", "NCI Thesaurus"),
    "http://nucc.org/provider-taxonomy": System("2.16.840.1.113883.6.101", "NUCC"),
    "https://nahdo.org/sopt": System("2.16.840.1.113883.3.221.5", "Source of Payment Typology"),
    "http://hl7.org/fhir/sid/mvx": System("2.16.840.1.113883.12.227", "MVX"),
    "https://www.cdc.gov/nhsn/cdaportal/terminology/codesystem/hsloc.html": System("2.16.840.1.113883.6.259", "HSLOC"),
    "urn:ietf:bcp:47": System("2.16.840.1.113883.6.121", "Language"),
    _V3 + "ActCode": System("2.16.840.1.113883.5.4", "ActCode"),
    _V3 + "ActReason": System("2.16.840.1.113883.5.8", "ActReason"),
    _V3 + "RoleCode": System("2.16.840.1.113883.5.111", "RoleCode"),
    _V3 + "ObservationInterpretation": System("2.16.840.1.113883.5.83", "ObservationInterpretation"),
    _V3 + "MaritalStatus": System("2.16.840.1.113883.5.2", "MaritalStatus"),
    _V3 + "ParticipationType": System("2.16.840.1.113883.5.90", "ParticipationType"),
    _V3 + "RouteOfAdministration": System("2.16.840.1.113883.5.112", "RouteOfAdministration"),
    _V3 + "Race": System("2.16.840.1.113883.6.238", "Race & Ethnicity - CDC"),
    "urn:oid:2.16.840.1.113883.6.238": System("2.16.840.1.113883.6.238", "Race & Ethnicity - CDC"),
}

_IDENTIFIERS = {
    "http://hl7.org/fhir/sid/us-npi": "2.16.840.1.113883.4.6",
    "http://hl7.org/fhir/sid/us-ssn": "2.16.840.1.113883.4.1",
    "http://hl7.org/fhir/sid/us-mbi": "2.16.840.1.113883.4.927",
    "http://hl7.org/fhir/sid/us-medicare": "2.16.840.1.113883.4.572",
}

UNIT_WORDS = {
    "mmhg": "mm[Hg]", "mm[hg]": "mm[Hg]", "kg": "kg", "lb": "[lb_av]", "lbs": "[lb_av]", "oz": "[oz_av]",
    "cm": "cm", "in": "[in_i]", "inches": "[in_i]", "°f": "[degF]", "degf": "[degF]", "°c": "Cel",
    "cel": "Cel", "degc": "Cel", "%": "%", "/min": "/min", "bpm": "/min", "beats/min": "/min",
    "beats/minute": "/min", "breaths/min": "/min", "breaths/minute": "/min", "kg/m2": "kg/m2", "kg/m²": "kg/m2",
    "mg/dl": "mg/dL", "g/dl": "g/dL", "mmol/l": "mmol/L", "meq/l": "meq/L", "u/l": "U/L", "iu/l": "[iU]/L",
    "ng/ml": "ng/mL", "pg/ml": "pg/mL", "mg": "mg", "ml": "mL", "mcg": "ug",
}  # fmt: skip
"""Units that are written without their UCUM code, in lower case, and what they are in UCUM."""

_OID = re.compile(r"[0-2](\.(0|[1-9][0-9]*))+")


def is_oid(text: str) -> bool:
    """Whether the text is a dotted object identifier (HL7 V3 datatype `oid`)."""
    return _OID.fullmatch(text) is not None


def code_system(uri: str) -> System | None:
    """The CDA name of a FHIR code system, or None where no OID is known."""
    known = _SYSTEMS.get(uri)
    if known:
        return known
    oid = uri.removeprefix("urn:oid:")
    return System(oid, "") if oid != uri and is_oid(oid) else None


def all_systems() -> dict[str, System]:
    """Every code system known here, by URI; where two share an OID the first is the one to read it as."""
    return dict(_SYSTEMS)


def identifier_root(uri: str) -> str | None:
    """The OID of a FHIR identifier system, or None where no OID is known."""
    known = _IDENTIFIERS.get(uri)
    if known:
        return known
    oid = uri.removeprefix("urn:oid:")
    return oid if oid != uri and is_oid(oid) else None
