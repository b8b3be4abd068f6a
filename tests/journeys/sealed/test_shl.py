"""Health links in a real browser: one person makes them, a stranger opens them, and a library of others does too."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.sealed import elsewhere
from tests.journeys.sealed.conftest import Readers
from tests.journeys.sealed.people import Account
from tests.support import shl_library
from tests.support.live import Live

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not shl_library.INSTALLED, reason="the library is not installed: run make setup"),
]
PROBLEM = "[data-step=ready] [data-problem]"
CONDITION = {"resourceType": "Condition", "id": "c1", "code": {"text": "Hay fever"}, "recordedDate": "2020-05"}
PATIENT = {
    "resourceType": "Patient",
    "id": "p1",
    "name": [{"given": ["Ada"], "family": "Moss"}],
    "birthDate": "1990-02-03",
}


def bundle(*resources: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": r} for r in resources]}


@pytest.fixture(scope="module")
def terrence(live: Live, browser: Browser) -> Iterator[Account]:
    found = Account.new(live, browser)
    yield found
    found.context.close()


@pytest.fixture
def place(live: Live) -> Iterator[elsewhere.Elsewhere]:
    with elsewhere.running(live) as found:
        yield found


def make(account: Account, *, passcode: str = "", use: str = "often", formats: tuple[str, ...] = ()) -> str:
    """Make a link to everything on the page; returns it."""
    page = account.go("/shl/links/new/")
    page.locator("[name=scope][value=all]").check()
    for name in formats:
        page.locator(f"[name=formats][value={name}]").check()
    page.locator("[name=label]").fill("For Dr. Green")
    page.locator(f"[name=use][value={use}]").check()
    page.locator("[name=passcode]").fill(passcode)
    page.locator("main form button[type=submit]").last.click()
    link = page.locator("[data-link]").inner_text()
    page.goto(account.live.url + "/shl/links/")
    for _ in range(60):
        if page.locator("main").get_by_text("Being made").count() == 0:
            return link
        page.wait_for_timeout(1000)
        page.reload()
    raise AssertionError("the link was not made in a minute")


def show(page: Page, link: str, name: str = "Dr. Green", passcode: str = "") -> None:
    """Open a link on the page that opens any."""
    page.goto("about:blank")
    page.goto(link)
    page.locator("#recipient").fill(name)
    if passcode:
        page.locator("#passcode").fill(passcode)
    page.locator("[data-open]").click()


def test_a_person_makes_a_link_and_a_stranger_reads_it(live: Live, terrence: Account, readers: Readers) -> None:
    link = make(terrence, passcode="river7", formats=("pdf", "ccda"))
    assert link.startswith(f"{live.url}/shl#shlink:/")
    reader = readers.new(width=390)
    show(reader.page, link, passcode="wrong1")
    expect(reader.page.locator(PROBLEM)).to_have_text("This passcode does not fit. Tries left: 9.")
    assert reader.axe() == []
    reader.page.locator("#passcode").fill("river7")
    reader.page.locator("[data-open]").click()
    expect(reader.page.locator("[data-step=open]")).to_be_visible()
    expect(reader.page.locator("[data-title]")).to_have_text("For Dr. Green")
    expect(reader.page.locator("[data-person]")).to_contain_text("Terrence")
    for section in ("Health problems", "Medicines", "Test results", "Notes and documents"):
        expect(reader.page.get_by_role("heading", name=section, exact=True)).to_be_visible()
    assert reader.axe() == []
    wide = reader.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 1
    reader.shot("shl-open-phone")
    assert reader.context.cookies() == []
    page = terrence.go("/shl/links/")
    expect(page.locator("main article").first).to_contain_text("“Dr. Green”")
    expect(page.locator("main article").first).to_contain_text("1 wrong try")
    assert terrence.fine() == []


def test_the_papers_inside_open_safely(terrence: Account, readers: Readers, tmp_path: Path) -> None:
    link = make(terrence, formats=("pdf", "ccda"))
    reader = readers.new()
    show(reader.page, link)
    row = reader.page.locator("li", has_text="for a doctor's computer")
    row.get_by_role("button", name=re.compile("Look at it")).click()
    expect(reader.page.locator("[data-preview-body] table").first).to_be_visible()
    assert reader.axe() == []
    reader.page.locator("[data-preview-close]").click()
    pdf = reader.page.locator("li", has_text="to read and print")
    with reader.context.expect_page():
        pdf.get_by_role("button", name=re.compile("Look at it")).click()
    reader.page.locator("[data-preview-close]").click()
    with reader.page.expect_download() as found:
        pdf.get_by_role("button", name=re.compile("Save")).click()
    saved = tmp_path / "saved.pdf"
    found.value.save_as(saved)
    assert saved.read_bytes().startswith(b"%PDF-")


def test_a_library_of_others_reads_our_links(live: Live, terrence: Account) -> None:
    link = make(terrence, passcode="river7", use="long", formats=("ccda",))
    assert shl_library.read(live, link, passcode="guess1")["error"] == "SHLInvalidPasscodeError"
    found = shl_library.read(live, link, passcode="river7")
    assert (found["label"], found["flag"]) == ("For Dr. Green", "LP")
    (whole,) = found["resources"]
    kinds = {entry["resource"]["resourceType"] for entry in whole["entry"]}
    assert {"Patient", "Condition", "Observation", "DocumentReference"} <= kinds
    bare = link.partition("#")[2]
    assert shl_library.read(live, bare, passcode="river7")["resources"]


def test_a_one_time_link_opens_once(live: Live, terrence: Account, readers: Readers) -> None:
    link = make(terrence, use="once")
    reader = readers.new()
    show(reader.page, link)
    expect(reader.page.locator("[data-step=open]")).to_be_visible()
    assert shl_library.read(live, link)["error"] == "SHLManifestNotFoundError"
    show(reader.page, link)
    expect(reader.page.locator(PROBLEM)).to_contain_text("This link no longer opens")


def test_looking_at_a_link_uses_nothing_up(live: Live, terrence: Account, readers: Readers) -> None:
    link = make(terrence, use="once")
    reader = readers.new()
    for _ in range(3):
        reader.page.goto("about:blank")
        reader.page.goto(link)
        expect(reader.page.locator("[data-step=ready]")).to_be_visible()
    assert "resources" in shl_library.read(live, link)


@pytest.mark.parametrize("flag", ["", "L"])
def test_we_open_links_a_library_of_others_makes(
    place: elsewhere.Elsewhere, live: Live, readers: Readers, flag: str
) -> None:
    long = {"resourceType": "Observation", "id": "o", "code": {"text": "Weight"}, "note": [{"text": "x" * 9000}]}
    link = place.keep(shl_library.make(place.url, bundle(PATIENT, CONDITION), long, flag=flag))
    reader = readers.new()
    show(reader.page, f"{live.url}/shl#{link}", name="Ms. Lane")
    expect(reader.page.locator("[data-person]")).to_have_text("Ada Moss, born February 3, 1990")
    expect(reader.page.get_by_text("Hay fever")).to_be_visible()
    expect(reader.page.get_by_text("May 2020")).to_be_visible()
    expect(reader.page.get_by_text("Weight")).to_be_visible()
    posts = [one for one in place.asked if one["method"] == "POST"]
    assert '"recipient":"Ms. Lane"' in posts[0]["body"]
    assert {one["headers"].get("Cookie") for one in place.asked} == {None}
    assert {one["headers"].get("Referer") for one in place.asked} == {None}


def test_each_trouble_has_its_words(place: elsewhere.Elsewhere, live: Live, readers: Readers) -> None:
    made = shl_library.make(place.url, bundle(PATIENT, CONDITION))
    link = f"{live.url}/shl#{place.keep(made)}"
    reader = readers.new()
    problem = reader.page.locator(PROBLEM)
    place.put(made["url"], {"files": [{**made["manifest"]["files"][0], "embedded": bent(made)}]})
    show(reader.page, link)
    expect(problem).to_contain_text("They were changed on the way")
    place.put(made["url"], {"nothing": 1})
    show(reader.page, link)
    expect(problem).to_contain_text("not a health record this page knows")
    place.put(made["url"], {}, status=404)
    show(reader.page, link)
    expect(problem).to_contain_text("This link no longer opens")
    place.put(made["url"], {}, status=500)
    show(reader.page, link)
    expect(problem).to_contain_text("Something went wrong")
    place.cors = False
    show(reader.page, link)
    expect(problem).to_contain_text("did not answer this page")


def bent(made: Any) -> str:
    """An encrypted file with one letter of its body changed."""
    text = str(made["manifest"]["files"][0].get("embedded") or made["files"]["file-0"])
    parts = text.split(".")
    parts[3] = ("A" if parts[3][0] != "A" else "B") + parts[3][1:]
    return ".".join(parts)


def test_what_a_record_says_never_becomes_markup(place: elsewhere.Elsewhere, live: Live, readers: Readers) -> None:
    evil = "<img src=x onerror=window.hit=1><script>window.hit=1</script>"
    attachment = {"contentType": "text/html", "title": evil, "data": "PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg=="}
    paper = {"resourceType": "DocumentReference", "id": "d", "content": [{"attachment": attachment}]}
    bad = {"resourceType": "Condition", "id": "c", "code": {"text": evil}, "clinicalStatus": {"text": evil}}
    link = place.keep(shl_library.make(place.url, bundle(PATIENT, bad, paper)))
    reader = readers.new()
    show(reader.page, f"{live.url}/shl#{link}")
    expect(reader.page.get_by_text(evil).first).to_be_visible()
    assert reader.page.evaluate("window.hit") is None
    expect(reader.page.get_by_role("button", name=re.compile("Look at it"))).to_have_count(0)


def test_a_link_can_be_pasted_in_spanish_on_a_phone(place: elsewhere.Elsewhere, live: Live, readers: Readers) -> None:
    link = place.keep(shl_library.make(place.url, bundle(PATIENT, CONDITION)))
    reader = readers.new(width=390, language="es-MX", dark=True)
    page = reader.page
    page.goto(f"{live.url}/shl")
    expect(page.locator("html")).to_have_attribute("lang", "es")
    page.locator("#link").fill("https://example.org/")
    page.locator("[data-form=paste] button").click()
    expect(page.locator("[data-paste-problem]")).not_to_be_empty()
    assert reader.axe() == []
    page.locator("#link").fill(f"Here: https://viewer.example/%23{link}")
    page.locator("[data-form=paste] button").click()
    page.locator("#recipient").fill("Dra. Luna")
    page.locator("[data-open]").click()
    expect(page.get_by_text("Hay fever")).to_be_visible()
    expect(page.get_by_text("mayo de 2020")).to_be_visible()
    assert reader.axe() == []
