"""Subscriptions as apps keep them: made, read, changed, switched off, and refused when they cannot be."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.template.loader import render_to_string
from lxml import html

from chartpost.gateways.fhir import subscriptions
from chartpost.gateways.smart import addresses
from chartpost.identity import tokens
from chartpost.identity.app_models import App, AppGrant
from chartpost.identity.types import Access, Actor, RowFilter
from chartpost.kernel import clock, jobs, outbound, tls
from chartpost.kernel.config import config
from chartpost.kernel.db import raw
from chartpost.records import notice_events, notice_turns
from chartpost.records.models import Subscription
from chartpost.records.notice_bundles import TOPIC
from tests.gateways.fhir.conftest import Pair
from tests.gateways.fhir.door import Door, access
from tests.gateways.fhir.hook import Hook, listening
from tests.gateways.fhir.test_writes import condition

Json = dict[str, Any]
CODE = "Condition?code=38341003"


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hook]:
    monkeypatch.setattr(outbound, "private_allowed", lambda: True)
    found = tls.files(config())
    assert found is not None
    notice_events.forget()
    notice_turns.forget()
    with listening(found.cert, found.key) as made:
        yield made
    notice_events.forget()


def body(endpoint: str, criteria: str = CODE, content: str = "id-only", **more: Any) -> Json:
    extension = [{"url": subscriptions._CONTENT, "valueCode": content}]
    return {
        "resourceType": "Subscription",
        "status": "requested",
        "reason": "New diagnoses",
        "criteria": criteria,
        "channel": {
            "type": "rest-hook",
            "endpoint": endpoint,
            "header": ["X-Key: hush"],
            "payload": "application/fhir+json",
            "_payload": {"extension": extension},
        },
        **more,
    }


def let(monkeypatch: pytest.MonkeyPatch, found: Access | None) -> None:
    monkeypatch.setattr("chartpost.identity.tokens.access_of_grant", lambda _ref, _db: found)


def made(pair: Pair, hook: Hook, monkeypatch: pytest.MonkeyPatch, scopes: str = "patient/*.rs", **more: Any) -> str:
    """A subscription of my app that was greeted."""
    door = pair.door(scopes)
    let(monkeypatch, door.access)
    answer = door.post("Subscription", body(hook.url, **more))
    assert (answer.status, answer.json["status"]) == (201, "requested"), answer.body
    assert b"hush" not in answer.body
    greeted(hook)
    assert door.get(f"Subscription/{answer.json['id']}").json["status"] == "active"
    return str(answer.json["id"])


def test_the_example_on_the_page_for_makers_of_apps_is_taken(
    pair: Pair, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = html.fromstring(render_to_string("smart/developers_subscribe.html", {"base": addresses.fhir_base()}))
    example = json.loads(page.text_content())
    assert example["criteria"].endswith(TOPIC)
    example["channel"] |= {"endpoint": hook.url, "header": ["X-Key: hush"]}
    door = pair.door("patient/*.rs")
    let(monkeypatch, door.access)
    answer = door.post("Subscription", example)
    assert (answer.status, answer.json["criteria"]) == (201, example["criteria"]), answer.body
    greeted(hook)


def greeted(hook: Hook) -> None:
    jobs.run_waiting()
    notice_events.forget()
    assert hook.kinds == ["handshake"]
    assert hook.got.pop()[0] == "hush"


def writer() -> Door:
    return Door(access("system/*.cruds", everyone=RowFilter()))


def stored(patient: str) -> str:
    return str(writer().post("Condition", condition(patient)).json["id"])


def test_a_changed_subscription_is_greeted_anew(pair: Pair, hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    ref = made(pair, hook, monkeypatch)
    door = pair.door()
    wanted = body(hook.url, criteria="Condition?code=44054006", content="empty", id=ref)
    del wanted["channel"]["header"]  # the app cannot read them back: they stay while the endpoint does
    answer = door.send("PUT", f"Subscription/{ref}", wanted)
    assert (answer.status, answer.json["status"], answer.json["criteria"]) == (200, "requested", wanted["criteria"])
    greeted(hook)
    stored(pair.mine)
    jobs.run_waiting()
    assert hook.got == []
    diabetes = condition(pair.mine, code={"coding": [{"system": "http://snomed.info/sct", "code": "44054006"}]})
    writer().post("Condition", diabetes)
    jobs.run_waiting()
    assert hook.kinds == ["event-notification"]


def test_headers_do_not_go_to_another_server(pair: Pair, hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    ref = made(pair, hook, monkeypatch)
    moved = body(hook.url + "/elsewhere", id=ref)
    del moved["channel"]["header"]
    assert pair.door().send("PUT", f"Subscription/{ref}", moved).status == 200
    jobs.run_waiting()
    assert hook.got.pop()[0] == ""


def test_switched_off_and_on_again(pair: Pair, hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    ref = made(pair, hook, monkeypatch)
    door = pair.door()
    stored(pair.mine)
    off = door.send("PUT", f"Subscription/{ref}", body(hook.url, id=ref, status="off"))
    assert (off.status, off.json["status"]) == (200, "off")
    notice_events.forget()
    stored(pair.mine)
    jobs.run_waiting()
    assert hook.got == []
    assert door.send("PUT", f"Subscription/{ref}", body(hook.url, id=ref)).json["status"] == "requested"
    greeted(hook)
    stored(pair.mine)
    jobs.run_waiting()
    assert hook.kinds == ["event-notification"]


@pytest.mark.parametrize(
    ("change", "status"),
    [({"status": "active"}, 422), ({"id": "other"}, 400), ({"criteria": "Nothing?x=y"}, 422)],
)  # fmt: skip
def test_changes_that_cannot_be(
    pair: Pair, hook: Hook, monkeypatch: pytest.MonkeyPatch, change: Json, status: int
) -> None:
    ref = made(pair, hook, monkeypatch)
    answer = pair.door().send("PUT", f"Subscription/{ref}", {**body(hook.url, id=ref), **change})
    assert (answer.status, answer.json["resourceType"]) == (status, "OperationOutcome")
    assert pair.door().send("PUT", "Subscription/never", body(hook.url, id="never")).status == 404
    assert pair.door().get(f"Subscription/{ref}").json["status"] == "active"


def test_only_its_own_app_sees_changes_and_ends_it(pair: Pair, hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    ref = made(pair, hook, monkeypatch)
    door = pair.door()
    assert door.access is not None
    other = Door(Access(**{**vars(door.access), "grant_ref": "g2"}))
    for path in ("", "/$status", "/$events"):
        assert other.get(f"Subscription/{ref}{path}").status == 404
    assert other.send("PUT", f"Subscription/{ref}", body(hook.url, id=ref)).status == 404
    assert other.get("Subscription/$status").json["total"] == 0
    other.send("DELETE", f"Subscription/{ref}")
    assert door.get(f"Subscription?_id={ref},x&status=active").ids == [f"Subscription/{ref}"]
    assert door.get("Subscription?criteria=x").status == 400
    assert door.send("DELETE", f"Subscription/{ref}").status == 204
    assert door.get(f"Subscription/{ref}").status == 404


def test_a_search_by_post_gives_what_one_by_get_does(pair: Pair, hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = pair.door()
    let(monkeypatch, mine.access)
    made = mine.post("Subscription", body(hook.url))
    assert made.status == 201, made.body
    place = f"Subscription/{made.json['id']}"
    for asked in ("status=requested", f"_id={made.json['id']}", ""):
        assert mine.get(f"Subscription?{asked}").ids == [place]
        assert mine.post("Subscription/_search", asked.encode()).ids == [place]
        assert mine.post(f"Subscription/_search?{asked}").ids == [place]
    assert mine.post("Subscription/_search", b"status=off").ids == []
    assert mine.post("Subscription/_search", b"criteria=x").status == 400
    assert mine.send("POST", "Subscription/_search", b"{}", {"Content-Type": "application/json"}).status == 415


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://127.0.0.1/hook",
        "https://LOCALHOST/hook",
        "https://app.localhost./",
        "http://example.org/",
        "ftp://example.org/",
    ],
)
def test_an_address_that_is_not_https_is_refused(pair: Pair, monkeypatch: pytest.MonkeyPatch, endpoint: str) -> None:
    let(monkeypatch, pair.door().access)
    answer = pair.door().post("Subscription", body(endpoint))
    assert (answer.status, answer.json["issue"][0]["expression"]) == (422, ["Subscription.channel.endpoint"])


@pytest.mark.parametrize(
    ("criteria", "words"),
    [
        ("Nothing?x=y", "no search of a type"),
        ("Condition?nonsense=1", "nonsense"),
        ("Condition?_sort=code", "only choose"),
        ("https://example.org/SubscriptionTopic/results", f"one topic there is here: {config().base_url}/fhir{TOPIC}"),
        (f"{config().base_url}/fhir{TOPIC}", "backport-filter-criteria"),
    ],
)
def test_criteria_that_are_no_search_are_refused(
    pair: Pair, monkeypatch: pytest.MonkeyPatch, criteria: str, words: str
) -> None:
    let(monkeypatch, pair.door().access)
    answer = pair.door().post("Subscription", body("https://example.org/", criteria))
    (issue,) = answer.json["issue"]
    assert (answer.status, issue["expression"][0][:21]) == (422, "Subscription.criteria")
    assert words in issue["diagnostics"]


def test_a_type_the_app_was_not_given_is_refused(pair: Pair) -> None:
    assert pair.door("patient/Patient.rs").post("Subscription", body("https://example.org/")).status == 403


def test_the_form_by_topic_says_its_search_beside_it(pair: Pair, hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    topic = config().base_url + "/fhir" + TOPIC
    aside: Json = {"_criteria": {"extension": [{"url": subscriptions._FILTER, "valueString": CODE}]}}
    ref = made(pair, hook, monkeypatch, criteria=topic, **aside)
    kept = pair.door().get(f"Subscription/{ref}").json
    assert (kept["criteria"], kept["_criteria"]) == (topic, aside["_criteria"])
    stored(pair.mine)
    jobs.run_waiting()
    assert hook.kinds == ["event-notification"]
    assert pair.door().post("Subscription", body(hook.url, criteria=topic)).status == 422


def test_a_grant_that_does_not_reach_the_type_is_refused(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    door = pair.door()
    for granted in (pair.door("patient/Patient.rs").access, None):
        let(monkeypatch, granted)
        assert door.post("Subscription", body("https://example.org/")).status == 403


def test_no_more_than_twenty(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    door = pair.door()
    let(monkeypatch, door.access)
    made = [door.post("Subscription", body("https://example.org/")) for _ in range(21)]
    assert [answer.status for answer in made] == [201] * 20 + [422]
    door.send("DELETE", f"Subscription/{made[0].json['id']}")
    assert door.post("Subscription", body("https://example.org/")).status == 201


def test_it_ends_at_its_end(pair: Pair, hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    soon = (clock.now() + timedelta(hours=1)).isoformat(timespec="seconds")
    ref = made(pair, hook, monkeypatch, end=soon)
    assert pair.door().get(f"Subscription/{ref}").json["end"] == soon
    Subscription.objects.filter(ref=ref).update(ends_at=clock.now())
    stored(pair.mine)
    jobs.run_waiting()
    assert hook.got == []
    assert pair.door().get(f"Subscription/{ref}").json["status"] == "off"


def test_its_headers_are_kept_wrapped(pair: Pair, hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    ref = made(pair, hook, monkeypatch)
    row = Subscription.objects.get(ref=ref)
    assert row.headers
    assert b"hush" not in bytes(row.headers)


def test_what_a_grant_gives_is_known_until_it_ends(pair: Pair) -> None:
    app = App.objects.create(client_id="nightly", name="Nightly", kind="backend")
    grant = AppGrant.objects.create(app=app, scopes="system/Condition.rs")
    found = tokens.access_of_grant(grant.ref, raw.django())
    assert found is not None
    assert (found.client_id, [scope.type for scope in found.scopes]) == ("nightly", ["Condition"])
    AppGrant.objects.filter(pk=grant.pk).update(ended_at=clock.now())
    assert tokens.access_of_grant(grant.ref, raw.django()) is None


def staff(pair: Pair) -> Access:
    """My app in the hands of a member of staff."""
    actor = Actor("staff", account_id=1, ref="s", name="Robin Clerk", roles=frozenset({"clerk"}))
    return access("user/*.rs", everyone=RowFilter(), actor=actor)


def test_those_that_ended_do_not_count(pair: Pair, hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    door, now = pair.door("patient/*.rs"), clock.now()
    let(monkeypatch, door.access)
    end = (now + timedelta(hours=1)).isoformat(timespec="seconds")
    for _ in range(20):
        assert door.post("Subscription", body(hook.url, end=end)).status == 201
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(hours=2))
    assert {one["resource"]["status"] for one in door.get("Subscription").json["entry"]} == {"off"}
    assert door.post("Subscription", body(hook.url)).status == 201
