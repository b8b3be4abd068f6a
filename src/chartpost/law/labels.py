"""Security labels with their HL7 codes, and what they do to confidentiality (rulebook 5.4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from .citation import Citation, as_mark
from .errors import LawInputError
from .tables import table

CONFIDENTIALITY = ("U", "L", "M", "N", "R", "V")
"""Confidentiality codes from open to very restricted (HL7 v3-Confidentiality)."""

PSYCHOTHERAPY_NOTES = frozenset({"PSYTHPN", "HIPAAPsyNotes"})
SUBSTANCE_USE = frozenset({"SUD", "ETHUD", "OPIOIDUD", "ETH", "42CFRPart2"})


@dataclass(frozen=True, slots=True)
class Label:
    """One security label: its axis, code system (a URL), code and name."""

    axis: str
    system: str
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class StateSensitivity:
    """What some states ask for one category of sensitive records; no states means: state law varies."""

    category: str
    states: tuple[str, ...]
    treat: str
    citation: Citation


@cache
def all_labels() -> dict[str, Label]:
    """Return every label by code."""
    axes = table("labels")["axis"]
    return {code: Label(axis, row["system"], code, name) for axis, row in axes.items() for code, name in row["codes"]}


def label(code: str) -> Label:
    """Return one label; raise LawInputError for a code that is retired or not known."""
    known = all_labels().get(code)
    if known is None:
        raise LawInputError.of("label", code, "a code of the label table (docs/rules.md)")
    return known


def axis(name: str) -> tuple[Label, ...]:
    """Return the labels of one axis, such as confidentiality, sensitivity, policy or purpose."""
    return tuple(found for found in all_labels().values() if found.axis == name)


def is_sensitive(code: str) -> bool:
    """Say whether a code marks a record as sensitive: a sensitivity code or Part 2 provenance."""
    found = all_labels().get(code)
    restricting = table("labels")["restricting_policies"] + table("labels")["very_restricted"]
    return code in restricting or (found is not None and found.axis == "sensitivity")


def confidentiality(codes: Iterable[str]) -> str:
    """Return the confidentiality of one record from its codes: R or V if sensitive (rulebook LBL-1)."""
    held = list(codes)
    given = [code for code in held if code in CONFIDENTIALITY]
    raised = ["V" for code in held if code in table("labels")["very_restricted"]]
    raised += ["R" for code in held if is_sensitive(code)]
    return high_water(given + raised or ["N"])


def high_water(codes: Iterable[str]) -> str:
    """Return the highest of some confidentiality codes; N when there are none (rulebook LBL-4)."""
    return max(codes, key=_rank, default="N")


def state_sensitivity(state: str | None = None) -> list[StateSensitivity]:
    """Return the state layers on sensitive records, for one state or all (rulebook 5.3)."""
    rows = table("labels")["state_rule"]
    return [
        StateSensitivity(
            row["category"],
            tuple(row["states"]),
            row["treat"],
            Citation("SEN-1", row["cite"], as_mark(row["mark"])),
        )
        for row in rows
        if state is None or state in row["states"]
    ]


def _rank(code: str) -> int:
    if code not in CONFIDENTIALITY:
        raise LawInputError.of("confidentiality", code, f"one of {', '.join(CONFIDENTIALITY)}")
    return CONFIDENTIALITY.index(code)
