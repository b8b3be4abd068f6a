"""A second count of what a C-CDA document states, by template alone; it shares no code with the converter.

A *statement* is an element that says something about the patient that FHIR has a resource for. What only qualifies
another statement (reaction, severity, status, indication, instruction, supply order of a medicine) is none.
"""

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from lxml import etree

NS = {"v3": "urn:hl7-org:v3", "sdtc": "urn:hl7-org:sdtc"}
R = "2.16.840.1.113883.10.20.22.4."
OLD = "2.16.840.1.113883.10.20.1."
IHE = "1.3.6.1.4.1.19376.1.5.3.1.4."


class Kind(NamedTuple):
    """A kind of statement: its name, the roots of its templates, the FHIR types that can hold it."""

    name: str
    templates: tuple[str, ...]
    makes: frozenset[str]


class Statement(NamedTuple):
    """One statement of a document; `makes` are the types of all kinds it claims to be."""

    kind: Kind
    node: etree._Element
    makes: frozenset[str]


def _kind(name: str, makes: str, *templates: str) -> Kind:
    return Kind(name, templates, frozenset(makes.split()))


KINDS = (
    _kind("allergy", "AllergyIntolerance", R + "7", "2.16.840.1.113883.10.20.24.3.90", OLD + "18"),
    _kind("functional status", "Observation Condition", R + "67", R + "68", R + "69", R + "128", R + "127"),
    _kind("mental status", "Observation Condition", R + "73", R + "74"),
    _kind("problem", "Condition", R + "4", OLD + "28"),
    _kind("immunization", "Immunization", R + "52", IHE + "12"),
    _kind("medication", "MedicationRequest MedicationStatement MedicationAdministration", R + "16", OLD + "24"),
    _kind("planned medication", "MedicationRequest", R + "42"),
    _kind("planned immunization", "MedicationRequest ImmunizationRecommendation", R + "120"),
    _kind("vital signs", "Observation", R + "26", OLD + "35"),
    _kind("vital sign", "Observation", R + "27", IHE + "13.2"),
    _kind("result panel", "DiagnosticReport", R + "1", OLD + "32"),
    _kind("result", "Observation", R + "2", OLD + "31"),
    _kind("procedure", "Procedure Observation ServiceRequest", R + "12", R + "13", R + "14", OLD + "29"),
    _kind("encounter", "Encounter", R + "49", OLD + "21"),
    _kind("note", "DocumentReference", R + "202"),
    _kind("smoking status", "Observation", R + "78", R + "85", "2.16.840.1.113883.10.22.4.78"),
    _kind("social history", "Observation Patient", R + "38", R + "200", R + "501", "2.16.840.1.113883.10.20.34.3.45",
          "2.16.840.1.113883.10.20.15.3.8", R + "293", R + "72", R + "111", R + "109", OLD + "33"),
    _kind("care team", "CareTeam", R + "500"),
    _kind("goal", "Goal", R + "121"),
    _kind("health concern", "Condition", R + "132", R + "136"),
    _kind("health status", "Observation Condition", R + "5"),
    _kind("planned observation or procedure", "ServiceRequest Goal", R + "39", R + "41", R + "44"),
    _kind("planned visit", "Appointment ServiceRequest Encounter", R + "40"),
    _kind("planned supply", "DeviceRequest SupplyRequest ServiceRequest", R + "43"),
    _kind("intervention", "CarePlan ServiceRequest Procedure", R + "131", R + "146"),
    _kind("outcome", "Observation", R + "144"),
    _kind("nutrition", "Observation NutritionOrder ServiceRequest CarePlan", R + "124", R + "138", R + "130"),
    _kind("equipment", "Device DeviceUseStatement DeviceRequest SupplyRequest", R + "50"),
    _kind("family member", "FamilyMemberHistory", R + "45", OLD + "23"),
    _kind("family condition", "FamilyMemberHistory", R + "46", OLD + "22"),
    _kind("coverage", "Coverage", R + "61", OLD + "26"),
    _kind("advance directive", "Consent DocumentReference Observation", R + "48", OLD + "17"),
    _kind("wound", "Observation Condition", R + "114", R + "70"),
)  # fmt: skip


def statements(root: etree._Element) -> list[Statement]:
    """Every statement of a document in document order; an element of two kinds counts as the first."""
    by_root = {template: kind for kind in reversed(KINDS) for template in kind.templates}
    rank = {kind: place for place, kind in enumerate(KINDS)}
    found = []
    for node in _nodes(root, "//v3:entry//*[v3:templateId]"):
        claimed = [by_root[t] for t in templates(node) if t in by_root]
        if claimed:
            makes = frozenset[str]().union(*(kind.makes for kind in claimed))
            found.append(Statement(min(claimed, key=rank.__getitem__), node, makes))
    return found


def counts(root: etree._Element) -> Counter[str]:
    """How many statements there are of each kind."""
    return Counter(statement.kind.name for statement in statements(root))


def entries(root: etree._Element) -> list[etree._Element]:
    """The element that states something in each entry of each section; an empty entry has none."""
    return list(_nodes(root, "//v3:section/v3:entry/*[v3:templateId or @classCode]"))


def templates(node: etree._Element) -> list[str]:
    """Template roots an element claims."""
    return [t.get("root", "") for t in node.findall("v3:templateId", NS)]


def codes(node: etree._Element) -> set[str]:
    """Every code that stands directly in a statement: code, value, their translations, the material or substance."""
    found = _nodes(node, "v3:code|v3:value|v3:code/v3:translation|v3:value/v3:translation")
    return {code for one in found if (code := one.get("code"))}


def is_bare(node: etree._Element) -> bool:
    """Whether nothing in a statement or around it, up to its entry, carries a code or number that could say what."""
    entry = next(node.iterancestors("{*}entry"))
    return next(_nodes(entry, _TELLING), None) is None


_TELLING = (
    ".//v3:value[@code or @value]|.//v3:translation[@code]|.//v3:manufacturedMaterial/v3:code[@code]"
    "|.//v3:playingEntity/v3:code[@code]|.//v3:procedure/v3:code[@code]|.//v3:encounter/v3:code[@code]"
    "|v3:act[not(v3:entryRelationship)]/v3:code[@code]"
)


def section_of(node: etree._Element) -> str:
    """The LOINC code of the section an element stands in; empty where the section has none."""
    section = next(iter(_nodes(node, "ancestor::v3:section[1]/v3:code")), None)
    return section.get("code", "") if section is not None else ""


def _nodes(node: etree._Element, path: str) -> Iterator[etree._Element]:
    found = node.xpath(path, namespaces=NS)
    assert isinstance(found, list)
    for one in found:
        assert isinstance(one, etree._Element)
        yield one
