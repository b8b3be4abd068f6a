"""What many entries come to together: whatever the order, never two codes in one, and what people said counts."""

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chartpost.formats.fhirjson.dates import parse_date
from chartpost.records.reconcile import rules
from chartpost.records.reconcile.grouping import Outcome, Said, outcome
from chartpost.records.reconcile.types import Facts, Kind, Status

from .making import ICD10, LOINC, RXNORM, SNOMED

CODES = [(SNOMED, "1"), (SNOMED, "2"), (ICD10, "A"), (ICD10, "B"), (RXNORM, "9")]
DAYS = ["2020-01-02", "2020-01-03", "2020-01", "2020", "2021-05-06", "2020-01-02T10:00:00Z", ""]


@st.composite
def entries(draw: st.DrawFn) -> list[Facts]:
    """Entries of one person from up to three places, as contrary as they come."""
    found = []
    for number in range(draw(st.integers(0, 9))):
        kind = draw(st.sampled_from([Kind.PROBLEM, Kind.MEDICINE, Kind.MEASURE, Kind.VACCINE]))
        words = draw(st.sampled_from(["", "asthma", "metformin 500 mg", "metformin 850 mg"]))
        found.append(
            Facts(
                key=f"T/{number}",
                kind=kind,
                source=draw(st.integers(1, 3)),
                ids=draw(st.frozensets(st.sampled_from(["s|1", "s|2", "s|3"]), max_size=2)),
                codes=draw(st.frozensets(st.sampled_from(CODES), max_size=2)),
                words=words,
                stem="metformin" if words.startswith("met") and kind is Kind.MEDICINE else "",
                since=parse_date(draw(st.sampled_from(DAYS))),
                status=draw(st.sampled_from(list(Status))),
                value=draw(st.sampled_from(["", "1", "2"])),
            )
        )
    return found


def words_said(found: Sequence[Facts]) -> st.SearchStrategy[dict[tuple[str, str], Said]]:
    couples = [(a.key, b.key) for a, b in combinations(sorted(found, key=lambda f: f.key), 2)]
    word = st.sampled_from(["same", "different", "office"]).map(Said)
    return st.dictionaries(st.sampled_from(couples), word, max_size=3) if couples else st.just({})


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_the_outcome_does_not_depend_on_order(data: st.DataObject) -> None:
    found = data.draw(entries())
    said = data.draw(words_said(found))
    other = data.draw(st.permutations(found))
    assert outcome(found, said) == outcome(other, said)


@settings(max_examples=120, deadline=None)
@given(entries())
def test_two_different_codes_are_never_joined(found: list[Facts]) -> None:
    by_key = {f.key: f for f in found}
    for group in outcome(found, {}).groups:
        for a, b in combinations([by_key[key] for key in group], 2):
            assert a.kind == b.kind
            assert rules.apart(a, b)
            if a.codes and b.codes:
                meant = rules.meaning(a, b, rules.translates(a, b, found))
                assert meant == rules.SAME


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_what_people_say_counts(data: st.DataObject) -> None:
    found = data.draw(entries())
    said = data.draw(words_said(found))
    made = outcome(found, said)
    group_of = {key: group for group in made.groups for key in group}
    for (a, b), word in said.items():
        if word.word == "different":
            assert group_of.get(a, a) != group_of.get(b, b)
    told = [(p.low, p.high) for p in made.pairs if p.state == "open"]
    assert not {c for c in told if c in said and said[c].word == "different"}
    assert len(told) == len(set(told))


@settings(max_examples=80, deadline=None)
@given(entries())
def test_symmetric_and_each_pair_once(found: list[Facts]) -> None:
    for a, b in combinations(found, 2):
        assert rules.compare(a, b) == rules.compare(b, a)
        assert rules.apart(a, b) == rules.apart(b, a)
    keys = [(p.low, p.high) for p in outcome(found, {}).pairs]
    assert len(keys) == len({frozenset(k) for k in keys})


def entry(key: str, source: int, *codes: tuple[str, str], day: str = "", **more: Any) -> Facts:
    kind = more.pop("kind", Kind.PROBLEM)
    return Facts(key, kind, source, codes=frozenset(codes), since=parse_date(day), **more)


def states(made: Outcome) -> dict[str, int]:
    found: dict[str, int] = {}
    for pair in made.pairs:
        found[pair.state] = found.get(pair.state, 0) + 1
    return found


def test_a_third_entry_translates_between_two_codes() -> None:
    here, there = entry("a", 1, CODES[0], day="2020-01-02"), entry("b", 2, CODES[2], day="2020-01-02")
    assert outcome([here, there], {}).groups == ()
    third = entry("c", 3, CODES[0], CODES[2], day="2011")
    assert outcome([here, there, third], {}).groups == (("a", "b"),)


def test_a_month_that_holds_two_days_is_asked() -> None:
    days = [entry("a", 1, CODES[0], day="2020-01-02"), entry("b", 1, CODES[0], day="2020-01-09")]
    made = outcome([*days, entry("c", 2, CODES[0], day="2020-01")], {})
    assert made.groups == ()
    assert states(made) == {"open": 1}


def test_a_number_two_entries_of_one_place_bear_identifies_nothing() -> None:
    one = [entry(k, 1, CODES[0], day=d, ids=frozenset({"s|1"})) for k, d in (("a", "2020"), ("b", "2021"))]
    made = outcome([*one, entry("c", 2, CODES[0], day="2019", ids=frozenset({"s|1"}))], {})
    assert made.groups == ()


def test_readings_of_one_day_are_paired_by_their_value_and_the_rest_is_left() -> None:
    def reading(key: str, source: int, value: str) -> Facts:
        return entry(key, source, (LOINC, "2339-0"), day="2020-01-02", value=value, kind=Kind.MEASURE)

    here, there = (("a", "90"), ("b", "120"), ("c", "99")), (("x", "90"), ("y", "120"), ("z", "101"))
    made = outcome([reading(k, 1, v) for k, v in here] + [reading(k, 2, v) for k, v in there], {})
    assert made.groups == (("a", "x"), ("b", "y"))
    assert "open" not in states(made)


def test_of_many_orders_of_a_medicine_only_the_newest_of_each_place_are_asked_about() -> None:
    def order(key: str, source: int, day: str, status: Status) -> Facts:
        return entry(key, source, (RXNORM, "9"), day=day, status=status, kind=Kind.MEDICINE)

    here = [order(f"a{y}", 1, f"{y}-01-01", Status.ACTIVE) for y in range(2010, 2020)]
    there = [order(f"b{y}", 2, f"{y}-06-01", Status.ENDED) for y in range(2010, 2020)]
    made = outcome([*here, *there], {})
    assert [(p.low, p.high, p.conflicts) for p in made.pairs] == [("a2019", "b2019", ("status",))]


def test_two_entries_of_one_file_are_two() -> None:
    twins = [entry(k, 1, CODES[0], day="2020-01-02") for k in ("a", "b")]
    assert outcome(twins, {}) == Outcome((), ())
    apart = [f._replace(files=frozenset({n})) for n, f in enumerate(twins)]
    assert outcome(apart, {}).groups == (("a", "b"),)


@pytest.mark.parametrize(("shown", "first"), [({}, "b"), ({"a": 7}, "a")])
def test_what_says_most_stands_first_unless_somebody_chose(shown: dict[str, int], first: str) -> None:
    silent = entry("a", 1, CODES[0], day="2020-01-02")
    spoken = entry("b", 2, CODES[0], day="2020-01-02", status=Status.ACTIVE)
    assert outcome([silent, spoken], {}, shown).groups[0][0] == first


def test_no_known_allergy_against_several_is_one_question() -> None:
    none = entry("n", 1, (SNOMED, "716186003"), kind=Kind.ALLERGY, none=True)
    known = [entry(f"k{n}", 2, (RXNORM, str(n)), kind=Kind.ALLERGY, status=Status.ACTIVE) for n in range(12)]
    made = outcome([none, *known], {})
    assert [(p.how, p.conflicts, p.state) for p in made.pairs] == [("none", ("refuted",), "open")]


def test_what_two_places_both_list_twice_alike_is_joined_one_by_one() -> None:
    def twin(key: str, source: int, value: str = "90") -> Facts:
        return entry(key, source, (LOINC, "2339-0"), day="2020-01-02", value=value, kind=Kind.MEASURE)

    even = [twin("a", 1), twin("b", 1), twin("x", 2), twin("y", 2)]
    assert outcome(even, {}).groups == (("a", "x"), ("b", "y"))
    odd = outcome([*even, twin("z", 2)], {})
    assert odd.groups == ()
    assert states(odd) == {"open": 2}
