"""Batches made to take all the memory there is, or to do what alone is not let."""

from typing import Any

from chartpost.records.models import BulkExport
from tests.gateways.fhir.conftest import Pair
from tests.gateways.fhir.test_attacks_bulk import exported
from tests.gateways.fhir.test_bulk import door
from tests.gateways.fhir.test_writes import condition, everyone


def batch(*entries: dict[str, Any], kind: str = "batch") -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


def get(url: str) -> dict[str, Any]:
    return {"request": {"method": "GET", "url": url}}


def test_files_do_not_come_in_batches(pair: Pair) -> None:
    _, (url,) = exported(door())
    client = door()
    name = url.removeprefix("https://localhost:8443/fhir/")
    for kind in ("batch", "transaction"):
        answer = client.post("", batch(get(name), kind=kind))
        body = answer.json
        states = [one["response"]["status"] for one in body.get("entry", [])] or [str(answer.status)]
        assert states == ["400"], (kind, answer.body)


def test_no_export_begins_in_a_batch(pair: Pair) -> None:
    client = door()
    before = BulkExport.objects.count()
    answer = client.post("", batch(get("$export"), get("Patient/$export")))
    assert [one["response"]["status"] for one in answer.json["entry"]] == ["400", "400"]
    assert BulkExport.objects.count() == before


def test_a_batch_answers_as_much_as_fits(pair: Pair) -> None:
    office = everyone()
    note = [{"text": "x" * 1_000_000}]
    name = office.post("Condition", condition(pair.mine, note=note)).json["id"]
    post = {"request": {"method": "POST", "url": "Condition"}, "resource": condition(pair.mine)}
    answer = office.post("", batch(*[get(f"Condition/{name}")] * 200, post))
    assert answer.status == 200
    assert len(answer.body) < 80_000_000
    states = [one["response"]["status"] for one in answer.json["entry"]]
    assert (states[0], *states[-2:]) == ("200", "413", "201")


def test_batches_do_not_nest(pair: Pair) -> None:
    inner = {**get(""), "resource": batch(get("metadata"))}
    inner["request"] = {"method": "POST", "url": ""}
    for url in ("", "/", "https://localhost:8443/fhir/"):
        inner["request"]["url"] = url
        answer = pair.door().post("", batch(inner))
        assert answer.json["entry"][0]["response"]["status"] == "400", answer.body


def test_a_batch_says_of_hidden_rows_what_a_read_says(pair: Pair) -> None:
    answer = pair.door().post("", batch(get(f"Patient/{pair.others}"), get("Patient/nobody"), get("AuditEvent/x")))
    assert [one["response"]["status"] for one in answer.json["entry"]] == ["404", "404", "404"]


def test_an_entry_that_says_nothing_is_answered_by_itself(pair: Pair) -> None:
    """https://hl7.org/fhir/R4/http.html#brules: the success or failure of one does not bear upon another."""
    office = everyone()
    post = {"request": {"method": "POST", "url": "Condition"}, "resource": condition(pair.mine)}
    bad: list[Any] = [None, 7, {}, {"request": {"method": "CAST", "url": "Condition"}}, {"request": {"method": "GET"}}]
    bad += [{"request": {"method": method, "url": "Condition"}} for method in ("POST", "PUT")]
    answer = office.post("", batch(*bad, post))
    states = [one["response"] for one in answer.json["entry"]]
    assert [one["status"] for one in states] == ["400"] * len(bad) + ["201"]
    for number, one in enumerate(states[: len(bad)]):
        assert one["outcome"]["issue"][0]["expression"][0].startswith(f"Bundle.entry[{number}]")
    assert office.post("", batch(*bad, post, kind="transaction")).status == 400


def test_searches_and_operations_of_a_batch_need_no_resource(pair: Pair) -> None:
    asked = ("Condition/_search?_count=1", f"Patient/{pair.mine}/$everything?_count=1", "Patient/_search")
    answer = pair.door().post("", batch(*({"request": {"method": "POST", "url": url}} for url in asked)))
    assert [one["response"]["status"] for one in answer.json["entry"]] == ["200"] * 3
    assert [one["resource"]["type"] for one in answer.json["entry"]] == ["searchset"] * 3


def test_a_provenance_sent_with_a_batch_is_kept_with_each_of_its_entries(pair: Pair) -> None:
    sent = '{"resourceType":"Provenance","recorded":"2026-01-01T00:00:00Z","agent":[{"who":{"display":"A clinic"}}]}'
    office = everyone()
    post = {"request": {"method": "POST", "url": "Condition"}, "resource": condition(pair.mine)}
    answer = office.post("", batch(post, get(f"Patient/{pair.mine}"), post), x_provenance=sent)
    made = [answer.json["entry"][number]["resource"]["id"] for number in (0, 2)]
    about = [office.get(f"Provenance?target=Condition/{name}").ids for name in made]
    assert [len(found) for found in about] == [1, 1]
    assert about[0] != about[1]
    wrong = office.post("", batch(post, get(f"Patient/{pair.mine}")), x_provenance="no")
    assert [one["response"]["status"] for one in wrong.json["entry"]] == ["400", "200"]
