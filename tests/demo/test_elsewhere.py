"""The people of the demo have something to compare: a question, a contradiction, and what was joined."""

from datetime import date

import pytest

from chartpost.demo import elsewhere
from chartpost.demo.generator import generate
from chartpost.formats.fhirjson.validate import validate
from chartpost.identity.types import RowFilter
from chartpost.records.reconcile import queries
from tests.support.world import build, synthetic

EVERYTHING = RowFilter()


def test_what_another_place_says_is_fhir() -> None:
    for person in generate(7, date(2026, 11, 21)):
        if person.key in elsewhere.WHO:
            found = list(elsewhere.told(person))
            assert len({r["id"] for r in found}) == len(found) > 3
            assert [p for r in found for p in validate(r["resourceType"], r)] == []


@pytest.mark.django_db
@pytest.mark.parametrize("key", elsewhere.WHO)
def test_there_is_a_question_a_contradiction_and_a_join(key: str) -> None:
    world = build(key)
    elsewhere.file([synthetic(key)], world.people)
    found = queries.to_settle(world.people[key].id, EVERYTHING)
    assert any(q.conflicts for q in found)
    assert queries.joins(world.people[key].id, EVERYTHING)[1] > 1
    if key == "rosa-alvarado":
        assert {c for q in found for c in q.conflicts} >= {"refuted", "status", "dose"}
        assert any(not q.joined for q in found)
