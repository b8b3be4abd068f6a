"""Where the entries of a transaction point: at each other, at what is stored, and at nothing else."""

from typing import Any

import pytest

from chartpost.gateways.fhir import coming
from tests.gateways.fhir.conftest import Pair
from tests.gateways.fhir.test_writes import Json, condition, entry, everyone, patient, rows, transaction

URN = "urn:uuid:61111111-1111-4111-8111-111111111111"


def practitioner(value: str, **more: Any) -> Json:
    return {
        "resourceType": "Practitioner",
        "identifier": [{"system": "urn:p", "value": value}],
        "name": [{"family": "Zed"}],
        **more,
    }


def by(pair: Pair, text: str) -> Json:
    return entry("POST", "Condition", condition(pair.mine, asserter={"reference": text}))


def place(answer: Any, number: int) -> str:
    location: str = answer.json["entry"][number]["response"]["location"]
    return location.split("/fhir/")[1].partition("/_history")[0]


@pytest.mark.parametrize(
    "query", ["identifier=urn:p|1", "identifier=1", "identifier=x|1,urn:p|1", "identifier=urn:p|1&family=zed"]
)
def test_a_conditional_reference_finds_what_the_transaction_makes(pair: Pair, query: str) -> None:
    door = everyone()
    answer = door.post(
        "", transaction(by(pair, f"Practitioner?{query}"), entry("POST", "Practitioner", practitioner("1")))
    )
    assert answer.status == 200, answer.body
    assert door.get(place(answer, 0)).json["asserter"]["reference"] == place(answer, 1)


def test_a_conditional_reference_finds_a_patient_the_transaction_makes(pair: Pair) -> None:
    about = condition("x", subject={"reference": "Patient?identifier=urn:test:mrn|TV-1"})
    answer = everyone().post("", transaction(entry("POST", "Condition", about), entry("POST", "Patient", patient())))
    assert answer.status == 200, answer.body
    assert everyone().get(f"Condition?patient={place(answer, 1)}").ids == [place(answer, 0)]


def test_a_conditional_reference_counts_what_is_there_in_the_end(pair: Pair) -> None:
    door = everyone()
    name = door.post("Practitioner", practitioner("2")).json["id"]
    text = "Practitioner?identifier=urn:p|2"
    before = rows()
    two = transaction(by(pair, text), entry("POST", "Practitioner", practitioner("2")))
    assert door.post("", two).status == 412
    none = transaction(by(pair, text), entry("PUT", f"Practitioner/{name}", practitioner("3", id=name)))
    assert door.post("", none).status == 412
    assert door.post("", transaction(by(pair, text), entry("DELETE", f"Practitioner/{name}"))).status == 412
    assert rows() == before
    new = transaction(
        by(pair, text), entry("POST", "Practitioner", practitioner("2")), entry("DELETE", f"Practitioner/{name}")
    )
    answer = door.post("", new)
    assert door.get(place(answer, 0)).json["asserter"]["reference"] == place(answer, 1)


@pytest.mark.parametrize("query", ["identifier=urn:p|", "identifier:not=urn:p|9", "family=zed", "family=zed&colour=1"])
def test_other_conditional_references_look_at_what_is_stored_only(pair: Pair, query: str) -> None:
    both = transaction(by(pair, f"Practitioner?{query}"), entry("POST", "Practitioner", practitioner("4")))
    assert everyone().post("", both).status in (400, 412)


def test_an_identifier_of_very_many_entries_is_not_selective(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coming, "NAMED_AT_MOST", 2)
    made = [entry("POST", "Practitioner", practitioner("1", gender=each)) for each in ("male", "female", "other")]
    answer = everyone().post("", transaction(by(pair, "Practitioner?identifier=1&gender=other"), *made))
    assert answer.status == 412
    answer = everyone().post("", transaction(by(pair, "Practitioner?identifier=1&gender=male"), *made[:2]))
    assert everyone().get(place(answer, 0)).json["asserter"]["reference"] == place(answer, 1)


def test_identifiers_of_the_wrong_form_are_told_as_such(pair: Pair) -> None:
    for wrong in (5, [5], [{"value": 7}], {"value": "1"}, [None]):
        made = entry("POST", "Practitioner", practitioner("1", identifier=wrong))
        assert everyone().post("", transaction(by(pair, "Practitioner?identifier=1"), made)).status in (412, 422)


def test_links_of_narratives_and_uris_are_rewritten(pair: Pair) -> None:
    div = (
        f'<div xmlns="http://www.w3.org/1999/xhtml"><a class="x" href="{URN}">by</a>'
        f"<img alt=\"\" src='{URN}'/><p>{URN}</p></div>"
    )
    extension = [
        {"url": "urn:x", "valueUri": URN},
        {"url": "urn:x", "valueUrl": URN},
        {"url": "urn:x", "valueUuid": URN},
        {"url": "urn:x", "valueString": URN},
    ]
    stored = condition(
        pair.mine,
        text={"status": "generated", "div": div},
        extension=extension,
        identifier=[{"system": "urn:ietf:rfc:3986", "value": URN}],
        meta={"source": URN},
    )
    made = entry("POST", "Practitioner", practitioner("5"), URN)
    answer = everyone().post("", transaction(entry("POST", "Condition", stored), made))
    assert answer.status == 200, answer.body
    found, new = everyone().get(place(answer, 0)).json, place(answer, 1)
    assert f'<a class="x" href="{new}">' in found["text"]["div"]
    assert f"src='{new}'" in found["text"]["div"]
    assert f"<p>{URN}</p>" in found["text"]["div"]
    assert [next(v for k, v in one.items() if k != "url") for one in found["extension"]] == [new, new, URN, URN]
    assert found["identifier"][0]["value"] == URN
    assert found["meta"]["source"] == new


@pytest.mark.parametrize("full", ["http://elsewhere.org/fhir/Practitioner/7", URN])
@pytest.mark.parametrize("version", ["", "/_history/2"])
def test_a_version_of_what_is_made_is_what_is_made(pair: Pair, full: str, version: str) -> None:
    made = entry("POST", "Practitioner", practitioner("6", id="7"), full)
    answer = everyone().post("", transaction(by(pair, full + version), made))
    assert answer.status == 200, answer.body
    assert everyone().get(place(answer, 0)).json["asserter"]["reference"] == place(answer, 1)


def test_a_full_url_of_ours_leads_to_where_its_entry_goes(pair: Pair) -> None:
    full = "https://localhost:8443/fhir/Practitioner/of-old"
    made = entry("POST", "Practitioner", practitioner("8", id="of-old"), full)
    answer = everyone().post("", transaction(by(pair, full), made))
    assert answer.status == 200, answer.body
    assert everyone().get(place(answer, 0)).json["asserter"]["reference"] == place(answer, 1)


def test_a_version_of_ours_that_is_updated_stays_a_version(pair: Pair) -> None:
    full = "https://localhost:8443/fhir/Practitioner/kept"
    answer = everyone().post(
        "",
        transaction(
            by(pair, f"{full}/_history/1"),
            entry("PUT", "Practitioner/kept", practitioner("9", id="kept"), full),
        ),
    )
    assert answer.status == 200, answer.body
    found = everyone().get(place(answer, 0)).json
    assert found["asserter"]["reference"] == "Practitioner/kept/_history/1"


def observation(subject: str, **more: Any) -> Json:
    told = {"status": "final", "code": {"text": "x"}, "subject": {"reference": subject}}
    return {"resourceType": "Observation", **told, **more}


@pytest.mark.parametrize("version", ["", "/_history/2"])
def test_a_relative_reference_goes_by_the_address_of_its_own_entry(pair: Pair, version: str) -> None:
    people = [
        (f"http://{host}.example/fhir/Patient/1", patient(id="1", name=[{"family": family}], birthDate=born))
        for host, family, born in (("a", "Alder", "1950-01-01"), ("b", "Birch", "1960-02-02"))
    ]
    made = [
        entry("POST", "Observation", observation(f"Patient/1{version}"), "http://b.example/fhir/Observation/7"),
        *(entry("POST", "Patient", {k: v for k, v in one.items() if k != "identifier"}, full) for full, one in people),
    ]
    answer = everyone().post("", transaction(*made))
    assert answer.status == 200, answer.body
    assert everyone().get(place(answer, 0)).json["subject"]["reference"] == place(answer, 2)


@pytest.mark.parametrize("full", ["", URN])
def test_a_relative_reference_of_an_entry_without_an_address_is_ours(pair: Pair, full: str) -> None:
    other = patient(id=pair.mine, name=[{"family": "Birch"}], birthDate="1960-02-02")
    made = [
        entry("POST", "Patient", other, f"http://b.example/fhir/Patient/{pair.mine}"),
        entry("POST", "Observation", observation(f"Patient/{pair.mine}"), full),
    ]
    answer = everyone().post("", transaction(*made))
    assert answer.status == 200, answer.body
    assert everyone().get(place(answer, 1)).json["subject"]["reference"] == f"Patient/{pair.mine}"


def test_a_relative_reference_to_no_entry_is_ours_whatever_the_full_url(pair: Pair) -> None:
    door = everyone()
    full = "http://b.example/fhir/Observation/7"
    answer = door.post("", transaction(entry("POST", "Observation", observation(f"Patient/{pair.mine}"), full)))
    assert answer.status == 200, answer.body
    assert door.get(place(answer, 0)).json["subject"]["reference"] == f"Patient/{pair.mine}"
    theirs = f"http://b.example/fhir/Patient/{pair.mine}"
    answer = door.post("", transaction(entry("POST", "Observation", observation(theirs), full)))
    assert answer.status == 200, answer.body
    assert door.get(place(answer, 0)).json["subject"]["reference"] == theirs
    assert place(answer, 0) not in door.get(f"Observation?patient={pair.mine}&_count=500").ids


def test_a_relative_reference_finds_what_a_condition_finds(pair: Pair) -> None:
    name = everyone().post("Practitioner", practitioner("7")).json["id"]
    known = entry("PUT", "Practitioner?identifier=urn:p|7", practitioner("7"), "http://a.example/fhir/Practitioner/1")
    one = condition(pair.mine, asserter={"reference": "Practitioner/1"})
    answer = everyone().post(
        "", transaction(known, entry("POST", "Condition", one, "http://a.example/fhir/Condition/1"))
    )
    assert answer.status == 200, answer.body
    assert everyone().get(place(answer, 1)).json["asserter"]["reference"] == f"Practitioner/{name}"


def test_two_entries_of_one_full_url_are_refused(pair: Pair) -> None:
    """Rule bdl-7 of https://hl7.org/fhir/R4/bundle.html"""
    door, before = everyone(), rows()
    twice = [entry("POST", "Practitioner", practitioner(value), URN) for value in ("1", "2")]
    answer = door.post("", transaction(*twice, by(pair, URN)))
    assert (answer.status, answer.json["issue"][0]["expression"]) == (400, ["Bundle.entry[1].fullUrl"]), answer.body
    assert rows() == before
    apart = [entry("POST", "Practitioner", practitioner(value, meta={"versionId": value}), URN) for value in ("1", "2")]
    assert door.post("", transaction(*apart)).status == 200


@pytest.mark.parametrize("how", ["alone", "transaction", "batch"])
def test_a_bundle_is_kept_as_it_came(pair: Pair, how: str) -> None:
    """What it holds refers within it: https://hl7.org/fhir/R4/bundle.html#references"""
    full = f"https://localhost:8443/fhir/Patient/{pair.mine}"
    held = condition("x", subject={"reference": full}, asserter={"reference": "Practitioner?identifier=urn:p|none"})
    inner = [{"fullUrl": URN, "resource": held}]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": inner}
    door = everyone()
    if how == "alone":
        answer = door.post("Bundle", bundle)
        assert answer.status == 201, answer.body
        name = answer.json["id"]
    else:
        other = entry("POST", "Practitioner", practitioner("1"), full)
        answer = door.post("", transaction(entry("POST", "Bundle", bundle), other, kind=how))
        assert answer.json["entry"][0]["response"]["status"] == "201", answer.body
        name = place(answer, 0).partition("/")[2]
    assert door.get(f"Bundle/{name}").json["entry"] == inner


@pytest.mark.parametrize(
    ("resource", "path"),
    [
        (
            {"resourceType": "Communication", "status": "completed", "instantiatesUri": [URN, "urn:x:1"]},
            "instantiatesUri",
        ),
        (
            {
                "resourceType": "Provenance",
                "target": [{"reference": URN}],
                "recorded": "2026-01-01T00:00:00Z",
                "agent": [{"who": {"display": "A clinic"}}],
                "policy": [URN, "urn:x:1"],
            },
            "policy",
        ),
        (
            {
                "resourceType": "Endpoint",
                "status": "active",
                "connectionType": {"code": "x"},
                "payloadType": [{"text": "x"}],
                "address": URN,
            },
            "address",
        ),
    ],
)  # fmt: skip
def test_uris_name_what_the_transaction_makes_wherever_they_stand(pair: Pair, resource: Json, path: str) -> None:
    both = transaction(
        entry("POST", resource["resourceType"], resource), entry("POST", "Practitioner", practitioner("9"), URN)
    )
    answer = everyone().post("", both)
    assert answer.status == 200, answer.body
    stored = everyone().get(place(answer, 0)).json[path]
    assert stored == (place(answer, 1) if path == "address" else [place(answer, 1), "urn:x:1"])
