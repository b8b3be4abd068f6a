"""What was said of an entry counts for a newer edition of the same statement, and for nothing else."""

import io

import pytest

from chartpost.formats.fhirjson.terms import Category
from chartpost.identity.types import SYSTEM, PersonView, RowFilter
from chartpost.records import models
from chartpost.records import queries as records
from chartpost.records import services as filing
from chartpost.records.ingest import import_stream
from chartpost.records.reconcile import comparing, queries, services
from chartpost.records.reconcile.models import Answer
from chartpost.records.reconcile.types import Question
from tests.formats.ccda_intake.papers import PROBLEMS, paper, section
from tests.formats.ccda_intake.papers import problem as told
from tests.records.builders import person

from .making import ASTHMA, DIABETES, bring, number, problem

pytestmark = pytest.mark.django_db
EVERYTHING = RowFilter()
FIRST = {"day": "2020-01-01", "status": "active"}


@pytest.fixture
def who() -> PersonView:
    """Somebody whose asthma two offices tell of, with other dates: it is asked."""
    found = person()
    bring(found, "North", problem("a", ASTHMA, day="2019-03-05", status="active"))
    bring(found, "South", problem("b", ASTHMA, **FIRST))
    return found


def asked(who: PersonView) -> list[Question]:
    return queries.to_settle(who.id, EVERYTHING)


def say(who: PersonView, word: str) -> str:
    (question,) = asked(who)
    keys = question.left.item.key, question.right.item.key
    return services.answer(who.id, keys, word, question.token, SYSTEM, EVERYTHING)


def renew(who: PersonView, *newer: dict[str, object]) -> None:
    """South sends its list anew: its entries have other ids, the older ones leave the record."""
    bring(who, "South", *newer, looked=False)
    filing.delete(who.id, "Condition", "b", SYSTEM)
    comparing.compare(who.id)


def shown(who: PersonView) -> list[str]:
    return sorted(i.stored.id for i in records.section(who.id, Category.PROBLEMS, EVERYTHING, once=True).items)


@pytest.mark.parametrize(("word", "left"), [("different", 2), ("same", 1)])
def test_a_newer_edition_of_the_same_statement_is_not_asked_again(who: PersonView, word: str, left: int) -> None:
    say(who, word)
    renew(who, problem("b2", ASTHMA, **FIRST))
    assert asked(who) == []
    assert len(shown(who)) == left
    renew_again = problem("b3", ASTHMA, **FIRST)
    bring(who, "South", renew_again, looked=False)
    filing.delete(who.id, "Condition", "b2", SYSTEM)
    comparing.compare(who.id)
    assert (asked(who), len(shown(who))) == ([], left)


def test_the_office_stays_asked(who: PersonView) -> None:
    say(who, "office")
    renew(who, problem("b2", ASTHMA, **FIRST))
    assert [question.with_office for question in asked(who)] == [True]


@pytest.mark.parametrize(
    "newer",
    [
        problem("b2", ASTHMA, day="2021-01-01", status="active"),
        problem("b2", ASTHMA, day="2020-01-01", status="resolved"),
        problem("b2", ASTHMA, DIABETES, **FIRST),
    ],
    ids=["another day", "another status", "one more code"],
)
def test_a_fact_that_changed_is_asked(who: PersonView, newer: dict[str, object]) -> None:
    say(who, "different")
    renew(who, newer)
    assert len(asked(who)) == 1


def test_it_is_undone_for_the_newer_edition_too(who: PersonView) -> None:
    ref = say(who, "same")
    renew(who, problem("b2", ASTHMA, **FIRST))
    (told_,) = queries.answers(who.id, EVERYTHING)
    assert {side.item.stored.id for side in told_.sides} == {"a", "b2"}
    services.undo(ref, who.id, SYSTEM, EVERYTHING)
    assert len(asked(who)) == 1
    assert queries.answers(who.id, EVERYTHING) == []


def test_of_two_heirs_none_is_said_to_be_the_same(who: PersonView) -> None:
    say(who, "same")
    renew(who, problem("b2", ASTHMA, **FIRST), problem("b3", ASTHMA, **FIRST))
    assert len({*Answer.objects.get().ones, *Answer.objects.get().others}) == 2


def test_another_source_inherits_nothing(who: PersonView) -> None:
    say(who, "different")
    bring(who, "East", problem("e", ASTHMA, **FIRST), looked=False)
    filing.delete(who.id, "Condition", "b", SYSTEM)
    comparing.compare(who.id)
    assert len(asked(who)) == 1


def test_told_again_under_its_number_in_another_file_it_inherits_while_the_older_stays(who: PersonView) -> None:
    bring(who, "South", problem("n", DIABETES, **FIRST, **number("7")))
    bring(who, "North", problem("m", DIABETES, day="2018-01-01", status="active"))
    question = next(q for q in asked(who) if "n" in (q.left.item.stored.id, q.right.item.stored.id))
    keys = question.left.item.key, question.right.item.key
    services.answer(who.id, keys, "different", question.token, SYSTEM, EVERYTHING)
    before = len(asked(who))
    bring(who, "South", problem("n2", DIABETES, **FIRST, **number("7")))
    assert len(asked(who)) == before


def test_a_newer_clinical_document_of_an_office_asks_nothing_anew() -> None:
    """The whole way: two documents of one set, in which every entry has another id."""
    found = person(given="", family="", birth_date=None)

    def document(version: int) -> bytes:
        text = paper(section(PROBLEMS, told("195967001")), head=_kept_by("Bay Clinic"))
        text = text.replace('extension="1"/><code', f'extension="{version}"/><code', 1)
        set_id = f'<setId root="2.16.840.1.113883.19.7" extension="s1"/><versionNumber value="{version}"/>'
        return text.replace('<languageCode code="en-US"/>', f'<languageCode code="en-US"/>{set_id}').encode()

    bring(found, "North", problem("a", ASTHMA, day="1999-03-05", status="active"), birthDate="1970-05-01")
    import_stream(io.BytesIO(document(1)), "one.xml", SYSTEM, found.ref)
    say(found, "different")
    import_stream(io.BytesIO(document(2)), "two.xml", SYSTEM, found.ref)
    assert models.ClinicalDocument.objects.filter(replaced=True).count() == 1
    assert asked(found) == []
    assert len(shown(found)) == 2


def _kept_by(name: str) -> str:
    return (
        "<custodian><assignedCustodian><representedCustodianOrganization>"
        f'<id root="2.16.840.1.113883.19.9" extension="7"/><name>{name}</name>'
        "</representedCustodianOrganization></assignedCustodian></custodian>"
    )
