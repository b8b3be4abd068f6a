"""Which entries are worth comparing: those that share a number, a code near in time, or words. Pure.

A person's record holds thousands of readings of one code; comparing each with each would not do. Entries of a code are
put in buckets by day; besides, the newest of each source are compared with each other.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from typing import Any

from chartpost.records.reconcile.rules import NEAR_DAYS, apart
from chartpost.records.reconcile.types import STANDING, Facts, Kind

Couple = tuple[str, str]
_DAY_MS = 86_400_000
_EVERY_PAIR = 8
"""Up to so many entries of one code are compared each with each."""


def identifying(found: Sequence[Facts]) -> list[Facts]:
    """The entries without numbers that name two entries of one place: such a number identifies nothing."""
    bearers: dict[tuple[Kind, str], list[Facts]] = defaultdict(list)
    for one in found:
        for number in one.ids:
            bearers[one.kind, number].append(one)
    idle = {
        key
        for key, some in bearers.items()
        if any(not apart(a, b) for a, b in combinations(some[: 4 * _EVERY_PAIR], 2))
    }
    return [f._replace(ids=frozenset(n for n in f.ids if (f.kind, n) not in idle)) for f in found]


def couples(found: Sequence[Facts]) -> list[Couple]:
    """Pairs of keys to compare, each once, in order: entries of one kind from different places."""
    by_key = {f.key: f for f in found}
    pairs: set[Couple] = set()
    for group in _groups(found):
        for a, b in _near_ones(group):
            if apart(a, b):
                pairs.add((min(a.key, b.key), max(a.key, b.key)))
    return sorted(p for p in pairs if by_key[p[0]].kind == by_key[p[1]].kind)


def _groups(found: Sequence[Facts]) -> Iterator[list[Facts]]:
    """Entries of one kind that share a number, a code, words or an ingredient, in the order of their keys.

    Codes that some entry carries side by side count as one here.
    """
    shared: dict[tuple[Any, ...], list[Facts]] = defaultdict(list)
    same = _classes(found)
    for one in sorted(found, key=lambda f: f.key):
        for name in dict.fromkeys(same.get((one.kind, name), name) for name in names(one)):
            shared[one.kind, *name].append(one)
    yield from (group for group in shared.values() if len(group) > 1)


def _classes(found: Sequence[Facts]) -> dict[tuple[Kind, tuple[str, ...]], tuple[str, ...]]:
    """The first code of all that hang together with a code, for codes that have others beside them."""
    whole: dict[tuple[Kind, tuple[str, str]], set[tuple[str, str]]] = {}
    for one in found:
        if len(one.codes) > 1:
            merged = set(one.codes).union(*(whole.get((one.kind, code), ()) for code in one.codes))
            whole.update(((one.kind, code), merged) for code in merged)
    return {(kind, ("code", *code)): ("code", *min(merged)) for (kind, code), merged in whole.items()}


def names(one: Facts) -> Iterator[tuple[str, ...]]:
    """Everything an entry could be known by elsewhere."""
    yield from (("id", number) for number in one.ids)
    yield from (("code", system, code) for system, code in one.codes)
    if one.words and one.kind is not Kind.DOCUMENT:
        yield "words", one.words
    if one.stem:
        yield "stem", one.stem
    if one.kind is Kind.ALLERGY:
        yield ("allergies",)
    if one.edition[0]:
        yield "edition", one.edition[0]
    if one.born:
        yield ("born",)


def _near_ones(group: list[Facts]) -> Iterator[tuple[Facts, Facts]]:
    if len(group) <= _EVERY_PAIR and group[0].kind not in STANDING:
        yield from combinations(group, 2)
        return
    yield from _by_number(group)
    yield from _by_day(group)
    if group[0].kind in STANDING:
        yield from combinations(newest(group), 2)
        yield from ((one, other) for one in group if one.none for other in group if not other.none)
    else:
        yield from _neighbours(group)


def _by_number(group: list[Facts]) -> Iterator[tuple[Facts, Facts]]:
    held: dict[str, list[Facts]] = defaultdict(list)
    for one in group:
        for number in one.ids:
            held[number].append(one)
    for some in held.values():
        yield from combinations(some, 2)


def _by_day(group: list[Facts]) -> Iterator[tuple[Facts, Facts]]:
    """Entries of one day, and months and years with all that lies in them."""
    days: dict[tuple[int, int, int], list[Facts]] = defaultdict(list)
    moments: dict[int, list[Facts]] = defaultdict(list)
    coarse: list[Facts] = []
    for one in group:
        when = one.since
        if when is None:
            continue
        if when.precision in ("year", "month"):
            coarse.append(one)
        else:
            days[when.year, when.month, when.day].append(one)
            if when.precision == "time":
                moments[when.lo].append(one)
    for some in (*days.values(), *moments.values()):
        yield from combinations(some, 2)
    for one in coarse:
        yield from ((one, other) for other in group if other is not one)


def newest(group: Iterable[Facts]) -> list[Facts]:
    """The newest entry of each place."""
    best: dict[tuple[int, tuple[int, ...]], Facts] = {}
    for one in sorted(group, key=lambda f: (f.since.lo if f.since else 0, f.key)):
        best[one.source, tuple(sorted(one.files))] = one
    return list(best.values())


def _neighbours(group: list[Facts]) -> Iterator[tuple[Facts, Facts]]:
    """Things that happened within some days of each other, and those without a date."""
    dated = sorted((f for f in group if f.since), key=lambda f: (f.since.lo if f.since else 0, f.key))
    for at, one in enumerate(dated):
        for other in dated[at + 1 :]:
            assert one.since is not None
            assert other.since is not None
            if other.since.lo - one.since.lo > NEAR_DAYS * _DAY_MS:
                break
            yield one, other
    undated = [f for f in group if f.since is None]
    yield from ((one, other) for one in undated for other in group if other is not one)
