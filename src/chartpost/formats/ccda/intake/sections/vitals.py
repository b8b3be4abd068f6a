"""Vital signs: a panel with its members; blood pressure and oxygen readings folded into one Observation each.

Templates: Vital Signs Organizer 4.26, Vital Sign Observation 4.27; HL7 C-CDA on FHIR 2.0, Vital signs; US Core 6.1.0.
"""

from chartpost.formats.ccda.codesystems import LOINC
from chartpost.formats.ccda.intake.document import Scope
from chartpost.formats.ccda.intake.nodes import Node, attr, kid, kids, local, statement
from chartpost.formats.ccda.intake.numbers import identifiers
from chartpost.formats.ccda.intake.sections.common import fixed, ref
from chartpost.formats.ccda.intake.sections.observing import category, observe, state
from chartpost.formats.ccda.intake.table import Entry, Section
from chartpost.formats.ccda.intake.types import Json
from chartpost.formats.ccda.intake.values import REASON_SYSTEM, put_when, when

_SYSTOLIC, _DIASTOLIC, _PRESSURE = "8480-6", "8462-4", "85354-9"
_PULSE_OX, _SATURATION, _FLOW, _CONCENTRATION = "59408-5", "2708-6", "3151-8", "3150-0"
_BASE = "http://hl7.org/fhir/us/core/StructureDefinition/{}"
_PROFILES = {
    "8302-2": "body-height", "29463-7": "body-weight", "8867-4": "heart-rate", "9279-1": "respiratory-rate",
    "8310-5": "body-temperature", "39156-5": "bmi", "9843-4": "head-circumference", _PULSE_OX: "pulse-oximetry",
    _SATURATION: "pulse-oximetry", "8289-1": _BASE.format("head-occipital-frontal-circumference-percentile"),
    "59576-9": _BASE.format("pediatric-bmi-for-age"), "77606-2": _BASE.format("pediatric-weight-for-height"),
}  # fmt: skip
_PANEL = "Vital signs, weight, height, head circumference, oxygen saturation and BMI panel"
_DISPLAY = {
    _SYSTOLIC: "Systolic blood pressure", _DIASTOLIC: "Diastolic blood pressure",
    _PRESSURE: "Blood pressure panel with all children optional", _FLOW: "Inhaled oxygen flow rate",
    _CONCENTRATION: "Inhaled oxygen concentration",
}  # fmt: skip


def organizer(scope: Scope, node: Node) -> None:
    """A set of vital signs taken together."""
    inner = [n for c in kids(node, "component") if (n := statement(c)) is not None and local(n) == "observation"]
    if not inner:
        raise ValueError("an organizer without observations")
    mark = scope.failed
    made = list(scope.each(inner, lambda s, n: _one(s, n, node)))
    if scope.failed == mark + len(inner):
        raise ValueError("none of the readings could be read")
    made = _fold_oxygen(scope, _fold_pressure(scope, made))
    panel = scope.new("Observation", node, "vital-signs", part="panel")
    panel |= {
        "identifier": identifiers(kids(node, "id")),
        "status": state(node),
        "category": [category("vital-signs")],
        "code": fixed(LOINC, "85353-1", _PANEL) | {"text": "Vital signs"},
        "subject": scope.patient,
        "hasMember": [ref(m) for m in made],
    }
    put_when(panel, "effective", when(scope, node))
    if not any(key.startswith("effective") for key in panel):
        panel |= {key: value for m in made[:1] for key, value in m.items() if key.startswith("effective")}


def observation(scope: Scope, node: Node) -> None:
    """A vital sign that stands by itself; one half of a blood pressure is still a blood pressure."""
    made = _one(scope, node, None)
    _fold_pressure(scope, [made])


def _one(scope: Scope, node: Node, group: Node | None) -> Json:
    code = attr(kid(node, "code"), "code")
    profile = _PROFILES.get(code)
    made = observe(scope, node, "vital-signs", *([profile] if profile else []), "vital-signs")
    if group is not None and not any(key.startswith("effective") for key in made):
        put_when(made, "effective", when(scope, group))
    if code == _PULSE_OX:
        held = made["code"].setdefault("coding", [])
        held.append({"system": LOINC, "code": _SATURATION, "display": "Oxygen saturation in Arterial blood"})
    return made


def _code(made: Json) -> str:
    return next((c["code"] for c in made["code"].get("coding") or () if c.get("system") == LOINC), "")


def _fold_pressure(scope: Scope, made: list[Json]) -> list[Json]:
    """Systolic and diastolic of the same moment become one blood pressure."""
    rest = [m for m in made if _code(m) not in (_SYSTOLIC, _DIASTOLIC)]
    lower = [m for m in made if _code(m) == _DIASTOLIC]
    for upper in (m for m in made if _code(m) == _SYSTOLIC):
        pair = next((m for m in lower if _moment(m) == _moment(upper)), None)
        if pair:
            lower.remove(pair)
        rest.append(_pressure(scope, upper, pair))
    return rest + [_pressure(scope, None, m) for m in lower]


def _pressure(scope: Scope, upper: Json | None, lower: Json | None) -> Json:
    """One Observation in place of its halves; it stands where the first was."""
    kept, other = (upper, lower) if upper else (lower, None)
    assert kept is not None
    parts = [_part(_SYSTOLIC, upper), _part(_DIASTOLIC, lower)]
    numbers = [n for m in (upper, lower) if m for n in m.get("identifier") or ()]
    for key in ("valueQuantity", "valueRange", "valueString", "dataAbsentReason", "interpretation", "referenceRange"):
        kept.pop(key, None)
    kept["identifier"] = [n for i, n in enumerate(numbers) if n not in numbers[:i]]
    kept["code"] = fixed(LOINC, _PRESSURE, _DISPLAY[_PRESSURE]) | {"text": "Blood pressure"}
    kept["component"] = parts
    scope.claim(kept, "blood-pressure", "vital-signs")
    if other:
        scope.drop(other)
    return kept


def _part(code: str, made: Json | None) -> Json:
    part: Json = {"code": fixed(LOINC, code, _DISPLAY[code])}
    for key, value in (made or {}).items():
        if key.startswith("value") or key in ("dataAbsentReason", "interpretation", "referenceRange"):
            part[key] = value
    if made is None or not any(key.startswith(("value", "dataAbsent")) for key in part):
        part["dataAbsentReason"] = {"coding": [{"system": REASON_SYSTEM, "code": "unknown"}]}
    return part


def _fold_oxygen(scope: Scope, made: list[Json]) -> list[Json]:
    """Flow and concentration of inhaled oxygen belong to the one saturation of the set."""
    readings = [m for m in made if _code(m) in (_PULSE_OX, _SATURATION)]
    given = [m for m in made if _code(m) in (_FLOW, _CONCENTRATION)]
    if len(readings) != 1 or not given:
        return made
    readings[0]["component"] = [_part(_code(m), m) for m in given]
    scope.claim(readings[0], "pulse-oximetry", "vital-signs")
    for m in given:
        scope.drop(m)
    return [m for m in made if m not in given]


def _moment(made: Json) -> str:
    return str(made.get("effectiveDateTime") or made.get("effectivePeriod") or "")


SECTION = Section(
    "vitals",
    ("2.16.840.1.113883.10.20.22.2.4", "2.16.840.1.113883.10.20.22.2.4.1", "2.16.840.1.113883.10.20.1.16"),
    ("8716-3",),
    (
        Entry(
            ("2.16.840.1.113883.10.20.22.4.26", "2.16.840.1.113883.10.20.1.35"),
            organizer,
            ("organizer",),
        ),
        Entry(("2.16.840.1.113883.10.20.22.4.27",), observation, ("observation",)),
        Entry(("2.16.840.1.113883.10.20.1.32",), organizer, ("organizer",), anywhere=False),
        Entry(("2.16.840.1.113883.10.20.1.31",), observation, ("observation",), anywhere=False),
    ),
    {"organizer": organizer, "observation": observation},
)
