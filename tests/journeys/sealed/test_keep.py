"""Keeping files of a sealed share in one's record: the share's page unlocks, the portal's takes, only after a yes."""

import hashlib
import io
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pikepdf
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.journeys.sealed.people import ROSA, TERRENCE, Account
from tests.journeys.sealed.sending import Link, Sender
from tests.journeys.sealed.test_drop import give, make, stranger, unlock
from tests.support.inside import Inside
from tests.support.live import Live, environment
from tests.support.this_run import free_port

pytestmark = pytest.mark.browser
_KEPT = """
from chartpost.records.models import Document
from chartpost.kernel import blobs
import hashlib
for one in Document.objects.order_by("pk"):
    print(one.sha256, one.person_id, hashlib.sha256(blobs.read(one.blob)).hexdigest())
"""


def pdf(words: str) -> bytes:
    """A page with some words."""
    made, out = pikepdf.new(), io.BytesIO()
    made.add_blank_page()
    made.pages[0].obj.Contents = made.make_stream(f"BT /F1 12 Tf 72 700 Td ({words}) Tj ET".encode())
    made.save(out, deterministic_id=True)
    return out.getvalue()


def png(width: int) -> bytes:
    """A white picture."""
    out = io.BytesIO()
    Image.new("RGB", (width, 60), "white").save(out, "PNG")
    return out.getvalue()


@pytest.fixture(scope="module")
def apart(live: Live) -> Iterator[tuple[Live, Live]]:
    """The same office once more, with its sealed pages on an origin of their own: portal and share pages."""
    port = free_port()
    origin = f"https://127.0.0.1:{port}"
    env = environment(live.home, port) | {"CHARTPOST_SHARE_ORIGIN": origin}
    process = subprocess.Popen(
        [sys.executable, "-m", "chartpost", "web"], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    portal = Live(live.home, f"https://localhost:{port}", live.passwords)
    try:
        until = time.monotonic() + 180
        while not _answers(portal):
            assert process.poll() is None and time.monotonic() < until
            time.sleep(0.2)
        yield portal, Live(live.home, origin)
    finally:
        process.terminate()
        process.wait(120)


def _answers(live: Live) -> bool:
    try:
        return live.send("GET", "/readyz").status == 200
    except OSError:
        return False


def open_share(account: Account, shares: Live, link: Link) -> Page:
    """Open a share in a tab beside the portal's."""
    page = account.context.new_page()
    page.goto(shares.url + link.path)
    page.locator("#password").fill(link.password)
    page.locator("[data-open]").click()
    expect(page.locator("[data-step=open]")).to_be_visible()
    return page


def offer(page: Page) -> Page:
    """Choose all files that can be kept, and go on in the page that opens."""
    page.locator("[data-keep]").click()
    with page.context.expect_page() as found:
        page.locator("[data-keep-go]").click()
    return found.value


def kept(home: Inside) -> set[str]:
    """SHA-256 of every document of every record, as the office can read it now."""
    lines = [line.split() for line in home.run(_KEPT).splitlines()]
    assert all(noted == read for noted, _, read in lines)
    return {noted for noted, _, _ in lines}


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("own_origin", [True, False], ids=["own origin", "one origin"])
def test_files_are_kept_after_a_yes_and_not_before(
    live: Live, home: Inside, apart: tuple[Live, Live], browser: Browser, sender: Sender, own_origin: bool
) -> None:
    portal, shares = apart if own_origin else (live, live)
    letter, picture = pdf(f"visit {own_origin}"), png(40 + own_origin)
    files = {"from Dr. Lee/visit.pdf": letter, "<b>scan</b>.png": picture, "notes.txt": b"", "x.html": b"<script>"}
    sent = sender.send(files, title="From Dr. Lee")
    account = Account.new(portal, browser, TERRENCE)
    page = open_share(account, shares, sent.link)
    page.locator("[data-keep]").click()
    expect(page.locator("[data-keep-name]")).to_have_count(2)
    expect(page.locator("[data-keep-left]")).to_be_visible()
    page.keyboard.press("Escape")
    taking = offer(page)
    assert taking.url == f"{portal.url}/record/add/shared/"
    expect(taking.locator("[data-offered] [data-name]").first).to_contain_text("visit.pdf")
    expect(taking.get_by_text("can read what you add")).to_be_visible()
    opened = Account(portal, account.context, taking)
    assert opened.fine() == []
    assert not {sha256(letter), sha256(picture)} & kept(home)
    taking.locator("[data-keep]").click()
    expect(taking.locator("[data-done-title]")).to_have_text("All files are in the record")
    expect(page.locator("[data-keep-status]")).to_contain_text("2 of 2")
    assert {sha256(letter), sha256(picture)} <= kept(home)
    opened.shot(f"keep-done-{own_origin}")
    assert opened.fine() == []
    taking.goto(f"{portal.url}/record/documents/")
    expect(taking.get_by_text("visit").first).to_be_visible()
    account.context.close()


def test_who_is_signed_out_signs_in_beside_it_and_goes_on(
    apart: tuple[Live, Live], browser: Browser, sender: Sender
) -> None:
    portal, shares = apart
    letter = pdf("signed out")
    account = Account.new(portal, browser, TERRENCE)
    page = open_share(account, shares, sender.send({"late.pdf": letter}).link)
    account.context.clear_cookies()
    taking = offer(page)
    expect(taking.get_by_role("heading", name="Sign in to go on")).to_be_visible()
    assert Account(portal, account.context, taking).fine() == []
    account.sign_in(TERRENCE)
    taking.locator("[data-again]").click()
    taking.locator("[data-keep]").click()
    expect(taking.locator("[data-done-title]")).to_have_text("All files are in the record")
    account.context.close()


def test_what_arrived_for_who_asked_is_kept_too(
    home: Inside, apart: tuple[Live, Live], browser: Browser, tmp_path: Path
) -> None:
    portal, shares = apart
    (tmp_path / "lab.pdf").write_bytes(pdf("asked for"))
    account = Account.new(portal, browser, TERRENCE)
    link, words, _, inbox = make(account)
    assert link.startswith(shares.url)
    give(stranger(browser), link, [tmp_path / "lab.pdf"])
    page = account.go(inbox)
    unlock(page, words)
    page.locator("[data-show]").click()
    taking = offer(page)
    taking.locator("[data-keep]").click()
    expect(taking.locator("[data-done-title]")).to_have_text("All files are in the record")
    expect(page.locator("[data-keep-status]")).to_contain_text("1 of 1")
    assert sha256((tmp_path / "lab.pdf").read_bytes()) in kept(home)
    account.context.close()


def test_no_and_a_share_taken_back_add_nothing(
    home: Inside, apart: tuple[Live, Live], browser: Browser, sender: Sender
) -> None:
    portal, shares = apart
    letter = pdf("never kept")
    sent = sender.send({"a.pdf": letter, "b.pdf": letter})
    account = Account.new(portal, browser, TERRENCE)
    page = open_share(account, shares, sent.link)
    taking = offer(page)
    taking.locator("[data-no]").click()
    expect(taking.locator("[data-done-text]")).to_contain_text("stay sealed")
    taking.close()
    taking = offer(page)
    expect(taking.locator("[data-step=confirm]")).to_be_visible()
    sender.revoke(sent)
    taking.locator("[data-keep]").click()
    expect(taking.locator("[data-done-title]")).to_have_text("Nothing was added")
    expect(taking.locator("[data-offered] [data-told]").first).to_contain_text("could not be unlocked")
    assert sha256(letter) not in kept(home)
    account.context.close()


HOSTILE = """<!doctype html><script>
const heard = []; let opened = null;
addEventListener("message", (event) => heard.push(event.data));
const go = (address) => { opened = window.open(address); };
const push = () => {
  const channel = new MessageChannel();
  const file = { index: 1, name: "bad.pdf", size: 9 };
  opened.postMessage({ chartpost: "record-offer", files: [file] }, "*", [channel.port2]);
  opened.postMessage({ chartpost: "record-ready" }, "*");
};
</script>"""


def test_another_site_can_neither_offer_nor_listen(apart: tuple[Live, Live], browser: Browser, sender: Sender) -> None:
    portal, shares = apart
    account = Account.new(portal, browser, TERRENCE)
    account.context.route(
        "https://evil.example/**", lambda route: route.fulfill(body=HOSTILE, content_type="text/html")
    )
    link = sender.send({"a.pdf": pdf("a")}).link
    for address in (f"{portal.url}/record/add/shared/", shares.url + link.path):
        evil = account.context.new_page()
        evil.goto("https://evil.example/")
        with account.context.expect_page() as found:
            evil.evaluate("go", address)
        found.value.wait_for_load_state()
        evil.evaluate("push()")
        evil.wait_for_timeout(300)
        assert evil.evaluate("heard") == []
        expect(found.value.locator("[data-step=alone], [data-step=ask]")).to_be_visible()
    assert evil.evaluate("opened.closed"), "the page of a share is cut off from who opened it"
    account.context.close()


def test_the_person_chooses_whose_record_in_spanish_by_keyboard(
    apart: tuple[Live, Live], browser: Browser, sender: Sender
) -> None:
    portal, shares = apart
    account = Account.new(portal, browser, ROSA, width=390, dark=True)
    page = open_share(account, shares, sender.send({"a.pdf": pdf("for rosa")}).link)
    page.locator("[data-language]").click()
    page.locator("#password").fill("anvil-bacon-candle-dimple-eagle")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Guardar en mi expediente")).to_be_visible()
    taking = offer(page)
    expect(taking.locator("[data-step=confirm] h1")).to_be_focused()
    opened = Account(portal, account.context, taking)
    assert opened.fine() == []
    opened.shot("keep-confirm-390-dark")
    for _ in range(40):
        taking.keyboard.press("Tab")
        if taking.locator("[data-keep]").evaluate("node => node === document.activeElement"):
            break
    taking.keyboard.press("Enter")
    expect(taking.locator("[data-step=done] h1")).to_be_focused()
    expect(page.locator("[data-keep-status]")).to_contain_text("1 de 1")
    account.context.close()
