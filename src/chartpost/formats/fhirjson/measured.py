"""The measured part of an Observation: value, unit, range, flag and components."""

from decimal import Decimal
from typing import Any, NamedTuple

from chartpost.formats.fhirjson.tables import Json
from chartpost.formats.fhirjson.values import concept, get, limits, quantity, show, unit

_VALUES = [
    "valueCodeableConcept",
    "valueString",
    "valueBoolean",
    "valueInteger",
    "valueRange",
    "valueRatio",
    "valueTime",
    "valueDateTime",
    "valuePeriod",
]
_FLAGS = dict.fromkeys(("LL", "HH", "AA"), "critical") | dict.fromkeys(("A", "POS", "DET", "R"), "abnormal")
_FLAGS |= dict.fromkeys(("L", "LU"), "low") | dict.fromkeys(("H", "HU"), "high")
_ORDER = ("critical", "high", "low", "abnormal", "")
_SYSTOLIC, _DIASTOLIC = "8480-6", "8462-4"


class Measured(NamedTuple):
    """Texts of a result; all empty for resources that measure nothing."""

    value: str = ""
    unit: str = ""
    reference_range: str = ""
    flag: str = ""
    details: tuple[tuple[str, str], ...] = ()
    number: float | None = None


def measured(resource: Json) -> Measured:
    """Value, unit, range and flag of an Observation, components as detail lines; empty for other types.

    The flag is the laboratory's interpretation; without one the value is compared with a range that applies to
    everybody, and only when both carry the same unit.
    """
    if resource.get("resourceType") != "Observation":
        return Measured()
    own = _one(resource)
    components = [c for c in get(resource, "component") if isinstance(c, dict)]
    parts = [(c, _one(c)) for c in components]
    pressure = _pressure(parts)
    flag = min((own.flag, *(m.flag for _, m in parts)), key=_ORDER.index)
    return own._replace(
        value=own.value or pressure[0],
        unit=own.unit or pressure[1],
        flag=flag,
        details=tuple(line for c, m in parts if (line := _line(c, m))[1]),
    )


def _one(holder: dict[str, Any]) -> Measured:
    amount = holder.get("valueQuantity")
    ranges = [r for r in get(holder, "referenceRange") if isinstance(r, dict)]
    shown = "; ".join(filter(None, (limits(r) or show(r.get("text")) for r in ranges)))
    value = quantity(amount) or next(filter(None, (show(holder.get(k)) for k in _VALUES)), "")
    if not value:
        value = next(filter(None, (concept(v) for v in get(holder, "dataAbsentReason"))), "")
    return Measured(value, unit(amount), shown, _flag(holder, amount, ranges), (), _float(amount))


def _line(component: dict[str, Any], found: Measured) -> tuple[str, str]:
    text = f"{found.value} {found.unit}".strip()
    if found.reference_range and text:
        text += f" (range {found.reference_range})"
    if found.flag and text:
        text += f", {found.flag}"
    return (concept(component.get("code")) or "Part", text)


def _pressure(parts: list[tuple[dict[str, Any], Measured]]) -> tuple[str, str]:
    """`122/78` and `mmHg` when the components are a blood pressure (LOINC 85354-9)."""
    by_code = {code: m for c, m in parts for code in get(c, "code.coding.code") if isinstance(code, str)}
    upper, lower = by_code.get(_SYSTOLIC), by_code.get(_DIASTOLIC)
    if upper and lower and upper.value and lower.value and upper.unit == lower.unit:
        return (f"{upper.value}/{lower.value}", upper.unit)
    return ("", "")


def _flag(holder: dict[str, Any], amount: object, ranges: list[dict[str, Any]]) -> str:
    told = [code for code in get(holder, "interpretation.coding.code") if isinstance(code, str)]
    if told:
        return min((_FLAGS.get(code, "") for code in told), key=_ORDER.index)
    general = [r for r in ranges if not r.keys() & {"appliesTo", "age"} and _normal(r)]
    if len(general) != 1 or not isinstance(amount, dict):
        return ""
    return _compare(amount, general[0])


def _normal(found: dict[str, Any]) -> bool:
    codes = get(found, "type.coding.code")
    return not codes or "normal" in codes


def _compare(amount: dict[str, Any], found: dict[str, Any]) -> str:
    value, comparator = _decimal(amount.get("value")), amount.get("comparator") or ""
    low, high = found.get("low"), found.get("high")
    if value is None:
        return ""
    if _same_unit(amount, low) and comparator in ("", "<", "<="):
        limit = _decimal(low.get("value")) if isinstance(low, dict) else None
        if limit is not None and (value < limit or (value == limit and comparator == "<")):
            return "low"
    if _same_unit(amount, high) and comparator in ("", ">", ">="):
        limit = _decimal(high.get("value")) if isinstance(high, dict) else None
        if limit is not None and (value > limit or (value == limit and comparator == ">")):
            return "high"
    return ""


def _same_unit(one: dict[str, Any], other: object) -> bool:
    if not isinstance(other, dict):
        return False
    for key in ("code", "unit"):
        if isinstance(one.get(key), str) and isinstance(other.get(key), str):
            return bool(one[key].strip() == other[key].strip())
    return not one.keys() & {"code", "unit"} and not other.keys() & {"code", "unit"}


def _decimal(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    found = Decimal(str(value))
    return found if found.is_finite() else None


def _float(amount: object) -> float | None:
    value = _decimal(amount.get("value")) if isinstance(amount, dict) else None
    return float(value) if value is not None else None
