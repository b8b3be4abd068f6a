"""Saving over a wire that is cut, with a pause, and given up."""

import io
import time
import zipfile
from collections.abc import Iterator
from hashlib import sha256
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.sealed.conftest import Reader, Readers
from tests.journeys.sealed.sending import Sender
from tests.journeys.sealed.test_receive_saving import BIG, BY_FILE, DOWNLOADS, kept, some_bytes
from tests.journeys.sealed.wire import Wire
from tests.support.live import Live

pytestmark = pytest.mark.browser


@pytest.fixture
def wire(live: Live) -> Iterator[Wire]:
    """A wire to the live server that can be cut."""
    found = Wire(int(urlsplit(live.url).port or 443))
    yield found
    found.close()


def through(reader: Reader, wire: Wire) -> Reader:
    """The same reader, over the wire."""
    return Reader(Live(reader.live.home, f"https://localhost:{wire.port}"), reader.context, reader.page)


def test_a_cut_wire_costs_little_and_loses_nothing(readers: Readers, sender: Sender, wire: Wire) -> None:
    sent = sender.send({"big.bin": BIG})
    reader = through(readers.new(), wire)
    reader.open(sent.link)
    before = wire.relayed
    wire.cut_after = [before + n * 2_300_000 for n in range(1, 11)]
    found = reader.download("[data-save-all]")
    assert sha256(found.path().read_bytes()).hexdigest() == sent.hashes["big.bin"]
    assert wire.cuts == 10
    assert wire.relayed - before < len(BIG) + 10 * 3_000_000, "each cut costs less than a part"
    assert [one["opens"] for one in sender.state(sent)["recipients"]] == [1]


def stands_still(page: Page) -> None:
    """What was under way when somebody paused comes to rest before the end, and stays there for a second."""
    bar, until, at = page.locator("[data-bar]"), time.monotonic() + 30, ""
    while at != (now := str(bar.get_attribute("value"))):
        assert time.monotonic() < until, "it goes on"
        at = now
        page.wait_for_timeout(1000)
    assert float(at) < float(str(bar.get_attribute("max")))


def test_pause_and_go_on(readers: Readers, sender: Sender) -> None:
    sent = sender.send({f"{n}.bin": some_bytes(9_000_000, n) for n in range(6)})
    reader = readers.new(BY_FILE)
    page = reader.open(sent.link)
    with page.expect_download() as download:
        page.locator("[data-save-all]").click()
        page.locator("[data-pause]").click()
        expect(page.locator("[data-resume]")).to_be_focused()
        stands_still(page)
        page.locator("[data-resume]").click()
    with zipfile.ZipFile(io.BytesIO(download.value.path().read_bytes())) as archive:
        assert {name: sha256(archive.read(name)).hexdigest() for name in archive.namelist()} == sent.hashes


@pytest.mark.parametrize("way", DOWNLOADS, ids=["stream", "file", "memory"])
def test_cancel_leaves_nothing(readers: Readers, sender: Sender, way: str) -> None:
    sent = sender.send({"a.bin": BIG, "b.bin": BIG})
    reader = readers.new(way)
    page = reader.open(sent.link)
    page.locator("[data-save-all]").click()
    page.locator("[data-cancel]").click()
    expect(page.locator("[data-result-title]")).to_have_text("You stopped it")
    assert kept(page) == {}
    reader.download("[data-files] li:nth-child(2) [data-save]").path()
