"""Whose record is this: exact on identifiers, else by score; what is not sure is for staff to settle.

`score` and `weigh` are pure. A wrong match shows one person's record to another, a missed one only costs staff a
minute, so that only full agreement with a single candidate counts as sure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher
from typing import Literal

from chartpost.identity import queries as identity
from chartpost.identity.queries import fold
from chartpost.identity.types import PersonView

Agreement = Literal["same", "close", "unknown", "differs"]

POINTS: dict[str, dict[Agreement, int]] = {
    "name": {"same": 40, "close": 25, "unknown": 0, "differs": 0},
    "birth_date": {"same": 30, "close": 15, "unknown": 15, "differs": -20},
    "sex": {"same": 5, "close": 0, "unknown": 0, "differs": -10},
    "address": {"same": 25, "close": 10, "unknown": 0, "differs": 0},
}
SIMILAR = 55
"""Points from which a person may be meant: same name and a birth date not contradicted, or nearly so."""
NEARLY = 0.82
"""Ratio of equal letters from which two given names may be one, misspelt."""
MOST_CANDIDATES = 10
_STREET = {
    **{"street": "st", "avenue": "ave", "road": "rd", "drive": "dr", "lane": "ln", "court": "ct", "place": "pl"},
    **{"boulevard": "blvd", "highway": "hwy", "parkway": "pkwy", "circle": "cir", "terrace": "ter"},
    **{"apartment": "apt", "suite": "ste", "north": "n", "south": "s", "east": "e", "west": "w"},
}


@dataclass(frozen=True)
class Incoming:
    """What a file says about a patient; `birth_date` is YYYY, YYYY-MM or YYYY-MM-DD, identifiers (system, value).

    `shared_identifiers` are numbers that a family may share, such as member numbers; they prove nothing alone.
    """

    given: str = ""
    family: str = ""
    birth_date: str = ""
    sex: str = ""
    address_line: str = ""
    city: str = ""
    state: str = ""
    postal_code: str = ""
    phone: str = ""
    email: str = ""
    language: str = ""
    deceased_on: date | None = None
    identifiers: tuple[tuple[str, str], ...] = ()
    shared_identifiers: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """Given and family name."""
        return f"{self.given} {self.family}".strip()

    @property
    def born(self) -> date | None:
        """The birth date when it is a whole one."""
        try:
            return date.fromisoformat(self.birth_date) if len(self.birth_date) == 10 else None
        except ValueError:
            return None


@dataclass(frozen=True)
class Score:
    """How well two descriptions agree: points (at most 100) and the agreement of each part."""

    total: int
    parts: tuple[tuple[str, Agreement], ...]

    @property
    def full(self) -> bool:
        """Whether every part is the same."""
        return all(agreement == "same" for _, agreement in self.parts)

    @property
    def contradictions(self) -> tuple[str, ...]:
        """What speaks for two people, in words: another name, another birth date."""
        parts = dict(self.parts)
        named = (("name", "name"), ("birth_date", "birth date"))
        return tuple(word for part, word in named if parts[part] == "differs")


@dataclass(frozen=True)
class Candidate:
    """A person who may be meant, and why; `clash` says that both have a number of the same kind, and it differs."""

    person: PersonView
    score: Score
    clash: bool = False


@dataclass(frozen=True)
class Match:
    """The answer: a person (sure), nobody (a new person), or candidates with the reason for doubt."""

    person_id: int | None = None
    new: bool = False
    reason: str = ""
    candidates: tuple[Candidate, ...] = ()


def find(incoming: Incoming, known_id: int | None = None) -> Match:
    """Look for the person among those of this office; `known_id` is whose Patient of this source it already was."""
    by_number = {p.id: p for s, v in incoming.identifiers if (p := identity.by_identifier(s, v))}
    if known_id is not None:
        by_number.setdefault(known_id, identity.person_by_id(known_id))
    found = {**by_number}
    born = incoming.born
    if born:
        found |= {p.id: p for p in identity.same_birth_date(born)}
    if incoming.name:
        found |= {p.id: p for p in identity.same_name(fold(incoming.name))}
    return weigh(incoming, list(found.values()), frozenset(by_number), known_id)


def weigh(
    incoming: Incoming,
    persons: Sequence[PersonView],
    by_number: frozenset[int] = frozenset(),
    known_id: int | None = None,
) -> Match:
    """Decide among persons; `by_number` are those an identifier of the file names.

    Senders use numbers again for other people: a number alone does not outweigh another name or birth date. Whose
    Patient of the source it already was (`known_id`) may have had one of the two corrected.
    """
    scored = [Candidate(p, score(p, incoming), _clash(p, incoming)) for p in persons]
    scored.sort(key=lambda c: (-c.score.total, c.person.id))
    named = tuple(c for c in scored if c.person.id in by_number)
    if len(named) > 1:
        return Match(reason="Its numbers belong to more than one person", candidates=named)
    if named:
        other = named[0].score.contradictions
        if len(other) > (named[0].person.id == known_id):
            return Match(reason=f"A number is that of a person with another {' and '.join(other)}", candidates=named)
        return Match(person_id=named[0].person.id)
    if not incoming.name:
        return Match(reason="It names no patient", candidates=())
    similar = tuple(c for c in scored if c.score.total >= SIMILAR)
    if not similar:
        return Match(new=True)
    full = [c for c in similar if c.score.full and not c.clash]
    if len(full) == len(similar) == 1:
        return Match(person_id=full[0].person.id)
    return Match(reason=_doubt(similar), candidates=similar[:MOST_CANDIDATES])


def score(candidate: PersonView, incoming: Incoming) -> Score:
    """Compare a person with what a file says, part by part."""
    parts: tuple[tuple[str, Agreement], ...] = (
        ("name", _name(candidate, incoming)),
        ("birth_date", _birth_date(candidate.birth_date, incoming.birth_date)),
        ("sex", _sex(candidate.sex, incoming.sex)),
        ("address", _address(candidate, incoming)),
    )
    return Score(sum(POINTS[name][agreement] for name, agreement in parts), parts)


def _doubt(similar: Sequence[Candidate]) -> str:
    if len(similar) > 1:
        return "More than one person is similar"
    if similar[0].clash:
        return "A person is similar, but has another number of the same kind"
    return "A person is similar, but not in everything"


def _clash(person: PersonView, incoming: Incoming) -> bool:
    ours: dict[str, set[str]] = {}
    for system, value in person.identifiers:
        ours.setdefault(system, set()).add(value)
    theirs = [pair for pair in incoming.identifiers if pair[0] in ours]
    return any(value not in ours[system] for system, value in theirs)


def _name(person: PersonView, incoming: Incoming) -> Agreement:
    one, two = (fold(x.name) for x in (person, incoming))
    if not one or not two:
        return "unknown"
    if one == two:
        return "same"
    given = [fold(x.given).split() for x in (person, incoming)]
    family = [fold(x.family) for x in (person, incoming)]
    if not all(given) or not all(family):
        return "close" if set(one.split()) & set(two.split()) else "differs"
    if sorted(one.split()) == sorted(two.split()):
        return "close"
    alike = _given_alike(given[0], given[1])
    if family[0] == family[1] and given[0][0] == given[1][0] and _same_middle(given[0][1:], given[1][1:]):
        return "same"
    if alike or (given[0][0] == given[1][0]):
        near = SequenceMatcher(None, family[0], family[1]).ratio() >= NEARLY
        return "close" if near or given[0][0] == given[1][0] else "differs"
    return "differs"


def _same_middle(one: Sequence[str], two: Sequence[str]) -> bool:
    """Whether further given names agree: one has none, or each is the other's or its initial."""
    return not one or not two or all(a.startswith(b) or b.startswith(a) for a, b in zip(one, two, strict=False))


def _given_alike(one: Sequence[str], two: Sequence[str]) -> bool:
    first, second = one[0], two[0]
    if first.startswith(second) or second.startswith(first):
        return True
    return SequenceMatcher(None, first, second).ratio() >= NEARLY


def _birth_date(ours: date | None, theirs: str) -> Agreement:
    if ours is None or not theirs:
        return "unknown"
    text = ours.isoformat()
    if text == theirs:
        return "same"
    if text.startswith(theirs):
        return "close"
    swapped = f"{text[:5]}{text[8:]}-{text[5:7]}"
    wrong = sum(a != b for a, b in zip(text, theirs, strict=False))
    return "close" if theirs == swapped or (len(theirs) == len(text) and wrong == 1) else "differs"


def _sex(ours: str, theirs: str) -> Agreement:
    if not ours or not theirs or "unknown" in (ours, theirs):
        return "unknown"
    return "same" if ours == theirs else "differs"


def _address(person: PersonView, incoming: Incoming) -> Agreement:
    lines = [_street(x.address_line) for x in (person, incoming)]
    towns = [fold(x.city) for x in (person, incoming)]
    codes = [x.postal_code[:5] for x in (person, incoming)]
    if not any((lines[0], towns[0], codes[0])) or not any((lines[1], towns[1], codes[1])):
        return "unknown"
    same_code = bool(codes[0]) and codes[0] == codes[1]
    same_town = bool(towns[0]) and towns[0] == towns[1]
    if lines[0] and lines[0] == lines[1]:
        contradicted = all(codes) and not same_code
        return "same" if (same_code or same_town) and not contradicted else "close"
    return "close" if same_code or same_town else "differs"


def _street(text: str) -> str:
    return " ".join(_STREET.get(word, word) for word in fold(text).split())
