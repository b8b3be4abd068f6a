"""Subscriptions: made, greeted, told of what the app may see and of nothing else."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import orjson
import pytest

from chartpost.gateways.fhir import subscriptions
from chartpost.identity import tokens
from chartpost.identity.app_models import App, AppGrant
from chartpost.identity.types import Access, RowFilter
from chartpost.kernel import clock, jobs, outbound
from chartpost.kernel.db import raw
from chartpost.records import notices
from chartpost.records.on_write import Changed
from tests.gateways.fhir.conftest import Pair
from tests.gateways.fhir.door import Door, access
from tests.gateways.fhir.test_writes import condition

Json = dict[str, Any]


class Hook:
    """A server that is told; it answers with `status`."""

    status = 200

    def __init__(self) -> None:
        self.got: list[tuple[str, Json]] = []
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.got.append((self.headers.get("X-Key", ""), orjson.loads(body)))
                self.send_response(hook.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                return

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hook]:
    monkeypatch.setattr(outbound, "private_allowed", lambda: True)
    made = Hook()
    thread = threading.Thread(target=made.server.serve_forever)
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


def body(endpoint: str, criteria: str = "Condition?code=38341003", content: str = "id-only") -> Json:
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
    }


def let(monkeypatch: pytest.MonkeyPatch, found: Access | None) -> None:
    monkeypatch.setattr("chartpost.identity.tokens.access_of_grant", lambda _ref, _db: found)


def made(pair: Pair, hook: Hook, monkeypatch: pytest.MonkeyPatch, scopes: str = "patient/*.rs", **more: str) -> str:
    door = pair.door(scopes)
    let(monkeypatch, door.access)
    answer = door.post("Subscription", body(hook.url, **more))
    assert (answer.status, answer.json["status"]) == (201, "requested")
    assert b"hush" not in answer.body
    jobs.run_waiting()
    assert door.get(f"Subscription/{answer.json['id']}").json["status"] == "active"
    key, greeting = hook.got.pop()
    assert key == "hush"
    assert parameter(greeting, "type") == "handshake"
    return str(answer.json["id"])


def parameter(bundle: Json, name: str) -> str:
    given = bundle["entry"][0]["resource"]["parameter"]
    return next(str(one["valueCode"]) for one in given if one["name"] == name)


def stored(patient: str) -> str:
    writer = Door(access("system/*.cruds", everyone=RowFilter()))
    name = str(writer.post("Condition", condition(patient)).json["id"])
    notices.heard([Changed(0, "Condition", name, 0, 1, deleted=False)])
    return name


@pytest.mark.parametrize("content", ["empty", "id-only", "full-resource"])
def test_a_new_entry_is_told_as_much_as_asked(
    pair: Pair, hook: Hook, monkeypatch: pytest.MonkeyPatch, content: str
) -> None:
    ref = made(pair, hook, monkeypatch, content=content)
    name = stored(pair.mine)
    jobs.run_waiting()
    [(_, told)] = hook.got
    assert parameter(told, "type") == "event-notification"
    assert (name.encode() in orjson.dumps(told)) == (content != "empty")
    assert ["resource" in entry for entry in told["entry"][1:]] == {
        "empty": [],
        "id-only": [False],
        "full-resource": [True],
    }[content]
    status = pair.door().get(f"Subscription/{ref}/$status").json["entry"][0]["resource"]
    assert {"name": "events-since-subscription-start", "valueString": "1"} in status["parameter"]


@pytest.mark.parametrize(
    "scopes", ["patient/*.rs", "patient/Condition.rs?category=http://example.org|no"], ids=["another", "granular"]
)
def test_what_the_app_may_not_see_is_not_told(
    pair: Pair, hook: Hook, monkeypatch: pytest.MonkeyPatch, scopes: str
) -> None:
    made(pair, hook, monkeypatch, scopes)
    stored(pair.others if scopes == "patient/*.rs" else pair.mine)
    jobs.run_waiting()
    assert hook.got == []


def test_an_ended_grant_ends_it(pair: Pair, hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    ref = made(pair, hook, monkeypatch)
    let(monkeypatch, None)
    stored(pair.mine)
    jobs.run_waiting()
    assert hook.got == []
    assert pair.door().get(f"Subscription/{ref}").json["status"] == "off"


def test_a_server_that_fails_is_left_alone_in_the_end(pair: Pair, hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    ref = made(pair, hook, monkeypatch)
    hook.status = 500
    with pytest.raises(outbound.FetchError):
        notices.notify(ref, stored(pair.mine))
    notices.failed(ref)
    assert pair.door().get("Subscription?status=error").ids == [f"Subscription/{ref}"]


def test_only_its_own_app_sees_and_ends_it(pair: Pair, hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    ref = made(pair, hook, monkeypatch)
    door = pair.door()
    assert door.access is not None
    other = Door(Access(**{**vars(door.access), "grant_ref": "g2"}))
    assert other.get(f"Subscription/{ref}").status == 404
    other.send("DELETE", f"Subscription/{ref}")
    assert door.get(f"Subscription/{ref}").status == 200
    assert door.send("DELETE", f"Subscription/{ref}").status == 204
    assert door.get(f"Subscription/{ref}").status == 404


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1/hook", "http://example.org/", "ftp://example.org/"])
def test_an_address_that_is_not_https_is_refused(pair: Pair, endpoint: str) -> None:
    answer = pair.door().post("Subscription", body(endpoint))
    assert (answer.status, answer.json["issue"][0]["expression"]) == (422, ["Subscription.channel.endpoint"])


@pytest.mark.parametrize("criteria", ["Nothing?x=y", "Condition?nonsense=1", "Condition?_sort=code"])
def test_criteria_that_are_no_search_are_refused(pair: Pair, criteria: str) -> None:
    answer = pair.door().post("Subscription", body("https://example.org/", criteria))
    assert (answer.status, answer.json["issue"][0]["expression"]) == (422, ["Subscription.criteria"])


def test_what_a_grant_gives_is_known_until_it_ends(pair: Pair) -> None:
    app = App.objects.create(client_id="nightly", name="Nightly", kind="backend")
    grant = AppGrant.objects.create(app=app, scopes="system/Condition.rs")
    found = tokens.access_of_grant(grant.ref, raw.django())
    assert found is not None
    assert (found.client_id, [scope.type for scope in found.scopes]) == ("nightly", ["Condition"])
    AppGrant.objects.filter(pk=grant.pk).update(ended_at=clock.now())
    assert tokens.access_of_grant(grant.ref, raw.django()) is None
