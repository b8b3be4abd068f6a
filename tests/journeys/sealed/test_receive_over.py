"""Saving while the share's time ends, and on a disk that is full."""

from hashlib import sha256

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.sealed.conftest import Readers
from tests.journeys.sealed.sending import Sender
from tests.journeys.sealed.test_receive_refused import let_expire
from tests.journeys.sealed.test_receive_saving import BIG, BY_FILE, PICKERS, kept
from tests.support.inside import Inside
from tests.support.live import Live

pytestmark = pytest.mark.browser
ROOM = 6_000_000


def no_room(page: Page, address: str) -> None:
    """Give the page's origin little room."""
    line = page.context.new_cdp_session(page)
    line.send("Storage.overrideQuotaForOrigin", {"origin": address, "quotaSize": ROOM})


def test_a_share_whose_time_ends_while_it_is_saved_stops_and_leaves_nothing(
    readers: Readers, sender: Sender, home: Inside
) -> None:
    sent = sender.send({f"{n}.bin": BIG for n in range(4)})
    page = readers.new(BY_FILE).open(sent.link)
    page.locator("[data-save-all]").click()
    page.locator("[data-pause]").click()
    expect(page.locator("[data-resume]")).to_be_visible()
    let_expire(home, sent)
    page.locator("[data-resume]").click()
    expect(page.locator("[data-result-title]")).to_have_text("The time for these files is over")
    assert kept(page) == {}
    assert sender.state(sent)["recipients"][0]["received"] == []


def test_a_full_disk_is_said_and_leaves_nothing(readers: Readers, sender: Sender, live: Live) -> None:
    sent = sender.send({"big.bin": BIG})
    page = readers.new(PICKERS).open(sent.link)
    no_room(page, live.url)
    page.locator("[data-save-all]").click()
    expect(page.locator("[data-result-title]")).to_have_text("There is not enough room")
    assert kept(page) == {}
    assert sender.state(sent)["recipients"][0]["received"] == []


def test_where_there_is_less_room_than_promised_memory_is_next(readers: Readers, sender: Sender, live: Live) -> None:
    """Browsers promise more than they have, so that nobody is known by the size of their disk."""
    sent = sender.send({"big.bin": BIG})
    reader = readers.new(BY_FILE)
    page = reader.open(sent.link)
    no_room(page, live.url)
    assert sha256(reader.download("[data-save-all]").path().read_bytes()).hexdigest() == sent.hashes["big.bin"]
    assert kept(page) == {}
