"""Units: whether a text is UCUM, and what texts that are not UCUM mean.

The grammar is that of https://ucum.org/ucum (case sensitive); the atoms are those met in medicine. A text that
parses is not thereby the right unit.
"""

import re
from functools import lru_cache

from chartpost.formats.ccda.codesystems import UNIT_WORDS

_PREFIXES = "da|Y|Z|E|P|T|G|M|k|h|d|c|m|u|n|p|f|a|z|y|Ki|Mi|Gi|Ti"
_METRIC = (
    r"m|s|g|rad|K|cd|mol|sr|Hz|N|Pa|J|W|A|V|F|Ohm|S|Wb|Cel|T|H|lm|lx|Bq|Gy|Sv|l|L|ar|t|bar|u|eV|pc|cal|Cal|kat|U|"
    r"eq|osm|Ci|R|RAD|REM|P|St|dyn|erg|Ky|B|Np|By|bit|Bd|sb|m\[H2O\]|m\[Hg\]|g%|cal_th|cal_IT|\[iU\]|\[IU\]"
)
_PLAIN = (
    r"10\*|10\^|%|\[ppth\]|\[ppm\]|\[ppb\]|\[pptr\]|\[pi\]|gon|deg|'|''|min|h|d|a|a_t|a_j|wk|mo|mo_s|mo_j|"
    r"\[in_i\]|\[ft_i\]|\[in_us\]|\[ft_us\]|\[yd_us\]|\[mi_us\]|\[yd_i\]|\[mi_i\]|\[in_i'H2O\]|\[in_i'Hg\]|\[lb_av\]|\[oz_av\]|\[gr\]|\[oz_fl\]|\[foz_us\]|"
    r"\[fl_us\]|\[pt_us\]|\[qt_us\]|\[gal_us\]|\[tsp_us\]|\[tbs_us\]|\[cup_us\]|\[foz_br\]|\[drp\]|\[degF\]|"
    r"\[pH\]|\[diop\]|\[arb'U\]|\[USP'U\]|\[anti'Xa'U\]|\[GPL'U\]|\[MPL'U\]|\[APL'U\]|\[beth'U\]|\[Amb'a'1'U\]|"
    r"\[PFU\]|\[CFU\]|\[FFU\]|\[CCID_50\]|\[TCID_50\]|\[EID_50\]|\[mclg'U\]|\[knk'U\]|\[smgy'U\]|\[hnsf'U\]|"
    r"\[ka'U\]|\[todd'U\]|\[dye'U\]|\[bdsk'U\]|\[S\]|\[HPF\]|\[LPF\]|\[car_Au\]|\[mesh_i\]|\[Ch\]|\[MET\]|"
    r"\[p'diop\]|\[h\]|\[hp_X\]|\[hp_C\]|\[hp_M\]|\[sft_i\]|\[sin_i\]|\[cin_i\]|\[psi\]|\[kn_i\]|\[acr_us\]|"
    r"\[ELU\]|\[EU\]|\[Lf\]|\[BAU\]|\[AU\]|\[IR\]|\[arb'U\]|\[nmi_i\]|\[cal_15\]|\[Cal\]|atm|bit_s"
)
_ANNOTATION = r"\{[!-z|~]*\}"
_SIMPLE = rf"(?:(?:(?:{_PREFIXES})?(?:{_METRIC})|{_PLAIN})(?:[+-]?[0-9]+)?(?:{_ANNOTATION})?)"
_FACTOR = rf"(?:{_ANNOTATION}|[0-9]+(?:{_ANNOTATION})?|{_SIMPLE})"
_FLAT = rf"/?{_FACTOR}(?:[./]{_FACTOR})*"
_TERM = re.compile(rf"/?(?:{_FACTOR}|\({_FLAT}\))(?:[./](?:{_FACTOR}|\({_FLAT}\)))*")

_WORDS = UNIT_WORDS | {
    "cells/mcl": "{cells}/uL", "cells/ul": "{cells}/uL", "thous/mcl": "10*3/uL", "thou/ul": "10*3/uL",
    "thousand/ul": "10*3/uL", "k/ul": "10*3/uL", "k/mcl": "10*3/uL", "k/cumm": "10*3/uL", "k/mm3": "10*3/uL",
    "10^3/ul": "10*3/uL", "10*3/ul": "10*3/uL", "x10^3/ul": "10*3/uL", "x10e3/ul": "10*3/uL", "10e3/ul": "10*3/uL",
    "x 10^3/ul": "10*3/uL", "x10(3)/mcl": "10*3/uL", "10^9/l": "10*9/L", "10*9/l": "10*9/L", "10e9/l": "10*9/L",
    "mill/mcl": "10*6/uL", "mil/ul": "10*6/uL", "m/ul": "10*6/uL", "m/mcl": "10*6/uL", "million/ul": "10*6/uL",
    "10^6/ul": "10*6/uL", "10*6/ul": "10*6/uL", "x10^6/ul": "10*6/uL", "x10e6/ul": "10*6/uL", "10e6/ul": "10*6/uL",
    "10^12/l": "10*12/L", "10*12/l": "10*12/L", "10e12/l": "10*12/L",
    "fl": "fL", "pg": "pg", "g/dl": "g/dL", "gm/dl": "g/dL", "g/l": "g/L", "mg/l": "mg/L", "mcg/dl": "ug/dL",
    "ug/dl": "ug/dL", "ng/dl": "ng/dL", "mcg/ml": "ug/mL", "ug/ml": "ug/mL", "mcg/l": "ug/L", "ug/l": "ug/L",
    "mmol/l": "mmol/L", "meq/l": "meq/L", "umol/l": "umol/L", "nmol/l": "nmol/L", "pmol/l": "pmol/L",
    "iu/ml": "[iU]/mL", "u/ml": "U/mL", "miu/l": "m[iU]/L", "miu/ml": "m[iU]/mL", "uiu/ml": "u[iU]/mL",
    "mcu/ml": "u[iU]/mL", "iu": "[iU]", "units": "[USP'U]", "unit": "[USP'U]", "unt": "[USP'U]", "cfu/ml": "[CFU]/mL",
    "mm/hr": "mm/h", "mm/h": "mm/h", "ml/min": "mL/min", "ml/min/1.73": "mL/min/{1.73_m2}",
    "ml/min/1.73m2": "mL/min/{1.73_m2}", "ml/min/1.73 m2": "mL/min/{1.73_m2}", "ml/hr": "mL/h", "l/min": "L/min",
    "lpm": "L/min", "mosm/kg": "mosm/kg", "sec": "s", "secs": "s", "seconds": "s", "second": "s", "minutes": "min",
    "minute": "min", "mins": "min", "hr": "h", "hrs": "h", "hour": "h", "hours": "h", "day": "d", "days": "d",
    "week": "wk", "weeks": "wk", "month": "mo", "months": "mo", "year": "a", "years": "a", "yr": "a", "yrs": "a",
    "ft": "[ft_i]", "feet": "[ft_i]", "inch": "[in_i]", "lb_av": "[lb_av]", "in_i": "[in_i]", "pounds": "[lb_av]",
    "kgs": "kg", "cms": "cm", "gm": "g", "grams": "g", "gram": "g", "mgs": "mg", "milligram": "mg", "mls": "mL",
    "cc": "mL", "milliliter": "mL", "ug": "ug", "µg": "ug", "meq": "meq", "percent": "%", "deg f": "[degF]",
    "f": "[degF]", "fahrenheit": "[degF]", "c": "Cel", "celsius": "Cel", "degrees fahrenheit": "[degF]",
    "mm hg": "mm[Hg]", "per minute": "/min", "b/min": "/min", "/minute": "/min", "beats per minute": "/min",
    "{beats}/min": "{beats}/min", "tablet": "{tbl}", "tablets": "{tbl}", "tab": "{tbl}", "tabs": "{tbl}",
    "capsule": "{capsule}", "capsules": "{capsule}", "cap": "{capsule}", "puff": "{puff}", "puffs": "{puff}",
    "drop": "[drp]", "drops": "[drp]", "tsp": "[tsp_us]", "tbsp": "[tbs_us]", "ph": "[pH]", "ratio": "{ratio}",
    "index": "{index}", "/hpf": "/[HPF]", "/lpf": "/[LPF]", "packs/day": "{pack}/d", "pack": "{pack}",
}  # fmt: skip
"""Spellings met in the field, in lower case with single spaces, and what they are in UCUM."""


@lru_cache(maxsize=4096)
def is_ucum(text: str) -> bool:
    """Whether a text follows the UCUM grammar with atoms known here."""
    return 0 < len(text) <= 60 and _TERM.fullmatch(text) is not None


@lru_cache(maxsize=4096)
def ucum(text: str) -> str:
    """The UCUM code of a unit as written: itself, a known spelling, or an empty string."""
    plain = " ".join(text.split())
    known = _WORDS.get(plain.lower())
    if known and (known.lower() != plain.lower() or not is_ucum(plain)):
        return known
    return plain if is_ucum(plain) else known or ""
