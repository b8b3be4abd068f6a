"""What all entries of a topic come to together: which are one, and what somebody should look at. Pure.

The outcome depends on the entries and on what people said, never on the order in which they came. Stronger reasons
join first. A reason joins only when all it would bring together agree, each with each, and no source lists two of them
in one file; else it is asked. So two entries with different codes never come to be one through a third.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from chartpost.records.reconcile import pairing, rules
from chartpost.records.reconcile.pairing import Couple
from chartpost.records.reconcile.types import Facts, Finding, Status

STRENGTH = (("hash", "id"), ("edition",), ("day",), ("period",))
_WEIGHT = (
    "none",
    "number",
    "value",
    "code",
    "mixed",
    "undated",
    "words",
    "status",
    "hash",
    "id",
    "edition",
    "day",
    "period",
)


class Said(NamedTuple):
    """What people said, newest answer first for each pair: the word, and the contradictions they saw."""

    word: str
    seen: frozenset[str] = frozenset()


class Related(NamedTuple):
    """Two entries worth telling: `state` is joined, apart, open or office."""

    low: str
    high: str
    how: str
    conflicts: tuple[str, ...]
    state: str


class Outcome(NamedTuple):
    """Groups of keys that are one (the one to show first), and the pairs behind them and between them."""

    groups: tuple[tuple[str, ...], ...]
    pairs: tuple[Related, ...]


def outcome(found: Sequence[Facts], said: Mapping[Couple, Said], shown: Mapping[str, int] | None = None) -> Outcome:
    """What the entries of a topic come to; `shown` ranks keys that somebody wants shown (higher: said later)."""
    entries = {f.key: f for f in pairing.identifying(found)}
    findings = _findings(entries, said)
    sets = _Sets(entries, findings, said)
    for couple, word in said.items():
        if word.word == "same":
            sets.join_said(couple)
    left = [c for hows in STRENGTH for c in sets.join_found(hows)]
    pairs = _related(sets, findings, said, left)
    groups = [_ranked(group, entries, shown or {}) for group in sets.groups()]
    return Outcome(tuple(sorted(groups)), tuple(sorted(pairs)))


def _findings(entries: Mapping[str, Facts], said: Mapping[Couple, Said]) -> dict[Couple, Finding]:
    coded = [f for f in entries.values() if len({s for s, _ in f.codes}) > 1]
    told = sorted(c for c in said if c[0] in entries and c[1] in entries)
    found: dict[Couple, Finding] = {}
    for couple in dict.fromkeys([*pairing.couples(list(entries.values())), *told]):
        a, b = (entries[key] for key in couple)
        one = rules.compare(a, b, not a.codes & b.codes and rules.translates(a, b, coded))
        if one is not None:
            found[couple] = one
    return found


class _Sets:
    """Groups that grow, and what keeps them apart."""

    def __init__(
        self, entries: Mapping[str, Facts], findings: Mapping[Couple, Finding], said: Mapping[Couple, Said]
    ) -> None:
        self._entries, self._findings, self._said = entries, findings, said
        self._of = {key: frozenset({key}) for key in entries}

    def groups(self) -> list[frozenset[str]]:
        """Groups of two and more."""
        return list({group for group in self._of.values() if len(group) > 1})

    def of(self, key: str) -> frozenset[str]:
        """The group of an entry."""
        return self._of[key]

    def place(self, key: str) -> tuple[int, frozenset[int]]:
        """Where an entry comes from."""
        return self._entries[key].source, self._entries[key].files

    def join_said(self, couple: Couple) -> None:
        """Join what somebody said is the same, unless somebody said otherwise of what it would bring together."""
        if any(key not in self._of for key in couple):
            return
        whole = self._of[couple[0]] | self._of[couple[1]]
        if not any(self._word(c) == "different" for c in _crossing([self._of[couple[0]], self._of[couple[1]]])):
            self._put(whole)

    def join_found(self, hows: tuple[str, ...]) -> list[Couple]:
        """Join by one kind of reason where all agree; returns the pairs where they do not."""
        edges = [c for c, f in self._findings.items() if f.same and f.how in hows and self._may(c)]
        left: list[Couple] = []
        for parts in _components(edges, self._of):
            crossing = _crossing(parts)
            if all(self._agree(c) for c in crossing):
                self._put(frozenset().union(*parts))
            else:
                self._join_twins(parts, crossing)
                left += [c for c in sorted(edges) if c in crossing and self._of[c[0]] != self._of[c[1]]]
        return left

    def _join_twins(self, parts: Sequence[frozenset[str]], crossing: set[Couple]) -> None:
        """Of entries that no fact tells apart, as many in each place, join the first of each place, the second..."""
        alone = sorted(key for part in parts if len(part) == 1 for key in part)
        alike: dict[tuple[object, ...], dict[tuple[int, frozenset[int]], list[str]]] = {}
        for key in alone:
            alike.setdefault(_told(self._entries[key]), {}).setdefault(self.place(key), []).append(key)
        for places in alike.values():
            columns = list(places.values())
            for twins in zip(*columns, strict=False) if len({len(column) for column in columns}) == 1 else ():
                couples = {(min(a, b), max(a, b)) for a in twins for b in twins if a != b}
                if len(twins) > 1 and couples <= crossing and all(self._agree(c) for c in couples):
                    self._put(frozenset(twins))

    def _may(self, couple: Couple) -> bool:
        return self._of[couple[0]] != self._of[couple[1]] and self._word(couple) not in ("different", "office")

    def _agree(self, couple: Couple) -> bool:
        if self._word(couple) == "same":
            return True
        a, b = (self._entries[key] for key in couple)
        if self._word(couple) or not rules.apart(a, b):
            return False
        found = self._findings.get(couple)
        if found is not None and found.same:
            return True
        through = len(self._of[couple[0]]) > 1 or len(self._of[couple[1]]) > 1
        return through and rules.meaning(a, b) == rules.SAME

    def matched(self, key: str, other: str) -> bool:
        """Whether an entry is joined already with one of the place the other comes from."""
        there = self._entries[other]
        return any(one != key and not rules.apart(self._entries[one], there) for one in self._of[key])

    def _word(self, couple: Couple) -> str:
        return self._said[couple].word if couple in self._said else ""

    def _put(self, whole: frozenset[str]) -> None:
        for key in whole:
            self._of[key] = whole


def _told(one: Facts) -> tuple[object, ...]:
    """All that an entry tells but where it comes from."""
    return one._replace(key="", source=0, files=frozenset(), ids=frozenset())


def _components(edges: Iterable[Couple], of: Mapping[str, frozenset[str]]) -> list[list[frozenset[str]]]:
    """The groups that edges hang together, component by component, in a fixed order."""
    whole: dict[frozenset[str], set[frozenset[str]]] = {}
    for a, b in edges:
        merged = whole.get(of[a], {of[a]}) | whole.get(of[b], {of[b]})
        for part in merged:
            whole[part] = merged
    distinct = {id(parts): parts for parts in whole.values()}
    return sorted((sorted(parts, key=min) for parts in distinct.values()), key=lambda parts: min(parts[0]))


def _crossing(parts: Sequence[frozenset[str]]) -> set[Couple]:
    """Pairs of entries of different groups."""
    return {
        (min(a, b), max(a, b)) for n, one in enumerate(parts) for other in parts[n + 1 :] for a in one for b in other
    }


def _related(
    sets: _Sets, findings: Mapping[Couple, Finding], said: Mapping[Couple, Said], left: Sequence[Couple]
) -> list[Related]:
    told, asked = [], []
    for couple, finding in findings.items():
        word = said.get(couple)
        if word is not None and word.word == "different":
            told.append(Related(*couple, finding.how, finding.conflicts, "apart"))
        elif sets.of(couple[0]) == sets.of(couple[1]):
            told.append(Related(*couple, finding.how, finding.conflicts, _state(finding, word)))
        elif word is not None and word.word == "office":
            told.append(Related(*couple, finding.how, finding.conflicts, "office"))
        elif not finding.same or couple in left:
            asked.append((couple, finding))
    return [*told, *_questions(asked, sets)]


def _state(finding: Finding, word: Said | None) -> str:
    """A join with a contradiction nobody has looked at is open."""
    if word is not None and word.word == "office":
        return "office"
    seen: frozenset[str] = word.seen if word is not None and word.word == "same" else frozenset()
    return "open" if set(finding.conflicts) - seen else "joined"


def _questions(asked: Sequence[tuple[Couple, Finding]], sets: _Sets) -> list[Related]:
    """One question between two groups, each entry in one question of a kind; none where it is answered by a join."""
    alone = _alone([couple for couple, finding in asked if finding.how == "value"], sets)
    ordered = sorted(asked, key=lambda q: (-len(q[1].conflicts), _WEIGHT.index(q[1].how), q[0]))
    between: set[frozenset[frozenset[str]]] = set()
    used: set[tuple[str, str]] = set()
    made = []
    for couple, finding in ordered:
        ends = frozenset({sets.of(couple[0]), sets.of(couple[1])})
        marks = {(couple[0], _topic(finding)), (couple[1], _topic(finding))}
        if ends in between or marks & used or _settled(couple, finding, sets, alone):
            continue
        between.add(ends)
        used |= marks
        made.append(Related(*couple, finding.how, finding.conflicts, "open"))
    return made


def _settled(couple: Couple, finding: Finding, sets: _Sets, alone: set[Couple]) -> bool:
    """Whether nothing is left to ask: the sources themselves tell the two apart, or list many of one day."""
    one, other = sets.matched(*couple), sets.matched(couple[1], couple[0])
    if finding.how == "value":
        return one or other or couple not in alone
    return (one and other) or ((one or other) and not finding.conflicts)


def _alone(couples: Sequence[Couple], sets: _Sets) -> set[Couple]:
    """Pairs of values where each has one counterpart in the other's place: several of one day are a series."""
    count = Counter((key, sets.place(other)) for pair in couples for key, other in (pair, pair[::-1]))
    return {(a, b) for a, b in couples if count[a, sets.place(b)] == count[b, sets.place(a)] == 1}


def _topic(finding: Finding) -> str:
    return "same" if finding.same else finding.how


def _ranked(group: frozenset[str], entries: Mapping[str, Facts], shown: Mapping[str, int]) -> tuple[str, ...]:
    """The entries of a group, the one to show first: as somebody said, else the one that says most, then the newest."""

    def rank(key: str) -> tuple[object, ...]:
        one = entries[key]
        silent = one.status is Status.NOT_SAID
        newest = -(one.since.lo if one.since else 0)
        return (-shown.get(key, 0), -one.edition[1], silent, not one.codes, newest, key)

    return tuple(sorted(group, key=rank))
