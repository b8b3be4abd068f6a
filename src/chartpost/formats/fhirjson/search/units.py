"""UCUM units of clinical use, exactly convertible (https://ucum.org/ucum).

A unit is read as factors joined by `.` and `/`, each an optional metric prefix, an atom and an exponent;
annotations in braces count as one. Units beyond these atoms are comparable with themselves only.
"""

import re
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

UCUM = "http://unitsofmeasure.org"
_PREFIXES = {
    **{"Y": 24, "Z": 21, "E": 18, "P": 15, "T": 12, "G": 9, "M": 6, "k": 3, "h": 2, "da": 1, "d": -1, "c": -2},
    **{"m": -3, "u": -6, "n": -9, "p": -12, "f": -15, "a": -18},
}
_Dimension = tuple[tuple[str, int], ...]
_PRESSURE = {"g": 1, "m": -1, "s": -2}
_ENERGY = {"g": 1, "m": 2, "s": -2}
_METRIC: dict[str, tuple[Fraction, dict[str, int]]] = {
    "g": (Fraction(1), {"g": 1}),
    "m": (Fraction(1), {"m": 1}),
    "s": (Fraction(1), {"s": 1}),
    "K": (Fraction(1), {"K": 1}),
    "mol": (Fraction(1), {"mol": 1}),
    "eq": (Fraction(1), {"eq": 1}),
    "osm": (Fraction(1), {"osm": 1}),
    "L": (Fraction(1, 1000), {"m": 3}),
    "l": (Fraction(1, 1000), {"m": 3}),
    "U": (Fraction(1, 60_000_000), {"mol": 1, "s": -1}),
    "kat": (Fraction(1), {"mol": 1, "s": -1}),
    "[IU]": (Fraction(1), {"[iU]": 1}),
    "[iU]": (Fraction(1), {"[iU]": 1}),
    "Hz": (Fraction(1), {"s": -1}),
    "Pa": (Fraction(1000), _PRESSURE),
    "bar": (Fraction(10**8), _PRESSURE),
    "m[Hg]": (Fraction(133_322_000), _PRESSURE),
    "m[H2O]": (Fraction(980_665 * 10), _PRESSURE),
    "J": (Fraction(1000), _ENERGY),
    "cal": (Fraction(4184), _ENERGY),
    "W": (Fraction(1000), {"g": 1, "m": 2, "s": -3}),
    "Bq": (Fraction(1), {"s": -1}),
}
_PLAIN: dict[str, tuple[Fraction, dict[str, int]]] = {
    "min": (Fraction(60), {"s": 1}),
    "h": (Fraction(3600), {"s": 1}),
    "d": (Fraction(86_400), {"s": 1}),
    "wk": (Fraction(604_800), {"s": 1}),
    "mo": (Fraction(2_629_800), {"s": 1}),
    "a": (Fraction(31_557_600), {"s": 1}),
    "t": (Fraction(1_000_000), {"g": 1}),
    "[in_i]": (Fraction(254, 10_000), {"m": 1}),
    "[ft_i]": (Fraction(3048, 10_000), {"m": 1}),
    "[lb_av]": (Fraction(45_359_237, 100_000), {"g": 1}),
    "[oz_av]": (Fraction(45_359_237, 1_600_000), {"g": 1}),
    "%": (Fraction(1, 100), {}),
    "[ppm]": (Fraction(1, 10**6), {}),
}
_FACTOR = re.compile(r"(10[*^]|[^\d+-]+)([+-]?\d{1,2})?")


class Unit(NamedTuple):
    """A unit in base units: value x factor + offset, of a dimension."""

    dimension: _Dimension
    factor: Fraction
    offset: Fraction = Fraction(0)


_TEMPERATURES = {
    "K": Unit((("K", 1),), Fraction(1)),
    "Cel": Unit((("K", 1),), Fraction(1), Fraction(27315, 100)),
    "[degF]": Unit((("K", 1),), Fraction(5, 9), Fraction(27315, 100) - Fraction(160, 9)),
}


@lru_cache(maxsize=2048)
def canonical(code: str) -> Unit | None:
    """A UCUM code in base units; None when it is not of the atoms known here."""
    if code in _TEMPERATURES:
        return _TEMPERATURES[code]
    if not code or len(code) > 60:
        return None
    text = re.sub(r"\{[^}]*\}", "", code)
    factor, dimension = Fraction(1), dict[str, int]()
    sign = 1
    for part in re.split(r"([./])", text):
        if part in (".", "/"):
            sign = -1 if part == "/" else 1
            continue
        if part in ("", "1"):
            continue
        found = _factor(part)
        if found is None:
            return None
        size, of = found
        factor *= size**sign
        for base, power in of.items():
            dimension[base] = dimension.get(base, 0) + power * sign
    return Unit(tuple(sorted((b, p) for b, p in dimension.items() if p)), factor)


def _factor(part: str) -> tuple[Fraction, dict[str, int]] | None:
    """One factor such as `mL`, `m2`, `10*3`."""
    found = _atom(part)
    if found is not None:
        return found
    matched = _FACTOR.fullmatch(part)
    if not matched or not matched[2]:
        return None
    power = int(matched[2])
    if matched[1] in ("10*", "10^"):
        return Fraction(10) ** power, {}
    found = _atom(matched[1])
    return (found[0] ** power, {base: p * power for base, p in found[1].items()}) if found else None


def _atom(text: str) -> tuple[Fraction, dict[str, int]] | None:
    if text in _PLAIN:
        return _PLAIN[text]
    if text in _METRIC:
        return _METRIC[text]
    for size in (1, 2):
        prefix, atom = text[:size], text[size:]
        if prefix in _PREFIXES and atom in _METRIC:
            factor, dimension = _METRIC[atom]
            return factor * Fraction(10) ** _PREFIXES[prefix], dimension
    return None
