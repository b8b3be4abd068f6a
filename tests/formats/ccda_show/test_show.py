"""Any clinical document as a page: what comes first, what is said in plain words, what stands beside the text."""

import base64
import gzip
import zlib
from pathlib import Path

import pytest
from tests.formats.ccda_show.documents import PNG, Markup, document, html, media, narrative, section, unstructured
from tests.support.shared import shared_data

from chartpost.formats.ccda import CcdaError
from chartpost.formats.ccda.show import files, show

DATA = shared_data()
SAMPLES = sorted(p for p in (DATA / "ccda").iterdir() if p.suffix in {".xml", ".ccd"}) if DATA else []
BROKEN = "onc-negative__NT_BadXml_r11_v2.xml"
OURS = {"p", "span", "br", "table", "thead", "tbody", "tfoot", "tr", "th", "td", "caption", "li", "sub", "sup", "small"}
OURS |= {"colgroup", "col", "ul", "ol", "a", "div", "img"}
NAMES = {"id", "class", "href", "colspan", "rowspan", "scope", "src", "alt", "tabindex", "role", "aria-label", "rel"}


def test_the_header_is_in_plain_values() -> None:
    found = show(document()).heading
    assert (found.title, found.patient, found.birth_date) == ("Visit summary", "Ana Ruiz", "1986-04-28")
    assert (found.made, found.covers) == ("2026-03-05 10:15", ("2025", "2026-03-05"))
    assert (found.office, found.authors, found.sent_to) == ("Bay Health", ("Kim Doe, Bay Clinic",), ("Hill Practice",))


@pytest.mark.parametrize(
    ("given", "made"),
    [
        ("20261345", "2026"),
        ("20260231", "2026-02"),
        ("202603059975", "2026-03-05"),
        ("-99", ""),
        ("", ""),
        ("0000", ""),
        ("00010101", ""),
        ("99991231", ""),
    ],
)
def test_odd_dates_never_break_a_page(given: str, made: str) -> None:
    data = document().replace(b"20260305101500-0600", given.encode())
    assert show(data).heading.made == made


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        ("20260304", "20260304", ("2026-03-04", "")),
        ("20260304", "00010101", ("2026-03-04", "")),
        ("20260304", "2027", ("2026-03-04", "2027")),
    ],
)
def test_the_time_a_document_covers_is_said_once(low: str, high: str, said: tuple[str, str]) -> None:
    data = document().replace(
        b'<low value="2025"/><high value="20260305"/>', f'<low value="{low}"/><high value="{high}"/>'.encode()
    )
    assert show(data).heading.covers == said


def test_what_readers_look_for_first_comes_first_and_the_order_can_be_chosen() -> None:
    data = document(section("48768-6", "Payers"), section("x", "Other"), section("10160-0", "Medicines"),
                    section("48765-2", "Allergies"), section("x", "Other two"))  # fmt: skip
    assert [p.title for p in show(data).parts] == ["Allergies", "Medicines", "Payers", "Other", "Other two"]
    assert [p.key for p in show(data).parts] == ["48765-2", "10160-0", "48768-6", "x", "x-2"]
    assert show(data, order=["48768-6"]).parts[0].title == "Payers"


def test_keys_hold_nothing_a_sender_could_put_into_a_page() -> None:
    (part,) = show(document(section("&quot;&gt;&lt;b&gt;", "T"))).parts
    assert part.key == "b"


def test_sections_inside_sections_follow_them_one_level_down() -> None:
    inner = f"<component>{section('8661-1', 'Review', 'fine')}</component>"
    (part,) = show(document(section("51848-0", "Assessment", "a", inner))).parts
    assert [(p.title, p.level, p.html) for p in part.inner] == [("Review", 3, "fine")]


def test_a_table_has_a_name_headings_and_can_be_reached_by_keys() -> None:
    found = narrative(
        "<table><thead><tr><td>Test</td></tr></thead><tbody><tr><th>K</th><td>5</td></tr></tbody></table>"
    )
    assert '<div class="table-wrap ccda-table" tabindex="0" role="region" aria-label="Notes">' in found
    assert '<caption class="visually-hidden">Notes</caption>' in found
    assert '<th scope="col">Test</th>' in found
    assert '<th scope="row">K</th><td>5</td>' in found
    assert 'aria-label="Labs"' in narrative("<table><caption>Labs</caption><tbody><tr><td>1</td></tr></tbody></table>")


def test_looks_become_classes_of_ours_and_links_stay_inside_the_text() -> None:
    found = narrative(
        '<content styleCode="Bold Botrule Evil" ID="n1">x</content><linkHtml href="#n1">see</linkHtml>'
        '<linkHtml href="#nowhere">gone</linkHtml><list styleCode="LittleAlpha"><item>i</item></list>'
    )
    assert '<span id="s1-n1" class="ccda-bold ccda-botrule">x</span>' in found
    assert '<a href="#s1-n1" rel="noopener noreferrer">see</a>gone' in found
    assert '<ul class="ccda-alpha">' in found


def test_pictures_come_from_the_document_itself_at_an_address_of_ours() -> None:
    data = document(section("1-1", "Notes", '<renderMultiMedia referencedObject="m1"/>', media("m1", "image/png", PNG)))
    found = show(data, address=lambda n: f"/pictures/{n}/")
    assert html(found) == '<img class="ccda-picture" src="/pictures/0/" alt="Picture">'
    assert found.files[0].data == base64.b64decode(PNG)
    assert html(show(data, lang="es", address=str)) == '<img class="ccda-picture" src="0" alt="Imagen">'


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (media("m1", "image/png", base64.b64encode(b"MZ not a picture").decode()), "The file is not a picture"),
        (media("m1", "image/png", "%%%"), "damaged"),
        (media("m1", "image/png", "", '><reference value="http://evil.example/p.png"/>'.join(["", ""])), "not sent"),
        (media("m1", "image/svg+xml", base64.b64encode(b"<svg onload='x()'/>").decode()), "Attached file"),
        ("", "[Picture]"),
    ],
)
def test_a_picture_that_is_none_is_said_in_words(entry: str, said: str) -> None:
    found = narrative('<renderMultiMedia referencedObject="m1"/>', entry)
    assert said in found
    assert "<img" not in found
    assert "evil.example" not in found


def test_coded_entries_the_text_does_not_name_are_listed() -> None:
    def allergy(name: str, negated: str = "") -> str:
        playing = f'<playingEntity classCode="MMAT"><code code="1" displayName="{name}"/></playingEntity>'
        whom = f'<participant typeCode="CSM"><participantRole>{playing}</participantRole></participant>'
        inner = f'<observation {negated}><code code="ASSERTION"/>{whom}</observation>'
        return f'<entry><act><entryRelationship typeCode="SUBJ">{inner}</entryRelationship></act></entry>'

    def number(value: str) -> str:
        coded = f'<code code="2" displayName="Weight"/><value xsi:type="PQ" value="{value}" unit="kg"/>'
        return f"<entry><observation>{coded}</observation></entry>"

    entries = allergy("Penicillin G") + allergy("Codeine") + allergy("Latex", 'negationInd="true"')
    (part,) = show(document(section("48765-2", "Allergies", "PENICILLIN g: hives; 80 kg", entries))).parts
    assert part.unnamed == ("Codeine",)
    (part,) = show(document(section("8716-3", "Vitals", "80.0 kg", number("80.0") + number("8.0")))).parts
    assert part.unnamed == ("Weight: 8.0 kg",)
    (part,) = show(document(section("48765-2", "Allergies", "", entries))).parts
    assert (part.html, part.unnamed) == ("", ("Penicillin G", "Codeine"))


def body(data: bytes, media_type: str, packing: str = "") -> bytes:
    more = f'representation="B64" compression="{packing}"' if packing else 'representation="B64"'
    return unstructured(media_type, base64.b64encode(data).decode(), more)


def test_text_and_rtf_are_shown_as_text() -> None:
    assert show(unstructured("text/plain", "a &lt;b&gt;", "")).text == "a <b>"
    rtf = rb"{\rtf1{\fonttbl{\f0 Arial;}}{\*\generator X;}\b Caf\'e9\b0\par Dose: 5\u181?g {\pict ffd8}end\}}"
    assert show(body(rtf, "text/rtf")).text == "Café\nDose: 5µg end}"
    deep = b"{\\rtf1 " + b"{" * 100_000 + b"x"
    assert show(body(deep, "text/rtf")).text == "x"


def test_a_page_inside_a_document_leaves_its_words_alone() -> None:
    page = (
        b"<h1>Note</h1><script>alert(1)</script><p onclick='x()'>Take <b>care</b></p><iframe src='http://x'></iframe>"
    )
    found = show(body(page, "text/html"))
    assert (found.text, found.parts) == ("Note\nTake care", ())
    assert found.body is not None
    assert found.body.address == ""


def test_a_pdf_or_a_picture_inside_is_opened_from_an_address_of_ours() -> None:
    found = show(body(b"%PDF-1.7 ...", "application/pdf"), address=lambda n: f"/f/{n}/").body
    assert found is not None
    assert (found.address, found.picture) == ("/f/0/", False)
    found = show(unstructured("image/png", PNG), address=lambda n: f"/f/{n}/").body
    assert found is not None
    assert (found.address, found.picture) == ("/f/0/", True)
    named = show(unstructured("application/pdf", '<reference value="http://evil.example/a.pdf"/>', "")).body
    assert named is not None
    assert named.address == ""


@pytest.mark.parametrize("packing", ["GZ", "ZL", "DF"])
def test_packed_bodies_are_opened_and_bombs_are_not(packing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def pack(data: bytes) -> bytes:
        made = {"GZ": gzip.compress, "ZL": zlib.compress}.get(packing)
        return made(data) if made else zlib.compress(data)[2:-4]

    assert show(body(pack(b"words"), "text/plain", packing)).text == "words"
    monkeypatch.setattr(files, "MAX_FILE", 100_000)
    bomb = show(body(pack(b"\0" * 50_000_000), "text/plain", packing))
    assert (bomb.files[0].problem, bomb.files[0].data) == ("too large", b"")
    assert show(body(b"no zip", "text/plain", packing)).files[0].problem == "packed"


@pytest.mark.shared_data
@pytest.mark.skipif(DATA is None, reason="the folder of third-party files is absent")
@pytest.mark.parametrize("path", SAMPLES, ids=lambda p: p.name[:40])
def test_every_real_document_is_shown_and_nothing_of_its_markup_survives(path: Path) -> None:
    data = path.read_bytes()
    if path.name == BROKEN:
        with pytest.raises(CcdaError, match="broken XML"):
            show(data)
        return
    found = show(data, address=lambda n: f"/file/{n}/")
    assert found.heading.patient
    assert found.heading.made
    assert found.parts or found.body
    markup = Markup(html(found))
    assert markup.tags <= OURS
    assert {name for name, _ in markup.attributes} <= NAMES
    for name, value in markup.attributes:
        if name in ("href", "src"):
            assert value.startswith(("http://", "https://", "mailto:", "#s", "/file/")), value
        if name == "src":
            assert value.startswith("/file/")
    assert len({p.key for p in found.parts}) == len(found.parts)


def test_words_of_neighbouring_cells_are_told_apart() -> None:
    """As one export writes them: no space stands between the cells of a row."""
    entry = (
        '<entry><observation classCode="OBS" moodCode="EVN"><value xsi:type="CD" displayName="{}" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"/></observation></entry>'
    )
    rows = "<table><tbody><tr><td>DRUG</td><td>penicil<content>lin</content></td><td>rash</td></tr></tbody></table>"

    def told(name: str) -> tuple[str, ...]:
        (part,) = show(
            document(section("48765-2", "Allergies", rows + "</text>" + entry.format(name) + "<text>"))
        ).parts
        return part.unnamed

    assert told("Penicillin") == ()
    assert told("Codeine") == ("Codeine",)


def test_rows_that_say_nothing_are_left_out_where_no_cell_spans_rows() -> None:
    blank, said = "<tr><td/><td> </td></tr>", "<tr><td>Sodium</td><td>135</td></tr>"
    assert narrative(f"<table><tbody>{blank}{said}{blank}</tbody></table>").count("<tr") == 1
    spanning = '<tr><td rowspan="2">Monday</td><td>1</td></tr>'
    assert narrative(f"<table><tbody>{spanning}{blank}</tbody></table>").count("<tr") == 2
