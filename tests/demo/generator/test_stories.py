"""The stories hold: trends move the right way, sensitive entries are labelled, languages fit."""

from base64 import b64decode
from typing import Any

import pytest

from chartpost.demo.generator import Resource, SyntheticPerson
from chartpost.formats.fhirjson.classify import labels
from chartpost.formats.fhirjson.terms import Label

People = dict[str, SyntheticPerson]
SHARED = {"Patient", "Coverage", "Organization", "Practitioner", "Location", "RelatedPerson"}


def series(person: SyntheticPerson, code: str) -> list[float]:
    """Values of one LOINC code in order of time, components of panels included."""
    found = [
        (one["effectiveDateTime"], part["valueQuantity"]["value"])
        for one in person.resources("Observation")
        for part in [one, *one.get("component", [])]
        if part["code"]["coding"][0]["code"] == code and "valueQuantity" in part
    ]
    return [value for _, value in sorted(found)]


def mean(values: list[float]) -> float:
    return sum(values) / len(values)


@pytest.mark.parametrize(
    ("key", "code", "direction", "least"),
    [
        ("rosa-alvarado", "4548-4", "down", 1.0),
        ("terrence-boyd", "4548-4", "down", 1.0),
        ("harold-kim", "4548-4", "up", 0.7),
        ("chidi-okafor", "8480-6", "down", 10),
        ("chidi-okafor", "8462-4", "down", 6),
        ("harold-kim", "2160-0", "up", 0.3),
        ("harold-kim", "98979-8", "down", 12),
        ("samuel-whitaker", "44261-6", "down", 5),
        ("marcus-hale", "24467-3", "up", 150),
        ("gordon-pruitt", "13457-7", "down", 30),
        ("walter-lindqvist", "33762-6", "up", 1000),
        ("mateo-alvarado", "8302-2", "up", 30),
        ("ngozi-okafor", "3016-3", "down", 2),
    ],
)
def test_measurements_move_the_way_the_story_says(
    people: People, key: str, code: str, direction: str, least: float
) -> None:
    values = series(people[key], code)
    third = max(1, len(values) // 3)
    change = mean(values[-third:]) - mean(values[:third])
    assert len(values) >= 6
    assert (change if direction == "up" else -change) >= least


def test_treatment_suppresses_the_virus(people: People) -> None:
    loads = series(people["marcus-hale"], "20447-9")
    assert loads[0] > 10_000
    assert loads[-1] <= 20


def labelled(person: SyntheticPerson, label: Label) -> list[Resource]:
    return [one for one in person.resources() if label in labels(one)]


def note_text(note: Resource) -> str:
    attachment: dict[str, Any] = note["content"][0]["attachment"]
    return b64decode(attachment["data"]).decode("latin-1")


@pytest.mark.parametrize(
    ("key", "label", "types"),
    [
        ("samuel-whitaker", Label.MENTAL_HEALTH, {"Condition", "Encounter", "MedicationRequest", "Claim"}),
        ("tanya-brooks", Label.PART2, {"Encounter", "Condition", "Observation", "MedicationRequest",
                                       "DocumentReference", "CarePlan", "Claim", "ExplanationOfBenefit"}),
        ("tanya-brooks", Label.SUBSTANCE_USE, {"Encounter", "Condition", "Provenance"}),
        ("adaeze-okafor", Label.MINOR_CONFIDENTIAL, {"Encounter", "Condition", "Observation", "DiagnosticReport",
                                                     "MedicationRequest", "DocumentReference", "Provenance"}),
        ("adaeze-okafor", Label.SEXUAL_HEALTH, {"Encounter", "Condition", "Observation"}),
        ("marcus-hale", Label.HIV, {"Condition", "Observation", "DiagnosticReport", "MedicationRequest",
                                    "DocumentReference", "CarePlan", "Goal"}),
        ("naomi-feldman", Label.REPRODUCTIVE, {"Encounter", "Condition", "Procedure", "MedicationRequest",
                                               "DocumentReference", "Claim"}),
        ("naomi-feldman", Label.SELF_PAY, {"Encounter", "Claim"}),
    ],
)  # fmt: skip
def test_sensitive_entries_carry_their_labels(people: People, key: str, label: Label, types: set[str]) -> None:
    found = labelled(people[key], label)
    assert {one["resourceType"] for one in found} >= types
    assert all(one["meta"]["security"] for one in found)


def test_psychotherapy_notes_are_apart_and_very_restricted(people: People) -> None:
    samuel = people["samuel-whitaker"]
    private = labelled(samuel, Label.PSYCHOTHERAPY)
    assert len(private) >= 10
    assert {one["resourceType"] for one in private} == {"DocumentReference"}
    assert all(Label.VERY_RESTRICTED in labels(one) for one in private)
    ordinary = [one for one in labelled(samuel, Label.MENTAL_HEALTH) if one["resourceType"] == "DocumentReference"]
    assert len(ordinary) >= 10
    assert not [one for one in ordinary if "Dream of the empty house" in note_text(one)]


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("adaeze-okafor", ("chlamydia", "confidential", "doxycycline", "gonorrh", "condom")),
        ("tanya-brooks", ("opioid", "buprenorphine", "opiate", "recovery", "overdose")),
        ("marcus-hale", ("hiv", "immunodeficiency", "bictegravir")),
        ("naomi-feldman", ("pregnan", "contracep", "mifepristone")),
        ("samuel-whitaker", ("depress", "sertraline", "psychotherapy", "counseling")),
    ],
)
def test_sensitive_words_never_stand_in_entries_without_a_label(
    people: People, key: str, words: tuple[str, ...]
) -> None:
    for one in people[key].resources():
        if one["resourceType"] in SHARED or one.get("meta", {}).get("security"):
            continue
        text = str(one).lower()
        text += note_text(one).lower() if one["resourceType"] == "DocumentReference" else ""
        assert not [word for word in words if word in text], f"{one['resourceType']}/{one['id']}"


def test_no_bill_of_the_confidential_care_goes_to_the_family_plan(people: People) -> None:
    adaeze = people["adaeze-okafor"]
    assert not [one for one in labelled(adaeze, Label.MINOR_CONFIDENTIAL) if "total" in one]
    private = labelled(people["naomi-feldman"], Label.SELF_PAY)
    assert "ExplanationOfBenefit" not in {one["resourceType"] for one in private}


def test_the_rosa_record_is_in_spanish(people: People) -> None:
    rosa = people["rosa-alvarado"]
    assert rosa.patient["communication"][0]["language"]["coding"][0]["code"] == "es"
    notes = [note_text(one) for one in rosa.resources("DocumentReference")]
    assert notes
    assert all("Signed electronically" not in note for note in notes)
    directions = [one["dosageInstruction"][0]["text"] for one in rosa.resources("MedicationRequest")]
    assert any("Tome 1 tableta" in text for text in directions)


def test_people_who_act_for_others_stand_on_the_record_with_their_paper(people: People) -> None:
    for key, role, paper in (
        ("rosa-alvarado", "HPOWATT", "Power of attorney for health care"),
        ("walter-lindqvist", "DAUC", "Letters testamentary"),
        ("owen-novak", "GUARD", "Letters of guardianship"),
    ):
        person = people[key]
        roles = [one["relationship"][0]["coding"][0]["code"] for one in person.resources("RelatedPerson")]
        assert roles == [role]
        assert paper in [document.title for document in person.documents]


def test_the_disputed_bill_is_denied_and_the_letter_kept(people: People) -> None:
    gordon = people["gordon-pruitt"]
    denied = [one for one in gordon.resources("ExplanationOfBenefit") if one["outcome"] == "partial"]
    assert len(denied) == 1
    assert denied[0]["payment"]["amount"]["value"] == 0
    assert "billing" in {document.category for document in gordon.documents}


def test_the_cancer_survivor_has_yearly_images(people: People) -> None:
    years = {one["started"][:4] for one in people["ingrid-lindqvist"].resources("ImagingStudy")}
    assert len(years) >= 6


def test_the_healthy_young_woman_is_mostly_vaccines(people: People) -> None:
    priya = people["priya-raman"]
    assert not priya.resources("Condition")
    assert len(priya.resources("Immunization")) >= 30
    assert not priya.resources("MedicationRequest")
