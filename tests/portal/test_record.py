"""The record: what is shown, what is hidden, what the ledger keeps of it."""

import base64

import pytest

from chartpost.formats.fhirjson.terms import Category
from chartpost.identity import policies, services
from chartpost.identity.types import SYSTEM
from chartpost.portal.views.documents import clean_html
from chartpost.portal.views.rows import bounds, flag_words

from .conftest import World, a1c, condition, entries, save, signed_in

PSYCHOTHERAPY = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "PSYTHPN"}


def note(name: str, media_type: str, data: bytes) -> dict[str, object]:
    return {
        "resourceType": "DocumentReference",
        "id": name,
        "status": "current",
        "type": {"text": "Visit note"},
        "subject": {"reference": "Patient/p1"},
        "date": "2026-02-01T10:00:00Z",
        "content": [{"attachment": {"contentType": media_type, "data": base64.b64encode(data).decode()}}],
    }


@pytest.mark.parametrize(
    ("address", "action"),
    [
        ("/record/", "record.read"),
        ("/record/results/", "record.read"),
        ("/record/timeline/", "record.read"),
        ("/record/item/Condition/asthma/", "record.read"),
        ("/activity/", "access_log.read"),
    ],
)
def test_each_page_of_the_record_writes_one_entry(records_of_ana: World, address: str, action: str) -> None:
    browser = signed_in(records_of_ana.ana_account)
    before = entries(records_of_ana.ana, action)
    assert browser.get(address).status_code == 200
    assert entries(records_of_ana.ana, action) == before + 1


def test_a_page_that_is_refused_writes_no_entry(records_of_ana: World) -> None:
    signed_in(records_of_ana.ana_account).get("/record/item/Condition/gout/")
    assert entries(records_of_ana.ben, "record.read") == 0


def test_results_say_range_and_flag_in_words(records_of_ana: World) -> None:
    page = signed_in(records_of_ana.ana_account).get("/record/results/").content.decode()
    assert "6.1 %" in page
    assert "4 to 5.6 %" in page
    assert "High" in page
    assert "In range" in page
    assert page.index("6.1 %") < page.index("5.4 %")


def test_a_result_shows_its_trend_with_a_table(records_of_ana: World) -> None:
    page = signed_in(records_of_ana.ana_account).get("/record/item/Observation/a1c-3/").content.decode()
    assert "<svg" in page
    assert 'class="chart"' in page
    assert "March 1, 2025" in page


def test_one_result_alone_has_no_trend(world: World) -> None:
    save(world.ana, a1c("only", "2026-01-01", 5.0))
    page = signed_in(world.ana_account).get("/record/item/Observation/only/").content.decode()
    assert 'class="chart"' not in page


def test_dates_keep_the_precision_they_came_with(records_of_ana: World) -> None:
    page = signed_in(records_of_ana.ana_account).get("/record/problems/").content.decode()
    assert "March 2019" in page
    assert "March 1, 2019" not in page


def test_sections_page_without_gap_or_double(world: World) -> None:
    save(world.ana, *(condition(f"c{n:03d}", f"2024-{n % 12 + 1:02d}-{n % 28 + 1:02d}") for n in range(120)))
    browser, address, seen = signed_in(world.ana_account), "/record/problems/", []
    while address:
        answer = browser.get(address)
        seen += [row.item.key for row in answer.context["rows"]]
        address = answer.context["older"] and "/record/problems/" + answer.context["older"]
    assert len(seen) == 120
    assert len(set(seen)) == 120


def test_an_empty_section_says_why_and_what_to_do(world: World) -> None:
    page = signed_in(world.ana_account).get("/record/allergies/").content.decode()
    assert "That does not mean that there is none." in page
    assert "/requests/new/" in page


def test_an_unknown_section_is_not_found(world: World) -> None:
    assert signed_in(world.ana_account).get("/record/nothing/").status_code == 404


def test_psychotherapy_notes_are_not_shown(world: World) -> None:
    save(world.ana, condition("secret", "2026-01-01", "Session analysis", meta={"security": [PSYCHOTHERAPY]}))
    browser = signed_in(world.ana_account)
    assert "Session analysis" not in browser.get("/record/problems/").content.decode()
    assert browser.get("/record/item/Condition/secret/").status_code == 404
    found = browser.post("/record/search/", {"words": "analysis"}).content.decode()
    assert "Session analysis" not in found


def test_a_caregiver_sees_the_sections_they_were_given(records_of_ana: World) -> None:
    world = records_of_ana
    services.represent(
        world.stranger_account, world.ana.id, "caregiver", SYSTEM, categories=policies.mask(Category.PROBLEMS)
    )
    browser = signed_in(world.stranger_account)
    assert "Asthma" in browser.get("/record/problems/").content.decode()
    assert "6.1" not in browser.get("/record/results/").content.decode()
    assert browser.get("/record/item/Observation/a1c-3/").status_code == 404


def test_search_finds_every_word_and_keeps_none_in_an_address(records_of_ana: World) -> None:
    browser = signed_in(records_of_ana.ana_account)
    found = browser.post("/record/search/", {"words": "sprain ankle"})
    assert "Sprain of ankle" in found.content.decode()
    assert "Sprain" not in browser.get("/record/search/?words=sprain").content.decode()
    assert entries(records_of_ana.ana, "record.search") == 1


def test_an_empty_search_asks_for_a_word(world: World) -> None:
    page = signed_in(world.ana_account).post("/record/search/", {"words": " "}).content.decode()
    assert "Write a word to look for." in page


def test_timeline_narrows_by_kind_and_year(records_of_ana: World) -> None:
    browser = signed_in(records_of_ana.ana_account)
    only = browser.get("/record/timeline/?kind=problems").content.decode()
    assert "Asthma" in only
    assert "Hemoglobin" not in only
    old = browser.get("/record/timeline/?year=2024").content.decode()
    assert "Sprain of ankle" in old
    assert "6.1 %" not in old
    assert browser.get("/record/timeline/?year=abc&kind=nothing").status_code == 200


def test_the_print_page_names_person_and_birth_date(records_of_ana: World) -> None:
    page = signed_in(records_of_ana.ana_account).get("/record/problems/?print").content.decode()
    assert "Ana Ruiz" in page
    assert "April 28, 1986" in page
    assert "site-nav" not in page


def test_text_notes_are_read_on_the_page(world: World) -> None:
    save(world.ana, note("plain", "text/plain", b"Doing <b>well</b> today."))
    page = signed_in(world.ana_account).get("/record/item/DocumentReference/plain/").content.decode()
    assert "Doing &lt;b&gt;well&lt;/b&gt; today." in page


def test_html_notes_are_cleaned() -> None:
    dirty = b'<p onclick="x()">Well <script>alert(1)</script><a href="javascript:x">link</a><img src=x></p>'
    assert clean_html(dirty) == "<p>Well link</p>"


def test_files_inside_an_entry_can_be_saved_and_are_logged(world: World) -> None:
    save(world.ana, note("page", "text/html", b"<script>x</script>Fine"))
    browser = signed_in(world.ana_account)
    answer = browser.get("/record/item/DocumentReference/page/document/1/")
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment")
    assert entries(world.ana, "document.read") == 1
    for missing in ("0", "2"):
        assert browser.get(f"/record/item/DocumentReference/page/document/{missing}/").status_code == 404


@pytest.mark.parametrize("ending", ["", "?download", "read/"])
@pytest.mark.parametrize("number", ["0", "2", "9" * 20, "9" * 5000])
def test_a_document_that_is_not_there_is_not_found_and_leaves_no_entry(world: World, number: str, ending: str) -> None:
    save(world.ana, note("note-1", "text/plain", b"All is well."))
    before = entries(world.ana, "document.read")
    address = f"/record/item/DocumentReference/note-1/document/{number}/{ending}"
    assert signed_in(world.ana_account).get(address).status_code == 404
    assert entries(world.ana, "document.read") == before


@pytest.mark.parametrize(
    "before", ["99999999999999999999999.5", "5.99999999999999999999999", "²", "².0", "1.²", "--1.1"]
)
@pytest.mark.parametrize("page", ["timeline", "problems"])
def test_a_page_after_an_odd_place_is_the_first_one(records_of_ana: World, page: str, before: str) -> None:
    answer = signed_in(records_of_ana.ana_account).get(f"/record/{page}/", {"before": before})
    assert "Asthma" in answer.content.decode()


def test_results_too_large_to_draw_are_shown(world: World) -> None:
    save(world.ana, a1c("high", "2025-01-01", 1e308), a1c("low", "2025-01-02", -1e308))
    page = signed_in(world.ana_account).get("/record/item/Observation/high/").content.decode()
    assert "chart__line" in page


def test_a_broken_pdf_is_not_handed_out(world: World) -> None:
    save(world.ana, note("broken", "application/pdf", b"%PDF-1.4 nonsense"))
    answer = signed_in(world.ana_account).get("/record/item/DocumentReference/broken/document/1/")
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("4 to 5.6 %", (4.0, 5.6)),
        ("4.5 to 11 10*3/uL", (4.5, 11.0)),
        ("at least 60 mL/min/1.73 m2", (60.0, None)),
        ("at most 5.1", (None, 5.1)),
        ("2 to 3; 4 to 5", (None, None)),
        ("negative", (None, None)),
        ("", (None, None)),
    ],
)
def test_bounds_of_a_usual_range(text: str, expected: tuple[float | None, float | None]) -> None:
    assert bounds(text) == expected


def test_no_flag_is_claimed_without_a_range() -> None:
    assert flag_words("", ranged=False) == ""
    assert flag_words("", ranged=True) == "In range"
    assert flag_words("low", ranged=False) == "Low"
