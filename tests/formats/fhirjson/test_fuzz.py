"""Whatever JSON arrives, nothing but the room's own errors comes out."""

from decimal import Decimal
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chartpost.formats.fhirjson.attachments import attachments
from chartpost.formats.fhirjson.canonical import dump, entries, parse
from chartpost.formats.fhirjson.errors import FhirJsonError
from chartpost.formats.fhirjson.index import category, clinical_date, labels, parameters, postings, text, variants
from chartpost.formats.fhirjson.layouts import LAYOUTS
from chartpost.formats.fhirjson.references import addresses, references_of, resolve, subject_of
from chartpost.formats.fhirjson.validate import validate
from chartpost.formats.fhirjson.views import ItemView, view

KEYS = sorted(
    {step for layout in LAYOUTS.values() for _, path, _ in layout.details for step in path.split(".")}
    | {step for layout in LAYOUTS.values() for path in (*layout.title, *layout.when) for step in path.split(".")}
    | {
        "coding",
        "code",
        "system",
        "display",
        "text",
        "value",
        "unit",
        "comparator",
        "low",
        "high",
        "start",
        "end",
        "repeat",
        "period",
        "event",
    }
    | {"valueQuantity", "referenceRange", "interpretation", "component", "reference", "identifier", "meta", "security"}
    | {
        "contained",
        "entry",
        "resource",
        "currency",
        "numerator",
        "line",
        "city",
        "family",
        "given",
        "data",
        "contentType",
        "div",
    }
)
TEXTS = st.one_of(
    st.text(max_size=8),
    st.sampled_from(["2020", "2020-02-30", "2019-02", "0000-01-01", "9999-12-31", "2020-01-01T00:00:60Z", "Patient/1"]),
    st.sampled_from(["#x", "urn:uuid:1", "<", "mg", "8480-6", "final", "F10", "http://loinc.org", "aGk=", "{x}"]),
)
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), TEXTS, st.decimals(allow_nan=False, allow_infinity=False)
)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.one_of(st.sampled_from(KEYS), st.text(max_size=4)), inner, max_size=5),
    ),
    max_leaves=25,
)
TYPES = st.sampled_from([*sorted(LAYOUTS), "Bundle", "Parameters", "Provenance", "Binary", "Nonsense"])


def exercise(resource: dict[str, Any]) -> ItemView:
    """Call everything that takes a resource."""
    for value in postings(resource):
        assert all(isinstance(form, str) for form in variants(value))
    assert category(resource).bit < 1 << 63
    assert labels(resource) >= 0
    assert isinstance(clinical_date(resource), int)
    assert isinstance(text(resource), str)
    assert isinstance(subject_of(resource), str | None)
    assert all(isinstance(found, str) for found in references_of(resource))
    resolve(addresses(resource), {})
    assert all(isinstance(found.data, bytes | None) for found in attachments(resource))
    return view(resource)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TYPES, st.dictionaries(st.sampled_from(KEYS), JSON, max_size=8))
def test_any_object_gets_a_view_and_an_index(kind: str, body: dict[str, Any]) -> None:
    resource = {"resourceType": kind, **body}
    seen = exercise(resource)
    assert seen.title
    assert all(label and value for label, value in seen.details)
    assert not any("{'" in part or '{"' in part for part in (seen.title, seen.status, seen.value) if "x" not in part)
    assert isinstance(validate(kind, resource), list)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["Patient", "Bundle", "Observation", "", "Nonsense"]), JSON)
def test_any_value_is_judged_without_raising(kind: str, value: object) -> None:
    problems = validate(kind, value)
    assert all(problem.path and problem.message for problem in problems)
    if not isinstance(value, dict):
        assert problems


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_parse_or_are_refused(data: bytes) -> None:
    try:
        found = parse(data)
    except FhirJsonError as error:
        assert error.seen and error.expected and error.todo
    else:
        assert parse(dump(found)) == found


@pytest.mark.parametrize("shape", ["list", "object", "extension", "reference", "event"])
def test_deep_nesting_is_refused_in_words(shape: str) -> None:
    opened = {
        "list": (b"[", b"]"),
        "object": (b'{"a":', b"}"),
        "extension": (b'{"extension":[', b"]}"),
        "reference": (b'{"display":1,"identifier":{"value":', b"}}"),
        "event": (b'{"event":', b"}"),
    }[shape]
    for depth in (100, 400, 5000):
        data = b'{"resourceType":"Patient","extension":' + opened[0] * depth + b"1" + opened[1] * depth + b"}"
        try:
            resource = parse(data)
        except FhirJsonError:
            continue
        assert validate("Patient", resource)
        view(resource)
        postings(resource)
        try:
            resolve(addresses(resource), {})
            dump(resource)
        except FhirJsonError:
            continue


@settings(max_examples=100, deadline=None)
@given(st.one_of(st.decimals(allow_nan=False, allow_infinity=False, places=4), st.integers(-(10**25), 10**25)))
def test_numbers_keep_their_digits(number: Decimal | int) -> None:
    digits = f"{number:f}" if isinstance(number, Decimal) else str(number)
    data = b'{"resourceType":"Basic","extension":[{"url":"u","valueDecimal":' + digits.encode() + b"}]}"
    if digits == "-0":
        return
    assert digits.encode() in dump(parse(data))


def test_bundles_of_any_shape_are_split_or_refused() -> None:
    for entry in ([], [{}], [{"resource": {"resourceType": "Patient"}}]):
        assert len(list(entries({"resourceType": "Bundle", "entry": entry}))) == ("resource" in str(entry))
    for bad in ({"resourceType": "Bundle", "entry": {}}, {"resourceType": "Bundle", "entry": [1]}, {}):
        with pytest.raises(FhirJsonError):
            list(entries(orjson.loads(orjson.dumps(bad))))


def test_every_type_lists_its_parameters() -> None:
    assert parameters("Observation")["category"] == "token"
    assert parameters("Nonsense") == {"_id": "token", "_lastUpdated": "date"}
