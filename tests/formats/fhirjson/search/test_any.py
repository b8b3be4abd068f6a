"""For any text and any JSON: parsing only ever refuses, testing never fails, and the postings miss no match."""

import gzip
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.support.shared import shared_data

from chartpost.formats.fhirjson.canonical import read_ndjson, split_bundle
from chartpost.formats.fhirjson.dates import bounds
from chartpost.formats.fhirjson.index import postings, prefixes, reference_text, string_parts, token_forms, variants
from chartpost.formats.fhirjson.paths import steps_of
from chartpost.formats.fhirjson.search import (
    Criterion,
    Definition,
    Query,
    SearchError,
    data_only,
    definitions,
    parse,
    select_elements,
    sort_value,
    summary,
    targets,
    text_only,
)
from chartpost.formats.fhirjson.search.extract import values
from chartpost.formats.fhirjson.tables import Json

FOLDER = shared_data()
FILES = (
    [*sorted((FOLDER / "fhir").glob("*.gz"))[:3], FOLDER / "fhir/us-core-6.1.0-examples.ndjson.gz"] if FOLDER else []
)
TYPES = ("Observation", "Patient", "Condition", "Encounter", "MolecularSequence", "Bundle", "ValueSet", "Location")
SLOW = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
PIECES = st.sampled_from(
    ["Patient/1", "#c", "urn:uuid:1", "http://x.org/a|1", "final", "a", "Ána", "2020-05-01", "2020", "mg", "<", "\\"]
)
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.decimals(), PIECES, st.text(max_size=5))
KEYS = st.sampled_from(
    [
        *("coding", "code", "system", "value", "reference", "identifier", "type", "text", "display", "family", "line"),
        *("start", "end", "event", "repeat", "low", "high", "unit", "comparator", "currency", "url", "extension"),
        *("resource", "resourceType", "id", "div", "valueQuantity", "tag", "profile"),
    ]
)
ANY = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=5)),
    max_leaves=20,
)
CODES = {kind: sorted(definitions(kind)) for kind in TYPES}
MODIFIERS = st.sampled_from(
    ["", "", "", ":missing", ":not", ":exact", ":contains", ":text", ":Patient", ":below", ":x"]
)
VALUES = st.lists(
    st.one_of(
        PIECES,
        st.sampled_from(["ge2020", "lt5", "5.4|http://unitsofmeasure.org|mg", "true", "a$5"]),
        st.text(max_size=6),
    ),
    min_size=1,
    max_size=3,
).map(",".join)


@st.composite
def resources(draw: st.DrawFn) -> Json:
    """A resource with anything in the elements its parameters look at."""
    kind = draw(st.sampled_from(TYPES))
    keys = sorted(
        {path.split(".")[0].split("[")[0] for one in definitions(kind).values() for path in one.paths if path}
    )
    body = draw(st.dictionaries(st.sampled_from(keys), ANY, max_size=6))
    return {**body, "resourceType": kind}


def posted(resource: Json) -> set[tuple[str, str, str]]:
    """All keys a resource is posted by."""
    found: set[tuple[str, str, str]] = set()
    for value in postings(resource):
        if value.kind == "token":
            found |= {(value.param, "token", form) for form in variants(value)}
        elif value.kind == "string":
            found.add((value.param, "string", value.value))
            found |= {(value.param, "prefix", each) for each in prefixes(value.value)}
        else:
            found.add((value.param, value.kind, value.value))
    return found


def covered(criterion: Criterion, resource: Json) -> None:
    """Whether a criterion and the postings agree about a resource."""
    kind = resource["resourceType"]
    probes = criterion.probes(kind)
    matches = criterion.matches(resource)
    if probes is not None:
        found = bool(set(probes) & posted(resource))
        assert found or not matches
        assert found == matches or not criterion.exact


@SLOW
@given(st.sampled_from(TYPES), st.lists(st.tuples(st.text(max_size=12), st.text(max_size=12)), max_size=3))
def test_any_text_is_a_query_or_refused(kind: str, pairs: list[tuple[str, str]]) -> None:
    try:
        assert isinstance(parse(kind, pairs), Query)
    except SearchError as error:
        assert error.code in ("invalid", "not-supported", "too-costly")


@SLOW
@given(st.data())
def test_any_value_of_a_known_parameter_is_a_query_or_refused(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(TYPES))
    names = st.sampled_from(
        [*CODES[kind], "_sort", "_count", "_include", "_revinclude", "_elements", "_summary", "_has"]
    )
    name = data.draw(names) + data.draw(MODIFIERS) + data.draw(st.sampled_from(["", "", ".name", ".", ":a:b"]))
    value = data.draw(st.one_of(VALUES, st.text(max_size=10)))
    try:
        found = parse(kind, [(name, value)], lenient=True)
    except SearchError:
        return
    for criterion in found.criteria:
        assert isinstance(criterion.matches({"resourceType": kind}), bool)
        assert criterion.probes(kind) is None or criterion.probes(kind)


@SLOW
@given(resources(), st.data())
def test_any_json_is_tested_and_the_postings_miss_no_match(resource: Json, data: st.DataObject) -> None:
    kind = resource["resourceType"]
    name = data.draw(st.sampled_from(CODES[kind])) + data.draw(MODIFIERS)
    try:
        found = parse(kind, [(name, data.draw(VALUES))])
    except SearchError:
        return
    for criterion in found.criteria:
        covered(criterion, resource)


@SLOW
@given(resources())
def test_any_json_is_cut_sorted_and_followed(resource: Json) -> None:
    for one in definitions(resource["resourceType"]).values():
        assert all(isinstance(text, str) for text in targets(resource, one))
        for descending in (True, False):
            if one.type not in ("composite", "special"):
                sort_value(resource, one, descending)
    for cut in (summary, text_only, data_only):
        assert cut(resource)["resourceType"] == resource["resourceType"]
    assert select_elements(resource, ["code"])["resourceType"] == resource["resourceType"]


@SLOW
@given(resources())
@example({"resourceType": "MolecularSequence", "patient": ":"})
def test_any_resource_is_found_by_its_own_values(resource: Json) -> None:
    found_by_its_own_values(resource)


@pytest.mark.shared_data
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name[:40])
def test_real_resources_are_found_by_their_own_values(path: Path) -> None:
    data = gzip.decompress(path.read_bytes())
    some = read_ndjson(data.splitlines()) if ".ndjson" in path.name else (e.resource for e in split_bundle(data))
    tried = sum(found_by_its_own_values(resource) for resource in list(some)[:400])
    assert tried > 400


def found_by_its_own_values(resource: Json) -> int:
    """How many parameters a resource was found by, each with the values it has for it."""
    kind = resource["resourceType"]
    tried = 0
    for one in definitions(kind).values():
        for raw in values(resource, one) if one.type in _ASKED else ():
            for text in _ASKED[one.type](raw, one):
                (criterion,) = parse(kind, [(one.name, text)]).criteria
                assert criterion.matches(resource), (one.name, one.type)
                covered(criterion, resource)
                tried += 1
    return tried


def _escaped(text: str) -> str:
    for character in "\\,|$":
        text = text.replace(character, "\\" + character)
    return text


def _tokens(raw: Any, _one: Definition) -> list[str]:
    return [
        form
        for system, code in token_forms(raw)
        if code
        for form in (_escaped(code), *([f"{_escaped(system)}|{_escaped(code)}"] if system is not None else []))
    ]


def _references(raw: Any, one: Definition) -> list[str]:
    text = reference_text(raw, next((steps_of(p)[1] for p in one.paths if steps_of(p)[1]), ""))
    return [_escaped(text)] if "/" in text or ":" in text else []


def _quantities(raw: Any, _one: Definition) -> list[str]:
    value = raw.get("value") if isinstance(raw, dict) else None
    plain = isinstance(value, int | float) and not isinstance(value, bool) and "comparator" not in raw
    ok = plain and abs(value) < 1e15 and not {"low", "high"} & raw.keys()
    return [f"{value}|{_escaped(raw['system'])}|{_escaped(raw['code'])}"] if ok and _coded(raw) else []


def _coded(raw: Json) -> bool:
    return all(isinstance(raw.get(name), str) and raw[name] for name in ("system", "code")) and "currency" not in raw


_ASKED = {
    "token": _tokens,
    "string": lambda raw, _one: [_escaped(part) for part in string_parts(raw) if part],
    "date": lambda raw, _one: [raw] if isinstance(raw, str) and bounds(raw) and len(raw) != 16 else [],
    "reference": _references,
    "uri": lambda raw, _one: [_escaped(raw)] if isinstance(raw, str) and raw else [],
    "quantity": _quantities,
}
