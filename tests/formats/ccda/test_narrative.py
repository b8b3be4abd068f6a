"""Showing somebody else's narrative: everything readable, nothing that runs."""

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from tests.formats.ccda.builders import ccd, concept, resource

from chartpost.formats.ccda import narrative_html, parse, render_html
from chartpost.formats.ccda.xmlnode import clean

BODY = (
    '<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:h="http://www.w3.org/1999/xhtml"><component><structuredBody>'
    "<component>{}</component></structuredBody></component></ClinicalDocument>"
)


def shown(text: str) -> str:
    section = etree.fromstring(f'<section xmlns="urn:hl7-org:v3" xmlns:h="urn:x"><text>{text}</text></section>')
    return narrative_html(section, prefix="p")


def test_a_table_keeps_its_shape_its_spans_and_its_ids() -> None:
    html = shown(
        '<table border="1"><caption>Labs</caption><thead><tr><th colspan="2">Test</th></tr></thead>'
        '<tbody><tr ID="r 1"><td>K</td><td><content styleCode="Bold xFoo">5.9</content></td></tr></tbody></table>'
    )
    assert '<th colspan="2" scope="col">Test</th>' in html
    assert '<tr id="p-r_1"><td>K</td><td><span class="ccda-bold">5.9</span></td></tr>' in html
    assert "<caption>Labs</caption>" in html
    assert "border" not in html
    assert "xFoo" not in html


def test_lists_and_breaks() -> None:
    html = shown('<list listType="ordered"><caption>Steps</caption><item>One</item></list>a<br/>b')
    assert html == "<ol><li>Steps</li><li>One</li></ol>a<br>b"


def test_only_web_and_mail_links_stay_links() -> None:
    good = shown('<linkHtml href="https://x.example/a?b=1">site</linkHtml>')
    assert 'href="https://x.example/a?b=1"' in good
    assert 'rel="noopener noreferrer"' in good
    for href in ("javascript:alert(1)", "JaVaScRiPt:x", "data:text/html,x", "file:///etc", "//x.example", "#a"):
        assert shown(f'<linkHtml href="{href}">word</linkHtml>') == "word"


def test_markup_of_other_kinds_loses_its_meaning_but_not_its_words() -> None:
    html = shown(
        '<h:script>alert(1)</h:script><h:img src="x" onerror="y"/><h:iframe src="http://x"/>'
        '<paragraph onclick="z()" styleCode="Italics">kept</paragraph><renderMultiMedia referencedObject="m"/>'
        "&lt;script&gt;alert(2)&lt;/script&gt;<content ID='\"&gt;&lt;script&gt;'>q</content>"
    )
    for bad in ("<script", "<img", "onerror", "<iframe", "onclick"):
        assert bad not in html
    assert "&lt;script&gt;alert(2)&lt;/script&gt;" in html
    assert '<p class="ccda-italics">kept</p>' in html
    assert "[picture: see the original document]" in html


def test_very_deep_nesting_is_flattened_to_words() -> None:
    assert "deep" in shown("<content>" * 240 + "deep" + "</content>" * 240)


def test_nested_sections_come_in_reading_order_with_their_depth() -> None:
    inner = "<component><section><title>Inner</title><text>i</text></section></component>"
    data = BODY.format(f'<section><code code="10160-0" displayName="Meds"/><text>o</text>{inner}</section>')
    found = render_html(data.encode())
    assert [(s.title, s.code, s.html, s.depth) for s in found] == [("Meds", "10160-0", "o", 0), ("Inner", "", "i", 1)]


def test_a_file_in_an_envelope_says_so() -> None:
    body = "<component><nonXMLBody><text>AA</text></nonXMLBody></component>"
    data = f'<ClinicalDocument xmlns="urn:hl7-org:v3">{body}</ClinicalDocument>'
    assert [s.title for s in render_html(data.encode())] == ["Attached file"]


def test_ids_of_two_sections_do_not_clash_on_one_page() -> None:
    one = '<section><text><paragraph ID="a">x</paragraph></text></section>'
    data = BODY.format(f"{one}</component><component>{one}")
    assert [s.html for s in render_html(data.encode())] == ['<p id="s1-a">x</p>', '<p id="s2-a">x</p>']


def test_our_own_document_can_be_shown() -> None:
    found = {s.code: s for s in render_html(ccd(resource("Condition", code=concept("1", "Gout <acute>"))))}
    assert "Gout &lt;acute&gt;" in found["11450-4"].html
    assert found["11450-4"].title == "Problems"


@given(st.text(max_size=200))
def test_any_words_survive_writing_and_reading(text: str) -> None:
    data = ccd(resource("Condition", code={"text": text}))
    cell = parse(data).findall(".//{*}section/{*}text/{*}table/{*}tbody/{*}tr/{*}td")[0]
    lines = [cell.text or "", *(line_break.tail or "" for line_break in cell)]
    assert "\n".join(lines) == clean(text)


@given(st.text(max_size=80))
def test_any_words_are_shown_as_words(text: str) -> None:
    section = etree.Element("{urn:hl7-org:v3}section")
    etree.SubElement(section, "{urn:hl7-org:v3}text").text = clean(text)
    html = narrative_html(section)
    assert "<" not in html
