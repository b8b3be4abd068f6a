"""Are two entries the same? Pure, symmetric, and about these two alone; `grouping` looks at all of them together.

By the evidence of real exports numbers alone are not enough: two exports of one system share numbers for some
entries only, and reuse them for others. So entries join by a shared number when nothing speaks against it, or by code
and clinical date; what else looks alike is asked.
"""

import re
from collections.abc import Iterable

from chartpost.formats.fhirjson.dates import FhirDate
from chartpost.records.reconcile.types import STANDING, Facts, Finding, Kind, Status

PACKAGE_SYSTEMS = frozenset({"http://hl7.org/fhir/sid/ndc"})
"""Systems whose codes name a package: two packages hold one medicine."""
NEAR_DAYS = 7
_DAY_MS = 86_400_000
_NUMBER = re.compile(r"\d+")
_ASKED_NEAR = frozenset({Kind.VACCINE, Kind.PROCEDURE})
_STRICT_TIME = frozenset({Kind.MEASURE})

SAME, MIXED, OTHER, UNCODED = "same", "mixed", "other", "uncoded"


def apart(a: Facts, b: Facts) -> bool:
    """Whether two entries come from different places: what one source lists twice in one file it means twice."""
    if a.source != b.source:
        return True
    return bool(a.files) and bool(b.files) and not a.files & b.files


def meaning(a: Facts, b: Facts, translated: bool = False) -> str:
    """How the codes of two entries stand to each other.

    `same`: one in common, or a known translation; `other`: none; `mixed`: one in common and, in a system that both
    use, none; `uncoded`: one of them has no code.
    """
    if not a.codes or not b.codes:
        return UNCODED
    if not (a.codes & b.codes or translated):
        return OTHER
    shared = {s for s, _ in a.codes} & {s for s, _ in b.codes} - PACKAGE_SYSTEMS
    split = any({c for s, c in a.codes if s == one}.isdisjoint(c for s, c in b.codes if s == one) for one in shared)
    return MIXED if split else SAME


def translates(a: Facts, b: Facts, others: Iterable[Facts]) -> bool:
    """Whether another entry carries a code of each: a source that says that the two codes mean the same."""
    return any(o.kind == a.kind and o.codes & a.codes and o.codes & b.codes for o in others)


def day_relation(a: FhirDate | None, b: FhirDate | None) -> str:
    """`day` (the same day), `period` (one is a month or year that holds the other), `other`, or `unknown`."""
    if a is None or b is None:
        return "unknown"
    fine = {"day", "time"}
    if a.precision in fine and b.precision in fine:
        one_moment = a.precision == b.precision == "time" and a.lo == b.lo
        return "day" if one_moment or (a.year, a.month, a.day) == (b.year, b.month, b.day) else "other"
    if a.year != b.year:
        return "other"
    return "period" if "year" in (a.precision, b.precision) or a.month == b.month else "other"


def compare(a: Facts, b: Facts, translated: bool = False) -> Finding | None:
    """What two entries of one kind give; None when there is nothing to say."""
    if a.kind != b.kind:
        return None
    if a.kind is Kind.PATIENT:
        return Finding(False, "value", ("birth_date",)) if a.born and b.born and a.born != b.born else None
    conflicts = contradictions(a, b)
    if a.kind is Kind.DOCUMENT:
        return _documents(a, b, conflicts)
    codes = meaning(a, b, translated)
    if a.ids & b.ids:
        alike = codes == SAME or (codes == UNCODED and (a.words == b.words or not a.words or not b.words))
        moved = a.kind not in STANDING and day_relation(a.since, b.since) == "other"
        return Finding(True, "id", conflicts) if alike and not moved else Finding(False, "number", conflicts)
    return _standing(a, b, codes, conflicts) if a.kind in STANDING else _dated(a, b, codes, conflicts)


def contradictions(a: Facts, b: Facts) -> tuple[str, ...]:
    """In what two entries contradict each other, if they are the same; in a fixed order."""
    said = {a.status, b.status}
    found = {
        "refuted": Status.REFUTED in said and len(said) == 2,
        "status": said == {Status.ACTIVE, Status.ENDED},
        "dose": (bool(a.dose and b.dose) and a.dose != b.dose) or _other_strength(a, b),
        "value": bool(a.value and b.value) and a.value != b.value,
        "risk": bool(a.risk and b.risk) and {a.risk, b.risk} == {"high", "low"},
    }
    return tuple(name for name, there in found.items() if there)


def _other_strength(a: Facts, b: Facts) -> bool:
    """Whether two names of one ingredient give other numbers: 500 mg here, 1000 mg there."""
    one, other = (set(_NUMBER.findall(f.words)) for f in (a, b))
    return bool(a.stem and one and other) and a.stem == b.stem and one != other and not a.codes & b.codes


def _documents(a: Facts, b: Facts, conflicts: tuple[str, ...]) -> Finding | None:
    """Documents by their bytes, their own number, or as versions of one set (CDA R2 4.2.1.1, 4.2.1.7).

    One set and one version under two numbers are two documents: senders do reuse sets.
    """
    shared = a.ids & b.ids
    if any(one.startswith(("sha256|", "sha1|")) for one in shared):
        return Finding(True, "hash", conflicts)
    if shared:
        return Finding(True, "id", conflicts)
    if a.edition[0] and a.edition[0] == b.edition[0] and a.edition[1] != b.edition[1]:
        return Finding(True, "edition", conflicts)
    return None


def _standing(a: Facts, b: Facts, codes: str, conflicts: tuple[str, ...]) -> Finding | None:
    if a.none != b.none:
        gone = (b if a.none else a).status in (Status.ENDED, Status.REFUTED)
        return None if gone else Finding(False, "none", ("refuted",))
    when = day_relation(a.since, b.since)
    if codes == SAME and when in ("day", "period"):
        return Finding(True, when, conflicts)
    if _one_after_the_other(a, b):
        return None
    if codes in (SAME, MIXED):
        return Finding(False, _why_asked(codes, when), conflicts)
    if a.words and a.words == b.words:
        return Finding(False, "words", conflicts)
    over = Status.ENDED, Status.REFUTED
    if a.stem and a.stem == b.stem and a.status not in over and b.status not in over:
        return Finding(False, "status", conflicts)
    return None


def _dated(a: Facts, b: Facts, codes: str, conflicts: tuple[str, ...]) -> Finding | None:
    when = day_relation(a.since, b.since)
    if a.kind in _STRICT_TIME and when == "day" and not _one_time(a.since, b.since):
        return None
    if when in ("day", "period"):
        if codes == SAME and "value" not in conflicts:
            return Finding(True, when, conflicts)
        if codes == SAME:
            return Finding(False, "value", conflicts) if when == "day" else None
        alike = bool(a.words) and a.words == b.words and "value" not in conflicts
        if codes == MIXED or alike:
            return Finding(False, MIXED if codes == MIXED else "words", conflicts)
        return None
    if a.kind in _ASKED_NEAR and codes in (SAME, MIXED) and (when == "unknown" or _near(a.since, b.since)):
        return Finding(False, _why_asked(codes, when), conflicts)
    return None


def _why_asked(codes: str, when: str) -> str:
    return MIXED if codes == MIXED else "undated" if when == "unknown" else "code"


def _one_time(a: FhirDate | None, b: FhirDate | None) -> bool:
    """Whether two times of a day may be one: one says no time, or the clock showed the same minute somewhere."""
    if a is None or b is None or "time" not in (a.precision, b.precision) or a.precision != b.precision:
        return True
    return a.text[11:16] == b.text[11:16] or a.lo // 60_000 == b.lo // 60_000


def _near(a: FhirDate | None, b: FhirDate | None) -> bool:
    return a is not None and b is not None and abs(a.lo - b.lo) <= NEAR_DAYS * _DAY_MS


def _one_after_the_other(a: Facts, b: Facts) -> bool:
    """Whether one ended, by dates that both give, before the other began: two times of one illness or medicine."""
    return _ends_before(a, b) or _ends_before(b, a)


def _ends_before(a: Facts, b: Facts) -> bool:
    return a.until is not None and b.since is not None and a.until.hi <= b.since.lo
