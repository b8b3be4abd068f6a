"""Required bindings: whether a code, Coding or CodeableConcept comes from its value set.

Value sets whose codes are not known here are not checked (https://hl7.org/fhir/R4/terminologies.html#required).
"""

from functools import cache
from typing import Any

from chartpost.formats.fhirjson.profiles.issues import Findings, Where
from chartpost.formats.fhirjson.tables import table


class ValueSet:
    """The codes of one value set by system; None stands for every code of the system."""

    __slots__ = ("codes", "everything", "rule", "systems")

    def __init__(self, url: str, systems: dict[str, list[str] | None]) -> None:
        """Keep the codes for quick look-up."""
        self.rule = f"binding:required {url}"
        self.systems = {system: None if codes is None else frozenset(codes) for system, codes in systems.items()}
        self.everything = any(codes is None for codes in self.systems.values())
        self.codes = frozenset(code for codes in self.systems.values() for code in codes or ())

    def has_code(self, code: object) -> bool:
        """Whether a bare code is in the set."""
        return self.everything or (type(code) is str and code in self.codes)

    def has(self, coding: object) -> bool:
        """Whether a Coding is in the set."""
        if type(coding) is not dict:
            return False
        system, code = coding.get("system"), coding.get("code")
        if type(system) is not str or type(code) is not str or system not in self.systems:
            return False
        codes = self.systems[system]
        return codes is None or code in codes

    def holds(self, value: object) -> bool:
        """Whether a code, Coding or CodeableConcept is in the set; an extension in its place excuses its absence."""
        if type(value) is not dict:
            return self.has_code(value)
        if "extension" in value and "coding" not in value and "code" not in value:
            return True
        coding = value.get("coding")
        if type(coding) is list:
            return any(map(self.has, coding))
        return self.has(value)

    def check(self, value: Any, where: Where, found: Findings) -> None:
        """Note an issue when the value is not in the set."""
        if value is not None and not self.holds(value):
            found.add("code-invalid", where, self.rule, "must be a code of the value set that is required here")


@cache
def value_set(url: str) -> ValueSet | None:
    """A value set by its address; None when its codes are not known here."""
    systems = table("bindings").get(url)
    return ValueSet(url, systems) if systems else None
