"""The set of people: repeatable, complete in traits, honest about who belongs to whom."""

import os
import subprocess
import sys
from collections import Counter
from datetime import date, datetime

import orjson
import pytest

from chartpost.demo.generator import SyntheticPerson, generate
from chartpost.demo.generator.group import group_of
from chartpost.formats.fhirjson.validate import validate

from .conftest import SEED, TODAY

People = dict[str, SyntheticPerson]

REQUIRED_TRAITS = {
    "minor", "confidential", "representative:parent", "representative:health_care_agent",
    "representative:executor", "representative:guardian", "psychotherapy", "part2", "reproductive", "hiv",
    "deceased", "paper_only", "two_same_name", "spanish", "newborn", "billing_dispute", "pregnancy", "cancer",
    "kidney", "knee", "healthy",
}  # fmt: skip


def test_the_same_seed_and_day_give_the_same_people_in_another_process() -> None:
    program = (
        "import sys, orjson, hashlib; from datetime import date; from chartpost.demo.generator import generate;"
        f"people = generate({SEED}, date(2026, 11, 20), 8);"
        "print(hashlib.sha256(orjson.dumps([[p.bundle, [d.content.hex() for d in p.documents]]"
        " for p in people])).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": "src"},
        ).stdout
        for hash_seed in ("1", "2")
    }
    assert len(digests) == 1


def test_another_seed_gives_other_people() -> None:
    one, other = generate(1, TODAY, 2), generate(2, TODAY, 2)
    assert [person.key for person in one] == [person.key for person in other]
    assert all(a.patient["id"] != b.patient["id"] for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("count", [-1, 26])
def test_a_count_the_roster_cannot_fill_is_refused(count: int) -> None:
    with pytest.raises(ValueError, match="expected 0 to 25"):
        generate(SEED, TODAY, count)


def test_a_smaller_count_gives_the_first_of_the_same_people(people: People) -> None:
    few = generate(SEED, TODAY, 3)
    assert [orjson.dumps(person.bundle) for person in few] == [
        orjson.dumps(person.bundle) for person in list(people.values())[:3]
    ]


def test_every_required_trait_occurs(people: People) -> None:
    found = {trait for person in people.values() for trait in person.traits}
    assert found >= REQUIRED_TRAITS


def test_everybody_has_a_story_in_plain_words_and_a_name_without_digits(people: People) -> None:
    for person in people.values():
        name = person.patient["name"][0]
        assert person.story.endswith(".") and len(person.story.split()) >= 3
        assert not any(letter.isdigit() for letter in name["text"])
        assert name["text"].endswith(" ".join((name["family"], *name.get("suffix", ()))))


def test_contact_details_can_reach_nobody_real(people: People) -> None:
    for person in people.values():
        contact = {one["system"]: one["value"] for one in person.patient["telecom"]}
        assert "-555-01" in contact["phone"]
        assert contact["email"].endswith("@example.org")


def test_relations_name_people_of_the_set_and_kin_agree(people: People) -> None:
    mirror = {"parent": "child", "child": "parent", "spouse": "spouse"}
    for person in people.values():
        for kind, key in person.relations:
            assert key in people
            if kind in mirror:
                assert (mirror[kind], person.key) in people[key].relations


def test_the_two_maria_lopezes_differ_in_everything_but_name_and_birth_date(people: People) -> None:
    same = [person.patient for person in people.values() if "two_same_name" in person.traits]
    assert len(same) == 2
    one, other = same
    assert one["name"][0]["text"] == other["name"][0]["text"]
    assert one["birthDate"] == other["birthDate"]
    assert one["id"] != other["id"]
    assert one["identifier"][0]["value"] != other["identifier"][0]["value"]
    assert one["address"] != other["address"]


def test_record_numbers_are_unique(people: People) -> None:
    numbers = Counter(person.patient["identifier"][0]["value"] for person in people.values())
    assert len(numbers) == 25


def test_nobody_but_shared_places_and_staff_appears_in_two_records(people: People) -> None:
    owners: dict[str, set[str]] = {}
    for person in people.values():
        for resource in person.resources():
            if resource["resourceType"] not in {"Organization", "Location", "Practitioner"}:
                owners.setdefault(f"{resource['resourceType']}/{resource['id']}", set()).add(person.key)
    assert all(len(keys) == 1 for keys in owners.values())


def test_records_are_long_and_span_years(people: People) -> None:
    for person in people.values():
        if person.traits & {"paper_only", "newborn"}:
            continue
        days = [date.fromisoformat(one["period"]["start"][:10]) for one in person.resources("Encounter")]
        assert 80 <= len(person.resources()) <= 500
        assert (max(days) - min(days)).days > 5 * 365


def test_nothing_happens_after_today_before_birth_or_long_after_death(people: People) -> None:
    for person in people.values():
        birth = date.fromisoformat(person.patient["birthDate"])
        end = date.fromisoformat(person.patient.get("deceasedDateTime", TODAY.isoformat()))
        for encounter in person.resources("Encounter"):
            period = encounter["period"]
            assert birth <= datetime.fromisoformat(period["start"]).date()
            assert datetime.fromisoformat(period["end"]).date() <= end


def test_the_paper_chart_is_documents_only(people: People) -> None:
    edith = people["edith-marsh"]
    assert not edith.resources("Encounter")
    assert len(edith.documents) >= 4
    assert {document.media_type for document in edith.documents} == {"application/pdf", "text/plain"}


def test_the_dead_and_the_newborn_are_so(people: People) -> None:
    walter = people["walter-lindqvist"].patient
    assert walter["active"] is False
    assert walter["deceasedDateTime"] < TODAY.isoformat()
    born = date.fromisoformat(people["june-bennett"].patient["birthDate"])
    assert 0 < (TODAY - born).days < 31


def test_the_minor_with_a_confidential_visit_is_fifteen(people: People) -> None:
    born = date.fromisoformat(people["adaeze-okafor"].patient["birthDate"])
    assert 15 * 365.25 < (TODAY - born).days < 16 * 365.25


def test_the_group_lists_everybody_once(people: People) -> None:
    group = group_of(people.values())
    listed = [member["entity"]["reference"] for member in group["member"]]
    assert listed == [f"Patient/{person.patient['id']}" for person in people.values()]
    assert group["quantity"] == len(set(listed)) == 25
    assert validate("Group", group) == []
