"""Over the people of the demo every must-support element of every US Core 6.1.0 profile is seen."""

from collections.abc import Iterator
from copy import deepcopy
from itertools import product
from typing import Any

import pytest

from chartpost.demo.generator import SyntheticPerson
from chartpost.formats.fhirjson.profiles import check
from tests.support.must_support import ABSENT, ABSENT_SYSTEM, Json, Profile, missing, of_profile, profiles

People = dict[str, SyntheticPerson]
LEFT_OPEN = {"content.attachment.url"}
"""One of `data` and `url` is enough for an attachment; the demo keeps notes inside."""

NOTES = {"11488-4", "18842-5", "34117-2", "28570-0", "11506-3", "18748-4", "11502-2", "11526-1"}
REPORTS = {"LP29708-2", "LP7839-6", "LP29684-5"}
CONCERNS = {"encounter-diagnosis", "problem-list-item", "health-concern", "sdoh"}
OBSERVED = {"laboratory", "vital-signs", "social-history", "survey", "sdoh", "functional-status", "disability-status",
            "cognitive-status", "procedure", "exam"}  # fmt: skip


@pytest.fixture(scope="module")
def entries(people: People) -> list[Json]:
    return [one for person in people.values() for one in person.resources()]


@pytest.fixture(scope="module")
def targets(entries: list[Json]) -> dict[str, Json]:
    return {f"{one['resourceType']}/{one['id']}": one for one in entries}


@pytest.mark.parametrize("profile", profiles(), ids=lambda p: p.name)
def test_every_must_support_element_is_seen(profile: Profile, entries: list[Json], targets: dict[str, Json]) -> None:
    assert of_profile(entries, profile.name)
    assert set(missing(profile, entries, targets)) <= LEFT_OPEN


def places(value: object) -> Iterator[tuple[Any, Any]]:
    """Each place within a resource: what holds it, and its key."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in list(pairs):
        yield value, key
        yield from places(inner)


@pytest.mark.parametrize("profile", profiles(), ids=lambda p: p.name)
def test_an_odd_value_anywhere_is_answered(profile: Profile, entries: list[Json]) -> None:
    resource = deepcopy(max(of_profile(entries, profile.name), key=lambda one: len(str(one))))
    for (holder, key), odd in product(list(places(resource)), ({"a": 1}, [{"a": 1}], [[]], 1)):
        kept, holder[key] = holder[key], odd
        assert isinstance(check(resource), list)
        holder[key] = kept


def codes(entries: list[Json], resource_type: str, element: str) -> set[str]:
    concepts = [one.get(element, []) for one in entries if one["resourceType"] == resource_type]
    flat = [c for found in concepts for c in (found if isinstance(found, list) else [found])]
    return {coding["code"] for concept in flat for coding in concept["coding"]}


def test_every_kind_of_note_report_concern_and_observation_occurs(entries: list[Json]) -> None:
    assert codes(entries, "DocumentReference", "type") >= NOTES
    assert codes(entries, "DiagnosticReport", "category") >= REPORTS | {"LAB"}
    assert codes(entries, "Condition", "category") >= CONCERNS
    assert codes(entries, "Observation", "category") >= OBSERVED


def test_missing_data_is_said_by_extension_and_by_code(entries: list[Json]) -> None:
    text = str(entries)
    assert f"'url': '{ABSENT}'" in text
    assert f"'system': '{ABSENT_SYSTEM}'" in text


def test_every_entry_of_a_profiled_type_has_its_provenance(people: People) -> None:
    wanted = {"AllergyIntolerance", "CarePlan", "CareTeam", "Condition", "Coverage", "Device", "DiagnosticReport",
              "DocumentReference", "Encounter", "Goal", "Immunization", "MedicationDispense", "MedicationRequest",
              "Observation", "Patient", "Procedure", "QuestionnaireResponse", "RelatedPerson",
              "ServiceRequest"}  # fmt: skip
    for person in people.values():
        told = {t["reference"] for p in person.resources("Provenance") for t in p["target"]}
        held = {f"{one['resourceType']}/{one['id']}" for one in person.resources() if one["resourceType"] in wanted}
        assert held <= told
        for provenance in person.resources("Provenance"):
            assert all("onBehalfOf" in agent for agent in provenance["agent"])


def test_reports_show_the_notes_they_rest_on(entries: list[Json]) -> None:
    notes = {one["content"][0]["attachment"]["hash"] for one in entries if one["resourceType"] == "DocumentReference"}
    forms = [f for one in entries if one["resourceType"] == "DiagnosticReport" for f in one.get("presentedForm", ())]
    assert forms
    assert all(form["hash"] in notes for form in forms)
