"""C-CDA files: the original is kept, its entries are in the record, and they can be made again from it."""

import base64
import io
from pathlib import Path
from typing import Any

import pytest

from chartpost.formats.ccda import INTAKE_VERSION
from chartpost.formats.ccda.intake.document import Document
from chartpost.formats.fhirjson.canonical import parse
from chartpost.formats.fhirjson.profiles import check
from chartpost.formats.fhirjson.terms import Category, Label
from chartpost.identity import services as persons
from chartpost.identity.models import Account
from chartpost.identity.types import SYSTEM, Actor, RowFilter
from chartpost.kernel import blobs
from chartpost.ledger import queries as ledger
from chartpost.records import documents, models, queries, services
from chartpost.records.ingest import ImportReport, editions, import_stream, rebuild
from chartpost.records.types import kind_of
from tests.formats.ccda_intake.papers import MEDICATIONS, PERSON, PROBLEMS, code, medicine, paper, problem, section
from tests.records.builders import person
from tests.records.test_at_once import between
from tests.records.test_documents import pdf
from tests.support.shared import shared_data

pytestmark = pytest.mark.django_db
OPEN = RowFilter()
SHARED = [
    "cerner__Transition_of_Care_Referral_Summary.xml",
    "onc-ds4p__170.315_b8_ds4p_amb_sample1_v8.xml",
    "hl7-ex__Unstructured_Document_embed.xml",
]
SET = '<setId root="2.16.840.1.113883.19.7" extension="s1"/>'


def paper_of(*problems: str, version: int = 0, identity: str = "1", **more: str) -> str:
    text = paper(section(PROBLEMS, *(problem(code) for code in problems)), **more)
    text = text.replace('extension="1"/><code', f'extension="{identity}"/><code', 1)
    numbered = f'{SET}<versionNumber value="{version}"/>' if version else ""
    return text.replace('<languageCode code="en-US"/>', f'<languageCode code="en-US"/>{numbered}')


def bring(text: str | bytes, name: str = "summary.xml") -> ImportReport:
    data = text.encode() if isinstance(text, str) else text
    return import_stream(io.BytesIO(data), name, SYSTEM)


def rows(kind: str) -> list[models.Resource]:
    return list(models.Resource.objects.filter(kind=kind_of(kind), deleted=False).order_by("rid"))


def bodies(kind: str) -> list[dict[str, Any]]:
    return [parse(bytes(row.body)) for row in rows(kind)]


def codes() -> list[str]:
    return sorted(body["code"]["coding"][0]["code"] for body in bodies("Condition"))


def the_person() -> int:
    (found,) = set(models.Resource.objects.exclude(person_id=0).values_list("person_id", flat=True))
    return found


def test_a_document_gives_its_original_and_its_entries() -> None:
    text = paper(section(PROBLEMS, problem()), section(MEDICATIONS, medicine()))
    report = bring(text)
    assert (report.refused, report.inbox) == ([], 0)
    who = the_person()
    assert queries.counts(who, OPEN)[Category.PROBLEMS] == 1
    (request,) = bodies("MedicationRequest")
    (named,) = bodies("DocumentReference")
    mine = {"reference": f"Patient/{rows('Patient')[0].fhir_id}"}
    assert request["subject"] == named["subject"] == mine
    (original,) = models.Document.objects.all()
    assert blobs.read(original.blob) == text.encode()


def test_provenance_names_the_original_and_the_element() -> None:
    bring(paper_of("44054006"))
    (original,) = models.Document.objects.all()
    digest = base64.urlsafe_b64encode(bytes.fromhex(original.sha256)).rstrip(b"=").decode()
    (condition,) = rows("Condition")
    key = f"Condition/{condition.fhir_id}"
    ((trace, target),) = [(p, t) for p in bodies("Provenance") for t in p["target"] if t["reference"] == key]
    assert [e["what"]["identifier"]["value"] for e in trace["entity"]] == [f"ni:///sha-256;{digest}"]
    assert "observation" in target["extension"][0]["valueString"]


def test_one_author_is_one_provenance_however_many_sections() -> None:
    bring(paper(section(PROBLEMS, problem()), section(MEDICATIONS, medicine())))
    (trace,) = bodies("Provenance")
    assert {t["reference"].partition("/")[0] for t in trace["target"]} == {"Patient", "Condition", "MedicationRequest"}


def test_the_custodian_is_the_source_of_the_entries() -> None:
    head = (
        "<custodian><assignedCustodian><representedCustodianOrganization>"
        '<id root="2.16.840.1.113883.19.9" extension="7"/><name>Salem Clinic</name>'
        "</representedCustodianOrganization></assignedCustodian></custodian>"
    )
    bring(paper(section(PROBLEMS, problem()), head=head))
    assert {row.source.name for row in rows("Condition")} == {"Salem Clinic"}


def test_the_same_file_twice_changes_nothing() -> None:
    text = paper_of("44054006")
    bring(text)
    before = list(models.Resource.objects.values_list("rid", "version"))
    report = bring(text)
    assert (report.created, report.updated) == (0, 0)
    assert list(models.Resource.objects.values_list("rid", "version")) == before


def test_a_stopped_import_goes_on_with_the_same_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    text = paper_of("44054006", "38341003")

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("stopped")

    with monkeypatch.context() as patch, pytest.raises(RuntimeError):
        patch.setattr("chartpost.records.ingest.clinical.remember", broken)
        bring(text)
    assert models.ImportFile.objects.get().state == "started"
    bring(text)
    assert codes() == ["38341003", "44054006"]
    assert models.ImportFile.objects.get().state == "done"


def test_a_document_about_somebody_unsure_waits_and_is_whole_after_settling() -> None:
    known = person(given="Ada", family="Reyes", birth_date="1970-05-02")
    bring(paper_of("44054006"))
    (item,) = models.InboxItem.objects.all()
    assert rows("Condition") == []
    services.settle(item.ref, known.id, SYSTEM)
    assert {row.person_id for row in rows("Condition")} == {known.id}


def test_a_newer_version_takes_the_place_of_an_older() -> None:
    bring(paper_of("44054006", "38341003", version=1, identity="a"))
    bring(paper_of("44054006", version=2, identity="b"), "newer.xml")
    assert codes() == ["44054006"]
    old, new = bodies("DocumentReference")[:2]
    assert (old["status"], new["status"]) == ("superseded", "current")
    assert new["relatesTo"] == [{"code": "replaces", "target": {"reference": f"DocumentReference/{old['id']}"}}]
    assert models.Document.objects.count() == 2
    assert "record.replace" in {entry.action for entry in ledger.for_person(the_person())}


def test_an_older_version_that_comes_late_is_kept_as_paper_alone() -> None:
    bring(paper_of("44054006", version=2, identity="b"))
    bring(paper_of("44054006", "38341003", version=1, identity="a"), "older.xml")
    assert codes() == ["44054006"]
    assert [body["status"] for body in bodies("DocumentReference")] == ["current", "superseded"]


def test_the_same_set_and_version_under_another_id_are_two_documents() -> None:
    bring(paper_of("44054006", version=1, identity="a"))
    bring(paper_of("38341003", version=1, identity="b"), "other.xml")
    assert codes() == ["38341003", "44054006"]


def test_a_document_sent_again_under_its_id_replaces_itself() -> None:
    bring(paper_of("44054006"))
    later = paper_of("38341003").replace('value="20240105101500-0500"', 'value="20240106101500-0500"')
    bring(later, "again.xml")
    assert codes() == ["38341003"]


def test_another_source_replaces_nothing() -> None:
    bring(paper_of("44054006", version=1, identity="a"))
    forged = paper_of("38341003", version=9, identity="b").encode()
    import_stream(io.BytesIO(forged), "forged.xml", SYSTEM, source_name="Brought by the person")
    assert codes() == ["38341003", "44054006"]
    assert {body["status"] for body in bodies("DocumentReference")} == {"current"}


def test_replaced_words_of_a_document_are_still_found() -> None:
    bring(paper_of("44054006", version=1, identity="a").replace("Words.", "Zebra words."))
    bring(paper_of("44054006", version=2, identity="b"), "newer.xml")
    found = queries.search_text(the_person(), "zebra", OPEN).items
    assert {item.stored.type for item in found} >= {"DocumentReference"}


def test_documents_of_one_sender_tell_of_one_patient() -> None:
    bring(paper_of("44054006", identity="a"))
    later = (
        paper_of("38341003", identity="b").replace("20240105101500", "20250105101500").replace("1 Elm St", "9 Oak St")
    )
    bring(later, "later.xml")
    earlier = paper_of("195967001", identity="c").replace("20240105101500", "20200105101500")
    bring(earlier, "earlier.xml")
    (patient,) = bodies("Patient")
    assert patient["address"][0]["line"] == ["9 Oak St"]
    assert len(codes()) == 3


def test_confidentiality_becomes_labels_of_entries_and_original() -> None:
    text = paper_of("44054006").replace('<confidentialityCode code="N"', '<confidentialityCode code="R"')
    bring(text)
    assert {Label(row.labels) for row in rows("Condition")} == {Label.RESTRICTED}
    assert {Label(row.labels) & Label.RESTRICTED for row in rows("DocumentReference")} == {Label.RESTRICTED}
    assert {Label(row.labels) for row in rows("Patient")} == {Label.NONE}


def test_a_sensitive_code_labels_the_original_too() -> None:
    bring(paper_of("86406008"))
    (original,) = models.Document.objects.all()
    assert Label(models.Resource.objects.get(pk=original.rid).labels) & Label.HIV


def test_a_pdf_inside_is_filed_as_a_document() -> None:
    data = base64.b64encode(pdf(script=True)).decode()
    body = f'<nonXMLBody><text mediaType="application/pdf" representation="B64">{data}</text></nonXMLBody>'
    text = paper().replace("<structuredBody></structuredBody>", body)
    bring(text)
    kinds = {row.media_type: row for row in models.Document.objects.all()}
    assert set(kinds) == {"application/xml", "application/pdf"}
    stream, _, _ = documents.open_document(the_person(), kinds["application/pdf"].rid, OPEN, original=False)
    assert b"JavaScript" not in stream.read()


def test_the_file_of_a_note_is_there_once() -> None:
    data = base64.b64encode(pdf()).decode()
    text = f'<text mediaType="application/pdf" representation="B64">{data}</text>'
    note = (
        '<act classCode="ACT" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.202"/>'
        f'<code code="34109-9" codeSystem="2.16.840.1.113883.6.1"/>{text}</act>'
    )
    bring(paper(section("34109-9", note)))
    assert [row.media_type for row in models.Document.objects.all()] == ["application/xml"]
    assert sum("application/pdf" in bytes(row.body).decode() for row in rows("DocumentReference")) == 1


def test_what_claims_to_be_a_pdf_and_is_none_is_not_shown_as_one() -> None:
    data = base64.b64encode(b"<html><script>alert(1)</script></html>").decode()
    body = f'<nonXMLBody><text mediaType="application/pdf" representation="B64">{data}</text></nonXMLBody>'
    bring(paper().replace("<structuredBody></structuredBody>", body))
    assert "application/pdf" not in set(models.Document.objects.values_list("media_type", flat=True))


def test_two_patients_in_one_document_are_refused() -> None:
    other = PERSON.replace("Ada", "Bea").replace("998", "999")
    report = bring(paper(section(PROBLEMS, problem()), person=PERSON + other))
    assert "2 patients" in report.refused[0][1]
    assert models.Document.objects.count() == 0


def test_issues_are_kept_and_told() -> None:
    report = bring(paper(section(PROBLEMS, f'<act classCode="ACT" moodCode="EVN">{code("1")}</act>')))
    (name, told) = report.notes[0]
    assert (name, told[:19]) == ("summary.xml", "0 of 1 entries read")
    kept = models.ClinicalDocument.objects.get()
    assert kept.report["issues"][0]["code"] == "entry-failed"
    assert kept.report["sections"][0]["kept_as_text"] == 1


def test_reading_anew_does_nothing_where_nothing_changed() -> None:
    bring(paper_of("44054006"))
    assert rebuild.rebuild(SYSTEM).documents == 0
    done = rebuild.rebuild(SYSTEM, everything=True)
    assert (done.documents, done.created, done.updated, done.removed) == (1, 0, 0, 0)


def test_reading_anew_mends_what_an_earlier_version_made() -> None:
    bring(paper_of("44054006"))
    (row,) = rows("Condition")
    who = the_person()
    models.ClinicalDocument.objects.update(intake_version=INTAKE_VERSION - 1)
    stale = [*models.ClinicalDocument.objects.get().made, "Condition/made-by-mistake"]
    models.ClinicalDocument.objects.update(made=stale)
    mistake = parse(bytes(row.body)) | {"id": "made-by-mistake"}
    take_one(mistake, who)
    wrong = parse(bytes(row.body)) | {"code": {"text": "read wrongly"}}
    take_one(wrong, who)
    assert rebuild.go_on() == 1
    assert codes() == ["44054006"]
    assert "record.rebuild" in {entry.action for entry in ledger.for_person(who)}
    assert rebuild.go_on() == 0


def take_one(resource: dict[str, Any], who: int) -> None:
    from chartpost.records.types import Incoming

    source = models.Resource.objects.get(kind=kind_of("Patient")).source_id
    services.save([Incoming(resource, resource["id"], who)], source, SYSTEM)


def test_what_staff_took_out_stays_out_when_read_anew() -> None:
    bring(paper_of("44054006", "38341003"))
    row = next(r for r in rows("Condition") if "44054006" in bytes(r.body).decode())
    services.delete(row.person_id, "Condition", row.fhir_id, SYSTEM)
    rebuild.rebuild(SYSTEM, everything=True)
    assert codes() == ["38341003"]


def test_an_original_filed_by_an_earlier_version_gets_its_entries() -> None:
    bring(paper_of("44054006"))
    models.Resource.objects.filter(kind=kind_of("Condition")).delete()
    models.ClinicalDocument.objects.all().delete()
    assert rebuild.rebuild(SYSTEM).created == 1
    assert codes() == ["44054006"]


def test_an_original_that_is_gone_is_passed_over_once() -> None:
    bring(paper_of("44054006"))
    models.ClinicalDocument.objects.all().delete()
    models.Document.objects.all().delete()
    assert [rebuild.go_on(), rebuild.go_on()] == [1, 0]


@pytest.mark.shared_data
@pytest.mark.parametrize("name", SHARED)
def test_shared_files_are_taken_in_and_valid(name: str) -> None:
    path = (shared_data() or Path()) / "ccda" / name
    if not path.exists():
        pytest.skip("the shared data is not here")
    assert bring(path.read_bytes(), name).refused == []
    stored = [parse(bytes(row.body)) for row in models.Resource.objects.filter(deleted=False)]
    assert stored
    assert [i for one in stored for i in check(one) if i.severity == "error"] == []
    before = dict(models.Resource.objects.values_list("rid", "version"))
    rebuild.rebuild(SYSTEM, everything=True)
    assert dict(models.Resource.objects.values_list("rid", "version")) == before


def test_what_is_said_to_be_sensitive_of_an_entry_holds_for_its_document_too() -> None:
    """Else whoever may not see the entry reads it in the original."""
    bring(paper_of("44054006", "38341003", version=1))
    bring(paper_of("44054006", "38341003", version=2, identity="2"))
    bring(paper_of("195967001", identity="9"))
    who = the_person()
    entry = next(row for row in rows("Condition") if b"44054006" in bytes(row.body))
    services.label(who, "Condition", entry.fhir_id, Label.MINOR_CONFIDENTIAL, SYSTEM)
    narrow = RowFilter(hidden_labels=int(Label.MINOR_CONFIDENTIAL))

    def seen(kind: str) -> int:
        return sum(queries.item(who, kind, row.fhir_id, OPEN) is not None for row in rows(kind) if visible(row))

    def visible(row: models.Resource) -> bool:
        return row.rid in queries.by_rows(who, [row.rid], narrow)

    assert (seen("Condition"), seen("DocumentReference")) == (2, 1)
    assert queries.counts(who, narrow)[Category.DOCUMENTS] == 1
    services.label(who, "Condition", entry.fhir_id, Label.NONE, SYSTEM)
    assert (seen("Condition"), seen("DocumentReference")) == (3, 1), "staff say when the document may be seen again"


def test_a_newer_document_does_not_bring_back_what_staff_hid() -> None:
    """Its entries have other ids."""
    bring(paper_of("44054006", "38341003", version=1))
    who = the_person()
    entry = next(row for row in rows("Condition") if b"44054006" in bytes(row.body))
    services.label(who, "Condition", entry.fhir_id, Label.MINOR_CONFIDENTIAL, SYSTEM)
    bring(paper_of("44054006", "38341003", "195967001", version=2, identity="2"))
    narrow = RowFilter(hidden_labels=int(Label.MINOR_CONFIDENTIAL))
    assert entry.rid not in {row.rid for row in rows("Condition")}
    shown = queries.section(who, Category.PROBLEMS, narrow).items
    assert [item.stored.id for item in shown if b"44054006" in item.stored.body] == []
    assert (len(shown), queries.counts(who, narrow).get(Category.PROBLEMS)) == (2, 2)
    assert queries.section(who, Category.DOCUMENTS, narrow).items == ()


def test_a_person_merged_while_a_newer_document_comes_keeps_what_staff_hid(monkeypatch: pytest.MonkeyPatch) -> None:
    bring(paper_of("44054006", "38341003", version=1))
    who, kept = the_person(), person(family="Lopes").id
    entry = next(row for row in rows("Condition") if b"44054006" in bytes(row.body))
    services.label(who, "Condition", entry.fhir_id, Label.MINOR_CONFIDENTIAL, SYSTEM)
    clerk = Account.objects.create_user("clerk@example.org", None)
    staff = Actor(kind="staff", account_id=clerk.pk, ref=clerk.ref)
    between(monkeypatch, editions, "compare", lambda: persons.merge(kept, who, "same", staff), after=True)
    bring(paper_of("44054006", "38341003", version=2, identity="2"))
    narrow = RowFilter(hidden_labels=int(Label.MINOR_CONFIDENTIAL))
    assert {row.person_id for row in rows("Condition")} == {kept}
    assert codes() == ["38341003", "44054006"]
    (shown,) = queries.section(kept, Category.PROBLEMS, narrow).items
    assert b"38341003" in shown.stored.body


def test_reading_anew_keeps_what_staff_hid(monkeypatch: pytest.MonkeyPatch) -> None:
    bring(paper_of("44054006", "38341003"))
    who = the_person()
    entry = next(row for row in rows("Condition") if b"44054006" in bytes(row.body))
    services.label(who, "Condition", entry.fhir_id, Label.MINOR_CONFIDENTIAL, SYSTEM)
    models.ClinicalDocument.objects.update(made=[f"Condition/{row.fhir_id}" for row in rows("Condition")])
    real = Document.claim
    monkeypatch.setattr(Document, "claim", lambda self, kind, key: real(self, kind, f"new {key}"))
    rebuild.rebuild(SYSTEM, everything=True)
    assert entry.rid not in {row.rid for row in rows("Condition")}
    narrow = RowFilter(hidden_labels=int(Label.MINOR_CONFIDENTIAL))
    (shown,) = queries.section(who, Category.PROBLEMS, narrow).items
    assert b"38341003" in shown.stored.body
