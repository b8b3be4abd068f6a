"""Background jobs: retried with growing waits, given up in the end, not doubled, given back after a crash."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import OperationalError, connection, connections, transaction
from django.db.models import QuerySet
from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from chartpost.kernel import clock, facts, jobs

pytestmark = pytest.mark.django_db

calls: list[str] = []
failed: list[str] = []


class Boom(Exception):
    """What the broken job raises."""


def _work(name: str) -> None:
    calls.append(name)


def _give_up(name: str) -> None:
    failed.append(name)


def _break(name: str) -> None:
    calls.append(name)
    raise Boom("Zebulon")


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Two jobs of this file; the registry is as before afterwards."""
    monkeypatch.setattr(jobs, "_jobs", dict(jobs._jobs))
    jobs.register("house.work", _work)
    jobs.register("house.break", _break, retries=3, on_failed=_give_up)
    calls.clear()
    failed.clear()
    yield


def waiting() -> list[DBTaskResult]:
    return list(DBTaskResult.objects.filter(status=TaskResultStatus.READY).order_by("enqueued_at"))


def attempt() -> float:
    """Run the one job that waits; returns the seconds until the next try, or -1 when none follows."""
    (row,) = waiting()
    row.claim("worker-1")
    assert isinstance(jobs.run(row), Boom)
    left = waiting()
    return (left[0].run_after - clock.now()).total_seconds() if left else -1


def test_a_job_runs_once_with_its_arguments() -> None:
    jobs.enqueue("house.work", name="a")
    assert jobs.run_waiting() == 1
    assert jobs.run_waiting() == 0
    assert calls == ["a"]


def test_a_broken_job_waits_longer_each_time_and_is_then_given_up() -> None:
    jobs.enqueue("house.break", name="a")
    waits = [attempt(), attempt(), attempt()]
    assert waits[:2] == [pytest.approx(5, abs=1), pytest.approx(20, abs=1)]
    assert waits[2] == -1
    assert calls == ["a", "a", "a"]
    assert failed == ["a"]


def test_a_retry_does_not_run_before_its_time() -> None:
    jobs.enqueue("house.break", name="a")
    with pytest.raises(Boom):
        jobs.run_waiting()
    assert jobs.run_waiting() == 0
    assert calls == ["a"]


def test_the_same_key_waits_once() -> None:
    jobs.enqueue("house.work", key="k", name="a")
    jobs.enqueue("house.work", key="k", name="b")
    jobs.enqueue("house.work", key="other", name="c")
    jobs.enqueue("house.work", name="d")
    assert jobs.run_waiting() == 3
    assert sorted(calls) == ["a", "c", "d"]
    jobs.enqueue("house.work", key="k", name="e")
    jobs.run_waiting()
    assert calls[-1] == "e"


def test_a_job_asked_for_while_it_runs_waits_once_with_its_next_try() -> None:
    def not_yet(name: str) -> None:
        jobs.enqueue("house.later", key="k", name=name)
        raise jobs.Later(60)

    jobs.register("house.later", not_yet)
    jobs.enqueue("house.later", key="k", name="a")
    jobs.enqueue("house.work", key="other", delay_seconds=60, name="b")
    jobs.run_waiting(limit=1)
    assert sorted(row.args_kwargs["kwargs"]["key"] for row in waiting()) == ["k", "other"]


def _asking_for_itself(name: str) -> None:
    jobs.enqueue("house.anew", key="k", name=name)
    raise Boom


def test_a_job_asked_for_while_its_try_fails_has_its_tries_anew_and_waits_as_it_would() -> None:
    jobs.register("house.anew", _asking_for_itself, retries=3, on_failed=_give_up)
    jobs.enqueue("house.anew", key="k", name="a")
    waits = []
    for tried in (1, 2, 3):
        (row,) = waiting()
        row.args_kwargs["kwargs"]["attempt"] = tried
        row.save()
        waits.append(attempt())
        assert [one.args_kwargs["kwargs"]["attempt"] for one in waiting()] == [1]
    assert waits == [pytest.approx(wait, abs=1) for wait in (5, 20, 20)]
    assert failed == []


def test_a_job_asked_for_anew_is_not_given_up_when_its_worker_dies() -> None:
    jobs.register("house.anew", _asking_for_itself, retries=1, on_failed=_give_up)
    jobs.enqueue("house.anew", key="k", name="a")
    died(waiting()[0])
    jobs.enqueue("house.anew", key="k", name="a")
    assert jobs.reap(timedelta(0)) == 1
    assert ([one.args_kwargs["kwargs"]["attempt"] for one in waiting()], failed) == ([1], [])


@pytest.mark.django_db(transaction=True)
def test_a_waiting_job_sees_what_was_changed_by_all_who_asked_for_it() -> None:
    """On PostgreSQL a worker may look while who asks is at work; on SQLite it waits for the one writer."""
    seen: list[object] = []
    jobs.register("house.look", lambda: seen.append(facts.recorded("house.fact")))
    jobs.enqueue("house.look", key="k")
    inside, go_on = threading.Event(), threading.Event()

    def change() -> None:
        with transaction.atomic():
            facts.record("house.fact", "new")
            jobs.enqueue("house.look", key="k")
            inside.set()
            go_on.wait(10)
        connections.close_all()

    asking = threading.Thread(target=change)
    asking.start()
    assert inside.wait(10)
    if connection.vendor == "sqlite":
        go_on.set()
        asking.join()
    jobs.run_waiting()
    go_on.set()
    asking.join()
    jobs.run_waiting()
    assert seen[-1] is not None


def test_a_job_whose_next_try_cannot_be_written_down_stays_with_its_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    jobs.enqueue("house.break", name="a")
    (row,) = waiting()
    row.claim("worker-1")
    with monkeypatch.context() as patched, pytest.raises(OperationalError):
        patched.setattr(QuerySet, "update", _locked)
        jobs.run(row)
    assert jobs.reap(timedelta(0)) == 1
    assert [one.args_kwargs["kwargs"]["attempt"] for one in waiting()] == [2]


def _locked(_rows: object, **_values: object) -> int:
    raise OperationalError("database is locked")


def test_a_job_given_back_meanwhile_is_ended_by_nobody_else() -> None:
    jobs.enqueue("house.work", name="a")
    (row,) = waiting()
    row.claim("worker-1")
    assert jobs.reap(timedelta(0)) == 1
    jobs.run(row)
    assert [one.pk for one in waiting()] == [row.pk]


def test_a_job_is_given_up_though_what_follows_fails() -> None:
    def broken(name: str) -> None:
        failed.append(name)
        raise Boom

    jobs.register("house.break", _break, retries=1, on_failed=broken)
    jobs.enqueue("house.break", name="a")
    with pytest.raises(Boom):
        jobs.run_waiting()
    assert (failed, [row.status for row in DBTaskResult.objects.all()]) == (["a"], [TaskResultStatus.FAILED])


def test_a_later_job_waits() -> None:
    jobs.enqueue("house.work", delay_seconds=3600, name="a")
    assert jobs.run_waiting() == 0
    assert len(waiting()) == 1


def test_a_job_that_cannot_be_done_yet_is_asked_for_again_which_is_no_failed_try() -> None:
    def not_yet(name: str) -> None:
        raise jobs.Later(60)

    jobs.register("house.later", not_yet, retries=1, on_failed=_give_up, queue="aside")
    jobs.enqueue("house.later", key="k", name="a")
    for _ in range(3):
        jobs.run_waiting()
        (row,) = waiting()
        assert (row.run_after - clock.now()).total_seconds() == pytest.approx(60, abs=1)
        assert (row.queue_name, row.args_kwargs["kwargs"]["key"]) == ("aside", "k")
        DBTaskResult.objects.update(run_after=clock.now())
    assert failed == []


def test_a_job_waits_in_its_queue_on_every_try() -> None:
    jobs.register("house.break", _break, queue="aside")
    assert jobs.queues() >= {"default", "aside"}
    jobs.enqueue("house.work", name="a")
    jobs.enqueue("house.break", name="a")
    assert {row.args_kwargs["kwargs"]["name"]: row.queue_name for row in waiting()} == {
        "house.work": "default",
        "house.break": "aside",
    }
    with pytest.raises(Boom):
        jobs.run_waiting()
    assert [row.queue_name for row in waiting()] == ["aside"]


def test_a_job_asked_for_in_a_transaction_that_fails_is_never_run() -> None:
    with pytest.raises(Boom), transaction.atomic():
        jobs.enqueue("house.work", name="a")
        raise Boom
    assert jobs.run_waiting() == 0


def test_a_job_of_a_dead_worker_is_given_back_after_its_lease() -> None:
    jobs.enqueue("house.work", name="a")
    jobs.enqueue("house.work", name="b")
    old, young = waiting()
    for row, age in ((old, jobs.LEASE * 2), (young, timedelta(seconds=1))):
        DBTaskResult.objects.filter(pk=row.pk).update(status=TaskResultStatus.RUNNING, started_at=clock.now() - age)
    assert jobs.reap() == 1
    assert [row.pk for row in waiting()] == [old.pk]


def died(row: DBTaskResult) -> None:
    """As a worker that was killed leaves its job."""
    DBTaskResult.objects.get(pk=row.pk).claim("worker-1")


def test_a_job_that_kills_its_worker_waits_behind_others_and_is_then_given_up() -> None:
    jobs.enqueue("house.break", name="a")
    waits = []
    for _ in range(2):
        (row,) = waiting()
        died(row)
        assert jobs.reap(timedelta(0), but="worker-1") == 0, "what this worker does itself goes on"
        assert jobs.reap(timedelta(0)) == 1
        waits.append((waiting()[0].run_after - clock.now()).total_seconds())
    assert waits == [pytest.approx(waits[0]), pytest.approx(5, abs=1)]
    assert waits[0] > 1000 * 365 * 86400, "the first time it may run at once: the library's mark for no wait"
    died(waiting()[0])
    assert jobs.reap(timedelta(0)) == 1
    assert (waiting(), failed) == ([], ["a"])
    assert jobs.reap(timedelta(0)) == 0


def test_finished_jobs_are_forgotten_after_a_week() -> None:
    jobs.enqueue("house.work", name="a")
    jobs.enqueue("house.work", name="b")
    first, second = waiting()
    for row, days in ((first, 8), (second, 6)):
        when = clock.now() - timedelta(days=days)
        DBTaskResult.objects.filter(pk=row.pk).update(status=TaskResultStatus.SUCCESSFUL, finished_at=when)
    jobs.prune()
    assert [row.pk for row in DBTaskResult.objects.all()] == [second.pk]


def test_a_tick_goes_on_after_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "close_old_connections", lambda: None)
    stop, count = threading.Event(), [0]

    def tick() -> None:
        count[0] += 1
        if count[0] == 3:
            stop.set()
        raise Boom

    thread = threading.Thread(target=jobs.tick_forever, args=(jobs.Tick("broken", 0.01, tick), stop))
    thread.start()
    thread.join(timeout=10)
    assert count[0] == 3
    assert not thread.is_alive()
