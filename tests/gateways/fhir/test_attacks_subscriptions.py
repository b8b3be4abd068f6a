"""Subscriptions under attack: more than the token reaches, addresses of the office's own network, headers, sizes."""

from contextlib import suppress
from dataclasses import replace

import pytest

from chartpost.formats.fhirjson.terms import Label
from chartpost.identity.types import RowFilter
from chartpost.kernel import jobs, outbound
from chartpost.records import notice_events
from chartpost.records.models import Subscription
from chartpost.records.search import binding
from tests.gateways.fhir.conftest import Pair
from tests.gateways.fhir.door import Door, access
from tests.gateways.fhir.hook import Hook
from tests.gateways.fhir.test_subscriptions import body, hook, let, made, writer
from tests.gateways.fhir.test_writes import condition

__all__ = ["hook"]
HIV = {"coding": [{"system": "http://snomed.info/sct", "code": "86406008"}]}
ELSEWHERE = "https://app.example.org/hook"
LAB = "http://terminology.hl7.org/CodeSystem/observation-category|laboratory"


@pytest.mark.parametrize(
    ("scopes", "rows"),
    [
        (f"patient/Observation.rs?category={LAB}", RowFilter()),
        ("patient/Observation.rs", RowFilter(hidden_labels=int(Label.HIV))),
        ("patient/Observation.r", RowFilter()),
        ("patient/Condition.rs", RowFilter()),
    ],
)
def test_a_token_asks_for_no_more_than_it_reaches(
    pair: Pair, monkeypatch: pytest.MonkeyPatch, scopes: str, rows: RowFilter
) -> None:
    let(monkeypatch, access("patient/*.rs", pair.me.id, pair.mine))
    less = pair.door(scopes, persons={pair.me.id: rows})
    assert less.post("Subscription", body(ELSEWHERE, "Observation?status=final")).status == 403
    whole = pair.door()
    answer = whole.post("Subscription", body(ELSEWHERE, "Observation?status=final"))
    assert answer.status == 201
    ref = answer.json["id"]
    again = body(ELSEWHERE, "Observation?status=amended", id=ref)
    assert less.send("PUT", f"Subscription/{ref}", again).status == 403


@pytest.mark.parametrize(
    ("scopes", "criteria"),
    [
        ("patient/Condition.rs", "Condition?patient.gender=female"),
        ("patient/Condition.rs", "Condition?subject:Patient.organization.name=x"),
        ("patient/Condition.rs patient/Patient.rs", "Condition?subject:Patient.organization.name=x"),
        ("patient/Condition.rs", "Condition?_list=x"),
        ("patient/Patient.rs", "Patient?_has:Observation:patient:code=x"),
        (f"patient/Patient.rs patient/Observation.rs?category={LAB}", "Patient?_has:Observation:patient:code=x"),
    ],
)
def test_criteria_lead_through_no_more_than_the_token_reaches(
    pair: Pair, monkeypatch: pytest.MonkeyPatch, scopes: str, criteria: str
) -> None:
    let(monkeypatch, pair.door().access)
    assert pair.door(scopes).post("Subscription", body(ELSEWHERE, criteria)).status == 403
    assert pair.door().post("Subscription", body(ELSEWHERE, criteria)).status == 201


def test_criteria_that_the_grant_cannot_follow_are_refused(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = body(ELSEWHERE, "Condition?patient.gender=male,female,other,unknown")
    less = pair.door("patient/Condition.rs")
    let(monkeypatch, less.access)
    refused = less.post("Subscription", asked)
    assert (refused.status, "a search through Patient" in refused.body.decode()) == (403, True)
    let(monkeypatch, pair.door().access)
    monkeypatch.setattr(binding, "FOLLOWED_AT_MOST", 0)
    refused = pair.door().post("Subscription", asked)
    issue = refused.json["issue"][0]
    assert (refused.status, issue["code"], issue["expression"]) == (400, "too-costly", ["Subscription.criteria"])
    assert not Subscription.objects.exists()


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://app.example.org/hook",
        "https://127.0.0.1/x",
        "https://[::1]/x",
        "https://[::ffff:10.0.0.1]/x",
        "https://169.254.169.254/latest/meta-data/",
        "https://2130706433/x",
        "https://0x7f.1/x",
        "https://localhost/x",
        "https://user@10.0.0.1/x",
        "https://app.example.org\\@10.0.0.1/x",
        "https://10.0.0.1:99999/x",
        "ftp://app.example.org/x",
        "https:///x",
        "file:///etc/passwd",
        "https://app.example.org/\r\nX: y",
    ],
)
def test_no_notice_goes_into_the_office(pair: Pair, monkeypatch: pytest.MonkeyPatch, endpoint: str) -> None:
    def connected(*_: object) -> None:
        raise AssertionError("a connection into the office")

    monkeypatch.setattr(outbound, "private_allowed", lambda: False)
    monkeypatch.setattr(outbound._Pinned, "connect", connected)
    let(monkeypatch, pair.door().access)
    answer = pair.door().post("Subscription", body(endpoint))
    assert answer.status in (201, 422), answer.body
    for _ in range(8):
        with suppress(outbound.FetchError):
            jobs.run_waiting()
    assert not Subscription.objects.filter(state="active").exists()


def test_a_redirect_is_not_followed(pair: Pair, hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    let(monkeypatch, pair.door().access)
    hook.status = 307
    answer = pair.door().post("Subscription", body(hook.url))
    with suppress(outbound.FetchError):
        jobs.run_waiting()
    assert pair.door().get(f"Subscription/{answer.json['id']}").json["status"] == "requested"


@pytest.mark.parametrize(
    "line",
    [
        *("Host: x", "host : x", "Content-Length: 5", "Transfer-Encoding: chunked", "Connection: close"),
        *("X: a\r\nHost: b", "X: a\nb", "X: a\u2028b", "X: \u00e9", "X", "X y: z", ": z"),
        *("CONTENT-TYPE: text/html", "X:" + "y" * 10_000),
    ],
)
def test_headers_are_lines_of_their_own(pair: Pair, monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    let(monkeypatch, pair.door().access)
    wanted = body(ELSEWHERE)
    wanted["channel"]["header"] = [line]
    assert pair.door().post("Subscription", wanted).status == 422


def test_what_is_kept_is_small(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    let(monkeypatch, pair.door().access)
    many = body(ELSEWHERE)
    many["channel"]["header"] = [f"X-{n}: y" for n in range(1000)]
    for wanted in (
        many,
        body(ELSEWHERE + "?" + "x" * 5_000),
        body(ELSEWHERE, "Condition?code=" + "x" * 100_000),
        body(ELSEWHERE, reason="x" * 100_000),
    ):
        assert pair.door().post("Subscription", wanted).status == 422


def test_what_becomes_hidden_is_told_no_more(pair: Pair, hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    made(pair, hook, monkeypatch, criteria="Condition", content="full-resource")
    let(
        monkeypatch,
        access("patient/*.rs", pair.me.id, pair.mine, {pair.me.id: RowFilter(hidden_labels=int(Label.HIV))}),
    )
    notice_events.forget()
    name = writer().post("Condition", condition(pair.mine, code=HIV)).json["id"]
    writer().send("DELETE", f"Condition/{name}")
    writer().post("Condition", condition(pair.others))
    jobs.run_waiting()
    assert hook.got == []


def test_a_subscription_is_its_own_grants(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    let(monkeypatch, pair.door().access)
    ref = pair.door().post("Subscription", body(ELSEWHERE)).json["id"]
    mine = pair.door().access
    assert mine is not None
    stranger = Door(replace(mine, grant_ref="g2", worked_out={}))
    assert stranger.get(f"Subscription/{ref}").status == 404
    assert stranger.get(f"Subscription/{ref}/$status").status == 404
    assert stranger.get(f"Subscription/{ref}/$events").status == 404
    assert stranger.get(f"Subscription?_id={ref}").json["total"] == 0
    assert stranger.send("PUT", f"Subscription/{ref}", body(ELSEWHERE, id=ref)).status == 404
    assert stranger.send("DELETE", f"Subscription/{ref}").status in (204, 404)
    assert pair.door().get(f"Subscription/{ref}").status == 200


@pytest.mark.parametrize("name", ["criteria", "reason"])
def test_an_extension_in_place_of_a_text_is_refused(pair: Pair, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    let(monkeypatch, pair.door().access)
    asked = body(ELSEWHERE)
    asked["_" + name] = {"extension": [{"url": "urn:x", "valueString": asked.pop(name)}]}
    answer = pair.door().post("Subscription", asked)
    assert answer.status == 422
    assert answer.json["issue"][0]["expression"] == [f"Subscription.{name}"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("end", "2026-02-30T00:00:00Z"),
        ("end", "0001-01-01T00:00:00+14:00"),
        ("end", "9999-12-31T23:59:59-14:00"),
        ("criteria", "AuditEvent?patient=x"),
        ("criteria", "Subscription?status=active"),
        ("criteria", "Observation?_count=1"),
        ("criteria", "Observation?_cursor=x"),
        ("endpoint", "https://app.example.org:99999/"),
        ("endpoint", "https://user:word@app.example.org/"),
        ("endpoint", "https://10.0.0.1/"),
        ("endpoint", "https://[fe80::1%25eth0]/"),
        ("endpoint", "https://xn--é.example/"),
        ("header", ["Expect: 100-continue"]),
        ("header", ["Proxy-Authorization: x"]),
        ("header", ["Upgrade: h2c"]),
    ],
)
def test_what_can_never_work_is_refused_at_once(
    pair: Pair, monkeypatch: pytest.MonkeyPatch, name: str, value: object
) -> None:
    monkeypatch.setattr(outbound, "private_allowed", lambda: False)
    let(monkeypatch, pair.door().access)
    asked = body(ELSEWHERE)
    place = asked["channel"] if name in ("endpoint", "header") else asked
    place[name] = value
    answer = pair.door().post("Subscription", asked)
    assert (answer.status, answer.json["resourceType"]) == (422, "OperationOutcome")
    assert name in answer.json["issue"][0]["expression"][0]
    assert not Subscription.objects.exists()


@pytest.mark.parametrize("lines", [[None], ["X-Key: hush", None], [5], [[]], [{}], {}, "X-Key: hush"])
def test_odd_headers_are_refused(pair: Pair, monkeypatch: pytest.MonkeyPatch, lines: object) -> None:
    let(monkeypatch, access("patient/*.rs", pair.me.id, pair.mine))
    asked = body(ELSEWHERE)
    asked["channel"]["header"] = lines
    answer = pair.door().post("Subscription", asked)
    assert answer.status == 422, answer.body
    assert "channel.header" in answer.json["issue"][0]["expression"][0]
