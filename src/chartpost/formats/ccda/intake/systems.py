"""Object identifiers of CDA as the URIs of FHIR.

Sources: HL7 OID registry; https://hl7.org/fhir/R4/terminologies-systems.html,
https://hl7.org/fhir/R4/identifier-registry.html.
"""

import re

from chartpost.formats.ccda import codesystems as known
from chartpost.formats.ccda.codesystems import is_oid

_V3 = "http://terminology.hl7.org/CodeSystem/v3-"
_V2 = "http://terminology.hl7.org/CodeSystem/v2-"
_HL7_V3 = {
    "1": "AdministrativeGender", "2": "MaritalStatus", "4": "ActCode", "5": "AddressUse", "6": "ActClass",
    "7": "ActPriority", "8": "ActReason", "10": "ActRelationshipType", "14": "ActStatus", "25": "Confidentiality",
    "43": "EntityNamePartQualifier", "45": "EntityNameUse", "60": "LanguageAbilityMode",
    "61": "LanguageAbilityProficiency", "83": "ObservationInterpretation", "84": "ObservationMethod",
    "88": "ParticipationFunction", "90": "ParticipationType", "110": "RoleClass", "111": "RoleCode",
    "112": "RouteOfAdministration", "129": "SpecimenType", "139": "TimingEvent", "1001": "ActMood",
    "1008": "NullFlavor", "1063": "ObservationValue", "1076": "ReligiousAffiliation", "1119": "AddressUse",
}  # fmt: skip
_MORE = {
    "2.16.840.1.113883.6.104": "http://hl7.org/fhir/sid/icd-9-cm",
    "2.16.840.1.113883.6.14": "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets",
    "2.16.840.1.113883.6.209": "urn:oid:2.16.840.1.113883.6.209",
    "2.16.840.1.113883.6.345": "http://va.gov/terminology/medrt",
    "2.16.840.1.113883.6.254": "http://hl7.org/fhir/sid/icf-nl",
    "2.16.840.1.113883.6.8": known.UCUM,
    "2.16.840.1.113883.6.96": known.SNOMED,
    "2.16.840.1.113883.12.1": _V2 + "0001",
    "2.16.840.1.113883.12.112": _V2 + "0112",
    "2.16.840.1.113883.12.162": _V2 + "0162",
    "2.16.840.1.113883.12.443": _V2 + "0443",
    "2.16.840.1.113883.6.238": "urn:oid:2.16.840.1.113883.6.238",
    "2.16.840.1.113883.1.11.20471": "http://terminology.hl7.org/CodeSystem/v3-ActCode",
    "2.16.840.1.113883.6.92": "urn:oid:2.16.840.1.113883.6.92",
    "2.16.840.1.113883.6.231": "urn:oid:2.16.840.1.113883.6.231",
}
_NAMES = {
    "snomed": known.SNOMED, "snomedct": known.SNOMED, "sct": known.SNOMED, "loinc": known.LOINC,
    "rxnorm": known.RXNORM, "cvx": known.CVX, "icd9cm": known.ICD9CM, "icd9": known.ICD9CM,
    "icd10cm": known.ICD10CM, "icd10": known.ICD10CM, "cpt": known.CPT, "cpt4": known.CPT, "hcpcs": known.HCPCS,
    "ndc": known.NDC, "unii": known.UNII, "ndfrt": known.NDFRT,
}  # fmt: skip
_ROOTS = {
    "2.16.840.1.113883.4.6": "http://hl7.org/fhir/sid/us-npi",
    "2.16.840.1.113883.4.1": "http://hl7.org/fhir/sid/us-ssn",
    "2.16.840.1.113883.4.927": "http://hl7.org/fhir/sid/us-mbi",
    "2.16.840.1.113883.4.572": "http://hl7.org/fhir/sid/us-medicare",
}
_UUID = re.compile(r"[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_PLAIN = re.compile(r"[^a-z0-9]")

NPI = "http://hl7.org/fhir/sid/us-npi"
NUMBERS = frozenset(_ROOTS)
"""Roots that name a registry, so that an id of the root alone names nobody."""


def _uris() -> dict[str, str]:
    found = {f"2.16.840.1.113883.5.{number}": _V3 + name for number, name in _HL7_V3.items()}
    for uri, system in known.all_systems().items():
        found.setdefault(system.oid, uri)
    return found | _MORE


_URIS = _uris()


def is_uuid(text: str) -> bool:
    """Whether the text is a UUID in its usual form (RFC 9562 4)."""
    return _UUID.fullmatch(text) is not None


def system_uri(oid: str, name: str = "") -> str:
    """The URI of a code system by OID, else by its printed name; empty where neither says which it is."""
    uri = _URIS.get(oid)
    if uri:
        return uri
    if is_oid(oid):
        return f"urn:oid:{oid}"
    if is_uuid(oid):
        return f"urn:uuid:{oid.lower()}"
    return _NAMES.get(_PLAIN.sub("", name.lower()), "")


def number_system(root: str) -> str:
    """The URI of an identifier system by the root of its II; empty where the root is neither OID nor UUID."""
    uri = _ROOTS.get(root)
    if uri:
        return uri
    if is_oid(root):
        return f"urn:oid:{root}"
    return f"urn:uuid:{root.lower()}" if is_uuid(root) else ""
