"""Whoever fits the quick schemas breaks no rule, whatever is done to it; and most of what is right fits."""

import copy
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.formats.fhirjson.profiles.samples import CONDITION, LAB, PATIENT, PRESSURE, SAMPLES, US, concept
from tests.formats.fhirjson.profiles.test_anything import FOLDER, JSON, breakages, examples
from tests.formats.fhirjson.profiles.test_check import BROKEN

from chartpost.formats.fhirjson import dates
from chartpost.formats.fhirjson.profiles import check, fits, fitting, rules
from chartpost.formats.fhirjson.tables import Json, resource_types, table
from chartpost.formats.fhirjson.validate import refs


def errors(resource: Any) -> list[Any]:
    return [issue for issue in check(resource) if issue.severity == "error"]


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place of a resource: what holds it, and its key."""
    inside = list(value.items()) if isinstance(value, dict) else list(enumerate(value))
    for key, child in inside:
        yield value, key
        if isinstance(child, dict | list):
            yield from places(child)


PIECES = [copy.deepcopy(holder[key]) for sample in SAMPLES for holder, key in places(sample)]
NAMES = ["_valueString", "_valueCode", "_abatementDateTime", "_effectiveDateTime", "_reference", "clinicalStatus"]
NAMES += ["dataAbsentReason", "valueQuantity", "valueString", "component", "abatementDateTime", "extension"]
WORDS = [
    "",
    "#",
    "#x",
    "2024",
    "2024-01-01",
    "Patient/1",
    "Basic/1",
    "urn:uuid:1",
    "final",
    "http://loinc.org",
    "8480-6",
]


@settings(max_examples=600)
@given(st.sampled_from(SAMPLES), st.data())
def test_what_was_changed_and_still_fits_breaks_no_rule(sample: Json, data: st.DataObject) -> None:
    resource = copy.deepcopy(sample)
    for _ in range(data.draw(st.integers(1, 3))):
        all_places = list(places(resource))
        if not all_places:
            break
        holder, key = data.draw(st.sampled_from(all_places))
        how = data.draw(st.sampled_from(["drop", "piece", "word", "json", "again", "new"]))
        if how == "drop":
            del holder[key]
        elif how == "again" and isinstance(holder, list):
            holder.append(copy.deepcopy(holder[key]))
        elif how == "new" and isinstance(holder, dict):
            name = data.draw(st.sampled_from([*NAMES, key if key.startswith("_") else "_" + key]))
            holder[name] = {"id": "x"} if name.startswith("_") else copy.deepcopy(data.draw(st.sampled_from(PIECES)))
        else:
            drawn = {"piece": st.sampled_from(PIECES), "word": st.sampled_from(WORDS)}
            holder[key] = copy.deepcopy(data.draw(drawn.get(how, JSON)))
    if fits(resource):
        assert errors(resource) == []


@given(JSON, st.sampled_from(sorted(table("uscore"))))
@example({"extension": [{"url": "urn:x", "extension": [{"url": "urn:y", "extension": []}]}]}, US + "us-core-patient")
def test_any_json_that_fits_breaks_no_rule(value: Any, profile: str) -> None:
    kind = table("uscore")[profile]["type"]
    resource = {"resourceType": kind, "meta": {"profile": [profile]}, "extension": value}
    for each in (resource, value if isinstance(value, dict) else {}):
        if fits(each):
            assert errors(each) == []


@pytest.mark.parametrize(("resource", "path", "rule"), BROKEN)
def test_what_breaks_a_rule_does_not_fit(resource: Json, path: str, rule: str) -> None:
    del path, rule
    assert not fits(resource) or not errors(resource)


def without(resource: Json, *names: str) -> Json:
    return {name: value for name, value in resource.items() if name not in names}


SEX = {"url": US + "us-core-birthsex", "valueCode": "F", "_valueString": {"id": "x"}}
ACTIVE = concept("http://terminology.hl7.org/CodeSystem/condition-clinical", "active")
UNKNOWN = concept("http://terminology.hl7.org/CodeSystem/data-absent-reason", "unknown")


@pytest.mark.parametrize(
    "resource",
    [
        {**PATIENT, "extension": [*PATIENT["extension"], SEX]},
        {**without(CONDITION, "meta"), "clinicalStatus": ACTIVE, "_abatementDateTime": {"id": "x"}},
        {**without(LAB, "meta", "valueQuantity"), "dataAbsentReason": UNKNOWN, "_valueString": {"id": "x"}},
    ],
    ids=["type", "con-4", "obs-6"],
)
def test_what_is_there_by_its_id_alone_counts(resource: Json) -> None:
    assert errors(resource)
    assert not fits(resource)


def test_most_samples_fit() -> None:
    assert {s["resourceType"] for s in SAMPLES if not fits(s)} == {"Bundle"}


def test_every_type_has_a_schema_in_which_nothing_holds_itself() -> None:
    for kind in (*resource_types(), "Extension"):
        schema = fitting.strict(kind)
        assert (schema is None) == (kind in ("Bundle", "Parameters"))
        if schema is not None:
            assert not circles(schema["definitions"], kind)


def circles(definitions: Json, name: str, above: tuple[str, ...] = ()) -> bool:
    if name in above:
        return True
    reached = {ref for shape in definitions[name].get("properties", {}).values() for ref in refs(shape)}
    return any(circles(definitions, other, (*above, name)) for other in reached)


def test_a_profile_of_another_type_and_many_claims_do_not_fit() -> None:
    assert fits(PATIENT)
    assert not fits({**PATIENT, "meta": {"profile": [US + "us-core-encounter"]}})
    assert fits({**PATIENT, "meta": {"profile": ["urn:unknown", US + "us-core-patient|6.1.0"]}})
    assert not fits({**PATIENT, "meta": {"profile": [f"urn:{n}" for n in range(9)]}})
    assert not fits({**PRESSURE, "contained": [{"resourceType": "Device", "id": "d"}]})


def test_what_is_no_object_does_not_fit() -> None:
    assert not any(map(fits, ([], "Patient", None, 1, {}, {"resourceType": ["Patient"]}, {"resourceType": "Pizza"})))


def test_what_a_stranger_says_is_not_kept() -> None:
    for n in range(30):
        claimed = {**PATIENT, "meta": {"profile": [f"urn:{n}"]}, "deceasedDateTime": f"2000-01-01T00:00:00.{n}Z"}
        assert fits(claimed) == (errors(claimed) == [])
    assert rules._profile.cache_info().currsize <= len(table("uscore"))
    before = dates._parse.cache_info()
    assert dates.parse_date(f"2000-01-01T00:00:00.{1:0100}Z")
    assert dates._parse.cache_info() == before, "long ones are read anew each time"


def test_a_long_narrative_costs_little() -> None:
    story = {**PATIENT, "text": {"status": "generated", "div": "<div>" + "on" * 500_000 + "</div>"}}
    began = time.process_time()
    assert fits(story)
    assert errors(story) == []
    assert time.process_time() - began < 5


@pytest.mark.shared_data
@pytest.mark.skipif(FOLDER is None, reason="no third-party files here")
def test_of_the_examples_of_the_guide_most_fit_and_none_that_was_broken() -> None:
    assert sum(map(fits, examples())) > len(examples()) * 0.8
    for resource in examples():
        for url in (u for u in resource.get("meta", {}).get("profile", ()) if u in table("uscore")):
            for changed, path, _ in breakages(resource, url):
                assert not fits(changed), (resource["id"], path)
