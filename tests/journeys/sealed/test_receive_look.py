"""Looking at files in place of saving them, and what is never shown."""

import io
import json

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.formats.ccda.builders import ccd, lab
from tests.journeys.sealed.conftest import Readers
from tests.journeys.sealed.sending import Sender

pytestmark = pytest.mark.browser
PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj "
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
)
HOSTILE_DOCUMENT = """<?xml version="1.0"?>
<?xml-stylesheet href="https://evil.example/x.xsl"?>
<ClinicalDocument xmlns="urn:hl7-org:v3"><title>Summary &lt;b&gt;</title><component><structuredBody>
<component><section><title>Notes</title><text>
<paragraph onclick="alert(1)">Take <content styleCode="Bold">two</content> a day</paragraph>
<script>document.title='hurt'</script><iframe src="https://evil.example/"/><img src="x" onerror="alert(1)"/>
<linkHtml href="javascript:alert(1)">see here</linkHtml><renderMultiMedia referencedObject="M1"/>
<table onload="x" style="position:fixed"><thead><tr><th colspan="2">Test</th></tr></thead>
<tbody><tr><td rowspan="9999">Iron</td><td>12 &#181;mol &amp; more</td></tr></tbody></table>
<list listType="ordered"><item>one</item><item><caption>Two</caption> more</item></list>
</text></section></component></structuredBody></component></ClinicalDocument>"""


def png() -> bytes:
    """A small picture."""
    out = io.BytesIO()
    Image.new("RGB", (320, 200), (20, 120, 90)).save(out, "PNG")
    return out.getvalue()


def look(page: Page, name: str) -> None:
    """Press the button of a file."""
    page.get_by_role("button", name=f"Look at it: {name}", exact=True).click()
    expect(page.locator("[data-preview]")).to_be_visible()


def close(page: Page) -> None:
    """Close the dialog; what was shown is gone."""
    page.get_by_role("button", name="Close").click()
    expect(page.locator("[data-preview-body] > *")).to_have_count(0)


def test_pictures_and_texts_are_shown_by_their_bytes(readers: Readers, sender: Sender) -> None:
    files = {
        "scan.png": png(),
        "no picture.png": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        "labs.csv": "test,value\nfer\u00adritin,<b>9</b>".encode(),
        "note.json": json.dumps({"html": "<script>alert(1)</script>"}).encode(),
        "long.txt": b"line of text\n" * 100_000,
        "program.txt": b"MZ\x00\x01",
    }
    page = readers.new().open(sender.send(files).link)
    look(page, "scan.png")
    expect(page.locator("[data-preview-body] img")).to_have_js_property("naturalWidth", 320)
    close(page)
    look(page, "no picture.png")
    expect(page.locator("[data-preview-note]")).to_contain_text("cannot be shown here")
    expect(page.locator("[data-preview-body] > *")).to_have_count(0)
    close(page)
    look(page, "labs.csv")
    expect(page.locator("[data-preview-body]")).to_contain_text("<b>9</b>")
    close(page)
    look(page, "note.json")
    expect(page.locator("[data-preview-body]")).to_contain_text("<script>alert(1)</script>")
    close(page)
    look(page, "long.txt")
    expect(page.locator("[data-preview-note]")).to_contain_text("Only the first part")
    close(page)
    look(page, "program.txt")
    expect(page.locator("[data-preview-note]")).to_contain_text("cannot be shown here")


def test_looking_at_all_of_it_is_a_receipt_and_a_part_is_not(readers: Readers, sender: Sender) -> None:
    short, long = sender.send({"a.txt": b"hello"}), sender.send({"a.txt": b"hello\n" * 200_000})
    for sent, receipts in ((short, 1), (long, 0)):
        reader = readers.new()
        page = reader.open(sent.link)
        look(page, "a.txt")
        expect(page.locator("[data-preview-body]")).to_contain_text("hello")
        if not receipts:
            page.wait_for_timeout(500)  # for what must not come
        assert len(sender.state(sent, received=receipts)["recipients"][0]["received"]) == receipts


def test_a_pdf_opens_in_a_tab_of_its_own(readers: Readers, sender: Sender) -> None:
    reader = readers.new()
    page = reader.open(sender.send({"letter.pdf": PDF, "trick.pdf": b"<html><script>alert(1)</script>"}).link)
    with reader.context.expect_page() as opened:
        look(page, "letter.pdf")
    assert opened.value.url.startswith(f"blob:{reader.live.url}")
    assert opened.value.evaluate("document.contentType") in {"application/pdf", "text/html"}
    assert opened.value.evaluate("window.opener") is None
    opened.value.close()
    close(page)
    look(page, "trick.pdf")
    expect(page.locator("[data-preview-note]")).to_contain_text("cannot be shown here")
    assert len(reader.context.pages) == 1


def test_a_clinical_document_is_rebuilt_from_harmless_elements(readers: Readers, sender: Sender) -> None:
    page = readers.new().open(sender.send({"summary.xml": HOSTILE_DOCUMENT.encode()}).link)
    look(page, "summary.xml")
    body = page.locator("[data-preview-body]")
    expect(body.locator("h3").first).to_have_text("Summary <b>")
    expect(body.locator("p", has_text="Take two a day").locator("strong")).to_have_text("two")
    expect(body.locator("td").last).to_have_text("12 µmol & more")
    expect(body.locator("ol > li")).to_have_count(2)
    expect(body).to_contain_text("see here")
    tags = body.evaluate("body => [...new Set([...body.querySelectorAll('*')].map(e => e.localName))].sort()")
    assert set(tags) <= {"h3", "p", "strong", "br", "table", "thead", "tbody", "tr", "th", "td", "ol", "li"}
    attributes = body.evaluate(
        "body => [...new Set([...body.querySelectorAll('*')].flatMap(e => e.getAttributeNames()))].sort()"
    )
    assert set(attributes) <= {"colspan", "rowspan"}
    assert page.title() == "Files sent to you"


def test_the_documents_this_office_writes_are_shown_with_their_tables(readers: Readers, sender: Sender) -> None:
    page = readers.new().open(sender.send({"ccd.xml": ccd(*[lab(n) for n in range(60)])}).link)
    look(page, "ccd.xml")
    expect(page.locator("[data-preview-note]")).to_contain_text("medical record file")
    body = page.locator("[data-preview-body]")
    expect(body.locator("h3", has_text="Results")).to_be_visible()
    assert body.locator("table tr").count() > 60
    expect(body).to_contain_text("Ana María Núñez & Sons, 1980-02-29")


@pytest.mark.parametrize(
    "document",
    [
        "<!DOCTYPE a [<!ENTITY x 'y'>]><ClinicalDocument>&x;</ClinicalDocument>",
        "<ClinicalDocument>" + "<a>" * 5000 + "</a>" * 5000 + "</ClinicalDocument>",
        "<ClinicalDocument><b></a></ClinicalDocument>",
        "<note>&undefined; <b/></note>",
    ],
)
def test_other_xml_is_shown_as_the_text_it_is(readers: Readers, sender: Sender, document: str) -> None:
    page = readers.new().open(sender.send({"a.xml": document.encode()}).link)
    look(page, "a.xml")
    expect(page.locator("[data-preview-body] pre").first).to_contain_text(document[:40])


def test_a_damaged_file_is_not_shown(readers: Readers, sender: Sender) -> None:
    sent = sender.send({"a.txt": b"secret words"}, spoil={1: 60})
    page = readers.new().open(sent.link)
    look(page, "a.txt")
    expect(page.locator("[data-preview-note]")).to_contain_text("This file was changed or is damaged")
    expect(page.locator("[data-preview-body] > *")).to_have_count(0)
    assert sender.state(sent)["recipients"][0]["received"] == []
