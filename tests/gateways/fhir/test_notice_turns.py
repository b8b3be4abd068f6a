"""An app whose server answers slowly gets short turns and longer rests: notices of others are sent meanwhile."""

import pytest
from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from chartpost.kernel import clock, jobs, outbound
from chartpost.records import notice_events, notice_turns
from chartpost.records.models import SubscriptionEvent
from tests.gateways.fhir.conftest import Pair
from tests.gateways.fhir.hook import Hook
from tests.gateways.fhir.test_subscriptions import hook as hook
from tests.gateways.fhir.test_subscriptions import made, stored

Patch = pytest.MonkeyPatch


def numbered(pair: Pair, how_many: int) -> None:
    """Changes the app is to be told of, none of them told yet."""
    for _ in range(how_many):
        stored(pair.mine)
    for row in DBTaskResult.objects.filter(status=TaskResultStatus.READY):
        given = row.args_kwargs["kwargs"]
        if given["name"] == notice_events.MATCH:
            row.claim("here")
            jobs.run(row)
    assert SubscriptionEvent.objects.filter(told=False).count() == how_many


def wait() -> float:
    """Seconds until the one delivery that waits."""
    rows = DBTaskResult.objects.filter(status=TaskResultStatus.READY)
    (row,) = (row for row in rows if row.args_kwargs["kwargs"]["name"] == notice_events.DELIVER)
    assert row.queue_name == notice_events.QUEUE
    return float((row.run_after - clock.now()).total_seconds())


def test_a_slow_server_holds_up_others_for_a_turn_at_most(pair: Pair, hook: Hook, monkeypatch: Patch) -> None:
    made(pair, hook, monkeypatch)
    numbered(pair, 3)
    monkeypatch.setattr(notice_turns.Turn, "over", True)
    monkeypatch.setattr(notice_turns, "TURN_SECONDS", 60.0)
    for told in ([1], [1, 2], [1, 2, 3]):
        jobs.run_waiting()
        assert hook.numbers == told
        if len(told) < 3:
            assert 30 < wait() <= 60
        notice_turns.forget()
        DBTaskResult.objects.filter(status=TaskResultStatus.READY).update(run_after=clock.now())


def test_rests_double_while_a_server_is_slow_and_end_when_it_no_longer_is(monkeypatch: Patch) -> None:
    now = [1_000.0]
    monkeypatch.setattr("chartpost.records.notice_turns.time.monotonic", lambda: now[0])
    rests = []
    for _ in range(8):
        with notice_turns.turn("app") as mine:
            for _ in range(2):
                with mine.notice():
                    now[0] += 9
        with pytest.raises(jobs.Later) as asked, notice_turns.turn("app"):
            pass
        rests.append(asked.value.seconds)
        with notice_turns.turn("another"):
            pass
        now[0] += asked.value.seconds
    assert rests == [5, 10, 20, 40, 80, 160, 300, 300]
    with notice_turns.turn("app") as mine, mine.notice():
        now[0] += 1
    with notice_turns.turn("app") as mine:
        for _ in range(10):
            with mine.notice():
                now[0] += 1
        assert mine.over
    with pytest.raises(jobs.Later) as asked, notice_turns.turn("app"):
        pass
    assert asked.value.seconds == 5, "it is not slow, but others go on"


def test_an_app_that_answers_quickly_never_rests(pair: Pair, hook: Hook, monkeypatch: Patch) -> None:
    made(pair, hook, monkeypatch)
    numbered(pair, 5)
    jobs.run_waiting()
    assert hook.numbers == [1, 2, 3, 4, 5]
    numbered(pair, 1)
    jobs.run_waiting()
    assert hook.numbers == [1, 2, 3, 4, 5, 6]


def test_a_server_that_never_answers_is_given_up_although_it_rests(pair: Pair, hook: Hook, monkeypatch: Patch) -> None:
    ref = made(pair, hook, monkeypatch)
    numbered(pair, 1)
    monkeypatch.setattr(notice_turns, "SLOW_SECONDS", -1.0)
    hook.status = 500
    tries = 0
    for _ in range(30):
        DBTaskResult.objects.update(run_after=clock.now())
        try:
            jobs.run_waiting(1)
        except outbound.FetchError:
            tries += 1
            jobs.run_waiting(1)
            notice_turns.forget()
    assert tries == 6
    assert pair.door().get(f"Subscription/{ref}").json["status"] == "error"
