"""What people say of entries: answered, taken apart, taken back; at once by two; and what a reader may not see."""

import pytest

from chartpost.formats.fhirjson.terms import Category, Label
from chartpost.identity.types import SYSTEM, PersonView, RowFilter
from chartpost.ledger import queries as ledger
from chartpost.records import queries as records
from chartpost.records import services as filing
from chartpost.records.errors import AnsweredMeanwhile, NotStored, Refused
from chartpost.records.models import Resource
from chartpost.records.reconcile import comparing, queries, services
from chartpost.records.reconcile.types import Question
from tests.records.builders import person

from .making import ASTHMA, DIABETES, RXNORM, allergy, bring, medicine, problem

pytestmark = pytest.mark.django_db
EVERYTHING = RowFilter()
PENICILLIN = (RXNORM, "70618")


@pytest.fixture
def who() -> PersonView:
    """Somebody two offices know: asthma in both, on other days; one allergy that one of them refuted."""
    found = person()
    bring(found, "North", problem("a", ASTHMA, day="2019-03-05", status="active"), allergy("x", PENICILLIN, day="2010"))
    south = allergy("y", PENICILLIN, day="2010", verified="refuted")
    bring(found, "South", problem("b", ASTHMA, day="2020-01-01", status="active"), south)
    return found


def asked(who: PersonView, rows: RowFilter = EVERYTHING) -> dict[str, Question]:
    return {q.left.item.stored.type: q for q in queries.to_settle(who.id, rows)}


def keys(question: Question) -> tuple[str, str]:
    return question.left.item.key, question.right.item.key


def listed(who: PersonView, category: Category, rows: RowFilter = EVERYTHING) -> list[str]:
    return [i.stored.id for i in records.section(who.id, category, rows, once=True).items]


def test_other_dates_are_asked_and_a_refuted_allergy_is_a_contradiction(who: PersonView) -> None:
    found = asked(who)
    assert (found["Condition"].how, found["Condition"].joined) == ("code", False)
    assert found["AllergyIntolerance"].conflicts == ("refuted",)
    assert found["AllergyIntolerance"].joined
    assert queries.count(who.id, EVERYTHING) == 2


@pytest.mark.parametrize("shown", [0, 1])
def test_said_to_be_the_same_they_are_shown_once(who: PersonView, shown: int) -> None:
    question = asked(who)["Condition"]
    services.answer(who.id, keys(question), "same", question.token, SYSTEM, EVERYTHING, shown=keys(question)[shown])
    (only,) = listed(who, Category.PROBLEMS)
    assert only == keys(question)[shown].partition("/")[2]
    assert records.counts(who.id, EVERYTHING, once=True)[Category.PROBLEMS] == 1
    assert records.counts(who.id, EVERYTHING)[Category.PROBLEMS] == 2
    assert "Condition" not in asked(who)
    rid = records.section(who.id, Category.PROBLEMS, EVERYTHING, once=True).items[0].stored.rid
    assert queries.also(who.id, [rid], EVERYTHING)[rid].sources == (("South",), ("North",))[shown]


def test_a_decision_is_undone_and_all_is_as_before(who: PersonView) -> None:
    before = asked(who)
    ref = services.answer(who.id, keys(before["Condition"]), "same", before["Condition"].token, SYSTEM, EVERYTHING)
    services.undo(ref, who.id, SYSTEM, EVERYTHING)
    after = asked(who)
    assert {t: (q.how, q.conflicts) for t, q in after.items()} == {t: (q.how, q.conflicts) for t, q in before.items()}
    assert len(listed(who, Category.PROBLEMS)) == 2
    assert queries.answers(who.id, EVERYTHING) == []
    services.undo(ref, who.id, SYSTEM, EVERYTHING)


def test_said_to_be_different_they_stay_two_and_are_not_asked_again(who: PersonView) -> None:
    question = asked(who)["Condition"]
    services.answer(who.id, keys(question), "different", question.token, SYSTEM, EVERYTHING)
    assert "Condition" not in asked(who)
    comparing.compare(who.id)
    assert len(listed(who, Category.PROBLEMS)) == 2
    (told,) = queries.answers(who.id, EVERYTHING)
    assert told.word == "different"


def test_a_join_of_the_program_is_taken_apart_and_put_together_again(who: PersonView) -> None:
    ((join,), number) = queries.joins(who.id, EVERYTHING)
    assert number == 1
    rids = [s.item.stored.rid for s in join.sides]
    ref = services.take_apart(who.id, join.sides[1].item.key, services.join_token(rids), SYSTEM, EVERYTHING)
    assert queries.joins(who.id, EVERYTHING) == ([], 0)
    assert len(listed(who, Category.ALLERGIES)) == 2
    services.undo(ref, who.id, SYSTEM, EVERYTHING)
    assert queries.joins(who.id, EVERYTHING)[1] == 1


def test_the_office_is_asked_and_its_answer_counts(who: PersonView) -> None:
    question = asked(who)["AllergyIntolerance"]
    services.answer(who.id, keys(question), "office", question.token, SYSTEM, EVERYTHING)
    waiting = asked(who)["AllergyIntolerance"]
    assert waiting.with_office
    assert not waiting.joined
    assert queries.with_office() == {who.id: 1}
    ref = services.answer(who.id, keys(waiting), "different", waiting.token, SYSTEM, EVERYTHING)
    assert "AllergyIntolerance" not in asked(who)
    services.undo(ref, who.id, SYSTEM, EVERYTHING)
    assert asked(who)["AllergyIntolerance"].with_office


def test_of_two_who_answer_at_once_the_second_is_told(who: PersonView) -> None:
    question = asked(who)["Condition"]
    services.answer(who.id, keys(question), "different", question.token, SYSTEM, EVERYTHING)
    with pytest.raises(AnsweredMeanwhile):
        services.answer(who.id, keys(question), "same", question.token, SYSTEM, EVERYTHING)
    ((join,), _) = queries.joins(who.id, EVERYTHING)
    with pytest.raises(AnsweredMeanwhile):
        services.take_apart(who.id, join.sides[0].item.key, "1-2", SYSTEM, EVERYTHING)


def test_an_answer_needs_words_that_mean_something(who: PersonView) -> None:
    question = asked(who)["Condition"]
    for word, shown in (("maybe", ""), ("same", "Condition/other")):
        with pytest.raises(Refused):
            services.answer(who.id, keys(question), word, question.token, SYSTEM, EVERYTHING, shown=shown)


def test_a_new_contradiction_after_an_answer_is_asked_again(who: PersonView) -> None:
    question = asked(who)["Condition"]
    services.answer(who.id, keys(question), "same", question.token, SYSTEM, EVERYTHING)
    bring(who, "South", problem("b", ASTHMA, day="2020-01-01", status="resolved"))
    assert asked(who)["Condition"].conflicts == ("status",)
    assert asked(who)["Condition"].joined


def mark_alone(name: str, label: Label) -> None:
    """As one place alone marks its entry; what staff mark goes to all that tell the same."""
    filing.set_labels(Resource.objects.get(fhir_id=name), int(label), SYSTEM)


def test_what_staff_mark_of_one_place_is_hidden_of_all(who: PersonView) -> None:
    filing.label(who.id, "AllergyIntolerance", "y", Label.MENTAL_HEALTH, SYSTEM)
    assert listed(who, Category.ALLERGIES, RowFilter(hidden_labels=int(Label.MENTAL_HEALTH))) == []
    filing.label(who.id, "AllergyIntolerance", "x", Label.PSYCHOTHERAPY, SYSTEM)
    narrow = RowFilter(hidden_labels=int(Label.PSYCHOTHERAPY))
    assert listed(who, Category.ALLERGIES, narrow) == ["y"], "a therapist's note is one by where it is kept"


def test_who_may_not_see_one_side_learns_nothing_of_it(who: PersonView) -> None:
    mark_alone("y", Label.MENTAL_HEALTH)
    narrow = RowFilter(hidden_labels=int(Label.MENTAL_HEALTH))
    question = asked(who)["AllergyIntolerance"]
    assert "AllergyIntolerance" not in asked(who, narrow)
    assert queries.count(who.id, narrow) == 1
    assert queries.joins(who.id, narrow) == ([], 0)
    assert listed(who, Category.ALLERGIES, narrow) == ["x"]
    assert records.counts(who.id, narrow, once=True)[Category.ALLERGIES] == 1
    rid = records.item(who.id, "AllergyIntolerance", "x", narrow).stored.rid
    assert queries.also(who.id, [rid], narrow) == {}
    with pytest.raises(NotStored):
        services.answer(who.id, keys(question), "same", question.token, SYSTEM, narrow)
    ref = services.answer(who.id, keys(question), "same", question.token, SYSTEM, EVERYTHING)
    assert queries.answers(who.id, narrow) == []
    with pytest.raises(NotStored):
        services.undo(ref, who.id, SYSTEM, narrow)


def test_what_stands_for_a_join_is_what_the_reader_sees_of_it(who: PersonView) -> None:
    question = asked(who)["AllergyIntolerance"]
    services.answer(who.id, keys(question), "same", question.token, SYSTEM, EVERYTHING, shown="AllergyIntolerance/y")
    assert listed(who, Category.ALLERGIES) == ["y"]
    mark_alone("y", Label.HIV)
    assert listed(who, Category.ALLERGIES, RowFilter(hidden_labels=int(Label.HIV))) == ["x"]


def test_every_answer_and_its_undoing_stand_in_the_ledger(who: PersonView) -> None:
    question = asked(who)["Condition"]
    ref = services.answer(who.id, keys(question), "same", question.token, SYSTEM, EVERYTHING)
    services.undo(ref, who.id, SYSTEM, EVERYTHING)
    told = [
        e.action
        for e in ledger.for_person(who.id)
        if e.action in ("record.answer", "record.answer_undo", "record.join")
    ]
    assert sorted(told) == ["record.answer", "record.answer_undo", "record.join", "record.join"]


def test_three_sources_are_one_and_one_of_them_is_taken_out() -> None:
    found = person()
    for source in ("One", "Two", "Three"):
        bring(found, source, medicine(source, (RXNORM, "860975"), day="2024-02-03", dose="1 a day"))
    ((join,), _) = queries.joins(found.id, EVERYTHING)
    assert len(join.sides) == 3
    token = services.join_token([s.item.stored.rid for s in join.sides])
    services.take_apart(found.id, "MedicationRequest/Two", token, SYSTEM, EVERYTHING)
    ((left,), _) = queries.joins(found.id, EVERYTHING)
    assert {s.item.stored.id for s in left.sides} == {"One", "Three"}
    assert queries.count(found.id, EVERYTHING) == 0


def test_a_person_who_is_nobody_has_nothing_to_settle() -> None:
    found = person()
    bring(found, "North", problem("a", DIABETES, day="2019"))
    assert (queries.count(found.id, EVERYTHING), queries.joins(found.id, EVERYTHING)) == (0, ([], 0))
