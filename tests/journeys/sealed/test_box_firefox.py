"""OPEN-ME.html from a stick in Firefox, where Debian's package is installed."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from chartpost.delivery.boxes import VIEWER
from chartpost.formats import media
from tests.journeys.sealed.marionette import PROGRAM, Firefox, firefox

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="Firefox is not installed")
PASSWORD = "abacus-abdomen-abide-able-abnormal"
DATA = bytes(range(256)) * 40_000


@pytest.fixture(scope="module", autouse=True)
def no_counts() -> None:
    """These tests need no server, so there are no tries to forget."""


@pytest.fixture(scope="module")
def sealed() -> bytes:
    """A box of one file of text and one of some size."""
    files = {"visit.txt": b"Ankle sprain", "scan.bin": DATA}
    sources = [media.Source(n, "text/plain", len(d), lambda d=d: [d]) for n, d in files.items()]  # type: ignore[misc]
    made = media.seal_files(sources, PASSWORD, title="Riverside Records", note="", created="2026-11-21T10:00:00Z")
    return b"".join(made.stream())


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Firefox]:
    """A Firefox whose network leads nowhere."""
    with firefox(tmp_path / "home", tmp_path / "downloads") as found:
        yield found


def saved(folder: Path, name: str) -> bytes:
    """A finished download."""
    until = time.monotonic() + 30
    while not (folder / name).exists() or list(folder.glob("*.part")):
        assert time.monotonic() < until, sorted(folder.iterdir())
        time.sleep(0.1)
    return (folder / name).read_bytes()


@pytest.mark.parametrize("inline", [False, True])
def test_a_wrong_password_then_the_right_one_then_every_byte(
    browser: Firefox, tmp_path: Path, sealed: bytes, inline: bool
) -> None:
    (tmp_path / "records.cps").write_bytes(sealed)
    page = tmp_path / "OPEN-ME.html"
    page.write_bytes(media.fill_page(VIEWER.read_bytes(), sealed if inline else b""))
    browser.go(page.as_uri())
    if not inline:
        browser.type("#box", str(tmp_path / "records.cps"))
    browser.type("#password", "abacus-abdomen-abide-able-abrasion")
    browser.click("[data-open]")
    browser.wait("[data-problem]", "does not fit")
    browser.call("WebDriver:ElementClear", {"id": browser.find("#password")})
    browser.type("#password", PASSWORD)
    browser.click("[data-open]")
    browser.wait("[data-title]", "Riverside Records")
    browser.click("[data-files] li:nth-child(1) [data-look]")
    browser.wait("[data-preview-body]", "Ankle sprain")
    browser.click("[data-preview-close]")
    browser.click("[data-files] li:nth-child(2) [data-save]")
    browser.wait("[data-result-title]", "Saved")
    assert saved(tmp_path / "downloads", "scan.bin") == DATA


def test_a_changed_file_is_not_kept(browser: Firefox, tmp_path: Path, sealed: bytes) -> None:
    (tmp_path / "records.cps").write_bytes(sealed[:-9] + bytes([sealed[-9] ^ 1]) + sealed[-8:])
    (tmp_path / "OPEN-ME.html").write_bytes(media.fill_page(VIEWER.read_bytes()))
    browser.go((tmp_path / "OPEN-ME.html").as_uri())
    browser.type("#box", str(tmp_path / "records.cps"))
    browser.type("#password", PASSWORD)
    browser.click("[data-open]")
    browser.wait("[data-title]", "Riverside Records")
    browser.click("[data-files] li:nth-child(2) [data-save]")
    browser.wait("[data-result-title]", "This file was changed or is damaged")
    assert list((tmp_path / "downloads").iterdir()) == []
