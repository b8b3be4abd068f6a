"""The index of terms: in step with the rows through every change, and searched within what a token reaches."""

from typing import Any

import pytest
from django.db import connection

from chartpost.formats.fhirjson.search import parse
from chartpost.identity.types import SYSTEM, Access, RowFilter
from chartpost.kernel.db import raw
from chartpost.records import models, postings, services
from chartpost.records.search import count, every, included, reach, search
from chartpost.records.types import Incoming, kind_of
from tests.gateways.fhir.door import access
from tests.records.test_store import condition

pytestmark = pytest.mark.django_db

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"


def save(*resources: dict[str, Any], person: int = 1) -> None:
    source = services.source_id("test", "Test source")
    services.save([Incoming(r, str(r["id"]), person) for r in resources], source, SYSTEM)


def medication(name: str, code: str, status: str = "active") -> dict[str, Any]:
    coding = {"coding": [{"system": RXNORM, "code": code}]}
    return {"resourceType": "Medication", "id": name, "code": coding, "status": status}


def found(kind: str, asked: str, reader: Access) -> list[str]:
    """The ids a search gives; its page, the walk through all and the count must agree."""
    db = raw.django()
    query = parse(kind, [tuple(pair.split("=", 1)) for pair in asked.split("&") if pair])
    within = reach(reader, kind, "s")
    assert within is not None
    ids = sorted(row.id for row in every(query, reader, within, db, 1000))
    assert sorted(row.id for row in search(query, reader, within, 100, None, db).rows) == ids
    assert count(query, reader, within, db) == len(ids)
    return ids


def in_step() -> bool:
    """Whether each current row has its terms under its own key, once."""
    rows = models.Resource.objects.filter(deleted=False).values_list("person_id", "kind", "date_ms", "rid")
    keys = raw.django().all(
        "SELECT person_id, kind, d, rid FROM records_terms WHERE rid IN (SELECT rid FROM records_resource)"
    )
    return sorted(keys) == sorted(rows)


def test_a_row_has_its_terms_once_through_every_change() -> None:
    mine = access("patient/*.rs", 1, "p1", {1: RowFilter()})
    save(condition("a", "2026-01-01"), condition("b", "2026-01-02", category=[{"text": "x"}]))
    save(condition("a", "2025-05-05", clinicalStatus={"coding": [{"code": "active"}]}))
    assert in_step()
    assert found("Condition", "clinical-status=active", mine) == ["a"]
    save(condition("a", "2025-05-05"))
    assert in_step()
    assert found("Condition", "clinical-status=active", mine) == []
    services.delete(1, "Condition", "a", SYSTEM)
    assert in_step()
    save(condition("a", "2024-04-04"))
    assert in_step()
    assert found("Condition", "", mine) == ["a", "b"]


def test_a_stale_row_of_the_index_shows_nobody_anything() -> None:
    """Whatever should leave one behind: it counts only while its resource is of the same person."""
    save(condition("a", "2026-01-01"), person=2)
    with connection.cursor() as cursor:
        kept = "SELECT 1, kind, d, rid, terms FROM records_terms WHERE person_id = 2"
        cursor.execute(f"INSERT INTO records_terms (person_id, kind, d, rid, terms) {kept}")
    staff = access("user/*.rs", everyone=RowFilter())
    bound = {"one": "p1", "other": "p2"}
    assert found("Condition", "", access("patient/*.rs", 1, bound["one"], {1: RowFilter()})) == []
    assert found("Condition", "", access("patient/*.rs", 2, bound["other"], {2: RowFilter()})) == ["a"]
    assert found("Condition", "", staff) == ["a"]


def test_a_patients_app_finds_its_own_and_nobodys_but_not_others() -> None:
    save(medication("mine", "1"), medication("old", "1", "inactive"), person=1)
    save(medication("other", "1"), person=2)
    save(medication("shared", "1"), medication("third", "2"), person=0)
    mine = access("patient/*.rs", 1, "p1", {1: RowFilter()})
    assert found("Medication", "", mine) == ["mine", "old", "shared", "third"]
    for code in ("1", f"{RXNORM}|1"):
        assert found("Medication", f"code={code}", mine) == ["mine", "old", "shared"]
        assert found("Medication", f"code={code}&status=active", mine) == ["mine", "shared"]
        assert found("Medication", f"code={code},{RXNORM}|2", mine) == ["mine", "old", "shared", "third"]
    assert found("Medication", "code=http://example.org|1", mine) == []
    nobody = access("patient/*.rs", 3, "p3", {3: RowFilter()})
    assert found("Medication", "code=1", nobody) == ["shared"]
    staff = access("user/*.rs", everyone=RowFilter())
    assert found("Medication", f"code={RXNORM}|1", staff) == ["mine", "old", "other", "shared"]


def test_a_granular_scope_looks_at_the_terms() -> None:
    laboratory = "http://terminology.hl7.org/CodeSystem/observation-category|laboratory"
    system = laboratory.partition("|")[0]

    def observation(name: str, *codes: str) -> dict[str, Any]:
        category = [{"coding": [{"system": system, "code": code}]} for code in codes]
        return {"resourceType": "Observation", "id": name, "status": "final", "category": category, "code": {}}

    save(
        observation("lab", "laboratory"),
        observation("both", "survey", "laboratory"),
        observation("vital", "vital-signs"),
    )
    reader = access(f"patient/Observation.rs?category={laboratory}", 1, "p1", {1: RowFilter()})
    assert found("Observation", "", reader) == ["both", "lab"]
    assert found("Observation", "status=final", reader) == ["both", "lab"]
    assert found("Observation", "_id=vital,lab", reader) == ["lab"]


def test_what_points_at_a_page_comes_with_it_up_to_the_most(monkeypatch: pytest.MonkeyPatch) -> None:
    from chartpost.records.search import include

    def location(name: str, part: str) -> dict[str, Any]:
        return {"resourceType": "Location", "id": name, "partOf": {"reference": f"Location/{part}"}}

    def observation(number: int) -> dict[str, Any]:
        subject, visit = {"reference": "Patient/p1"}, {"reference": "Encounter/e1"}
        about = {"subject": subject, "encounter": visit, "code": {"text": "x"}, "status": "final"}
        return {"resourceType": "Observation", "id": f"o{number}", **about}

    save({"resourceType": "Patient", "id": "p1"})
    save({"resourceType": "Encounter", "id": "e1", "status": "finished", "class": {"code": "AMB"}})
    save(*(observation(n) for n in range(9)))
    save(observation(10), person=2)
    save({"resourceType": "Location", "id": "house"}, location("ward", "house"), person=0)
    mine = [f"o{n}" for n in range(9)]
    assert beside("Patient", ("_id", "p1"), ("_revinclude", "Observation:subject")) == mine
    assert beside("Encounter", ("_id", "e1"), ("_revinclude", "Observation:encounter")) == mine
    assert beside("Location", ("_id", "house"), ("_revinclude", "Location:partof")) == ["ward"]
    services.delete(1, "Observation", "o3", SYSTEM)
    assert beside("Encounter", ("_id", "e1"), ("_revinclude", "Observation:encounter")) == [
        name for name in mine if name != "o3"
    ]
    monkeypatch.setattr(include, "INCLUDED_AT_MOST", 4)
    assert len(beside("Patient", ("_id", "p1"), ("_revinclude", "Observation:subject"))) == 4
    assert len(beside("Encounter", ("_id", "e1"), ("_revinclude", "Observation:encounter"))) == 4


def test_what_points_at_others_of_a_page_comes_beside_what_its_patients_have() -> None:
    def provenance(name: str, target: str) -> dict[str, Any]:
        agent = [{"who": {"display": "the office"}}]
        about = {"target": [{"reference": target}], "recorded": "2026-01-01T00:00:00Z", "agent": agent}
        return {"resourceType": "Provenance", "id": name, **about}

    visit = {"status": "finished", "class": {"code": "AMB"}, "subject": {"reference": "Patient/p1"}}
    visit["serviceProvider"] = {"reference": "Organization/house"}
    save({"resourceType": "Patient", "id": "p1"}, provenance("of-patient", "Patient/p1"), condition("c1", "2026-01-01"))
    save({"resourceType": "Encounter", "id": "e1", **visit})
    save({"resourceType": "Organization", "id": "house"}, provenance("of-house", "Organization/house"), person=0)
    both = [("_id", "e1"), ("_include", "Encounter:patient"), ("_include", "Encounter:service-provider")]
    for what in ("Provenance:*", "Provenance:target"):
        found = beside("Encounter", *both, ("_revinclude:iterate", what))
        assert found == ["house", "of-house", "of-patient", "p1"]
    assert beside("Patient", ("_id", "p1"), ("_revinclude", "Provenance:target:Organization")) == []
    assert beside("Patient", ("_id", "p1"), ("_revinclude", "Condition:subject:Group")) == []


def beside(kind: str, *asked: tuple[str, str]) -> list[str]:
    """Ids of what comes beside the matches of a search by the staff."""
    staff, db = access("user/*.rs", everyone=RowFilter()), raw.django()
    query = parse(kind, list(asked))
    within = reach(staff, kind, "s")
    assert within is not None
    page = search(query, staff, within, 10, None, db).rows
    return sorted(row.id for row in included(page, query.include, query.revinclude, staff, db).rows)


def test_terms_hold_every_form_of_every_value() -> None:
    save(condition("a", "2026-01-01", code={"coding": [{"system": "http://snomed.info/sct", "code": "1"}]}))
    row = raw.django().one("SELECT terms FROM records_terms WHERE kind = ? ORDER BY rid DESC", [kind_of("Condition")])
    assert row is not None
    kept = set(postings.split(bytes(row[0])))
    wanted = {postings.posting_hash("Condition", "code", "token", form) for form in ("1", "http://snomed.info/sct|1")}
    assert wanted <= kept
