"""A clinical document in the portal and at the desk: a page to read, its pictures and files safe, nothing that runs."""

import base64
import io
from datetime import date

import pytest
from django.test import Client
from PIL import Image

from chartpost.formats.fhirjson.terms import Label
from chartpost.identity.types import SYSTEM
from chartpost.records import services as records
from tests.formats.ccda_show.documents import PNG, document, media, section, unstructured
from tests.formats.pdf.foreign import hostile, saved

from .conftest import World, entries, save, signed_in

HOSTILE = (
    '<paragraph>Take care<script>alert(1)</script></paragraph><linkHtml href="javascript:alert(2)">go</linkHtml>'
    '<table onclick="x()"></table><renderMultiMedia referencedObject="m1"/><renderMultiMedia referencedObject="m2"/>'
)


def file(world: World, data: bytes, labels: Label = Label.NONE) -> str:
    """File a document with Ana; gives the address of its entry."""
    source = records.source_id("test", "Riverside Clinic")
    view = records.file_document(
        world.ana.id, "Summary", "application/xml", io.BytesIO(data), date(2026, 3, 5), labels, source, SYSTEM
    )
    return f"{view.rid}"


def address(browser: Client) -> str:
    """The address of the one document on file, from the list of documents."""
    page = browser.get("/record/documents/").content.decode()
    start = page.index("/record/item/DocumentReference/")
    return page[start : page.index('"', start)]


@pytest.fixture
def browser(world: World) -> Client:
    return signed_in(world.ana_account)


def test_a_document_is_read_as_a_page_with_its_parts_in_order(world: World, browser: Client) -> None:
    file(world, document(section("11450-4", "Problems", "Gout"), section("48765-2", "Allergies", "Latex")))
    item = address(browser)
    assert f'href="{item}document/0/read/"' in browser.get(item).content.decode()
    before = entries(world.ana, "document.read")
    page = browser.get(f"{item}document/0/read/").content.decode()
    assert entries(world.ana, "document.read") == before + 1
    assert "Visit summary" in page
    assert "March 5, 2026, 10:15" in page
    assert "Kim Doe, Bay Clinic" in page
    assert page.index("Allergies") < page.index("Latex") < page.index("Gout")
    assert page.count("<details open>") == 2
    assert "data-print" in browser.get(f"{item}document/0/read/?print").content.decode()


def test_nothing_of_a_stranger_runs_and_pictures_are_drawn_anew(world: World, browser: Client) -> None:
    fake = base64.b64encode(b"MZ").decode()
    notes = section("1-1", "Notes", HOSTILE, media("m1", "image/png", PNG) + media("m2", "image/png", fake))
    file(world, document(notes))
    where = f"{address(browser)}document/0/read/"
    page = browser.get(where).content.decode()
    body = page[page.index("<article") : page.index("</article>")]
    for bad in ("<script", "javascript:", "onclick", "style="):
        assert bad not in body
    assert body.count("<img") == 1
    assert f'src="{where}0/"' in body
    answer = browser.get(f"{where}0/")
    assert answer["Content-Type"] == "image/png"
    drawn = b"".join(answer)
    assert Image.open(io.BytesIO(drawn)).size == (1, 1)
    assert drawn != base64.b64decode(PNG)
    assert browser.get(f"{where}1/").status_code == 404
    assert browser.get(f"{where}7/").status_code == 404


def test_a_pdf_inside_a_document_is_opened_as_its_cleaned_copy(world: World, browser: Client) -> None:
    file(world, unstructured("application/pdf", base64.b64encode(saved(hostile())).decode()))
    where = f"{address(browser)}document/0/read/"
    assert f'href="{where}0/"' in browser.get(where).content.decode()
    answer = browser.get(f"{where}0/")
    assert answer["Content-Type"] == "application/pdf"
    data = b"".join(answer)
    assert data.startswith(b"%PDF")
    assert b"JavaScript" not in data


def test_a_document_a_resource_carries_is_read_the_same_way(world: World, browser: Client) -> None:
    data = base64.b64encode(document(section("1-1", "Notes", "carried words"))).decode()
    carried = {
        "resourceType": "DocumentReference", "id": "c1", "status": "current", "subject": {"reference": "Patient/p1"},
        "date": "2026-02-01T10:00:00Z",
        "content": [{"attachment": {"contentType": "application/xml", "data": data}}],
    }  # fmt: skip
    save(world.ana, carried)
    page = browser.get("/record/item/DocumentReference/c1/document/1/read/").content.decode()
    assert "carried words" in page
    assert browser.get("/record/item/DocumentReference/c1/document/2/read/").status_code == 404


def test_the_words_of_a_text_in_a_document_are_found(world: World, browser: Client) -> None:
    file(world, unstructured("text/rtf", base64.b64encode(rb"{\rtf1 Zebrafish \b allergy}").decode()))
    where = f"{address(browser)}document/0/read/"
    assert "Zebrafish allergy" in browser.get(where).content.decode()
    assert address(browser) in browser.post("/record/search/", {"words": "zebrafish"}).content.decode()


def test_xml_that_is_no_clinical_document_can_be_saved(world: World, browser: Client) -> None:
    file(world, b"<other/>")
    item = address(browser)
    assert "document/0/read/" not in browser.get(item).content.decode()
    page = browser.get(f"{item}document/0/read/").content.decode()
    assert "cannot be shown as a page" in page


def test_the_desk_reads_it_and_others_do_not(world: World, browser: Client) -> None:
    rid = file(world, document(section("1-1", "Notes", HOSTILE, media("m1", "image/png", PNG))))
    desk = signed_in(world.clerk_account)
    where = f"/desk/people/{world.ana.ref}/documents/{rid}/read/"
    page = desk.get(where).content.decode()
    assert "Take care" in page
    assert "alert(1)</script>" not in page
    assert desk.get(f"{where}0/")["Content-Type"] == "image/png"
    assert f'href="{where}"' in desk.get(f"/desk/people/{world.ana.ref}/record/documents/").content.decode()
    assert signed_in(world.stranger_account).get(where).status_code in (302, 403, 404)
    other = signed_in(world.agent_account).get(f"{address(browser)}document/0/read/")
    assert other.status_code == 404


def test_a_hidden_document_is_not_there_for_the_desk(world: World) -> None:
    rid = file(world, document(section("1-1", "Notes", "secret")), Label.PSYCHOTHERAPY)
    answer = signed_in(world.clerk_account).get(f"/desk/people/{world.ana.ref}/documents/{rid}/read/")
    assert answer.status_code == 404
