"""Bytes in, bytes out: no number, order or unknown meta is lost; bundles and their references come apart."""

import io
import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from chartpost.formats.fhirjson.canonical import canonical, dump, exact, parse, read_ndjson, said_twice, split_bundle
from chartpost.formats.fhirjson.errors import BadJsonError, CannotWriteError, NotAResourceError
from chartpost.formats.fhirjson.references import addresses, references_of, resolve, subject_of, target_type

MOMENT = datetime(2026, 3, 1, 7, 0, 0, 250_000, tzinfo=timezone(timedelta(hours=-5)))


def test_meta_is_stamped_and_the_rest_kept() -> None:
    resource = parse(
        b'{"id":"old","meta":{"profile":["p"],"versionId":"9"},"resourceType":"Basic","code":{"text":"c"}}'
    )
    assert canonical(resource, id="new", version=2, last_updated=MOMENT) == (
        b'{"resourceType":"Basic","id":"new","meta":{"profile":["p"],"versionId":"2",'
        b'"lastUpdated":"2026-03-01T12:00:00.250Z"},"code":{"text":"c"}}'
    )
    assert resource["id"] == "old"


@pytest.mark.parametrize(
    "digits", ["1.00", "0.10", "1.0", "12345678901234567890.5", "3.14159265358979323846", "123456789012345678901234"]
)
def test_digits_survive(digits: str) -> None:
    lists = f'"k":[{digits},2, null,-{digits} ],"o":[ null, {digits}]'
    data = f'{{"resourceType":"Basic","n":{digits},"l":[{{"m": {digits} }}],{lists}}}'.encode()
    written = canonical(parse(data), id="a", version=1, last_updated=MOMENT)
    assert written.count(digits.encode()) == 5
    assert parse(b'{"k":[%b]}' % digits.encode())["k"] == [Decimal(digits)]
    assert json.loads(written, parse_float=str, parse_int=str)["n"] == digits


def test_only_numbers_at_risk_take_the_slow_way() -> None:
    assert exact(b'{"a":1.5,"b":72,"t":"2020-01-01T10:00:00.000Z","c":98.60000000000001}')
    assert exact(b'{"a":[1.5,2,null],"t":"seen at [no. 5], [1.5, 2]","d":[]}')
    assert not exact(b'{"a": 1.50}')
    assert not exact(b'{"a":[null, 2,1.50]}')
    assert not exact(b'{"a":1e3}')
    assert isinstance(parse(b'{"a":1.5}')["a"], float)


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[1]", b'"x"', b'{"a":NaN}', b'{"a":1.50,"b":NaN}', b"\xff\xfe", b'{"a":01}']
)
def test_what_is_no_json_object_is_refused(data: bytes) -> None:
    with pytest.raises(BadJsonError) as caught:
        parse(data)
    assert caught.value.expected == "one JSON object in UTF-8" or "one JSON object" in str(caught.value)


@pytest.mark.parametrize("digits", ["-1e-9999999999999999999999", "0e9999999999999999999999"])
def test_a_number_no_decimal_holds_is_no_json_of_ours(digits: str) -> None:
    with pytest.raises(BadJsonError):
        parse(b'{"a":%b}' % digits.encode())


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"resourceType":"Basic","id":"a","id":"b"}', "Basic.id"),
        ('{"resourceType": "Basic", "code": {"text": "a", "text": "a"}}', "text"),
        ('{"a":1,"a b":2,"a b":2}', "an element"),
        ('{"a":[{"b":1,"c":{"b":2}},{"b":1.50}],"n":"x: y, \\u00e9"}', ""),
        ('{ "a" : 1e2 , "b" : "c" }', ""),
    ],
)
def test_a_member_that_is_there_twice_is_found(text: str, told: str) -> None:
    data = text.encode()
    assert said_twice(data, parse(data)) == told


def test_a_byte_order_mark_is_forgiven() -> None:
    assert parse(b'\xef\xbb\xbf{"a":1}') == {"a": 1}


def test_what_json_cannot_carry_is_refused() -> None:
    for value in ({"a": object()}, {"a": 2**70}, {1: 2}):
        with pytest.raises(CannotWriteError):
            dump(value)
    with pytest.raises(CannotWriteError):
        canonical({"resourceType": "Basic"}, id="a", version=1, last_updated=datetime(2026, 1, 1))
    with pytest.raises(NotAResourceError):
        canonical({}, id="a", version=1, last_updated=datetime(2026, 1, 1, tzinfo=UTC))


def test_a_bundle_comes_apart_in_order() -> None:
    bundle = {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {
                "fullUrl": "urn:uuid:1",
                "resource": {"resourceType": "Patient"},
                "request": {"method": "POST", "url": "Patient"},
            },
            {"request": {"method": "DELETE", "url": "Patient/4"}},
            {
                "fullUrl": "urn:uuid:2",
                "resource": {"resourceType": "Basic"},
                "request": {"method": "PUT", "url": "Basic/2"},
            },
        ],
    }
    found = list(split_bundle(dump(bundle)))
    assert [(e.full_url, e.method, e.url, e.resource["resourceType"]) for e in found] == [
        ("urn:uuid:1", "POST", "Patient", "Patient"),
        ("urn:uuid:2", "PUT", "Basic/2", "Basic"),
    ]
    assert [e.resource for e in split_bundle(b'{"resourceType":"Patient"}')] == [{"resourceType": "Patient"}]


def test_ndjson_names_the_bad_line() -> None:
    good = b'{"resourceType":"Patient","id":"1"}\n'
    assert [r["id"] for r in read_ndjson(io.BytesIO(good + b"\n" + good))] == ["1", "1"]
    with pytest.raises(BadJsonError, match="line 2"):
        list(read_ndjson(io.BytesIO(good + b"{nonsense}\n")))
    with pytest.raises(NotAResourceError, match="line 1"):
        list(read_ndjson(io.BytesIO(b"{}\n")))


def test_references_are_rewritten_and_nothing_else() -> None:
    resource: dict[str, Any] = {
        "resourceType": "Observation",
        "subject": {"reference": "urn:uuid:1", "display": "urn:uuid:1"},
        "performer": [
            {"reference": "Practitioner?identifier=npi|9"},
            {"reference": "Organization/7"},
            {"reference": "#c"},
        ],
        "valueString": "urn:uuid:1",
        "extension": [{"url": "http://a.example", "valueUri": "urn:uuid:1"}],
    }
    mapping = {"urn:uuid:1": "Patient/a", "Practitioner?identifier=npi|9": "Practitioner/b"}
    assert references_of(resource) == ["urn:uuid:1", "Practitioner?identifier=npi|9", "Organization/7"]
    resolve(addresses(resource), mapping)
    assert resource["subject"] == {"reference": "Patient/a", "display": "urn:uuid:1"}
    assert [p["reference"] for p in resource["performer"]] == ["Practitioner/b", "Organization/7", "#c"]
    assert resource["valueString"] == "urn:uuid:1"
    assert resource["extension"][0]["valueUri"] == "Patient/a"


@pytest.mark.parametrize(
    ("resource", "subject"),
    [
        ({"resourceType": "Patient", "id": "p"}, "Patient/p"),
        ({"resourceType": "Observation", "subject": {"reference": "urn:uuid:9"}}, "urn:uuid:9"),
        ({"resourceType": "Observation", "subject": {"reference": "Group/1"}}, None),
        ({"resourceType": "Claim", "patient": {"reference": "Patient/1"}}, "Patient/1"),
        (
            {
                "resourceType": "Coverage",
                "beneficiary": {"reference": "Patient/2"},
                "payor": [{"reference": "Patient/3"}],
            },
            "Patient/2",
        ),
        ({"resourceType": "Provenance", "target": [{"reference": "Basic/1"}, {"reference": "Patient/4"}]}, "Patient/4"),
        ({"resourceType": "Device", "patient": {"reference": "Patient/5"}}, "Patient/5"),
        (
            {"resourceType": "Account", "subject": [{"reference": "http://x.org/fhir/Patient/6"}]},
            "http://x.org/fhir/Patient/6",
        ),
        ({"resourceType": "Appointment", "participant": [{"actor": {"reference": "Patient/7"}}]}, "Patient/7"),
        ({"resourceType": "Organization", "name": "x"}, None),
        ({"resourceType": "Condition", "subject": {"display": "someone"}}, None),
    ],
)
def test_the_subject_is_found(resource: dict[str, object], subject: str | None) -> None:
    assert subject_of(resource) == subject


def test_the_type_a_reference_names() -> None:
    cases = {
        "Patient/1": "Patient",
        "http://x/f/Patient/1/_history/2": "Patient",
        "Location?identifier=a|b": "Location",
    }
    assert {text: target_type(text) for text in cases} == cases
    assert target_type("urn:uuid:1") == ""
