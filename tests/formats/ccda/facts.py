"""What a FHIR resource states, as values that can be compared after a round trip through C-CDA."""

import base64
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from chartpost.formats.ccda.codesystems import UNIT_WORDS, code_system
from chartpost.formats.ccda.fhirvalues import choice, code_of, concept_text, number, span
from chartpost.formats.ccda.htmlwords import words_of_html

_OBSERVED = {"draft": "active"}
"""Statuses that a template of C-CDA has no word for, and what they become."""
_NOTHING = ("No procedure", "No Procedure", "No functional", "No cognitive")
_UNITS = {**UNIT_WORDS, "c": "Cel"}
"""Units that are written wrongly in samples, and what a reader takes them for."""
_PANELS = {"85353-1", "74728-7", "34566-0"}


@dataclass(frozen=True)
class Fact:
    """One statement: of what kind, its codes (or words where there are none), and the rest."""

    kind: str
    codes: frozenset[tuple[str, str]]
    words: str
    rest: tuple[Any, ...]

    def is_in(self, other: "Fact") -> bool:
        """Whether the other says at least this."""
        same = self.codes <= other.codes if self.codes else self.words == other.words or bool(other.codes)
        return self.kind == other.kind and self.rest == other.rest and same


def lost(before: Iterable[dict[str, Any]], after: Iterable[dict[str, Any]]) -> list[Fact]:
    """Statements of the first that the second does not make; each of the second stands for one."""
    left = [fact for resource in after for fact in facts(resource)]
    missing = []
    for fact in [fact for resource in before for fact in facts(resource)]:
        found = next((f for f in left if fact.is_in(f)), None)
        if found is None:
            missing.append(fact)
        else:
            left.remove(found)
    return missing


def facts(resource: dict[str, Any]) -> Iterator[Fact]:
    """The statements of a resource of a kind that the mapping covers."""
    read = _READERS.get(resource["resourceType"])
    if read:
        yield from (fact for fact in read(resource) if not _states_nothing(fact))


def _states_nothing(fact: Fact) -> bool:
    """Whether the words say that there is nothing to say; a reader makes nothing of it."""
    return (not fact.codes and fact.words in ("", "Unknown")) or fact.words.startswith(_NOTHING)


def _fact(resource: dict[str, Any], concept: dict[str, Any] | None, *rest: Any) -> Fact:
    return Fact(resource["resourceType"], _codes(concept), concept_text(concept), rest)


def _codes(concept: dict[str, Any] | None) -> frozenset[tuple[str, str]]:
    codings = (concept or {}).get("coding") or ()
    known = ((code_system(str(c.get("system", ""))), c.get("code")) for c in codings)
    return frozenset((system.oid, code) for system, code in known if system and code)


def _moment(value: str | None) -> str:
    """A date to the second, in the notation of one of its zones."""
    return re.sub(r"\.\d+", "", value or "").replace("Z", "+00:00").replace("-00:00", "+00:00")


def _span(resource: dict[str, Any], *names: str) -> tuple[str, str]:
    start, end = span(resource, *names)
    return _moment(start), _moment(end)


def _value(body: dict[str, Any]) -> Any:
    kind, value = choice(body, "value")
    if kind == "Quantity":
        unit = value.get("code") or value.get("unit") or "1"
        return (
            number(value["value"]) if "value" in value else None,
            _UNITS.get(unit.lower(), unit),
            value.get("comparator"),
        )
    if kind == "CodeableConcept":
        return frozenset(c[1] for c in _codes(value) if c[0].count(".") < 9) or concept_text(value)
    return str(value) if kind in ("String", "DateTime", "Boolean", "Integer") else None


def _observation(resource: dict[str, Any]) -> Iterator[Fact]:
    when = _span(resource, "effective")[0]
    for body in (resource, *(resource.get("component") or ())):
        value = _value(body)
        if value is not None and not {c for _, c in _codes(body.get("code"))} & _PANELS:
            yield _fact(resource, body.get("code"), when, value, resource.get("status"))


def _words(resource: dict[str, Any]) -> Iterator[Fact]:
    for content in resource.get("content") or ():
        attachment = content.get("attachment") or {}
        if not attachment.get("contentType", "").startswith(("text/", "application/xhtml")):
            continue
        data = base64.b64decode(attachment.get("data") or "")
        text = words_of_html(data) if "htm" in attachment.get("contentType", "") else data.decode("utf-8", "replace")
        yield Fact("DocumentReference", frozenset(), re.sub(r"[\s|-]+", " ", text).strip(), ())


def _is_carer(member: dict[str, Any]) -> bool:
    """Whether a member is another than the patient, whom C-CDA does not count among the carers."""
    return not str((member.get("member") or {}).get("reference", "")).startswith("Patient/")


def _medication(r: dict[str, Any]) -> Iterator[Fact]:
    yield _fact(r, r.get("medicationCodeableConcept"), r.get("status"), r.get("intent"))


_READERS: dict[str, Any] = {
    "Condition": lambda r: [
        _fact(r, r.get("code"), _span(r, "onset")[0], _span(r, "abatement")[0], code_of(r.get("clinicalStatus")))
    ],
    "AllergyIntolerance": lambda r: [
        _fact(
            r, r.get("code"), _span(r, "onset")[0], code_of(r.get("clinicalStatus")), r.get("criticality"),
            tuple(sorted(concept_text(m) for reaction in r.get("reaction") or () for m in reaction["manifestation"])),
        )
    ],
    "MedicationRequest": _medication,
    "Immunization": lambda r: [
        _fact(r, r.get("vaccineCode"), _span(r, "occurrence")[0], r.get("status"), r.get("lotNumber"))
    ],
    "Procedure": lambda r: [_fact(r, r.get("code"), _span(r, "performed"), r.get("status"))],
    "Encounter": lambda r: [
        _fact(r, next(iter(r.get("type") or ()), None), _span(r, "period"), r.get("status"), r["class"].get("code"))
    ],
    "Observation": _observation,
    "DocumentReference": _words,
    "FamilyMemberHistory": lambda r: [_fact(r, c["code"]) for c in r.get("condition") or ()],
    "ServiceRequest": lambda r: [
        _fact(r, r.get("code"), _span(r, "occurrence")[0], _OBSERVED.get(r["status"], r["status"]), r.get("intent"))
    ],
    "Goal": lambda r: [_fact(r, r.get("description"), r.get("startDate"))],
    "Coverage": lambda r: [_fact(r, r.get("type"), r.get("subscriberId"))],
    "Device": lambda r: [_fact(r, r.get("type"), *(u.get("carrierHRF") for u in r.get("udiCarrier") or ()))],
    "CareTeam": lambda r: [_fact(r, {"text": r.get("status")}, sum(map(_is_carer, r.get("participant") or ())))],
}  # fmt: skip
