"""People and the worker at the same record at the same time: one answer wins, the other is told, nothing is torn."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection

from chartpost.identity.types import SYSTEM, RowFilter
from chartpost.records.errors import AnsweredMeanwhile
from chartpost.records.reconcile import comparing, queries, services
from chartpost.records.reconcile.models import Answer, Joined, Pair
from tests.records.builders import person

from .making import ASTHMA, DIABETES, problem, store

pytestmark = pytest.mark.django_db(transaction=True)
EVERYTHING = RowFilter()


def together(*works: Callable[[], object]) -> list[object]:
    """What each did, or the error it met; each on a connection of its own, all let go at once."""
    ready = threading.Barrier(len(works))
    found: list[object] = [None] * len(works)

    def run(number: int, work: Callable[[], object]) -> None:
        try:
            ready.wait(timeout=30)
            found[number] = work()
        except Exception as error:
            found[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=one) for one in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return found


def test_of_four_answers_at_once_one_counts() -> None:
    who = person()
    store(who, "North", problem("a", ASTHMA, day="2019"))
    store(who, "South", problem("b", ASTHMA, day="2021"))
    comparing.compare(who.id)
    (question,) = queries.to_settle(who.id, EVERYTHING)
    keys = (question.left.item.key, question.right.item.key)

    def say(word: str) -> Callable[[], object]:
        return lambda: services.answer(who.id, keys, word, question.token, SYSTEM, EVERYTHING)

    found = together(*map(say, ("same", "different", "office", "same")))
    assert sum(isinstance(one, AnsweredMeanwhile) for one in found) == 3
    assert Answer.objects.count() == 1
    assert Joined.objects.count() == (2 if Answer.objects.get().word == "same" else 0)


def test_the_worker_and_an_import_compare_the_same_record_at_once() -> None:
    who = person()
    for n in range(30):
        store(who, "North", problem(f"a{n}", (ASTHMA[0], str(n)), day="2019-03-05"))
        store(who, "South", problem(f"b{n}", (ASTHMA[0], str(n)), day="2019-03-05"))
    store(who, "East", problem("e", DIABETES, day="2020"))
    found = together(*[lambda: comparing.compare(who.id)] * 3)
    assert [one for one in found if isinstance(one, Exception)] == []
    assert Joined.objects.count() == 60
    assert Pair.objects.filter(state="joined").count() == 30
    assert comparing.compare(who.id) == 0
