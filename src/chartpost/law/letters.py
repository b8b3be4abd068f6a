"""What each letter must contain (45 CFR 164.524(b)(2)(ii), (d)(2); rulebook 11)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .access import GROUNDS, is_reviewable
from .citation import Citation
from .errors import LawInputError
from .rules import cite
from .tables import table


@dataclass(frozen=True, slots=True)
class Element:
    """One thing a letter must say: its key, the thing in plain words, and the rule that asks for it."""

    key: str
    says: str
    citation: Citation


def kinds() -> tuple[str, ...]:
    """Return the kinds of letter that the table knows."""
    return tuple(table("letters")["letter"])


def required(kind: str, ground: str | None = None) -> tuple[Element, ...]:
    """Return what a letter must contain (rulebook 11).

    `kind` is one of kinds(). `ground` is the ground of a denial ("524(a)(3)(i)" or "DEN-6"); a reviewable one
    adds the right to a review. Raises LawInputError for an unknown kind or ground.
    """
    letter = _letter(kind)
    reviewable = ground is not None and is_reviewable(_known_ground(ground))
    inherited = required(letter["extends"], ground) if "extends" in letter else ()
    rows = [row for row in letter["elements"] if row.get("when") != "reviewable" or reviewable]
    rule = cite(letter["rule"])
    return inherited + tuple(Element(row["key"], row["says"], rule) for row in rows)


def missing(kind: str, contains: Iterable[str], ground: str | None = None) -> tuple[str, ...]:
    """Return the keys of required elements that a letter lacks, sorted; empty means complete."""
    present = frozenset(contains)
    return tuple(sorted(element.key for element in required(kind, ground) if element.key not in present))


def _letter(kind: str) -> dict[str, Any]:
    if kind not in kinds():
        raise LawInputError.of("letter kind", kind, f"one of {', '.join(kinds())}")
    letter: dict[str, Any] = table("letters")["letter"][kind]
    return letter


def _known_ground(ground: str) -> str:
    short = ground.removeprefix("45 CFR ").removeprefix("164.")
    known = short in GROUNDS or short in GROUNDS.values() or short in {"524(a)(2)", "524(a)(3)"}
    if not known:
        raise LawInputError.of("ground", ground, f"one of {', '.join(GROUNDS)}")
    return short
