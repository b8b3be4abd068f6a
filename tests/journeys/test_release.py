"""The main job in a real browser: ask, release by the book, deliver, prove."""

import hashlib
from pathlib import Path

import pikepdf
import pytest
from playwright.sync_api import expect

from chartpost.formats.ccda.selfcheck import check_document
from chartpost.formats.fhirjson.canonical import parse
from chartpost.formats.fhirjson.validate import validate
from tests.journeys.conftest import Visitors
from tests.journeys.steps import ask_for_everything, make_letter, press, save, work_until_released

pytestmark = pytest.mark.browser


def test_a_person_asks_and_opens_pdf_ccda_and_fhir(visitors: Visitors, tmp_path: Path) -> None:
    person = visitors.new(width=390).sign_in("marcus-hale@people.example.org")
    ref = ask_for_everything(person, "Marcus Andre Hale")
    person.shot("journey-receipt")
    expect(person.page.locator("main")).to_contain_text("R-20", use_inner_text=True)

    clerk = visitors.new().sign_in("clerk@lakeside.example.org")
    approver = visitors.new().sign_in("approver@lakeside.example.org")
    work_until_released(clerk, approver, ref)

    page = person.go(f"/requests/{ref}/")
    person.shot("journey-ready")
    files = {}
    for link in page.locator("main a[href*='/copy/']").all():
        target = save(person, link, tmp_path)
        files["".join(target.suffixes[-2:])] = target
    with pikepdf.open(files[".pdf"]) as pdf:
        assert "/StructTreeRoot" in pdf.Root
        assert len(pdf.pages) > 3
    ccd = files[".ccda.xml"].read_bytes()
    assert check_document(ccd) == []
    bundle = parse(files[".fhir.json"].read_bytes())
    assert validate("Bundle", bundle) == []
    assert len(bundle["entry"]) > 100

    page = person.go(f"/requests/{ref}/")
    page.locator("input[name='arrived-arrived'][value=yes]").check()
    press(person, "Tell us")

    page = person.go("/activity/")
    looked = page.locator("main").inner_text()
    assert "Casey Clark" in looked
    assert "Avery Approve" in looked

    person.demo.chartpost("ledger", "verify")
    hashes = {hashlib.sha256(f.read_bytes()).hexdigest() for f in files.values()}
    assert len(hashes) == len(files)


def test_psychotherapy_notes_are_withheld_with_the_letter_that_is_owed(visitors: Visitors, tmp_path: Path) -> None:
    person = visitors.new().sign_in("samuel-whitaker@people.example.org")
    ref = ask_for_everything(person, "Samuel James Whitaker")
    clerk = visitors.new().sign_in("clerk@lakeside.example.org")
    approver = visitors.new().sign_in("approver@lakeside.example.org")
    work_until_released(clerk, approver, ref)
    refused = approver.page.locator("main").inner_text()
    assert "partial_denial" in refused or "held back" in refused, "the release must not go without its letter"
    make_letter(clerk, f"/desk/requests/{ref}/", "partial_denial")
    approver.go(f"/desk/requests/{ref}/release/")
    press(approver, "Release it now")

    page = person.go(f"/requests/{ref}/")
    letters = page.locator("main a[href*='/requests/letter/']")
    assert letters.count() >= 2
    link = next(a for a in page.locator("main a[href*='/copy/']").all() if ".fhir.json" in a.inner_text())
    bundle = parse(save(person, link, tmp_path).read_bytes())
    labels = [c["code"] for e in bundle["entry"] for c in e["resource"].get("meta", {}).get("security", ())]
    assert "PSYTHPN" not in labels


def test_a_daughter_asks_for_her_mother(visitors: Visitors) -> None:
    daughter = visitors.new().sign_in("marisol-alvarado@people.example.org")
    page = daughter.go("/record/")
    page.get_by_label("Whose record?").select_option(label="Rosa Elena Alvarado")
    press(daughter, "Show")
    expect(page.locator("main")).to_contain_text("as their", use_inner_text=True)
    ref = ask_for_everything(daughter, "Marisol Alvarado", whose="Rosa Elena Alvarado")
    clerk = visitors.new().sign_in("clerk@lakeside.example.org")
    approver = visitors.new().sign_in("approver@lakeside.example.org")
    work_until_released(clerk, approver, ref)
    page = daughter.go(f"/requests/{ref}/")
    assert page.locator("main a[href*='/copy/']").count() >= 4

    stranger = visitors.new().sign_in("terrence-boyd@people.example.org")
    answer = stranger.page.goto(f"{stranger.demo.url}/requests/{ref}/")
    assert answer is not None
    assert answer.status == 404
