"""Going on after a reload: without an account, with files the browser has hold of, and with what was dropped."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.sealed.network import Network, network
from tests.journeys.sealed.people import Account, big, choose, folder, passed_on, send, tell
from tests.journeys.sealed.receiving import receive
from tests.journeys.sealed.test_drop import make, stranger, unlock
from tests.support import axe
from tests.support.live import Live

pytestmark = pytest.mark.browser
HALF = 1_000_000
HELD = """
const kept = async (name) => {
  const folder = await navigator.storage.getDirectory();
  return await folder.getFileHandle(name, { create: true });
};
const fill = async (name, size) => {
  const handle = await kept(name);
  if ((await handle.getFile()).size === size) return handle;
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += 1) bytes[at] = (at * 7 + name.length) % 251;
  const stream = await handle.createWritable();
  await stream.write(bytes);
  await stream.close();
  return handle;
};
window.showOpenFilePicker = async () => [await fill("one.bin", 1500000), await fill("other.bin", 1200000)];
"""
"""Handles of the browser's own, in place of those a person would pick; all that follows is the real thing."""


@pytest.fixture
def line(live: Live) -> Iterator[Network]:
    """The network between browser and server."""
    with network(urlsplit(live.url).port or 0) as found:
        yield found


def over(live: Live, line: Network) -> Live:
    """The same office, over that network."""
    return replace(live, url=f"https://localhost:{line.port}")


def come_back(page: Page, line: Network, address: str) -> Page:
    """Close the page, mend the network and open the address again."""
    context = page.context
    page.close()
    line.mend()
    fresh = context.new_page()
    fresh.goto(address)
    expect(fresh.locator("[data-unfinished]")).to_be_visible()
    return fresh


def test_who_has_no_account_goes_on_by_the_same_link(
    live: Live, browser: Browser, line: Network, tmp_path: Path
) -> None:
    hashes = folder(tmp_path / "results", 30, 120_000)
    account = Account.new(live, browser)
    link, words, _, inbox = make(account)
    address = link.replace(live.url, over(live, line).url)
    page = stranger(browser)
    page.goto(address)
    choose(page, tmp_path / "results", "[data-folder]")
    page.locator("[data-title]").fill("Sam from the lab")
    line.allow(HALF)
    page.locator("[data-start]").click()
    expect(page.locator("[data-work-problem]")).to_contain_text("goes on by itself", timeout=30_000)
    page = come_back(page, line, address)
    expect(page.locator("[data-open-words]")).to_contain_text("Sam from the lab")
    assert axe.violations(page) == []
    carried = line.carried
    page.locator("[data-open-go]").click()
    assert axe.violations(page) == []
    choose(page, tmp_path / "results", "[data-again-folder]")
    expect(page.locator("[data-step=ready]")).to_be_visible(timeout=60_000)
    size = sum(path.stat().st_size for path in (tmp_path / "results").rglob("*.txt"))
    assert line.carried - carried < size - HALF + 700_000
    page.goto("about:blank")
    page.goto(address)
    expect(page.locator("[data-step=make]")).to_be_visible()
    expect(page.locator("[data-unfinished]")).to_be_hidden()

    page = account.go(inbox)
    expect(page.locator("[data-arrival]")).to_have_count(1)
    unlock(page, words)
    page.locator("[data-show]").click()
    expect(page.locator(".share__file")).to_have_count(len(hashes))


def test_another_link_shows_nothing_of_it(live: Live, browser: Browser, line: Network, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(bytes(2_000_000))
    account = Account.new(live, browser)
    first, second = (make(account)[0].replace(live.url, over(live, line).url) for _ in range(2))
    page = stranger(browser)
    page.goto(first)
    choose(page, [tmp_path / "a.txt"])
    page.locator("[data-title]").fill("Sam from the lab")
    line.allow(HALF)
    page.locator("[data-start]").click()
    expect(page.locator("[data-work-problem]")).to_contain_text("goes on by itself", timeout=30_000)
    page = come_back(page, line, first)
    page.goto("about:blank")
    page.goto(second)
    expect(page.locator("[data-step=make]")).to_be_visible()
    expect(page.locator("[data-unfinished]")).to_be_hidden()
    page.goto("about:blank")
    page.goto(first)
    page.locator("[data-open-drop]").click()
    expect(page.locator("[data-unfinished]")).to_be_hidden()


def test_files_the_browser_has_hold_of_are_not_asked_for_again(live: Live, browser: Browser, line: Network) -> None:
    account = Account.new(over(live, line), browser, script=HELD)
    page = account.go("/send/")
    page.locator("[data-files]").click()
    expect(page.locator("[data-sum]")).to_contain_text("2 files")
    tell(page)
    line.allow(HALF)
    send(page)
    expect(page.locator("[data-work-problem]")).to_contain_text("goes on by itself", timeout=30_000)
    page = come_back(page, line, f"{account.live.url}/send/")
    page.locator("[data-open-go]").click()
    found = receive(live, *passed_on(page))
    data = {"one.bin": 1_500_000, "other.bin": 1_200_000}
    want = {
        name: hashlib.sha256(bytes((at * 7 + len(name)) % 251 for at in range(size))).hexdigest()
        for name, size in data.items()
    }
    assert found.hashes == want


def drop(page: Page, paths: list[Path]) -> None:
    """Drop files and folders of the disk on the page, as the system does."""
    box = page.locator("[data-drop]").bounding_box()
    assert box
    line = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    at = {"x": box["x"] + 20, "y": box["y"] + 20, "data": data}
    for kind in ("dragEnter", "dragOver"):
        line.send("Input.dispatchDragEvent", {"type": kind, **at})
    expect(page.locator(".send__drop--over")).to_be_visible()
    line.send("Input.dispatchDragEvent", {"type": "drop", **at})


REFUSES = "FileSystemHandle.prototype.requestPermission = async () => 'denied';"
"""What the person answers when asked again for files that were dropped: a browser without windows cannot ask."""


def test_what_was_dropped_is_asked_for_again_where_the_browser_may_not_read_it(
    live: Live, browser: Browser, line: Network, tmp_path: Path
) -> None:
    hashes = folder(tmp_path / "visit", 8, 60_000)
    hashes["loose.bin"] = big(tmp_path / "loose.bin", 2)
    account = Account.new(over(live, line), browser, script=REFUSES)
    page = account.go("/send/")
    drop(page, [tmp_path / "visit", tmp_path / "loose.bin"])
    expect(page.locator("[data-sum]")).to_contain_text("9 files")
    tell(page)
    line.allow(HALF)
    send(page)
    expect(page.locator("[data-work-problem]")).to_contain_text("goes on by itself", timeout=30_000)
    page = come_back(page, line, f"{account.live.url}/send/")
    page.locator("[data-open-go]").click()
    expect(page.get_by_role("heading", name="Choose the same files again")).to_be_visible()
    choose(page, tmp_path / "visit", "[data-again-folder]")
    expect(page.locator("[data-again-missing]")).to_have_text("loose.bin")
    choose(page, [tmp_path / "loose.bin"], "[data-again-files]")
    assert receive(live, *passed_on(page)).hashes == hashes
