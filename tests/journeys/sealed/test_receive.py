"""People open sealed shares in a real Chromium."""

import io
import zipfile
from hashlib import sha256

import pytest
from playwright.sync_api import expect

from chartpost.formats import sealedbox as box
from tests.journeys.sealed.conftest import Readers
from tests.journeys.sealed.sending import Sender

pytestmark = pytest.mark.browser


def test_one_file_comes_out_as_it_went_in(readers: Readers, sender: Sender) -> None:
    sent = sender.send(
        {"letter.txt": b"Dear Ana,\nall is well.\n"}, title="Your letter", note="As we said\non the phone"
    )
    reader = readers.new()
    page = reader.open(sent.link)
    expect(page.locator("[data-title]")).to_have_text("Your letter")
    expect(page.locator("[data-note]")).to_contain_text("on the phone")
    found = reader.download("[data-save-all]")
    assert found.suggested_filename == "letter.txt"
    assert found.path().read_bytes() == b"Dear Ana,\nall is well.\n"
    expect(page.locator("[data-result-title]")).to_have_text("Saved")
    expect(page.locator("[data-result-text]")).to_contain_text("The sender will see")
    state = sender.state(sent, received=1)["recipients"][0]
    assert (state["opens"], len(state["received"])) == (1, 1)


@pytest.mark.parametrize("params", [box.PBKDF2_DEFAULT, box.Params(2, 19_456, 2, 1), box.ARGON2_DEFAULT])
def test_each_way_to_derive_keys_opens(readers: Readers, sender: Sender, params: box.Params) -> None:
    sent = sender.send({"a.txt": b"a"}, params=params)
    reader = readers.new()
    reader.open(sent.link)
    assert reader.download("[data-save-all]").path().read_bytes() == b"a"


def test_only_a_message_is_received_by_opening_it(readers: Readers, sender: Sender) -> None:
    sent = sender.send({}, title="Call me", note="Tomorrow at nine.")
    page = readers.new().open(sent.link)
    expect(page.get_by_role("heading", name="There are no files")).to_be_visible()
    expect(page.locator("[data-save-all]")).to_be_hidden()
    assert len(sender.state(sent, received=1)["recipients"][0]["received"]) == 1


def test_many_files_come_as_one_zip_with_every_byte(readers: Readers, sender: Sender) -> None:
    files = {f"scans/part {n}/image-{n}.bin": bytes([n % 251]) * (n * 3001) for n in range(40)}
    files["große Übersicht.pdf"] = b"%PDF-1.7\n" + b"x" * 20_000_000
    sent = sender.send(files)
    reader = readers.new()
    reader.open(sent.link)
    found = reader.download("[data-save-all]")
    with zipfile.ZipFile(io.BytesIO(found.path().read_bytes())) as archive:
        assert archive.testzip() is None
        assert {name: sha256(archive.read(name)).hexdigest() for name in archive.namelist()} == sent.hashes
    assert len(sender.state(sent, received=1)["recipients"][0]["received"]) == 1
