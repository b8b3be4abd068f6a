"""What happens while a server is spoken to: the app is revoked or asks for something else."""

import time
from collections.abc import Callable

import pytest
from django_tasks_db.models import DBTaskResult

from chartpost.identity import services as identity
from chartpost.identity import tokens
from chartpost.identity.app_models import App, AppGrant
from chartpost.identity.types import SYSTEM
from chartpost.kernel import clock, jobs, outbound
from chartpost.kernel.db import raw
from chartpost.records import notice_events, notices, services, store
from chartpost.records.models import Subscription, SubscriptionEvent
from chartpost.records.search import binding
from chartpost.records.subscriptions import headers_of
from chartpost.records.types import Incoming
from tests.gateways.fhir.conftest import Pair
from tests.gateways.fhir.door import Door
from tests.gateways.fhir.hook import Hook
from tests.gateways.fhir.test_subscriptions import CODE, body, greeted, stored
from tests.gateways.fhir.test_subscriptions import hook as hook
from tests.gateways.fhir.test_writes import condition

Patch = pytest.MonkeyPatch


@pytest.fixture
def grant(pair: Pair) -> AppGrant:
    app = App.objects.create(client_id="nightly", name="Nightly", kind="backend", allowed_scopes="system/*.rs")
    return AppGrant.objects.create(app=app, scopes="system/*.rs")


def door(grant: AppGrant) -> Door:
    """A door for a token of the grant that reaches all it gives today."""
    return Door(tokens.access_of_grant(grant.ref, raw.django()))


def meanwhile(monkeypatch: Patch, happen: Callable[[], object]) -> None:
    """Have something happen once, after a server heard a notice and before its answer is looked at."""
    real, left = outbound.request, [happen]

    def request(*given: object) -> outbound.Fetched:
        answer = real(*given)  # type: ignore[arg-type]
        while left:
            left.pop()()
        return answer

    monkeypatch.setattr(outbound, "request", request)


def begun(grant: AppGrant, hook: Hook, criteria: str = CODE) -> str:
    """A subscription of the grant that was greeted."""
    answer = door(grant).post("Subscription", body(hook.url, criteria, "full-resource"))
    assert answer.status == 201, answer.body
    greeted(hook)
    return str(answer.json["id"])


def test_an_app_revoked_between_two_notices_hears_no_more(
    pair: Pair, grant: AppGrant, hook: Hook, monkeypatch: Patch
) -> None:
    ref = begun(grant, hook)
    for _ in range(3):
        stored(pair.mine)
    while SubscriptionEvent.objects.count() < 3:
        jobs.run_waiting(1)
    meanwhile(monkeypatch, lambda: identity.end_grant(grant.ref, SYSTEM))
    jobs.run_waiting()
    assert hook.numbers == [1]
    assert Subscription.objects.get(ref=ref).state == "off"


def moved(grant: AppGrant, hook: Hook, ref: str) -> None:
    answer = door(grant).send("PUT", f"Subscription/{ref}", body(hook.url + "/b", CODE, "full-resource", id=ref))
    assert answer.status == 200, answer.body


def state(grant: AppGrant, ref: str) -> str:
    return str(door(grant).get(f"Subscription/{ref}").json["status"])


def test_a_server_named_while_another_is_greeted_is_greeted_too(
    pair: Pair, grant: AppGrant, hook: Hook, monkeypatch: Patch
) -> None:
    ref = str(door(grant).post("Subscription", body(hook.url, CODE, "full-resource")).json["id"])
    meanwhile(monkeypatch, lambda: moved(grant, hook, ref))
    jobs.run_waiting(1)
    assert hook.paths == ["/hook"]
    assert state(grant, ref) == "requested"
    jobs.run_waiting()
    assert hook.paths == ["/hook", "/hook/b"]
    assert state(grant, ref) == "active"


@pytest.mark.parametrize("kind", ["handshake", "event-notification"])
def test_a_server_named_while_another_fails_is_not_given_up_for_it(
    pair: Pair, grant: AppGrant, hook: Hook, monkeypatch: Patch, kind: str
) -> None:
    if kind == "handshake":
        ref = str(door(grant).post("Subscription", body(hook.url, CODE, "full-resource")).json["id"])
    else:
        ref = begun(grant, hook)
        stored(pair.mine)
        while not SubscriptionEvent.objects.exists():
            jobs.run_waiting(1)
    hook.status = 500
    tries = 3 if kind == "handshake" else 6
    for number in range(tries):
        if number == tries - 1:
            meanwhile(monkeypatch, lambda: moved(grant, hook, ref))
        DBTaskResult.objects.update(run_after=clock.now())
        with pytest.raises(outbound.FetchError):
            jobs.run_waiting()
    assert hook.kinds == [kind] * tries
    hook.status = 200
    assert state(grant, ref) == "requested"
    jobs.run_waiting()
    assert state(grant, ref) == "active"


def test_what_is_stored_before_all_have_noticed_is_told_however_much_it_is(
    pair: Pair, grant: AppGrant, hook: Hook, monkeypatch: Patch
) -> None:
    def imported() -> None:
        many = [Incoming(condition(pair.mine), f"c{number}", pair.me.id, valid=True) for number in range(1_001)]
        store.save(many, services.source_id("test", "Test"))

    monkeypatch.setattr(notice_events, "PAGE", 2)
    monkeypatch.setattr(notices, "LOOK_SECONDS", 0.0)
    door(grant).post("Subscription", body(hook.url, CODE, "full-resource"))
    meanwhile(monkeypatch, imported)
    jobs.run_waiting()
    notice_events._kept = (time.monotonic() + 3600, (), ())  # another process, that looked a moment ago
    names = [stored(pair.mine) for _ in range(5)]
    notice_events.forget()
    DBTaskResult.objects.update(run_after=clock.now())
    jobs.run_waiting()
    assert hook.kinds == ["handshake"] + ["event-notification"] * 5
    assert [told["entry"][1]["resource"]["id"] for _, told in hook.got[1:]] == names


def test_a_type_taken_from_the_app_before_anything_was_stored_is_told_of(
    pair: Pair, grant: AppGrant, hook: Hook
) -> None:
    ref = begun(grant, hook)
    App.objects.update(allowed_scopes="system/Patient.rs")
    notice_events.forget()
    stored(pair.mine)
    jobs.run_waiting()
    App.objects.update(allowed_scopes="system/*.rs")
    assert hook.got == []
    kept = door(grant).get(f"Subscription/{ref}").json
    assert (kept["status"], kept["error"]) == (
        "error",
        "The criteria no longer work: a search through Condition. Ask for its scope.",
    )


@pytest.mark.parametrize("way", ["too much", "out of scope", "type", "parameter"])
@pytest.mark.parametrize("numbered", [False, True])
def test_criteria_that_work_no_longer_are_told_of(
    pair: Pair, grant: AppGrant, hook: Hook, monkeypatch: Patch, way: str, numbered: bool
) -> None:
    gender = door(grant).get(f"Patient/{pair.mine}").json["gender"]
    ref = begun(grant, hook, f"Condition?patient.gender={gender}")
    stored(pair.mine)
    while numbered and not SubscriptionEvent.objects.exists():
        jobs.run_waiting(1)
    if way == "too much":
        monkeypatch.setattr(binding, "FOLLOWED_AT_MOST", 0)
    elif way == "parameter":
        Subscription.objects.update(asked=[["nonsense", "1"]])
    else:
        allowed = "system/Condition.rs" if way == "out of scope" else "system/Patient.rs"
        App.objects.update(allowed_scopes=allowed)
    jobs.run_waiting()
    App.objects.update(allowed_scopes="system/*.rs")
    assert hook.got == []
    kept = door(grant).get(f"Subscription/{ref}").json
    assert kept["status"] == "error"
    words = {
        "too much": "a chain through more than 0 resources. Narrow them.",
        "out of scope": "a search through Patient. Ask for its scope.",
        "type": "a search through Condition. Ask for its scope.",
        "parameter": "they name a search parameter that is gone.",
    }
    assert kept["error"] == f"The criteria no longer work: {words[way]}"
    answer = door(grant).get(f"Subscription/{ref}/$events")
    assert answer.status == (400 if numbered and way in ("too much", "parameter") else 200)


def test_headers_of_one_name_are_all_sent(pair: Pair, grant: AppGrant, hook: Hook) -> None:
    wanted = body(hook.url)
    wanted["channel"]["header"] = ["X-Key: a", "X-Other: c", "X-Key: b"]
    answer = door(grant).post("Subscription", wanted)
    kept = Subscription.objects.get(ref=answer.json["id"])
    assert headers_of(kept) == {"X-Key": "a, b", "X-Other": "c"}
