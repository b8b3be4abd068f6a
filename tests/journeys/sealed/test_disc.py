"""A disc in a computer: the image unpacked by another program, OPEN-ME.html opened from file://, no network."""

import hashlib
import io
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pycdlib
import pytest
from playwright.sync_api import Browser, expect

from chartpost.delivery.boxes import VIEWER
from chartpost.formats import iso, media
from chartpost.formats.sealedbox import new_password
from tests.journeys.sealed.conftest import NO_PICKERS
from tests.support.chromium import chromium

FILES = {"health-record.pdf": b"%PDF-1.7 " + bytes(300_000), "README.txt": b"How to read it", "empty.dat": b""}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, offline."""
    with chromium() as found:
        yield found


@pytest.fixture(scope="module", autouse=True)
def no_counts() -> None:
    """These tests need no server, so there are no tries to forget."""


def image(password: str, *, inline: bool) -> bytes:
    """The image of a disc with a box on it, as the desk makes it."""
    sources = [media.Source(n, "application/octet-stream", len(d), lambda d=d: [d]) for n, d in FILES.items()]  # type: ignore[misc]
    sealed = b"".join(
        media.seal_files(sources, password, title="Riverside", note="", created="2026-11-21T10:00:00Z").stream()
    )
    page = media.fill_page(VIEWER.read_bytes(), sealed if inline else b"")
    entries = [
        iso.Entry("OPEN-ME.html", len(page), lambda: [page]),
        iso.Entry("records.cps", len(sealed), lambda: [sealed]),
    ]
    return b"".join(iso.write_image(entries, volume="HEALTH_RECORDS", moment=datetime(2026, 11, 21, tzinfo=UTC)))


def unpacked(data: bytes, folder: Path) -> None:
    """What a computer shows of the disc: by 7-Zip, or by pycdlib where there is none."""
    if shutil.which("7z"):
        (folder / "disc.iso").write_bytes(data)
        subprocess.run(["7z", "x", "-y", f"-o{folder}", str(folder / "disc.iso")], check=True, capture_output=True)
        return
    disc = pycdlib.PyCdlib()
    disc.open_fp(io.BytesIO(data))
    for name in ("OPEN-ME.html", "records.cps"):
        disc.get_file_from_iso(str(folder / name), joliet_path=f"/{name}")


@pytest.mark.browser
@pytest.mark.parametrize("inline", [True, False])
def test_the_box_opens_from_a_disc_by_double_click(browser: Browser, tmp_path: Path, inline: bool) -> None:
    password = new_password()
    unpacked(image(password, inline=inline), tmp_path)
    for file in tmp_path.iterdir():
        file.chmod(0o444)
    context = browser.new_context(accept_downloads=True, offline=True, locale="en-US")
    context.add_init_script(NO_PICKERS)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto((tmp_path / "OPEN-ME.html").as_uri())
    if not inline:
        page.set_input_files("#box", str(tmp_path / "records.cps"))
    page.fill("#password", password)
    page.click("[data-open]")
    expect(page.locator("[data-files] li")).to_have_count(len(FILES), timeout=30_000)
    with page.expect_download() as found:
        page.locator("[data-save-all]").click()
    archive = zipfile.ZipFile(found.value.path())
    digests = sorted(hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist())
    assert digests == sorted(hashlib.sha256(data).hexdigest() for data in FILES.values())
    assert said == []
    context.close()
