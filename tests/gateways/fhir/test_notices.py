"""What the servers of apps are told, over https: what the app may see, in order, once, again when they fail."""

from datetime import timedelta
from typing import Any

import orjson
import pytest
from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from chartpost.gateways.fhir import subscription_told
from chartpost.kernel import clock, jobs, outbound
from chartpost.kernel.db import raw
from chartpost.ledger import queries as ledger
from chartpost.records import notice_events, notices
from chartpost.records.models import Subscription, SubscriptionEvent
from tests.gateways.fhir.conftest import Pair
from tests.gateways.fhir.door import Door
from tests.gateways.fhir.hook import Hook, code, events
from tests.gateways.fhir.test_subscriptions import body, greeted, let, made, staff, stored, writer
from tests.gateways.fhir.test_subscriptions import hook as hook
from tests.gateways.fhir.test_writes import DIGITS, condition, entry, everyone, exact, transaction

Patch = pytest.MonkeyPatch


@pytest.mark.parametrize("content", ["empty", "id-only", "full-resource"])
def test_a_new_entry_is_told_as_much_as_asked(pair: Pair, hook: Hook, monkeypatch: Patch, content: str) -> None:
    ref = made(pair, hook, monkeypatch, content=content)
    name = stored(pair.mine)
    jobs.run_waiting()
    [(key, told)] = hook.got
    assert (key, code(told, "type"), events(told)) == ("hush", "event-notification", [1])
    assert (name.encode() in orjson.dumps(told)) == (content != "empty")
    resources = [one.get("resource", {}).get("id") for one in told["entry"][1:]]
    assert resources == {"empty": [], "id-only": [None], "full-resource": [name]}[content]
    for address in (f"Subscription/{ref}/$status", "Subscription/$status", f"Subscription/$status?id={ref}"):
        [standing] = pair.door().get(address).json["entry"]
        assert {"name": "events-since-subscription-start", "valueString": "1"} in standing["resource"]["parameter"]
    asked = {"resourceType": "Parameters", "parameter": [{"name": "status", "valueCode": "off"}]}
    assert pair.door().post("Subscription/$status", asked).json["total"] == 0
    assert pair.door().get("Subscription/$status?colour=red").status == 400


def test_the_digits_of_a_number_are_told_as_they_are_stored(pair: Pair, hook: Hook, monkeypatch: Patch) -> None:
    ref = made(pair, hook, monkeypatch, content="full-resource")
    writer().post("Condition", exact(pair.mine))
    jobs.run_waiting()
    for told in (hook.sent[-1], pair.door().get(f"Subscription/{ref}/$events").body):
        assert [told.count(b'"valueDecimal":%b}' % text.encode()) for text in DIGITS] == [1, 1, 1]


@pytest.mark.parametrize(
    "scopes", ["patient/*.rs", "patient/Condition.rs?category=http://example.org|no"], ids=["another", "granular"]
)
def test_what_the_app_may_not_see_is_not_told(pair: Pair, hook: Hook, monkeypatch: Patch, scopes: str) -> None:
    made(pair, hook, monkeypatch, scopes)
    name = stored(pair.others if scopes == "patient/*.rs" else pair.mine)
    writer().send("DELETE", f"Condition/{name}")
    jobs.run_waiting()
    assert hook.got == []


def test_a_scope_narrowed_meanwhile_keeps_it_back(pair: Pair, hook: Hook, monkeypatch: Patch) -> None:
    ref = made(pair, hook, monkeypatch)
    name = stored(pair.mine)
    notice_events.match(ref, " ".join(_rids(name)))
    nothing = pair.door("patient/Condition.rs?category=http://example.org|no").access
    let(monkeypatch, nothing)
    jobs.run_waiting()
    assert hook.got == []


def test_changes_that_could_not_be_looked_at_are_no_silence(pair: Pair, hook: Hook, monkeypatch: Patch) -> None:
    ref = made(pair, hook, monkeypatch)
    monkeypatch.setattr(notice_events, "matching", lambda *_: 1 / 0)
    stored(pair.mine)
    for _ in range(12):
        try:
            jobs.run_waiting()
        except ZeroDivisionError:
            _hurry()
    found = pair.door().get(f"Subscription/{ref}").json
    assert (found["status"], "ask again" in found["error"]) == ("error", True)


def test_deletions_are_told(pair: Pair, hook: Hook, monkeypatch: Patch) -> None:
    ref = made(pair, hook, monkeypatch, content="full-resource")
    name = stored(pair.mine)
    jobs.run_waiting()
    writer().send("DELETE", f"Condition/{name}")
    jobs.run_waiting()
    last = hook.got[-1][1]["entry"][1]
    assert hook.numbers == [1, 2]
    assert (last["request"], last["response"]["status"]) == ({"method": "DELETE", "url": f"Condition/{name}"}, "204")
    assert "resource" not in last
    asked = pair.door().get(f"Subscription/{ref}/$events").json
    assert (code(asked, "type"), events(asked)) == ("query-event", [2])  # what was told first is there no more


def test_created_and_changed_are_told_apart(pair: Pair, hook: Hook, monkeypatch: Patch) -> None:
    made(pair, hook, monkeypatch)
    name = stored(pair.mine)
    jobs.run_waiting()
    writer().send("PUT", f"Condition/{name}", {**condition(pair.mine), "id": name, "note": [{"text": "n"}]})
    jobs.run_waiting()
    assert [told["entry"][1]["request"]["method"] for _, told in hook.got] == ["POST", "PUT"]


def test_a_transaction_undone_is_not_told(pair: Pair, hook: Hook, monkeypatch: Patch) -> None:
    made(pair, hook, monkeypatch)
    new = entry("POST", "Condition", condition(pair.mine))
    assert writer().post("", transaction(new, entry("GET", "Condition/nothing"))).status == 404
    assert writer().post("", transaction(new, new)).status == 200
    jobs.run_waiting()
    assert hook.numbers == [1, 2]


def test_events_are_asked_for_again(pair: Pair, hook: Hook, monkeypatch: Patch) -> None:
    ref = made(pair, hook, monkeypatch)
    names = [stored(pair.mine) for _ in range(4)]
    jobs.run_waiting()
    door, address = pair.door(), f"Subscription/{ref}/$events"
    again = door.get(f"{address}?eventsSinceNumber=2&eventsUntilNumber=3").json
    assert (again["type"], events(again)) == ("history", [2, 3])
    assert [one["fullUrl"].rpartition("/")[2] for one in again["entry"][1:]] == names[1:3]
    assert not any("resource" in one for one in again["entry"][1:])
    more = door.get(f"{address}?content=full-resource").json  # no more than the subscription itself asks for
    assert not any("resource" in one for one in more["entry"][1:])
    assert door.get(f"{address}?content=empty").json["entry"][1:] == []
    asked = {"resourceType": "Parameters", "parameter": [{"name": "eventsSinceNumber", "valueString": "4"}]}
    assert events(door.post(address, asked).json) == [4]
    for wrong in ("eventsSinceNumber=x", "eventsSinceNumber=-1", "colour=red"):
        assert door.get(f"{address}?{wrong}").status == 400
    for odd in (5, [7], {"name": "x"}):
        assert door.post(address, {"resourceType": "Parameters", "parameter": odd}).status == 400
    assert pair.door("patient/Patient.rs").get(address).status == 403
    assert ledger.for_person(pair.me.id)[0].action == "subscription.notify"


def test_a_heartbeat_comes_after_silence(pair: Pair, hook: Hook, monkeypatch: Patch) -> None:
    from chartpost.gateways.fhir.subscriptions import _HEARTBEAT

    wanted = body(hook.url)
    wanted["channel"]["extension"] = [{"url": _HEARTBEAT, "valueUnsignedInt": 90}]
    door = pair.door()
    let(monkeypatch, door.access)
    answer = door.post("Subscription", wanted)
    assert answer.json["channel"]["extension"] == wanted["channel"]["extension"]
    greeted(hook)
    notices.go_on()
    jobs.run_waiting()
    assert hook.got == []
    Subscription.objects.update(told_at=clock.now() - timedelta(seconds=91))
    for _ in range(2):
        notices.go_on()
        jobs.run_waiting()
    assert hook.kinds == ["heartbeat"]
    wanted["channel"]["extension"][0]["valueUnsignedInt"] = 5
    assert door.post("Subscription", wanted).status == 422


def test_an_ended_grant_ends_it(pair: Pair, hook: Hook, monkeypatch: Patch) -> None:
    ref = made(pair, hook, monkeypatch)
    stored(pair.mine)
    while not SubscriptionEvent.objects.exists():
        jobs.run_waiting(1)
    let(monkeypatch, None)
    jobs.run_waiting()
    assert hook.got == []
    assert pair.door().get(f"Subscription/{ref}").json["status"] == "off"


def test_a_server_that_fails_is_tried_less_and_less_and_then_left(pair: Pair, hook: Hook, monkeypatch: Patch) -> None:
    ref = made(pair, hook, monkeypatch)
    hook.status = 500
    stored(pair.mine)
    waits = []
    for _ in range(20):
        try:
            jobs.run_waiting()
        except outbound.FetchError:
            waits += [_wait(row) for row in DBTaskResult.objects.filter(status=TaskResultStatus.READY) if _late(row)]
        _hurry()
    assert waits == [5, 20, 80, 320, 1280]
    assert hook.numbers == [1] * 6
    [resting] = pair.door().get("Subscription?status=error").json["entry"]
    assert resting["resource"]["error"].startswith("The endpoint")
    hook.status, hook.got = 200, []
    pair.door().send("PUT", f"Subscription/{ref}", body(hook.url, id=ref))
    greeted(hook)
    stored(pair.mine)
    jobs.run_waiting()
    assert hook.numbers == [2]


def test_a_server_that_does_not_greet_back_is_never_told(pair: Pair, hook: Hook, monkeypatch: Patch) -> None:
    door = pair.door()
    let(monkeypatch, door.access)
    hook.status = 404
    door.post("Subscription", body(hook.url))
    for _ in range(6):
        try:
            jobs.run_waiting()
        except outbound.FetchError:
            _hurry()
    assert hook.kinds == ["handshake"] * 3
    assert door.get("Subscription").json["entry"][0]["resource"]["status"] == "error"


def test_two_workers_do_not_tell_twice(pair: Pair, hook: Hook, monkeypatch: Patch) -> None:
    ref = made(pair, hook, monkeypatch)
    stored(pair.mine)
    while not SubscriptionEvent.objects.exists():
        jobs.run_waiting(1)
    row = Subscription.objects.get(ref=ref)
    held = notices._lease(row)
    notices.deliver(ref)
    assert hook.got == []
    Subscription.objects.filter(pk=row.pk, lease_until=held).update(lease_until=clock.now() - timedelta(seconds=1))
    SubscriptionEvent.objects.update(at=clock.now() - timedelta(hours=1))
    DBTaskResult.objects.all().delete()
    notices.go_on()  # the worker died: what it left is taken up when its lease is over
    jobs.run_waiting()
    notices.deliver(ref)
    assert hook.numbers == [1]


def test_one_version_is_one_event_however_often_it_is_looked_at(pair: Pair, hook: Hook, monkeypatch: Patch) -> None:
    ref = made(pair, hook, monkeypatch)
    name = stored(pair.mine)
    notices.catch_up(ref, clock.now_ms() - 2_500)
    jobs.run_waiting()
    assert hook.numbers.count(1) == 1
    told = [one["fullUrl"] for _, bundle in hook.got for one in bundle["entry"][1:]]
    assert sum(url.endswith(f"/{name}") for url in told) == 1


def test_the_log_names_the_account_where_staff_use_the_app(pair: Pair, hook: Hook, monkeypatch: Patch) -> None:
    door = Door(staff(pair))
    let(monkeypatch, door.access)
    assert door.post("Subscription", body(hook.url)).status == 201
    greeted(hook)
    stored(pair.mine)
    jobs.run_waiting()
    newest = ledger.for_person(pair.me.id)[0]
    assert (newest.action, newest.who) == ("subscription.notify", "Robin Clerk, Test app")


def test_events_are_forgotten_after_a_month(pair: Pair, hook: Hook, monkeypatch: Patch) -> None:
    ref = made(pair, hook, monkeypatch)
    stored(pair.mine)
    jobs.run_waiting()
    assert notices.prune() == 0
    SubscriptionEvent.objects.update(at=clock.now() - timedelta(days=31))
    assert notices.prune() == 1
    assert events(pair.door().get(f"Subscription/{ref}/$events").json) == []


def test_who_listens_is_not_looked_up_at_every_write(
    pair: Pair, hook: Hook, monkeypatch: Patch, django_assert_num_queries: object
) -> None:
    made(pair, hook, monkeypatch)
    assert len(notice_events.active()) == 1
    with django_assert_num_queries(0):  # type: ignore[operator]
        assert len(notice_events.active()) == 1
        notice_events.heard([])


def _rids(name: str) -> list[str]:

    return [str(rid) for (rid,) in raw.django().all("SELECT rid FROM records_resource WHERE fhir_id = ?", [name])]


def _late(row: Any) -> bool:
    return bool(row.run_after and row.args_kwargs["kwargs"]["name"] == notice_events.DELIVER)


def _wait(row: Any) -> int:
    return int((row.run_after - row.enqueued_at).total_seconds() + 0.5)


def _hurry() -> None:
    DBTaskResult.objects.filter(status=TaskResultStatus.READY).update(run_after=clock.now())


def test_events_of_another_type_are_not_told_by_the_reach_of_this_one(
    pair: Pair, hook: Hook, monkeypatch: Patch
) -> None:
    ref = made(pair, hook, monkeypatch)
    name = stored(pair.mine)
    jobs.run_waiting()
    writer().send("DELETE", f"Condition/{name}")
    jobs.run_waiting()
    door = pair.door("patient/Observation.rs")
    let(monkeypatch, door.access)
    assert door.send("PUT", f"Subscription/{ref}", body(hook.url, "Observation?code=1", id=ref)).status == 200
    assert name.encode() not in door.get(f"Subscription/{ref}/$events").body


def test_events_nobody_could_be_told_are_forgotten_too(pair: Pair, hook: Hook, monkeypatch: Patch) -> None:
    ref = made(pair, hook, monkeypatch)
    hook.status = 500
    stored(pair.mine)
    while not SubscriptionEvent.objects.exists():
        jobs.run_waiting(1)
    SubscriptionEvent.objects.update(at=clock.now() - timedelta(days=400))
    notices.prune()
    assert SubscriptionEvent.objects.exists(), "they are being told"
    notices.failed(ref, Subscription.objects.get(ref=ref).revision)
    notices.prune()
    assert not SubscriptionEvent.objects.exists()


def test_events_that_are_gone_do_not_push_out_others(pair: Pair, hook: Hook, monkeypatch: Patch) -> None:
    ref = made(pair, hook, monkeypatch)
    names = [stored(pair.mine) for _ in range(6)]
    jobs.run_waiting()
    for name in names[:3]:
        everyone().send("DELETE", f"Condition/{name}")
    monkeypatch.setattr(subscription_told, "EVENTS_AT_MOST", 3)
    assert events(pair.door().get(f"Subscription/{ref}/$events").json) == [4, 5, 6]
