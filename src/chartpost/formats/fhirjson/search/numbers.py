"""Numbers and quantities: precision as it is implied by the digits, prefixes, units.

https://hl7.org/fhir/R4/search.html#number and #quantity. Comparison is exact, in fractions.
"""

import math
import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from chartpost.formats.fhirjson.search.units import UCUM, canonical

LARGEST_EXPONENT = 400
"""Beyond any 64-bit float; larger numbers are not compared."""
_NUMBER = re.compile(r"([+-]?)(\d{1,40})(?:\.(\d{1,40}))?(?:[eE]([+-]?\d{1,3}))?", re.ASCII)
_CURRENCIES = "urn:iso:std:iso:4217"
_Range = tuple[Fraction | None, Fraction | None]


@dataclass(frozen=True)
class NumberValue:
    """A number asked for: `number` itself and the half-open range [lo, hi) that its digits imply."""

    prefix: str
    number: Fraction
    lo: Fraction
    hi: Fraction

    def test(self, raw: Any, _modifier: str = "") -> bool:
        """Whether a JSON number or Range is as asked."""
        found = span(raw)
        return found is not None and self.holds(found)

    def holds(self, found: _Range) -> bool:
        """Whether a range [least, greatest] is as asked; None is an open end."""
        least, greatest = found
        within = least is not None and greatest is not None and self.lo <= least and greatest < self.hi
        if self.prefix in ("eq", "ne"):
            return within == (self.prefix == "eq")
        if self.prefix == "ap":
            room = abs(self.number) / 10
            low, high = min(self.lo, self.number - room), max(self.hi, self.number + room)
            return (least is None or least <= high) and (greatest is None or greatest >= low)
        if self.prefix in ("gt", "ge"):
            return greatest is None or greatest > self.number or (self.prefix == "ge" and greatest == self.number)
        if self.prefix in ("lt", "le"):
            return least is None or least < self.number or (self.prefix == "le" and least == self.number)
        if self.prefix == "sa":
            return least is not None and least > self.number
        return greatest is not None and greatest < self.number


@dataclass(frozen=True)
class QuantityValue(NumberValue):
    """A quantity asked for; `system` '' and `code` '' leave the unit open."""

    system: str = ""
    code: str = ""

    def test(self, raw: Any, _modifier: str = "") -> bool:
        """Whether a Quantity, Range or Money is as asked, its unit converted where UCUM allows."""
        if not isinstance(raw, dict):
            return False
        found = span(raw)
        if found is None:
            return False
        if not self.code and not self.system:
            return self.holds(found)
        system, codes = unit_of(raw)
        if self.system and system != self.system and not (self.system == UCUM and not system):
            return False
        if not self.code or self.code in codes:
            return self.holds(found)
        return self._converted(found, codes[0]) if self.system in ("", UCUM) and system in ("", UCUM) else False

    def _converted(self, found: _Range, code: str) -> bool:
        mine, theirs = canonical(self.code), canonical(code)
        if mine is None or theirs is None or mine.dimension != theirs.dimension:
            return False
        # only the stored side is converted, into the unit asked for, so that the digits asked for keep their meaning
        factor = theirs.factor / mine.factor
        shift = (theirs.offset - mine.offset) / mine.factor
        least, greatest = (None if end is None else end * factor + shift for end in found)
        return self.holds((least, greatest))


def read_number(prefix: str, text: str) -> NumberValue | None:
    """A number as asked for; None when it is none."""
    matched = _NUMBER.fullmatch(text)
    if not matched:
        return None
    exponent = int(matched[4] or 0)
    if abs(exponent) > LARGEST_EXPONENT:
        return None
    number = Fraction(Decimal(text))
    half = Fraction(10) ** (exponent - len(matched[3] or "")) / 2
    if exponent > 0 and not matched[3]:  # 1e2 stands for 95 to 105: one digit beyond the last one given
        half /= 10
    return NumberValue(prefix, number, number - half, number + half)


def span(raw: Any) -> _Range | None:
    """The range a number, Quantity, Range or Money covers; None when there is no number."""
    if not isinstance(raw, dict):
        found = amount(raw)
        return None if found is None else (found, found)
    if "low" in raw or "high" in raw:
        low, high = (_end(raw.get(name)) for name in ("low", "high"))
        return None if low is None and high is None else (low, high)
    found = amount(raw.get("value"))
    if found is None:
        return None
    comparator = raw.get("comparator")
    if comparator in ("<", "<="):
        return (None, found)
    return (found, None) if comparator in (">", ">=") else (found, found)


def amount(raw: Any) -> Fraction | None:
    """A JSON number exactly; None for anything else, and for numbers beyond all measure."""
    if isinstance(raw, bool) or not isinstance(raw, int | float | Decimal):
        return None
    if isinstance(raw, float):
        if not math.isfinite(raw):
            return None
        raw = Decimal(repr(raw))
    elif isinstance(raw, Decimal):
        exponent = raw.as_tuple().exponent
        if not isinstance(exponent, int) or abs(exponent) > LARGEST_EXPONENT:
            return None
    return Fraction(raw)


def unit_of(raw: dict[str, Any]) -> tuple[str, tuple[str, ...]]:
    """System and the names of the unit of a Quantity, Range or Money, its code first."""
    for end in (raw, raw.get("low"), raw.get("high")):
        if isinstance(end, dict):
            if isinstance(end.get("currency"), str):
                return _CURRENCIES, (end["currency"],)
            names = tuple(n for n in (end.get("code"), end.get("unit")) if isinstance(n, str))
            if names:
                system = end.get("system")
                return (system if isinstance(system, str) else ""), names
    return "", ("",)


def _end(raw: Any) -> Fraction | None:
    return amount(raw.get("value")) if isinstance(raw, dict) else None
