"""Asking for files: a link made here, files sealed elsewhere without an account, opened by nobody but who asked."""

import hashlib
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.sealed.people import NO_OPEN_PICKER, Account, choose, folder
from tests.support import axe
from tests.support.live import Live

pytestmark = pytest.mark.browser
NO_PICKERS = "delete window.showSaveFilePicker; delete window.showDirectoryPicker;"


def make(account: Account) -> tuple[str, str, list[str], str]:
    """Make a link: the link, the five words, the lines of the recovery code, the address of the inbox."""
    page = account.go("/drops/")
    assert account.fine() == []
    page.locator("[data-start]").click()
    expect(page.locator("[data-step=sheet]")).to_be_visible()
    words = page.locator("[data-sheet-words]").inner_text()
    code = page.locator("[data-sheet-code] li").all_inner_texts()
    account.shot("drop-sheet")
    assert account.fine() == []
    expect(page.locator("[data-sheet-done]")).to_be_disabled()
    page.locator("[data-kept]").check()
    page.locator("[data-sheet-done]").click()
    link = page.locator("[data-link]").inner_text()
    account.shot("drop-link")
    return link, words, code, page.locator("[data-inbox]").get_attribute("href") or ""


def stranger(browser: Browser, **more: object) -> Page:
    """Somebody without an account, with a note of everything their browser complains about."""
    context = browser.new_context(ignore_https_errors=True, **more)
    context.set_default_timeout(60_000)
    context.add_init_script(NO_OPEN_PICKER)
    return context.new_page()


def give(page: Page, link: str, paths: list[Path] | Path, button: str = "[data-files]") -> None:
    """Send files with a drop link."""
    page.goto(link)
    expect(page.locator("[data-step=make]")).to_be_visible()
    choose(page, paths, button)
    page.locator("[data-title]").fill("Sam from the lab")
    page.locator("[data-start]").click()
    expect(page.locator("[data-step=ready]")).to_be_visible(timeout=60_000)


def unlock(page: Page, typed: str) -> None:
    """Type words or code into the inbox."""
    page.locator("[data-password]").fill(typed)
    page.locator("[data-unlock] [type=submit]").click()


def test_files_come_back_to_who_asked(live: Live, browser: Browser, tmp_path: Path) -> None:
    hashes = folder(tmp_path / "results", 20)
    account = Account.new(live, browser, script=NO_PICKERS)
    link, words, code, inbox = make(account)
    assert link.startswith(f"{live.url}/s/d/")
    assert (len(words.split("-")), len(code)) == (5, 8)

    page = stranger(browser, viewport={"width": 390, "height": 800})
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text))
    page.goto(link)
    expect(page.locator("[data-asked]")).to_contain_text("asks you for files")
    assert axe.violations(page) == []
    give(page, link, tmp_path / "results", "[data-folder]")
    assert axe.violations(page) == []
    page.screenshot(path=tmp_path.parent / "ready.png")
    assert [text for text in complaints if "Policy" in text or "Trusted" in text] == []
    assert page.context.cookies() == []

    page = account.go(inbox)
    expect(page.locator("[data-arrival]")).to_have_count(1)
    expect(page.locator("[data-show]")).to_be_hidden()
    assert account.fine() == []
    unlock(page, "abacus-abdomen-abdominal-abide-abiding")
    expect(page.locator("[data-unlock-problem]")).to_contain_text("does not fit")
    unlock(page, " ".join(words.upper().split("-")))
    expect(page.locator("[data-show]")).to_be_focused()
    page.locator("[data-show]").click()
    expect(page.locator("[data-title]")).to_have_text("Sam from the lab")
    assert account.fine() == []
    account.shot("drop-files")
    name = sorted(hashes)[0]
    row = page.locator(".share__file", has_text=name)
    with page.expect_download() as found:
        row.locator("[data-save]").click()
    assert hashlib.sha256(Path(found.value.path()).read_bytes()).hexdigest() == hashes[name]
    page.locator("[data-back]").click()
    expect(page.locator("[data-arrival]")).to_have_count(1)


def test_the_printed_code_opens_too_and_a_slip_is_named(live: Live, browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("hello")
    account = Account.new(live, browser)
    link, _, code, inbox = make(account)
    give(stranger(browser), link, [tmp_path / "a.txt"])
    page = account.go(inbox)
    other = "1" if code[3][0] != "1" else "2"
    unlock(page, "\n".join([*code[:3], other + code[3][1:], *code[4:]]))
    expect(page.locator("[data-unlock-problem]")).to_contain_text("Line 4")
    unlock(page, "\n".join(code[:5]))
    expect(page.locator("[data-unlock-problem]")).to_contain_text("eight lines")
    unlock(page, "\n".join(code).lower())
    page.locator("[data-show]").click()
    expect(page.locator(".share__file")).to_contain_text("a.txt")


def test_links_that_are_cut_swapped_or_closed_take_nothing(live: Live, browser: Browser) -> None:
    account = Account.new(live, browser)
    link, _, _, inbox = make(account)
    page = stranger(browser)
    before, _, print_of = link.partition("#1.")
    cases = {
        link.partition("#")[0]: "not whole",
        link[:-4]: "not whole",
        f"{before}#1.{'B' if print_of[0] == 'A' else 'A'}{print_of[1:]}": "cannot be trusted",
        f"{live.url}/s/d/{'A' * 22}#1.{'A' * 43}": "no more files",
    }
    for address, words in cases.items():
        page.goto("about:blank")
        page.goto(address)
        expect(page.locator("[data-closed-title]")).to_contain_text(words)
        assert axe.violations(page) == []
    page.goto(link.replace("#", "%23"))
    expect(page.locator("[data-step=make]")).to_be_visible()
    own = account.go(inbox)
    own.get_by_role("button", name="Take no more files").click()
    page.goto("about:blank")
    page.goto(link)
    expect(page.locator("[data-closed-title]")).to_contain_text("no more files")
