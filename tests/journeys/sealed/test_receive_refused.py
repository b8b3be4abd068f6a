"""Passwords that do not fit, and links whose time is over."""

import pytest
from playwright.sync_api import expect

from tests.journeys.sealed.conftest import Readers
from tests.journeys.sealed.sending import Sender, Sent
from tests.support.inside import Inside

pytestmark = pytest.mark.browser
FILES = {"a.txt": b"a"}
_END = """
import sys
from datetime import timedelta
from chartpost.kernel.clock import now
from chartpost.shares.models import Share
assert Share.objects.filter(pk=sys.argv[1]).update(expires_at=now() - timedelta(seconds=1)) == 1
"""


def let_expire(home: Inside, sent: Sent) -> None:
    """Move the end of a share into the past."""
    home.run(_END, sent.share)


def test_a_wrong_password_costs_one_try_and_the_same_again_none(readers: Readers, sender: Sender) -> None:
    sent = sender.send(FILES)
    reader = readers.new()
    page = reader.go(sent.link)
    expect(page.locator("#password")).to_be_focused()
    reader.type_password("something-else")
    expect(page.locator("[data-problem]")).to_have_text("This password does not fit. Tries left: 9.")
    reader.type_password("something-else")
    expect(page.locator("[data-problem]")).to_contain_text("did not send it again")
    assert sender.state(sent)["recipients"][0]["failures"] == 1
    reader.type_password(sent.link.password)
    expect(page.locator("[data-step=open]")).to_be_visible()


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("Anvil-Bacon-Candle-Dimple-Eagle", "capital letters"),
        ("anvil bacon candle dimple eagle", "spaces or long dashes"),
        ("anvil–bacon–candle–dimple–eagle ", "spaces or long dashes"),
        ("anvil-bacon-candle-dimple-eagle ", "start or end"),
    ],
)
def test_an_oddly_typed_password_is_mended_on_request(readers: Readers, sender: Sender, typed: str, why: str) -> None:
    sent = sender.send(FILES)
    reader = readers.new()
    page = reader.go(sent.link)
    reader.type_password(typed)
    expect(page.locator("[data-fix-why]")).to_contain_text(why)
    page.get_by_role("button", name="Fix this for me").click()
    expect(page.locator("#password")).to_have_value(sent.link.password)
    page.keyboard.press("Enter")
    expect(page.locator("[data-step=open]")).to_be_visible()


def test_a_password_fits_in_whichever_form_its_letters_come(readers: Readers, sender: Sender) -> None:
    sent = sender.send(FILES, passwords=("Größenwahn über Ångström",))
    reader = readers.new()
    reader.go(sent.link)
    reader.type_password("Gro\u0308ßenwahn u\u0308ber A\u030angstro\u0308m")
    expect(reader.page.locator("[data-step=open]")).to_be_visible()


def test_ten_wrong_passwords_lock_the_link_for_good(readers: Readers, sender: Sender) -> None:
    sent = sender.send(FILES, passwords=("anvil-bacon-candle-dimple-eagle", "fable-gecko-habit-igloo-jelly"))
    reader = readers.new()
    page = reader.go(sent.link)
    for left in range(9, 0, -1):
        reader.type_password(f"wrong-{left}")
        words = "You have one try left" if left == 1 else f"Tries left: {left}."
        expect(page.locator("[data-problem]")).to_contain_text(words)
    reader.type_password("wrong-0")
    expect(page.locator("[data-closed-title]")).to_have_text("This link is locked")
    reader.go(sent.link)
    reader.type_password(sent.link.password)
    expect(page.locator("[data-closed-title]")).to_have_text("This link is locked")
    assert [one["locked"] for one in sender.state(sent)["recipients"]] == [True, False]
    readers.new().open(sent.links[1])


def test_what_is_over_says_so_only_to_who_knows_the_password(readers: Readers, sender: Sender, home: Inside) -> None:
    revoked, expired, used = sender.send(FILES), sender.send(FILES), sender.send(FILES, max_opens=1)
    readers.new().open(used.link)
    sender.revoke(revoked)
    let_expire(home, expired)
    titles = {
        "The sender took these files back": revoked,
        "The time for these files is over": expired,
        "This link was used up": used,
    }
    reader = readers.new()
    for title, sent in titles.items():
        page = reader.go(sent.link)
        reader.type_password("not-the-password")
        expect(page.locator("[data-problem]")).to_contain_text("Tries left: 9.")
        reader.type_password(sent.link.password)
        expect(page.locator("[data-closed-title]")).to_have_text(title)
        expect(page.locator("[data-closed-title]")).to_be_focused()


def test_a_share_taken_back_while_it_is_open_stops(readers: Readers, sender: Sender) -> None:
    sent = sender.send({"a.bin": bytes(30_000_000)})
    reader = readers.new()
    page = reader.open(sent.link)
    sender.revoke(sent)
    page.locator("[data-save-all]").click()
    expect(page.locator("[data-result-title]")).to_have_text("The sender took these files back")
