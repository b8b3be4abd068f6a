"""Two imports that bring the same ids at the same moment: nothing of one patient gets into the record of another."""

import pytest

from chartpost.formats.fhirjson.canonical import parse
from chartpost.identity import aliases
from chartpost.identity import models as identity_models
from chartpost.kernel import clock
from chartpost.kernel.db import raw
from chartpost.records import models, services, store
from chartpost.records.errors import OfAnother
from chartpost.records.ingest import ids
from chartpost.records.ingest.clinical_entries import WRITTEN
from chartpost.records.types import Incoming, kind_of
from tests.formats.ccda_intake.papers import PERSON
from tests.records.builders import bundle, condition, ndjson, patient, take
from tests.records.test_at_once import KARL, between
from tests.records.test_clinical import bring, paper_of

pytestmark = pytest.mark.django_db
KARL_IS = {**KARL, "identifier": [{"system": "urn:x", "value": "k"}]}
BEA = PERSON.replace("Ada", "Bea").replace("998", "777").replace("19700501", "19990101")


def told(given: str, kind: str = "Condition") -> dict[str, str]:
    """The live entries of whoever has this first given name: what each says, by id."""
    who = identity_models.Person.objects.get(given__startswith=given)
    rows = models.Resource.objects.filter(person_id=who.pk, kind=kind_of(kind), deleted=False).order_by("rid")
    return {row.fhir_id: bytes(row.body).decode() for row in rows}


def encounter(identity: str, about: str) -> dict[str, object]:
    act = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"}
    return {
        "resourceType": "Encounter", "id": identity, "status": "finished", "class": act,
        "subject": {"reference": "Patient/p1"}, "diagnosis": [{"condition": {"reference": f"Condition/{about}"}}],
    }  # fmt: skip


def test_an_id_taken_while_a_long_file_is_written_stays_with_who_took_it(monkeypatch: pytest.MonkeyPatch) -> None:
    many = [condition(f"c{n}") for n in range(2 * services.ROWS_PER_STEP + 50)]
    ana = ndjson(patient("p1"), encounter("e1", "c410"), *many)
    karl = bundle(patient("k", **KARL_IS), condition("c410", "Patient/k", code={"text": "Karl's own"}))
    between(monkeypatch, services, "save_step", lambda: take(karl, "karl.json"), after=True)
    report = take(ana, "ana.ndjson")
    assert report.refused == []
    assert list(told("Karl")) == ["c410"]
    assert "Karl's own" in told("Karl")["c410"]
    assert len(told("Ana")) == len(many)
    (other,) = told("Ana").keys() - {f"c{n}" for n in range(len(many))}
    assert "Condition c410" in told("Ana")[other]
    assert f'"Condition/{other}"' in told("Ana", "Encounter")["e1"], "what was written before names the id it got"
    taken = models.Resource.objects.get(kind=kind_of("Condition"), fhir_id="c410")
    assert (taken.version, models.Version.objects.filter(rid=taken.rid).count()) == (1, 0)


def test_a_patient_is_its_persons_while_a_long_file_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    take(bundle(patient("p1"), condition("c0")), "first.json", source="A")
    known: list[tuple[str, ...]] = []
    epochs: list[object] = []

    def look() -> None:
        epochs.append(raw.django().one("SELECT value FROM identity_tokenepoch"))
        aliases.forget()
        known.append(aliases.aliases(raw.django()).names("p1"))

    look()
    many = [condition(f"c{n}", "Patient/p7") for n in range(2 * services.ROWS_PER_STEP)]
    second = patient("p7", identifier=patient("p1")["identifier"])
    between(monkeypatch, services, "save_step", look, after=True)
    assert take(ndjson(second, *many), "second.ndjson", source="B").refused == []
    assert known == [("p1",), ("p1", "p7")]
    assert epochs[0] != epochs[1]


def test_equal_entries_of_two_patients_are_two_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    ana = bundle(patient("p1"), condition("c1"))
    karl = bundle(patient("p1", **KARL_IS), condition("c1"))
    between(monkeypatch, ids, "assign", lambda: take(karl, "karl.json", source="B"), after=True)
    assert take(ana, "ana.json", source="A").refused == []
    assert (list(told("Karl", "Patient")), list(told("Karl"))) == (["p1"], ["c1"])
    (mine,), (entry,) = told("Ana", "Patient"), told("Ana").values()
    assert f'"Patient/{mine}"' in entry
    assert not {"p1", "c1"} & {mine, *told("Ana")}
    file = models.ImportFile.objects.get(name="ana.json")
    assert (file.state, file.people["Patient/p1"]["id"]) == ("done", mine)


def test_a_reference_to_nobody_is_named_once_when_ids_are_chosen_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    ana = bundle(patient("p1"), condition("c1", asserter={"reference": "Practitioner?identifier=urn:npi|1"}))
    karl = bundle(patient("p1", **KARL_IS), condition("c1"))
    between(monkeypatch, ids, "assign", lambda: take(karl, "karl.json", source="B"), after=True)
    assert take(ana, "ana.json", source="A").refused == []
    (entry,) = told("Ana").values()
    identifier = {"system": "urn:npi", "value": "1"}
    assert parse(entry.encode())["asserter"] == {"type": "Practitioner", "identifier": identifier}


def test_what_another_source_brought_meanwhile_of_the_same_person_stays_beside(monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = (bundle(patient("p1"), condition("c1", code={"text": text})) for text in ("of A", "of B"))
    between(monkeypatch, ids, "assign", lambda: take(two, "two.json", source="B"), after=True)
    take(one, "one.json", source="A")
    assert sorted("of A" in body for body in told("Ana").values()) == [False, True]


def test_entries_of_one_template_filled_in_for_two_people_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    bea = paper_of("44054006", person=BEA)
    between(monkeypatch, services, "save", lambda: bring(bea, "other.xml"), after=False)
    assert bring(paper_of("44054006")).refused == []
    for given in ("Ada", "Bea"):
        (entry,), (mine,) = told(given).values(), told(given, "Patient")
        assert parse(entry.encode())["subject"]["reference"] == f"Patient/{mine}"


def test_an_older_document_does_not_change_who_the_patient_is_by_a_newer_one(monkeypatch: pytest.MonkeyPatch) -> None:
    newer = paper_of("38341003", identity="2").replace("20240105101500", "20250105101500")
    newer = newer.replace("<given>Ada</given>", "<given>Ada</given><given>Grace</given>")
    between(monkeypatch, services, "save", lambda: bring(newer, "newer.xml"), after=False)
    bring(paper_of("44054006"))
    (body,) = told("Ada", "Patient").values()
    said = parse(body.encode())
    assert "Grace" in said["name"][0]["given"]
    assert [tag["code"][:4] for tag in said["meta"]["tag"] if tag["system"] == WRITTEN] == ["2025"]


def test_the_store_gives_no_row_to_another_person() -> None:
    source = services.source_id("test")
    store.save([Incoming(condition("c1"), "c1", 1)], source, clock.now())
    with pytest.raises(OfAnother):
        store.save([Incoming(condition("c1", recordedDate="2026-02-02"), "c1", 2)], source, clock.now())
    assert models.Resource.objects.get().person_id == 1
