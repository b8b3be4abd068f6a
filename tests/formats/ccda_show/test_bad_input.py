"""Narratives that are broken or made to hurt: everything readable, nothing that runs, in little time."""

import time

import pytest
from tests.formats.ccda_show.documents import HEAD, PNG, Markup, document, html, media, narrative, section
from tests.journeys.sealed.test_receive_look import HOSTILE_DOCUMENT

from chartpost.formats.ccda import CcdaError, TooLargeError
from chartpost.formats.ccda.show import show

LINKS = (
    *("javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:x", "java&#10;script:x", "data:text/html,x"),
    *("file:///etc", "vbscript:x", "//evil.example", "\\\\evil", "ftp://x", "#", "/desk/", "file/0/", "blob:x"),
)


@pytest.mark.parametrize("href", LINKS)
def test_a_link_that_leads_elsewhere_than_to_the_web_or_mail_is_its_words(href: str) -> None:
    assert narrative(f'<linkHtml href="{href}">word</linkHtml>') == "word"


def test_the_hostile_document_of_the_sealed_pages_is_harmless_here() -> None:
    found = show(HOSTILE_DOCUMENT.encode())
    markup = Markup(html(found))
    assert markup.tags == {"p", "span", "div", "table", "caption", "thead", "tbody", "tr", "th", "td", "ol", "li"}
    assert not {name for name, _ in markup.attributes} & {"onclick", "onload", "onerror", "style", "href", "src"}
    assert ("rowspan", "100") in markup.attributes
    assert found.heading.title == "Summary <b>"
    for words in ("Take", "two", "see here", "12 µmol &amp; more", "one", "Two"):
        assert words in html(found)


@pytest.mark.parametrize(
    "table",
    [
        "<table/>", "<table><thead/><tbody/></table>", "<table><tr/></table>", "<table><caption>c</caption></table>",
        "<tr><td>x</td></tr>", "<td>x</td>", "<thead><tr><th>x</th></tr></thead>", "<table>x</table>",
        "<table><td>x</td></table>", "<table><tbody><td>x</td></tbody></table>", "<list/>", "<item>x</item>",
        "<table><tr><td><table><tr><td><table><tr><td>x</td></tr></table></td></tr></table></td></tr></table>",
        "<paragraph><table><tr><td>x</td></tr></table></paragraph>",
        "<table><tr><td colspan='x' rowspan='-1'>x</td></tr></table>",
        f"<table><tr><td colspan='{'9' * 5000}' rowspan='²'>x</td></tr></table>",
    ],
)  # fmt: skip
def test_odd_tables_and_lists_keep_their_words(table: str) -> None:
    found = narrative(table + "after")
    assert found.endswith("after") or "after" in found
    assert ("x" in found) == (">x<" in table or table == "<table>x</table>")
    assert found.count("<table") == found.count("</table>")
    assert found.count("<div") == found.count("</div>")


@pytest.mark.parametrize(
    "text",
    [
        '<renderMultiMedia referencedObject="nowhere"/>', "<renderMultiMedia/>",
        '<footnoteRef IDREF="gone"/>', '<linkHtml href="#gone">x</linkHtml>', "<linkHtml/>",
    ],
)  # fmt: skip
def test_references_to_nothing_are_said_or_passed_over(text: str) -> None:
    found = narrative(text)
    assert "<a" not in found
    assert "<img" not in found


def test_a_picture_named_a_thousand_times_is_there_once() -> None:
    text = '<renderMultiMedia referencedObject="m1"/>' * 1000
    found = show(document(section("1-1", "Notes", text, media("m1", "image/png", PNG))))
    assert len(found.files) == 1


def test_huge_tables_take_time_in_step_with_their_size() -> None:
    rows = "".join(f'<tr ID="r{n}"><td><linkHtml href="#r{n}">{n}</linkHtml></td><td>x</td></tr>' for n in range(8_000))
    started = time.process_time()
    found = narrative(f"<table><tbody>{rows}</tbody></table>")
    assert found.count("<tr") == 8_000
    assert time.process_time() - started < 10


def test_more_elements_than_any_real_document_has_are_refused() -> None:
    with pytest.raises(TooLargeError):
        show(document(section("1-1", "Notes", "<br/>" * 400_001)))


def test_tables_in_tables_without_end_are_refused_or_flattened() -> None:
    deep = "<table><tr><td>" * 60 + "deep" + "</td></tr></table>" * 60
    assert "deep" in narrative(deep)
    with pytest.raises(CcdaError):
        narrative("<content>" * 5000 + "</content>" * 5000)


def test_sections_without_end_are_refused_or_shown() -> None:
    nested = "x"
    for n in range(40):
        nested = f"<section><title>T{n}</title><text>w{n}</text><component>{nested}</component></section>"
    found = show(document(nested.replace("<component>x</component>", "")))
    assert all(f"w{n}" in html(found) for n in range(40))


def test_entities_and_stylesheets_of_the_sender_are_never_followed() -> None:
    bomb = HEAD.replace("?>", '?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b SYSTEM "file:///etc/passwd">]>', 1)
    with pytest.raises(CcdaError, match="DOCTYPE"):
        show(f"{bomb}</ClinicalDocument>".encode())
    styled = document().replace(b"?>", b'?><?xml-stylesheet type="text/xsl" href="http://evil.example/x.xsl"?>', 1)
    assert show(styled).heading.patient == "Ana Ruiz"
