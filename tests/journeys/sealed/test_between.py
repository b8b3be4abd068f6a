"""Two people, two browsers: what one sends out of Chromium the other opens in Chromium, byte for byte."""

import hashlib
import zipfile
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from tests.journeys.sealed.conftest import Reader, Readers
from tests.journeys.sealed.network import network
from tests.journeys.sealed.people import Account, big, choose, chooser, folder, passed_on, send, tell
from tests.journeys.sealed.sending import Link
from tests.support.live import Live

pytestmark = pytest.mark.browser
CLERK = "clerk@lakeside.example.org"


def link_of(told: tuple[str, str]) -> Link:
    """What was passed on, as a reader types it."""
    address, _, secret = told[0].partition("#1.")
    return Link(address.rpartition("/s/")[2], secret, told[1])


def zipped(reader: Reader) -> dict[str, str]:
    """Save everything as one zip; SHA-256 by name."""
    path = reader.download("[data-save-all]").path()
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return {name: hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist()}


def test_a_folder_of_200_files(live: Live, browser: Browser, readers: Readers, tmp_path: Path) -> None:
    hashes = folder(tmp_path / "records", 200, 20_000)
    account = Account.new(live, browser)
    page = account.go("/send/")
    choose(page, tmp_path / "records", "[data-folder]")
    tell(page)
    send(page)
    reader = readers.new()
    reader.open(link_of(passed_on(page)))
    expect(reader.page.locator("[data-files-title]")).to_have_text("200 files")
    assert zipped(reader) == hashes
    expect(reader.page.locator("[data-result-text]")).to_contain_text("The sender will see")
    page.locator("[data-hand-done]").click()
    expect(page.locator("article").first).to_contain_text("Arrived")


def test_a_file_of_many_parts_with_a_pause_and_no_network_on_both_sides(
    live: Live, browser: Browser, readers: Readers, tmp_path: Path
) -> None:
    want = big(tmp_path / "scan.bin", 40)
    with network(urlsplit(live.url).port or 0) as line:
        slow = Live(live.home, f"https://localhost:{line.port}", live.passwords)
        account = Account.new(slow, browser)
        page = account.go("/send/")
        choose(page, [tmp_path / "scan.bin"])
        tell(page)
        line.allow(10_000_000)
        send(page)
        expect(page.locator("[data-work-problem]")).to_contain_text("goes on by itself", timeout=30_000)
        page.locator("[data-pause]").click()
        expect(page.locator("[data-figures]")).to_contain_text("Paused.")
        account.context.set_offline(True)
        line.mend()
        page.locator("[data-go]").click()
        expect(page.locator("[data-work-problem]")).to_contain_text("goes on by itself", timeout=30_000)
        account.context.set_offline(False)
        link = link_of(passed_on(page))
        reader = readers.new()
        reader = Reader(slow, reader.context, reader.page)
        reader.open(link)
        with reader.page.expect_download() as found:
            reader.page.locator("[data-save-all]").click()
            reader.page.locator("[data-pause]").click()
            expect(reader.page.locator("[data-resume]")).to_be_focused()
            reader.context.set_offline(True)
            line.cut()
            reader.page.locator("[data-resume]").click()
            reader.page.wait_for_timeout(1500)
            line.mend()
            reader.context.set_offline(False)
        assert hashlib.sha256(found.value.path().read_bytes()).hexdigest() == want


def test_a_file_of_the_record_goes_out_of_it(live: Live, browser: Browser, readers: Readers) -> None:
    account = Account.new(live, browser)
    page = account.go("/downloads/")
    page.get_by_role("button", name="Make my copy").click()
    expect(page.get_by_text("It is ready.")).to_be_visible(timeout=60_000)
    page = account.go("/send/")
    page.locator(".details > summary").first.click()
    pick = page.locator("[data-pick]").first
    address, name = pick.get_attribute("data-pick") or "", pick.get_attribute("data-pick-name") or ""
    pick.check()
    expect(page.locator("[data-sum]")).to_contain_text("1 file")
    tell(page)
    send(page)
    reader = readers.new()
    reader.open(link_of(passed_on(page)))
    expect(reader.page.locator("[data-files] [data-name]")).to_have_text(name)
    mine = account.context.request.get(live.url + address).body()
    assert reader.download("[data-save-all]").path().read_bytes() == mine


def test_staff_send_in_spanish_in_the_dark_by_keyboard_with_names_that_are_markup(
    live: Live, browser: Browser, readers: Readers, tmp_path: Path
) -> None:
    names = ["<img src=x onerror=document.title='hurt'>.html", "'\"><svg onload=alert(1)>.svg", "{n} {done}.txt"]
    for name in names:
        (tmp_path / name).write_bytes(name.encode())
    account = Account.new(live, browser, CLERK, width=390, dark=True)
    account.context.set_extra_http_headers({"Accept-Language": "es"})
    page = account.go("/send/")
    expect(page.get_by_role("heading", name="Enviar archivos")).to_be_visible()
    page.locator("[data-files]").focus()
    chooser(page, lambda: page.keyboard.press("Enter")).set_files([tmp_path / name for name in names])
    expect(page.locator("[data-list] [data-file-name]")).to_have_text(names)
    assert account.fine() == []
    for _ in range(60):
        page.keyboard.press("Tab")
        focused = page.evaluate("document.activeElement.outerHTML.slice(0, 300)")
        if "data-tell" in focused:
            page.keyboard.press("Space")
        if "data-start" in focused:
            break
    page.keyboard.press("Enter")
    expect(page.locator("[data-step=hand] h1")).to_be_focused(timeout=60_000)
    assert account.fine() == []
    account.shot("send-hand-390-dark-es")
    link = link_of(passed_on(page))
    assert page.title() != "hurt"
    reader = readers.new(language="es-MX", width=390, dark=True)
    reader.open(link)
    assert reader.page.locator("[data-files] [data-name]").all_text_contents() == names
    assert sorted(zipped(reader).values()) == sorted(hashlib.sha256(name.encode()).hexdigest() for name in names)
