"""Code systems whose codes stand above and below each other, for `:above` and `:below` on tokens.

Those of R4 and its terminology that records use and that are small enough to keep whole; others (SNOMED CT, LOINC,
ICD-10-CM) are not held, and a search over them says so (https://hl7.org/fhir/R4/search.html#token).
"""

from collections.abc import Mapping
from types import MappingProxyType

_TERMS = "http://terminology.hl7.org/CodeSystem/"
_BELOW: Mapping[str, Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        f"{_TERMS}condition-clinical": {"active": ("recurrence", "relapse"), "inactive": ("remission", "resolved")},
        f"{_TERMS}condition-ver-status": {"unconfirmed": ("provisional", "differential")},
        f"{_TERMS}allergyintolerance-clinical": {"inactive": ("resolved",)},
    }
)
"""System -> code -> the codes right below it; codes without any are not listed."""


def held() -> list[str]:
    """The code systems whose order is held here."""
    return sorted(_BELOW)


def below(system: str, code: str) -> frozenset[tuple[str, str]] | None:
    """A code and all below it, as (system, code); None when the order of the system is not held."""
    if system not in _BELOW:
        return None
    found = [code]
    for one in found:  # grows while it is read
        found += [each for each in _BELOW[system].get(one, ()) if each not in found]
    return frozenset((system, each) for each in found)


def above(system: str, code: str) -> frozenset[tuple[str, str]] | None:
    """A code and all above it, as (system, code); None when the order of the system is not held."""
    if system not in _BELOW:
        return None
    found = [code]
    for one in found:  # grows while it is read
        found += [parent for parent, some in _BELOW[system].items() if one in some and parent not in found]
    return frozenset((system, each) for each in found)
