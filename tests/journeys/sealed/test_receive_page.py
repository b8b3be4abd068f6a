"""The share page for everybody: keyboard, screen readers, phones, Spanish, and names nobody would give a file."""

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.sealed.conftest import NO_PICKERS, Readers
from tests.journeys.sealed.sending import Sender
from tests.support.reading import grade

pytestmark = pytest.mark.browser
HOSTILE = {
    "<img src=x onerror=document.title='hurt'>.html": b"<script>document.title='hurt'</script>",
    "'\"><svg onload=alert(1)>.svg": b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
    "{done} {n} %s {{x}}.txt": b"braces",
    "a" * 200 + ".txt": b"long",
    "\u200bjust a space\u200d.txt": b"unseen",
    "שלום.txt": b"right to left",
}
WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


def test_hostile_names_titles_and_notes_are_text(readers: Readers, sender: Sender) -> None:
    sent = sender.send(HOSTILE, title="<h1 onclick=x>Title</h1>", note="<script>document.title='hurt'</script>\n{n}")
    reader = readers.new()
    page = reader.open(sent.link)
    names = page.locator("[data-files] [data-name]").all_text_contents()
    assert names[:4] == list(HOSTILE)[:4]
    assert names[4] == "just a space.txt"
    expect(page.locator("[data-title]")).to_have_text("<h1 onclick=x>Title</h1>")
    expect(page.locator("[data-note]")).to_contain_text("<script>")
    expect(page.locator("main img, main script, [data-files] svg")).to_have_count(0)
    looks = [row.locator("[data-look]").is_visible() for row in page.locator("[data-files] li").all()]
    assert looks == [False, False, True, True, True, True], "web pages and SVG are never shown"
    page.locator("[data-files] li:nth-child(3) [data-save]").click()
    expect(page.locator("[data-result-title]")).to_have_text("Saved")
    assert page.title() == "Files sent to you"


@pytest.mark.parametrize(
    ("width", "language", "dark"),
    [(1280, "en-US", False), (320, "en-US", True), (320, "es-MX", False), (1280, "es-MX", True)],
)
def test_every_state_passes_axe_and_fits(
    readers: Readers, sender: Sender, width: int, language: str, dark: bool
) -> None:
    sent = sender.send({"a rather long name of a file, with words.pdf": b"%PDF-1.7", "b.txt": b"text"}, note="Hello")
    reader = readers.new(NO_PICKERS, width=width, language=language, dark=dark)
    found: dict[str, list[str]] = {}

    def check(state: str) -> None:
        found[state] = reader.axe() + (["wider than the window"] if reader.page.evaluate(WIDE) else [])

    page = reader.go(f"/s/{sent.link.recipient}")
    check("link")
    reader.go(sent.link)
    check("ask")
    reader.type_password("Anvil bacon candle dimple eagle")
    expect(page.locator("[data-fix]")).to_be_visible()
    check("wrong")
    reader.type_password(sent.link.password)
    expect(page.locator("[data-step=open]")).to_be_visible()
    check("open")
    reader.download("[data-save-all]")
    expect(page.locator("[data-result]")).to_be_visible()
    check("saved")
    page.locator("[data-look]").last.click()
    expect(page.locator("[data-preview-body] pre")).to_be_visible()
    check("look")
    reader.go("/s/help")
    check("help")
    reader.go("/s/nothing")
    check("missing")
    assert {state: wrong for state, wrong in found.items() if wrong} == {}
    assert len(found) == 8


def test_all_of_it_works_by_keyboard(readers: Readers, sender: Sender) -> None:
    sent = sender.send({"a.txt": b"first", "b.bin": b"second"})
    page = readers.new().go(sent.link)
    page.keyboard.type(sent.link.password)
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.locator("#password")).to_have_attribute("type", "text")
    page.keyboard.press("Enter")
    expect(page.locator("[data-title]")).to_be_focused()
    press(page, "Save all 2 files")
    with page.expect_download() as found:
        page.keyboard.press("Enter")
    assert found.value.suggested_filename == "Files for me.zip"
    expect(page.locator("[data-result]")).to_be_focused()
    press(page, "Look at it: a.txt")
    page.keyboard.press("Enter")
    expect(page.locator("[data-preview-body]")).to_contain_text("first")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Look at it: a.txt")).to_be_focused()


def press(page: Page, name: str) -> None:
    """Go on by the tab key until the button is reached."""
    button = page.get_by_role("button", name=name)
    for _ in range(30):
        if button.evaluate("node => node === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the tab key does not reach {name}")


def test_the_words_are_plain(readers: Readers, sender: Sender) -> None:
    page = readers.new().go(sender.send({"a.txt": b"a"}).link)
    words = page.evaluate(
        "[...document.querySelector('[data-words]').content.querySelectorAll('p')].map(p => p.textContent)"
    )
    assert len(words) > 60
    assert grade(" ".join(words)) <= 8
    page.goto(page.url.partition("/s/")[0] + "/s/help")
    assert grade(page.locator("main").inner_text().replace("\n", ". ")) <= 8


def test_hundreds_of_files_come_in_steps(readers: Readers, sender: Sender) -> None:
    sent = sender.send({f"{n:03}.txt": b"x" for n in range(230)})
    page = readers.new().open(sent.link)
    rows = page.locator("[data-files] li")
    expect(rows).to_have_count(100)
    page.get_by_role("button", name="Show more files").click()
    expect(rows).to_have_count(200)
    expect(rows.nth(100).locator("[data-look]")).to_be_focused()
    page.get_by_role("button", name="Show more files").click()
    expect(rows).to_have_count(230)
    expect(page.locator("[data-more]")).to_be_hidden()
