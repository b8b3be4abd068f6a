"""Files people add to the record themselves: documents about them alone, named as theirs, and nobody else's record."""

import io
from typing import Any

import pikepdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from chartpost.formats.fhirjson.terms import Category
from chartpost.identity import services as identity
from chartpost.identity.types import SYSTEM, PersonView, RowFilter
from chartpost.portal.views import add
from chartpost.records import queries as records
from chartpost.records import services
from chartpost.records.ingest.given import SOURCE
from tests.gateways.smart.pages import fields

from .conftest import World, entries, signed_in


def pdf(words: str = "Discharge") -> bytes:
    """A page with some words."""
    made, out = pikepdf.new(), io.BytesIO()
    made.add_blank_page()
    made.pages[0].obj.Contents = made.make_stream(f"BT /F1 12 Tf 72 700 Td ({words}) Tj ET".encode())
    made.save(out, deterministic_id=True)
    return out.getvalue()


def cda(given: str, family: str, born: str) -> bytes:
    """A clinical document about somebody."""
    return f"""<?xml version="1.0"?><ClinicalDocument xmlns="urn:hl7-org:v3"><typeId root="2.16.840.1.113883.1.3"
extension="POCD_HD000040"/><id root="1.2.3" extension="{family}{born}"/><code code="34133-9"
codeSystem="2.16.840.1.113883.6.1" displayName="Summary"/><title>Summary</title><effectiveTime value="20260102"/>
<recordTarget><patientRole><id root="1.2.3.4" extension="77"/><patient>
<name><given>{given}</given><family>{family}</family></name><birthTime value="{born}"/>
</patient></patientRole></recordTarget><component><structuredBody><component><section>
<title>Notes</title><text>All is well.</text></section></component></structuredBody></component>
</ClinicalDocument>""".encode()


def two(document: bytes) -> bytes:
    """The same document about a second patient as well."""
    first = document[document.index(b"<recordTarget>") : document.index(b"<component>")]
    return document.replace(first, first + first.replace(b"Ana", b"Eva").replace(b"77", b"78"))


def send(browser: Client, person: PersonView, name: str, data: bytes) -> dict[str, Any]:
    """Add one file as the script does."""
    file = SimpleUploadedFile(name, data)
    answer = browser.post("/record/add/file/", {"person": person.ref, "file": file})
    assert answer.status_code == 200
    return dict(answer.json())


def documents(person: PersonView) -> list[Any]:
    """The files of a record, newest first; what a clinical document says is there beside it."""
    return [one for one in records.section(person.id, Category.DOCUMENTS, RowFilter()).items if one.document]


def test_a_file_goes_into_the_record_its_page_named(world: World) -> None:
    identity.represent(world.ana_account, world.ben.id, "caregiver", SYSTEM)
    browser = signed_in(world.ana_account)
    shown = browser.get("/record/add/")
    assert "what the office has on Ana Ruiz" in shown.content.decode()
    browser.post("/whose/", {"person": world.ben.ref})  # in a second tab
    sent = {"files": SimpleUploadedFile("letter.pdf", pdf()), "whose": fields(shown)["whose"]}
    answer = browser.post("/record/add/", sent)
    assert "what the office has on Ana Ruiz" in answer.content.decode()
    assert fields(answer)["whose"] == [world.ana.ref]
    assert (len(documents(world.ana)), len(documents(world.ben))) == (1, 0)


def test_a_file_for_somebody_one_no_longer_acts_for_goes_nowhere(world: World) -> None:
    row = identity.represent(world.ana_account, world.ben.id, "caregiver", SYSTEM)
    browser = signed_in(world.ana_account)
    identity.end_representation(row.ref, SYSTEM)
    sent = {"files": SimpleUploadedFile("letter.pdf", pdf()), "whose": world.ben.ref}
    assert browser.post("/record/add/", sent).status_code == 404
    assert (documents(world.ana), documents(world.ben)) == ([], [])


def test_a_document_is_filed_as_coming_from_the_person(world: World) -> None:
    browser = signed_in(world.ana_account)
    assert send(browser, world.ana, "From Dr Lee.pdf", pdf())["code"] == "added"
    [kept] = documents(world.ana)
    assert kept.view.title == "From Dr Lee"
    assert kept.stored.source == SOURCE
    assert entries(world.ana, "document.file") == 1
    assert send(browser, world.ana, "again.pdf", pdf()) == {
        "code": "known",
        "good": True,
        "text": str(add.TOLD["known"]),
    }
    assert len(documents(world.ana)) == 1


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b'{"resourceType":"Condition"}', "kind"),
        (b"PK\x03\x04rest", "kind"),
        (b"<html><script>1</script></html>", "kind"),
        (b"MZ\x90", "kind"),
        (b"", "kind"),
        (b"<note/>", "kind"),
        (cda("Ben", "Okafor", "19500102"), "other"),
        (cda("Ana", "Ruiz", "19860101"), "other"),
        (cda("Ana", "Ruiz", "19860428"), "added"),
        (cda("Ana", "Garcia", "19860428"), "added"),
        (two(cda("Ana", "Ruiz", "19860428")), "two"),
    ],
)
def test_only_documents_about_the_person_are_taken(world: World, data: bytes, code: str) -> None:
    told = send(signed_in(world.ana_account), world.ana, "a.bin", data)
    assert (told["code"], told["good"]) == (code, code == "added")
    assert len(documents(world.ana)) == (code == "added")
    assert documents(world.ben) == []


def test_what_the_office_threw_away_is_not_told_as_in_the_record(world: World) -> None:
    browser, twin = signed_in(world.ana_account), cda("Eva", "Ruiz", "19860428")
    send(browser, world.ana, "a.xml", twin)
    (item,) = records.inbox()
    services.discard(item.ref, "of a twin", SYSTEM)
    told = send(browser, world.ana, "a.xml", twin)
    assert (told["code"], told["good"]) == ("discarded", False)
    assert "The office decided before that it belongs in no record." in told["text"]
    assert list(records.inbox()) == []


def test_what_may_be_about_somebody_else_goes_to_the_office_first(world: World) -> None:
    """A twin: the same birth date, another name."""
    told = send(signed_in(world.ana_account), world.ana, "a.xml", cda("Eva", "Ruiz", "19860428"))
    assert (told["code"], told["good"]) == ("later", True)
    assert "may be about somebody else" in told["text"]
    assert documents(world.ana) == []
    (item,) = records.inbox()
    assert "another name" in item.reason


def test_a_record_takes_files_only_of_who_may_add(world: World) -> None:
    agent, stranger = signed_in(world.agent_account), signed_in(world.stranger_account)
    assert send(agent, world.ben, "a.pdf", pdf())["code"] == "added"
    assert send(agent, world.ana, "b.pdf", pdf("b"))["code"] == "whose"
    data = {"person": world.ana.ref, "file": SimpleUploadedFile("c.pdf", pdf("c"))}
    assert stranger.post("/record/add/file/", data).status_code == 302
    assert Client().post("/record/add/file/", data)["Location"].startswith("/account/login/")
    assert documents(world.ana) == []


def test_the_page_works_without_scripts(world: World) -> None:
    browser = signed_in(world.ana_account)
    assert "can read what you add" in browser.get("/record/add/").content.decode()
    assert browser.post("/record/add/").status_code == 422
    files = [SimpleUploadedFile("<b>one.pdf", pdf("1")), SimpleUploadedFile("two.exe", b"MZ")]
    answer = browser.post("/record/add/", {"files": files})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "&lt;b&gt;one.pdf" in page
    assert [one.code for one in answer.context["outcomes"]] == ["added", "kind"]


def test_there_is_an_end_to_what_is_added_in_a_day(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(add, "MOST_A_DAY", 2)
    browser = signed_in(world.agent_account)
    assert [send(browser, world.ben, f"{n}.pdf", pdf(str(n)))["code"] for n in range(3)] == ["added", "added", "many"]


def test_who_opens_the_page_for_sealed_files_learns_nothing(world: World) -> None:
    """Another site may open it and hold on to the window, so that it must answer alike for everybody."""
    browsers = [
        Client(),
        signed_in(world.ana_account),
        signed_in(world.stranger_account),
        signed_in(world.clerk_account),
    ]
    answers = [one.get("/record/add/shared/") for one in browsers]
    assert {one.status_code for one in answers} == {200}
    assert {one["Cross-Origin-Opener-Policy"] for one in answers} == {"unsafe-none"}
    assert all("frame-ancestors 'none'" in one["Content-Security-Policy"] for one in answers)
    assert [b'name="person"' in one.content for one in answers] == [False, True, False, False]
    assert browsers[1].get("/record/add/")["Cross-Origin-Opener-Policy"] == "same-origin"
