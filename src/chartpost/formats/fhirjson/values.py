"""FHIR data types as plain words for people; any JSON value gives text, never JSON and never an exception."""

import re
from decimal import Decimal, InvalidOperation
from typing import Any

from chartpost.formats.fhirjson.dates import parse_date
from chartpost.formats.fhirjson.tables import display
from chartpost.formats.fhirjson.text import plain

_UNITS = {"h": "hour", "d": "day", "wk": "week", "mo": "month", "a": "year", "min": "minute", "s": "second"}
_CURRENCY = {"USD": "$", "EUR": "€", "GBP": "£"}
_ANNOTATION = re.compile(r"\{[^}]*\}|^1$")
_UCUM = {"mm[Hg]": "mmHg", "Cel": "°C", "[degF]": "°F", "[in_i]": "in", "[lb_av]": "lb"}
_HUGE = 10**30
_SPACED = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def get(value: object, path: str) -> list[Any]:
    """All values under a dotted path, lists flattened, nothing where the shape differs."""
    found: list[Any] = [value]
    for key in path.split("."):
        children = [item.get(key) for item in found if isinstance(item, dict)]
        found = []
        for child in children:
            if isinstance(child, list):
                found.extend(c for c in child if c is not None)
            elif child is not None:
                found.append(child)
    return found


def show(value: object) -> str:
    """Any FHIR value as one line of text; empty when there is nothing to say."""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, str):
        date = parse_date(value) if value[:4].isdigit() and len(value) > 6 else None
        return str(date) if date else " ".join(value.split())
    if isinstance(value, int | float | Decimal):
        return number(value)
    if isinstance(value, list):
        return ", ".join(dict.fromkeys(filter(None, map(_inner, value))))
    return _object(value) if isinstance(value, dict) else ""


def _inner(value: object) -> str:
    return "" if isinstance(value, list) else show(value)


def _line(found: list[Any]) -> str:
    return next((" ".join(v.split()) for v in found if isinstance(v, str)), "")


def words(code: object) -> str:
    """A code as words: `entered-in-error` becomes `Entered in error`."""
    if not isinstance(code, str):
        return show(code)
    text = _SPACED.sub(" ", code) if code.isalnum() and not code.isupper() else code
    text = " ".join(text.replace("-", " ").replace("_", " ").split())
    return text[:1].upper() + (text[1:].lower() if not code.isupper() else text[1:])


def concept(value: object) -> str:
    """A CodeableConcept or Coding: its text, else a display, else the published display, else the code itself."""
    if not isinstance(value, dict):
        return show(value) if isinstance(value, str) else ""
    codings = [c for c in get(value, "coding") if isinstance(c, dict)] or [value]
    for candidate in (value.get("text"), *(c.get("display") for c in codings)):
        if isinstance(candidate, str) and candidate.strip():
            return " ".join(candidate.split())
    for coding in codings:
        system, code = coding.get("system"), coding.get("code")
        if isinstance(code, str) and code:
            known = display(system, code) if isinstance(system, str) else ""
            return known or (words(code) if code.replace("-", "").isalpha() else code)
    return ""


def code_of(value: object) -> tuple[str, str] | None:
    """The first (system, code) of a CodeableConcept or Coding."""
    for coding in [*get(value, "coding"), value]:
        if isinstance(coding, dict) and isinstance(coding.get("code"), str):
            system = coding.get("system")
            return (system if isinstance(system, str) else "", coding["code"])
    return None


def number(value: object) -> str:
    """A number for reading: up to three decimals as recorded (`7.10` stays), longer ones rounded, no exponent."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return ""
    if isinstance(value, int):
        return str(value) if abs(value) < _HUGE else ""
    exact = Decimal(repr(value)) if isinstance(value, float) else value
    if not exact.is_finite() or abs(exact.adjusted()) > 30:
        return "" if not exact.is_finite() else str(exact)
    if isinstance(value, float) or not int(exact.as_tuple().exponent) >= -3:
        exact = _shorten(exact)
    return f"{exact:f}"


def _shorten(value: Decimal) -> Decimal:
    """At most three decimals, more only to keep three significant digits; no `.0` and no row of zeros."""
    places = max(3, 2 - value.adjusted())
    short = value if -int(value.as_tuple().exponent) <= places else round(value, places)
    return short.quantize(Decimal(1)) if short == short.to_integral_value() else short


def unit(quantity: object) -> str:
    """The unit of a Quantity as people write it."""
    if not isinstance(quantity, dict):
        return ""
    found = quantity.get("unit") or quantity.get("code")
    text = " ".join(found.split()) if isinstance(found, str) else ""
    return _UCUM.get(text) or _ANNOTATION.sub("", text.replace("{1.73_m2}", "1.73 m²")).rstrip("/")


def quantity(value: object) -> str:
    """A Quantity without its unit: comparator and number, such as `<5`."""
    if not isinstance(value, dict):
        return ""
    comparator = value.get("comparator")
    text = number(value.get("value"))
    return (comparator if isinstance(comparator, str) and len(comparator) <= 2 else "") + text if text else ""


def money(value: object) -> str:
    """Money with its currency: `$1,234.50`, `120.00 CHF`."""
    if not isinstance(value, dict):
        return ""
    amount, currency = value.get("value"), value.get("currency") or value.get("code")
    if isinstance(amount, bool) or not isinstance(amount, int | float | Decimal):
        return ""
    try:
        text = f"{Decimal(str(amount)):,.2f}"
    except (InvalidOperation, ValueError):
        return ""
    if not isinstance(currency, str):
        return text
    sign = _CURRENCY.get(currency)
    return f"{sign}{text}".replace(f"{sign}-", f"-{sign}") if sign else f"{text} {currency}"


def period(value: object) -> str:
    """A Period in words: `March 5, 2019 to April 2019`, `since 2019`, `until 2020`."""
    if not isinstance(value, dict):
        return ""
    start, end = parse_date(value.get("start")), parse_date(value.get("end"))
    if start and end:
        return str(start) if str(start) == str(end) else f"{start} to {end}"
    return f"since {start}" if start else f"until {end}" if end else ""


def name(value: object) -> str:
    """A HumanName: its text, or prefix, given, family and suffix."""
    if not isinstance(value, dict):
        return ""
    if isinstance(value.get("text"), str):
        return " ".join(value["text"].split())
    parts = [p for key in ("prefix", "given", "family", "suffix") for p in get(value, key)]
    return " ".join(p.strip() for p in parts if isinstance(p, str) and p.strip())


def address(value: object) -> str:
    """An Address in one line."""
    parts = [p for key in ("line", "city", "state", "postalCode", "country") for p in get(value, key)]
    text = ", ".join(p for p in parts if isinstance(p, str))
    return text or _line(get(value, "text"))


def reference(value: object) -> str:
    """A Reference: its display, else the identifier's value; never a bare technical address."""
    if not isinstance(value, dict):
        return ""
    shown = value.get("display")
    if isinstance(shown, str):
        return " ".join(shown.split())
    return _line(get(value, "identifier.value")) if "reference" not in value else ""


def timing(value: object) -> str:
    """A Timing: its code's text, or `2 times every 1 day`."""
    known = concept(next(iter(get(value, "code")), None))
    if known:
        return known
    repeat = next((r for r in get(value, "repeat") if isinstance(r, dict)), {})
    frequency, every, length = repeat.get("frequency"), repeat.get("period"), repeat.get("periodUnit")
    text = ""
    if number(every) and isinstance(length, str):
        times = "once" if frequency in (None, 1) else f"{number(frequency)} times"
        span = _UNITS.get(length, length)
        text = f"{times} a {span}" if every == 1 else f"{times} every {number(every)} {span}s"
    events = [show(e) for e in get(value, "event") if isinstance(e, str)]
    return text or ", ".join(filter(None, events))


def dosage(value: object) -> str:
    """A Dosage: its text, else patient instruction, else dose, route, timing and `as needed`."""
    if not isinstance(value, dict):
        return ""
    for key in ("text", "patientInstruction"):
        if isinstance(value.get(key), str):
            return " ".join(value[key].split())
    parts = [show(d) for key in ("doseQuantity", "doseRange") for d in get(value, f"doseAndRate.{key}")]
    parts += [concept(r) for r in get(value, "route")] + [timing(t) for t in get(value, "timing")]
    if value.get("asNeededBoolean") is True:
        parts.append("as needed")
    parts += [f"as needed for {concept(c)}" for c in get(value, "asNeededCodeableConcept")]
    parts += [concept(c) for c in get(value, "additionalInstruction")]
    return ", ".join(filter(None, parts))


def _object(value: dict[str, Any]) -> str:
    keys = value.keys()
    if "coding" in keys or ("code" in keys and not keys & {"value", "numerator", "repeat"}):
        return concept(value)
    if "div" in keys:
        return plain(value["div"]) if isinstance(value["div"], str) else ""
    if "currency" in keys:
        return money(value)
    if "low" in keys or "high" in keys:
        return limits(value)
    if "numerator" in keys or "denominator" in keys:
        return " / ".join(filter(None, (_whole(value.get("numerator")), _whole(value.get("denominator")))))
    if "repeat" in keys or "event" in keys:
        return timing(value)
    if "start" in keys or "end" in keys:
        return period(value)
    if "family" in keys or "given" in keys:
        return name(value)
    if "line" in keys or "city" in keys or "postalCode" in keys:
        return address(value)
    return _simple(value)


def _simple(value: dict[str, Any]) -> str:
    if "value" in value:
        return _whole(value) if not isinstance(value["value"], str) else show(value["value"])
    if "reference" in value or "display" in value:
        return reference(value)
    for key in ("text", "title", "name"):
        if isinstance(value.get(key), str):
            return " ".join(value[key].split())
    return ""


def limits(value: object) -> str:
    """A Range or reference range: `3.5 to 5.1 mmol/L`, `at least 3.5`, `at most 5.1`."""
    if not isinstance(value, dict):
        return ""
    low, high = quantity(value.get("low")), quantity(value.get("high"))
    of = unit(value.get("high")) or unit(value.get("low"))
    text = f"{low} to {high}" if low and high else f"at least {low}" if low else f"at most {high}" if high else ""
    return f"{text} {of}".strip() if text else ""


def _whole(value: object) -> str:
    return f"{quantity(value)} {unit(value)}".strip() if quantity(value) else ""
