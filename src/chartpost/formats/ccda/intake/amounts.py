"""Quantities, ranges, ratios, timings and observation values.

Sources: HL7 V3 datatypes R1; https://hl7.org/fhir/R4/datatypes.html; HL7 C-CDA on FHIR 2.0.
"""

import re
from decimal import Decimal, InvalidOperation

from chartpost.formats.ccda.codesystems import UCUM
from chartpost.formats.ccda.intake.document import Scope
from chartpost.formats.ccda.intake.nodes import Node, attr, flavor, kid, kids, words, xsi_type
from chartpost.formats.ccda.intake.types import Json
from chartpost.formats.ccda.intake.units import ucum
from chartpost.formats.ccda.intake.values import REASON_SYSTEM, concept, reason, span, time

_TIME_UNITS = {"s": "s", "min": "min", "h": "h", "d": "d", "wk": "wk", "mo": "mo", "a": "a"}
_MEALS = frozenset(
    {"AC", "ACD", "ACM", "ACV", "C", "CD", "CM", "CV", "HS", "PC", "PCD", "PCM", "PCV", "WAKE"}
)  # HL7 V3 TimingEvent, the codes that FHIR EventTiming has too
_MOST_DIGITS = 18
_BOUND = re.compile(r"\s*(<=|>=|<|>)\s*")


def number(text: str) -> int | float | Decimal | None:
    """A decimal as written, `1.50` with its zero; None for what is no plain number."""
    text = text.strip().replace(",", "") if text.count(",") == 1 and "." in text else text.strip()
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    if not value.is_finite() or len(value.as_tuple().digits) > _MOST_DIGITS or abs(value.adjusted()) > _MOST_DIGITS:
        return None
    if value == value.to_integral_value() and "." not in text and "e" not in text.lower():
        return int(value)
    plain = float(value)
    return plain if format(Decimal(repr(plain)), "f") == text else Decimal(format(value, "f"))


def quantity(scope: Scope, node: Node | None) -> Json | None:
    """A PQ, INT or REAL as Quantity: UCUM as code, other units as words; None where it has no number."""
    if node is None:
        return None
    told = attr(node, "value")
    bound = _BOUND.match(told)
    value = number(told[bound.end() :] if bound else told)
    unit = attr(node, "unit")
    if value is None:
        return _translated(scope, node)
    made: Json = {"value": value}
    if bound:
        made["comparator"] = bound[1]
    return made | units(scope, node, unit)


_SAID = {
    "mm[Hg]": "mmHg", "Cel": "°C", "[degF]": "°F", "[in_i]": "in", "[in_us]": "in", "[ft_i]": "ft", "[ft_us]": "ft",
    "[lb_av]": "lb", "[oz_av]": "oz",
}  # fmt: skip
"""What people read for codes of UCUM that no one says."""


def units(scope: Scope, node: Node, unit: str) -> Json:
    """The unit part of a Quantity; the unit as written, or as people say it, stays readable."""
    if not unit or unit == "1":
        return {"system": UCUM, "code": "1"} if unit else {}
    code = ucum(unit)
    if not code:
        scope.note("note", "unit-not-ucum", node, unit, "kept the unit as words")
        return {"unit": unit}
    if code != unit:
        scope.note("note", "unit-read", node, unit, "took it for the UCUM unit it stands for")
    return {"unit": _SAID.get(unit, unit), "system": UCUM, "code": code}


def _translated(scope: Scope, node: Node) -> Json | None:
    """The translation of a PQ that is nullFlavor OTH."""
    for other in kids(node, "translation"):
        value = number(attr(other, "value"))
        if value is not None:
            unit = attr(other, "unit") or attr(other, "displayName") or attr(other, "code") or words(other)
            return {"value": value} | (units(scope, other, unit) if unit else {})
    return None


def limits(scope: Scope, node: Node | None) -> Json | None:
    """An IVL_PQ (or IVL_INT, IVL_REAL) as Range; None without either limit."""
    low, high = quantity(scope, kid(node, "low")), quantity(scope, kid(node, "high"))
    return {"low": low, "high": high} if low or high else None


def put_interval(scope: Scope, resource: Json, prefix: str, node: Node) -> bool:
    """Set value[x] from an IVL_PQ: both limits are a Range, one is a Quantity with comparator."""
    low, high = kid(node, "low"), kid(node, "high")
    lower, upper = quantity(scope, low), quantity(scope, high)
    if lower and upper and lower["value"] == 0 and attr(low, "inclusive") != "false":
        lower = None
    if lower and upper:
        resource[f"{prefix}Range"] = {"low": lower, "high": upper}
    elif upper:
        resource[f"{prefix}Quantity"] = {**upper, "comparator": "<" if attr(high, "inclusive") == "false" else "<="}
    elif lower:
        resource[f"{prefix}Quantity"] = {**lower, "comparator": ">" if attr(low, "inclusive") == "false" else ">="}
    else:
        made = quantity(scope, node) or quantity(scope, kid(node, "center"))
        if made:
            resource[f"{prefix}Quantity"] = made
    return any(key.startswith(prefix) for key in resource)


def put_value(scope: Scope, resource: Json, node: Node | None, prefix: str = "value") -> bool:
    """Set value[x] of an Observation or component from a typed `value`; whether there was one.

    Without xsi:type the type is told by the attributes.
    """
    if node is None:
        return False
    kind = xsi_type(node) or _guess(node)
    setter = _SETTERS.get(kind)
    if setter is not None and setter(scope, resource, prefix, node):
        return True
    if kind in _SETTERS:
        return _as_text(scope, resource, prefix, node)
    scope.note("note", "value-type", node, kind, "kept the value as words")
    return _as_text(scope, resource, prefix, node)


def put_absent(resource: Json, node: Node | None) -> None:
    """Say why an Observation has no value."""
    resource["dataAbsentReason"] = {"coding": [{"system": REASON_SYSTEM, "code": reason(node)}]}


def _guess(node: Node) -> str:
    if attr(node, "code") or kid(node, "translation") is not None:
        return "CD"
    if kid(node, "low") is not None or kid(node, "high") is not None:
        return "IVL_PQ"
    if kid(node, "numerator") is not None:
        return "RTO"
    return "PQ" if attr(node, "unit") or number(attr(node, "value")) is not None else "ST"


def _quantity(scope: Scope, resource: Json, prefix: str, node: Node) -> bool:
    if kid(node, "low") is not None or kid(node, "high") is not None:
        return put_interval(scope, resource, prefix, node)
    made = quantity(scope, node)
    if made:
        resource[f"{prefix}Quantity"] = made
    return made is not None


def _concept(scope: Scope, resource: Json, prefix: str, node: Node) -> bool:
    made = concept(scope, node)
    if made:
        resource[f"{prefix}CodeableConcept"] = made
    return made is not None


def _integer(scope: Scope, resource: Json, prefix: str, node: Node) -> bool:
    value = number(attr(node, "value"))
    if isinstance(value, int) and abs(value) < 2**31:
        resource[f"{prefix}Integer"] = value
        return True
    return _quantity(scope, resource, prefix, node)


def _boolean(scope: Scope, resource: Json, prefix: str, node: Node) -> bool:  # noqa: ARG001 - a setter's shape
    value = attr(node, "value")
    if value in ("true", "false", "1", "0"):
        resource[f"{prefix}Boolean"] = value in ("true", "1")
        return True
    return False


def _moment(scope: Scope, resource: Json, prefix: str, node: Node) -> bool:
    found = time(scope, node)
    if found:
        resource[f"{prefix}DateTime"] = found
    return bool(found)


def _period(scope: Scope, resource: Json, prefix: str, node: Node) -> bool:
    found = span(scope, node)
    if found.point and found.start:
        resource[f"{prefix}DateTime"] = found.start
    elif found.period:
        resource[f"{prefix}Period"] = found.period
    return bool(found.start or found.end)


def _ratio(scope: Scope, resource: Json, prefix: str, node: Node) -> bool:
    above, below = quantity(scope, kid(node, "numerator")), quantity(scope, kid(node, "denominator"))
    if above and below:
        resource[f"{prefix}Ratio"] = {"numerator": above, "denominator": below}
    return bool(above and below)


def _as_text(scope: Scope, resource: Json, prefix: str, node: Node) -> bool:
    text = scope.text(node) or scope.text(kid(node, "originalText"))
    if not text and not flavor(node):
        text = " ".join(filter(None, (attr(node, "value"), attr(node, "unit"))))
    if text:
        resource[f"{prefix}String"] = text
    return bool(text)


_SETTERS = {
    "PQ": _quantity, "IVL_PQ": _quantity, "REAL": _quantity, "MO": _quantity, "IVL_INT": _quantity,
    "IVL_REAL": _quantity, "CD": _concept, "CE": _concept, "CV": _concept, "CS": _concept, "CO": _concept,
    "INT": _integer, "BL": _boolean, "TS": _moment, "IVL_TS": _period, "RTO": _ratio, "RTO_PQ_PQ": _ratio,
    "RTO_QTY_QTY": _ratio, "ST": _as_text, "ED": _as_text, "SC": _as_text,
}  # fmt: skip


def timing(scope: Scope, nodes: list[Node]) -> Json | None:
    """The frequency among effectiveTimes (PIVL_TS, EIVL_TS) as Timing.repeat; None without one.

    The bounds are the caller's. PIVL without period, or with a unit that is no time, is left out and told.
    """
    for node in nodes:
        kind = xsi_type(node)
        if kind == "PIVL_TS" or kid(node, "period") is not None:
            made = _periodic(scope, node)
            if made:
                return made
        elif kind == "EIVL_TS" or kid(node, "event") is not None:
            code = attr(kid(node, "event"), "code").upper()
            if code in _MEALS:
                return {"when": [code]}
            if code:
                scope.note("note", "timing-event", node, code, "left the event out")
    return None


def _periodic(scope: Scope, node: Node) -> Json | None:
    period = kid(node, "period")
    low, high = kid(period, "low"), kid(period, "high")
    value, unit = number(attr(period, "value")), attr(period, "unit")
    most = None
    if low is not None or high is not None:
        value, unit = number(attr(low, "value")), attr(low, "unit") or attr(high, "unit")
        most = number(attr(high, "value"))
    unit_code = _TIME_UNITS.get(ucum(unit) if unit else "")
    if value is None or value <= 0 or not unit_code:
        if attr(period, "value"):
            scope.note("note", "timing-period", node, f"{attr(period, 'value')} {unit}", "left the frequency out")
        return None
    return {"frequency": 1, "period": value, "periodMax": most, "periodUnit": unit_code}
