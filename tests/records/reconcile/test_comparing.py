"""Working out what is the same as entries come: step by step, twice as once, in any order, moved, deleted, fast."""

import time
from itertools import permutations
from typing import Any

import pytest

from chartpost.formats.fhirjson.terms import Category
from chartpost.identity import services as identity
from chartpost.identity.types import SYSTEM, Actor, PersonView, RowFilter
from chartpost.kernel import jobs
from chartpost.records import queries as records
from chartpost.records import services as filing
from chartpost.records.models import Resource
from chartpost.records.reconcile import comparing, queries, services
from chartpost.records.reconcile.models import Joined, Looked, Mark, Pair
from tests.records.builders import bundle, person, take

from .making import ASTHMA, DIABETES, LOINC, bring, medicine, number, problem, reading, store

pytestmark = pytest.mark.django_db
EVERYTHING = RowFilter()
NORTH = (problem("a", ASTHMA, day="2019-03-05"), problem("c", DIABETES, day="2015", status="active"))
SOUTH = (problem("b", ASTHMA, day="2019-03"), problem("d", DIABETES, day="2015", status="resolved"))
EAST = (problem("e", ASTHMA, day="2019-03-05"), problem("f", DIABETES, day="2011"))


def told(who: PersonView) -> set[tuple[Any, ...]]:
    """Joins and pairs by the ids of their entries."""
    names = {r.rid: r.fhir_id for r in Resource.objects.filter(person_id=who.id)}
    pairs = {
        (*sorted((names[p.low_rid], names[p.high_rid])), p.how, p.conflicts, p.state)
        for p in Pair.objects.filter(person_id=who.id)
    }
    groups: dict[int, list[tuple[int, str]]] = {}
    for rid, join, place in Joined.objects.values_list("rid", "join_id", "place"):
        if rid in names:
            groups.setdefault(join, []).append((place, names[rid]))
    return pairs | {tuple(name for _, name in sorted(g)) for g in groups.values()}


@pytest.mark.parametrize("order", list(permutations(("North", "South", "East"))))
def test_the_order_in_which_sources_come_makes_no_difference(order: tuple[str, ...]) -> None:
    who = person()
    for source in order:
        bring(who, source, *{"North": NORTH, "South": SOUTH, "East": EAST}[source])
    assert told(who) == {
        ("a", "e", "b"),
        ("c", "d"),
        ("a", "b", "period", "", "joined"),
        ("a", "e", "day", "", "joined"),
        ("b", "e", "period", "", "joined"),
        ("c", "d", "period", "status", "open"),
        ("c", "f", "code", "", "open"),
    }


def test_twice_is_once() -> None:
    who = person()
    bring(who, "North", *NORTH)
    bring(who, "South", *SOUTH)
    before = sorted(Pair.objects.values_list()), sorted(Joined.objects.values_list()), Mark.objects.count()
    assert comparing.compare(who.id) == 0
    Looked.objects.update(version=0)
    assert comparing.compare(who.id) > 0
    assert (sorted(Pair.objects.values_list()), sorted(Joined.objects.values_list()), Mark.objects.count()) == before


def test_a_record_of_one_source_costs_nothing() -> None:
    who = person()
    bring(who, "North", *NORTH)
    assert (Looked.objects.count(), Mark.objects.count()) == (0, 0)


def test_an_import_says_how_much_there_is_to_check() -> None:
    who = person()
    bring(who, "North", *NORTH)
    south = ({"resourceType": "Patient", "id": "p1"}, *SOUTH)
    assert take(bundle(*south), "s.json", who.ref, "South").to_check == 1


def test_two_files_of_one_source_are_compared_and_what_one_file_says_twice_is_not() -> None:
    who = person()
    bring(who, "", problem("a", ASTHMA, day="2019-03-05"), problem("b", ASTHMA, day="2019-03-05"))
    assert told(who) == set()
    bring(who, "", problem("z", DIABETES, day="2019"), problem("c", DIABETES, day="2019-03-05", **number("1")))
    assert told(who) == set()
    bring(who, "", problem("d", DIABETES, day="2020", **number("1")))
    assert {tuple(sorted(one)) for one in told(who) if len(one) == 2} == {("c", "d")}


def test_a_deleted_entry_leaves_its_join_and_comes_back() -> None:
    who = person()
    bring(who, "North", NORTH[0])
    bring(who, "South", SOUTH[0])
    assert Joined.objects.count() == 2
    filing.delete(who.id, "Condition", "b", SYSTEM)
    comparing.compare(who.id)
    assert (Joined.objects.count(), Pair.objects.count()) == (0, 0)
    assert len(records.section(who.id, Category.PROBLEMS, EVERYTHING, once=True).items) == 1
    store(who, "South", SOUTH[0])
    comparing.compare(who.id)
    assert Joined.objects.count() == 2


def test_the_worker_finds_what_was_stored_since() -> None:
    who = person()
    store(who, "North", *NORTH)
    store(who, "South", *SOUTH)
    assert comparing.go_on() == 1
    jobs.run_waiting()
    assert comparing.go_on() == 0
    assert queries.count(who.id, EVERYTHING) == 1


def test_answers_go_with_their_rows_when_persons_are_merged_and_separated() -> None:
    kept, other = person(), person(given="Anna")
    store(other, "North", problem("a", ASTHMA, day="2019"))
    store(other, "South", problem("b", ASTHMA, day="2021"))
    store(kept, "East", problem("e", ASTHMA, day="2021-05-05"))
    comparing.compare(other.id)
    (question,) = queries.to_settle(other.id, EVERYTHING)
    keys = (question.left.item.key, question.right.item.key)
    services.answer(other.id, keys, "different", question.token, SYSTEM, EVERYTHING)
    account = identity.add_account("clerk@example.org", "Clerk", None, staff=True)
    clerk = Actor(kind="staff", account_id=account.pk, ref=account.ref)
    merge = identity.merge(kept.id, other.id, "the same", clerk)
    jobs.run_waiting()
    assert {p for p in told(kept) if p[-1] == "apart"} == {("a", "b", "code", "", "apart")}
    assert ("b", "e") in {tuple(sorted(one)) for one in told(kept) if len(one) == 2}
    identity.unmerge(merge, clerk)
    jobs.run_waiting()
    assert told(kept) == set()
    assert {p[-1] for p in told(other)} == {"apart"}


def test_one_more_entry_costs_a_small_part_of_all() -> None:
    who = person()
    for source in ("North", "South"):
        readings = [
            reading(f"{source}-{n}", (LOINC, str(n % 250)), f"{1990 + n // 250}-0{1 + n % 9}-01", float(n % 7))
            for n in range(2_000)
        ]
        store(who, source, *readings)
    began = time.process_time()
    assert comparing.compare(who.id) == 4_000
    whole = time.process_time() - began
    assert Joined.objects.count() == 4_000
    extra = medicine("extra", ("http://www.nlm.nih.gov/research/umls/rxnorm", "1"), day="2024")
    store(who, "North", extra)
    began = time.process_time()
    assert comparing.compare(who.id) == 1
    assert time.process_time() - began < whole / 5
