"""Every way a file can be saved, whole and damaged, and over a wire that is cut."""

import io
import random
import time
import zipfile
from collections.abc import Callable
from hashlib import sha256

import pytest
from playwright.sync_api import Error, Page, expect

from tests.journeys.sealed.conftest import NO_PICKERS, NO_ROOM, NO_SERVICE_WORKER, Readers
from tests.journeys.sealed.sending import Sender

pytestmark = pytest.mark.browser
PICKERS = """
const inOwnFiles = async (name) => (await navigator.storage.getDirectory()).getDirectoryHandle(name, {create: true});
window.showSaveFilePicker = async ({suggestedName}) =>
  (await inOwnFiles("picked")).getFileHandle(suggestedName, {create: true});
window.showDirectoryPicker = () => inOwnFiles("picked");
"""
"""Handles of the browser's own, in place of those a person would pick; all that follows is the real thing."""
BY_STREAM = NO_PICKERS
BY_FILE = NO_PICKERS + NO_SERVICE_WORKER
BY_MEMORY = NO_PICKERS + NO_SERVICE_WORKER + NO_ROOM
DOWNLOADS = [BY_STREAM, BY_FILE, BY_MEMORY]
LISTED = """async () => {
  const found = {};
  const walk = async (folder, path) => {
    for await (const [name, handle] of folder.entries()) {
      if (handle.kind === "directory") await walk(handle, path + name + "/");
      else {
        const bytes = await handle.getFile().then((file) => file.arrayBuffer()).catch(() => null);
        if (bytes === null) { found[path + name] = "being changed"; continue; }
        const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
        found[path + name] = [...digest].map((b) => b.toString(16).padStart(2, "0")).join("");
      }
    }
  };
  await walk(await navigator.storage.getDirectory(), "");
  return found;
}"""


def some_bytes(size: int, seed: int = 1) -> bytes:
    """Bytes no two blocks of which are alike."""
    return random.Random(seed).randbytes(size)


BIG = some_bytes(25_000_000)
THREE_PARTS = BIG[:17_500_000]


def kept(page: Page) -> dict[str, str]:
    """Files this origin keeps in the browser: path -> SHA-256."""
    found: dict[str, str] = page.evaluate(LISTED)
    return found


def until(holds: Callable[[], bool]) -> None:
    """Wait a while for something that becomes true."""
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end, "it did not become true"
        time.sleep(0.1)


@pytest.mark.parametrize("way", DOWNLOADS, ids=["stream", "file", "memory"])
@pytest.mark.parametrize("size", [0, 1, 16_384, 8_388_608, 8_388_609, 17_500_000])
def test_each_way_gives_every_byte(readers: Readers, sender: Sender, way: str, size: int) -> None:
    sent = sender.send({"a file.bin": BIG[:size]})
    reader = readers.new(way)
    reader.open(sent.link)
    found = reader.download("[data-save-all]")
    assert found.suggested_filename == "a file.bin"
    assert sha256(found.path().read_bytes()).hexdigest() == sent.hashes["a file.bin"]
    expect(reader.page.locator("[data-result-title]")).to_have_text("Saved")
    expect(reader.page.locator("[data-result-link]")).to_be_visible(visible=way != BY_STREAM)
    assert list(kept(reader.page).values()) == ([sent.hashes["a file.bin"]] if way == BY_FILE else [])
    reader.go(sent.link)
    until(lambda: kept(reader.page) == {})
    assert len(sender.state(sent, received=1)["recipients"][0]["received"]) == 1


@pytest.mark.parametrize("way", DOWNLOADS, ids=["stream", "file", "memory"])
@pytest.mark.parametrize("at", [10, 60, 8_396_800 + 1, 17_499_000], ids=["head", "first", "border", "last"])
def test_a_changed_byte_leaves_no_file(readers: Readers, sender: Sender, way: str, at: int) -> None:
    sent = sender.send({"a.bin": THREE_PARTS}, spoil={1: at})
    reader = readers.new(way)
    page = reader.open(sent.link)
    if way == BY_STREAM:
        found = reader.download("[data-save-all]")
        assert found.failure(), "the browser itself calls the download failed"
        with pytest.raises(Error):
            found.path()
    else:
        page.locator("[data-save-all]").click()
    expect(page.locator("[data-result-title]")).to_have_text("This file was changed or is damaged")
    expect(page.locator("[data-result-text]")).to_contain_text("Nothing of it was kept")
    assert kept(page) == {}
    assert sender.state(sent)["recipients"][0]["received"] == []


def test_a_picked_file_is_written_whole_or_not_at_all(readers: Readers, sender: Sender) -> None:
    good, bad = sender.send({"good.bin": THREE_PARTS}), sender.send({"bad.bin": THREE_PARTS}, spoil={1: 17_000_000})
    reader = readers.new(PICKERS)
    page = reader.open(good.link)
    page.locator("[data-save-all]").click()
    expect(page.locator("[data-result-title]")).to_have_text("Saved")
    assert kept(page) == {"picked/good.bin": good.hashes["good.bin"]}
    page = reader.open(bad.link)
    page.locator("[data-save-all]").click()
    expect(page.locator("[data-result-title]")).to_have_text("This file was changed or is damaged")
    assert kept(page) == {"picked/good.bin": good.hashes["good.bin"]}


def test_a_folder_keeps_its_shape_and_what_was_there(readers: Readers, sender: Sender) -> None:
    sent = sender.send({f"labs/{n % 3}/panel {n}.csv": some_bytes(n * 1000, n) for n in range(1, 13)})
    reader = readers.new(PICKERS)
    page = reader.open(sent.link)
    page.get_by_role("button", name="Save to a folder").click()
    expect(page.locator("[data-result-title]")).to_have_text("Saved")
    assert kept(page) == {f"picked/{name}": digest for name, digest in sent.hashes.items()}
    page.evaluate("document.querySelector('[data-result-title]').textContent = ''")
    page.get_by_role("button", name="Save to a folder").click()
    expect(page.locator("[data-result-title]")).to_have_text("Saved")
    assert sorted(kept(page).values()) == sorted([*sent.hashes.values()] * 2), "nothing is written over"


def test_a_damaged_file_among_others_stops_the_folder_and_the_zip(readers: Readers, sender: Sender) -> None:
    files = {f"{n}.bin": some_bytes(50_000, n) for n in range(4)}
    sent = sender.send(files, spoil={3: 30_000})
    reader = readers.new(PICKERS)
    page = reader.open(sent.link)
    page.get_by_role("button", name="Save to a folder").click()
    expect(page.locator("[data-result-text]")).to_contain_text("The other files in the folder are fine: 2.")
    assert kept(page) == {f"picked/{n}.bin": sent.hashes[f"{n}.bin"] for n in range(2)}
    streaming = readers.new(BY_STREAM)
    streaming.open(sent.link)
    assert streaming.download("[data-save-all]").failure()
    expect(streaming.page.locator("[data-result-title]")).to_have_text("This file was changed or is damaged")
    streaming.download("[data-files] li:first-child [data-save]").path()
    assert sender.state(sent)["recipients"][0]["received"] == []


def test_the_receipt_goes_once_all_files_were_saved_one_by_one(readers: Readers, sender: Sender) -> None:
    sent = sender.send({"a.bin": b"a" * 9000, "b.bin": b"b" * 9000})
    reader = readers.new()
    reader.open(sent.link)
    reader.download("[data-files] li:nth-child(1) [data-save]").path()
    expect(reader.page.locator("[data-result-title]")).to_have_text("Saved")
    assert sender.state(sent)["recipients"][0]["received"] == []
    reader.download("[data-files] li:nth-child(2) [data-save]").path()
    expect(reader.page.locator("[data-result-text]")).to_contain_text("The sender will see")
    assert len(sender.state(sent, received=1)["recipients"][0]["received"]) == 1


def test_names_alike_but_for_case_or_made_for_other_systems_are_told_apart(readers: Readers, sender: Sender) -> None:
    files = {"a/CON.txt": b"1", "a/_con.txt": b"2", "b?.txt": b"3", "b*.txt": b"4"}
    sent = sender.send(files)
    reader = readers.new()
    reader.open(sent.link)
    found = reader.download("[data-save-all]")
    with zipfile.ZipFile(io.BytesIO(found.path().read_bytes())) as archive:
        assert [(name, archive.read(name)) for name in archive.namelist()] == [
            ("a/_CON.txt", b"1"),
            ("a/_con (2).txt", b"2"),
            ("b_.txt", b"3"),
            ("b_ (2).txt", b"4"),
        ]
