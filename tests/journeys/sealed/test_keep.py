"""Keeping files of a sealed share in one's record: the share's page unlocks, the portal's takes, only after a yes."""

import hashlib
import io
import subprocess
import sys
import time
from collections.abc import Iterator

import pikepdf
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.journeys.sealed.people import TERRENCE, Account
from tests.journeys.sealed.sending import Link, Sender, in_home
from tests.support.live import Live, environment, free_port

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
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen([sys.executable, "-m", "chartpost", "web"], env=env, **quiet)
    portal = Live(live.home, f"https://localhost:{port}", live.passwords)
    try:
        until = time.monotonic() + 60
        while not _answers(portal):
            assert process.poll() is None and time.monotonic() < until
            time.sleep(0.2)
        yield portal, Live(live.home, origin)
    finally:
        process.terminate()
        process.wait(30)


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


def kept(live: Live) -> set[str]:
    """SHA-256 of every document of every record, as the office can read it now."""
    lines = [line.split() for line in in_home(live, _KEPT).splitlines()]
    assert all(noted == read for noted, _, read in lines)
    return {noted for noted, _, _ in lines}


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("own_origin", [True, False], ids=["own origin", "one origin"])
def test_files_are_kept_after_a_yes_and_not_before(
    live: Live, apart: tuple[Live, Live], browser: Browser, sender: Sender, own_origin: bool
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
    assert not {sha256(letter), sha256(picture)} & kept(live)
    taking.locator("[data-keep]").click()
    expect(taking.locator("[data-done-title]")).to_have_text("All files are in the record")
    expect(page.locator("[data-keep-status]")).to_contain_text("2 of 2")
    assert {sha256(letter), sha256(picture)} <= kept(live)
    opened.shot(f"keep-done-{own_origin}")
    assert opened.fine() == []
    taking.goto(f"{portal.url}/record/documents/")
    expect(taking.get_by_text("visit").first).to_be_visible()
    account.context.close()
