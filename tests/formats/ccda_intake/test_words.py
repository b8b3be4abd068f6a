"""Words, notes, files, entries nobody reads, large documents: nothing is lost and nothing costs the rest."""

import base64
import io
from typing import Any

import pytest
from lxml import etree
from tests.formats.ccda_intake.papers import LOINC, PROBLEMS, code, paper, problem, section, template

from chartpost.formats.ccda import NotXmlError, TooLargeError, UnsafeXmlError
from chartpost.formats.ccda.intake import Converted, Run, bodies, convert
from chartpost.formats.ccda.intake.document import Scope
from chartpost.formats.ccda.intake.sections import TABLE
from chartpost.formats.fhirjson.profiles import check

NOTES = "34109-9"
UNKNOWN = '<act classCode="ACT" moodCode="EVN"><templateId root="9.9.9"/><code code="x"/></act>'


def run(*sections: str) -> Converted:
    return convert(paper(*sections).encode())


def documents(found: Converted) -> list[dict[str, Any]]:
    return [r for r in found.resources if r["resourceType"] == "DocumentReference"]


def html(made: dict[str, Any]) -> str:
    return base64.b64decode(made["content"][0]["attachment"]["data"]).decode()


def test_a_section_of_words_is_a_document() -> None:
    found = run(
        section("10164-2", text="<paragraph>Cough since <content styleCode='Bold'>Tuesday</content>.</paragraph>")
    )
    (made,) = documents(found)
    assert "Cough since" in html(made)
    assert made["type"]["coding"][0]["code"] == "10164-2"
    assert found.sections[0].text_only
    assert made["meta"]["profile"][0].endswith("us-core-documentreference")


def test_words_are_whole_xhtml() -> None:
    text = "<paragraph>One<br/>two &amp; three</paragraph><table><colgroup><col/></colgroup><tr><td>4</td></tr></table>"
    (made,) = documents(run(section("10164-2", text=text)))
    div = etree.fromstring(html(made))
    assert div.tag == "{http://www.w3.org/1999/xhtml}div"
    assert "two & three" in "".join(map(str, div.itertext()))


def test_script_in_words_does_not_come_through() -> None:
    text = "<paragraph onclick='x()'>Hi<script>alert(1)</script><linkHtml href='javascript:x'>y</linkHtml></paragraph>"
    (made,) = documents(run(section("10164-2", text=text)))
    assert not any(word in html(made) for word in ("<script", "javascript:", "onclick"))


def test_a_section_that_has_nothing_to_say_gives_nothing() -> None:
    found = run(section("10164-2", more=' nullFlavor="NI"'))
    assert (documents(found), found.sections[0].entries) == ([], 0)


def test_an_entry_nobody_reads_is_kept_as_words_and_told() -> None:
    found = run(section("8648-8", problem(), UNKNOWN))
    (report,) = found.sections
    assert (report.entries, report.understood, report.kept_as_text) == (2, 1, 1)
    assert "Words." in html(documents(found)[0])
    (told,) = [i for i in found.issues if i.code == "entry-unknown"]
    assert (told.seen, told.path[-16:]) == ("9.9.9", "entry[2]/v3:act[1]"[-16:])


def test_an_entry_whose_reader_fails_costs_only_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = next(e for s in TABLE.sections for e in s.entries if s.name == "problems")

    def fails(scope: Scope, node: Any) -> None:
        if "act-bad" in node.xpath("string(*[local-name()='id']/@extension)"):
            scope.new("Condition", node)
            raise RuntimeError("secret words")
        entry.read(scope, node)

    monkeypatch.setattr(TABLE, "reader", lambda _section, _node: fails)
    found = run(section(PROBLEMS, problem("bad"), problem("38341003")))
    assert [r for r in found.resources if r["resourceType"] == "Condition" and "38341003" in str(r)]
    (told,) = [i for i in found.issues if i.severity == "error" and "entry[1]" in i.path]
    assert "secret" not in f"{told}"


def note(inner: str, more: str = "") -> str:
    kind = code("11488-4", LOINC, "Consult", "translation")
    return (
        f'<act classCode="ACT" moodCode="EVN">{template("202")}<id root="1.2" extension="n"/>'
        f"{code(NOTES, LOINC, inner=kind)}"
        f'{inner}<statusCode code="completed"/><effectiveTime value="20240101"/>{more}</act>'
    )


def test_a_note_has_its_kind_and_its_words() -> None:
    text = '<list><item ID="n1">Seen and <content>well</content>.</item><item ID="n2">Other.</item></list>'
    (made,) = documents(run(section(NOTES, note('<text><reference value="#n1"/></text>'), text=text)))
    assert (made["type"]["coding"][0]["code"], made["docStatus"]) == ("11488-4", "final")
    assert "Seen and" in html(made)
    assert "Other" not in html(made)


def test_a_note_with_a_file_keeps_it() -> None:
    data = base64.b64encode(b"%PDF-1.7 words").decode()
    found = run(section(NOTES, note(f'<text mediaType="application/pdf" representation="B64">{data}</text>')))
    (made,) = documents(found)
    assert made["content"][0]["attachment"]["contentType"] == "application/pdf"
    assert [(o.media_type, o.data) for o in found.originals] == [("application/pdf", b"%PDF-1.7 words")]


def unstructured(text: str) -> Converted:
    return convert(paper().replace("<structuredBody></structuredBody>", f"<nonXMLBody>{text}</nonXMLBody>").encode())


def test_the_file_of_an_unstructured_document_is_handed_back() -> None:
    data = base64.encodebytes(b"%PDF-1.7" + bytes(range(256))).decode()
    (kept,) = unstructured(f'<text mediaType="application/pdf" representation="B64">{data}</text>').originals
    assert (kept.media_type, kept.data, kept.title) == ("application/pdf", b"%PDF-1.7" + bytes(range(256)), "Summary")


@pytest.mark.parametrize(
    ("text", "told"),
    [('<text mediaType="application/pdf" representation="B64">%%%</text>', "file-damaged"),
     ('<text mediaType="application/pdf"><reference value="scan.pdf"/></text>', "file-outside")],
)  # fmt: skip
def test_a_file_that_is_damaged_or_elsewhere_is_told(text: str, told: str) -> None:
    found = unstructured(text)
    assert (found.originals, [i.code for i in found.issues]) == ([], [told])


def test_a_picture_in_a_section_is_handed_back() -> None:
    media = (
        '<observationMedia classCode="OBS" moodCode="EVN" ID="m1"><value mediaType="image/png" representation="B64">'
        f"{base64.b64encode(b'picture').decode()}</value></observationMedia>"
    )
    (kept,) = run(section("10164-2", media)).originals
    assert (kept.media_type, kept.data, kept.section) == ("image/png", b"picture", "10164-2")


def test_a_section_in_a_section_is_read() -> None:
    inner = section(PROBLEMS, problem())
    found = run(section("10164-2").replace("</section>", f"{inner}</section>"))
    assert [s.code for s in found.sections] == ["10164-2", PROBLEMS]
    assert "Condition" in {r["resourceType"] for r in found.resources}


def test_the_confidentiality_of_a_section_is_that_of_its_entries() -> None:
    restricted = section(PROBLEMS, problem("1")).replace("<text>", '<confidentialityCode code="R"/><text>', 1)
    found = run(restricted, section(PROBLEMS, problem("2")))
    labels = [len(r.get("meta", {}).get("security", [])) for r in found.resources if r["resourceType"] == "Condition"]
    assert labels == [1, 0]


def large(sections: int, each: int) -> bytes:
    return paper(*(section(PROBLEMS, *(problem(f"{n}{i}") for i in range(each))) for n in range(sections))).encode()


def test_a_large_document_is_read_section_by_section_with_the_same_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    data = large(5, 20)
    whole = convert(data)
    monkeypatch.setattr(bodies, "STREAM_FROM", 1000)
    for given in (data, io.BytesIO(data)):
        streamed = convert(given)
        assert streamed.resources == whole.resources
        assert (streamed.sources, streamed.sections) == (whole.sources, whole.sections)


def test_of_a_large_document_one_section_is_held_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "STREAM_FROM", 1000)
    held = []
    for element, _ in bodies.open_body(large(6, 50)).sections():
        held.append(sum(1 for _ in element.getroottree().iter("{urn:hl7-org:v3}observation")))
    assert len(held) == 6
    assert max(held) <= 100


@pytest.mark.parametrize("spoil", ["doctype", "cut", "elements"])
def test_a_large_document_is_read_as_carefully(spoil: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "STREAM_FROM", 1000)
    data = large(3, 20)
    if spoil == "doctype":
        with pytest.raises(UnsafeXmlError):
            convert(b"<!DOCTYPE a []>" + data)
    elif spoil == "cut":
        with pytest.raises(NotXmlError):
            convert(data[:-30])
    else:
        monkeypatch.setattr(bodies, "MAX_ELEMENTS", 100)
        with pytest.raises(TooLargeError):
            convert(data)


def test_too_many_bytes_are_refused_before_they_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "MOST_BYTES", 1000)
    with pytest.raises(TooLargeError):
        convert(large(3, 20))


def test_resources_are_whole_as_they_are_taken_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "STREAM_FROM", 1000)
    made = Run(large(3, 5))
    bad = [i for r in made.resources() for i in check(r) if i.severity == "error"]
    assert (bad, len(made.sections)) == ([], 3)
