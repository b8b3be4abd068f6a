"""Pages that `chartpost convert --to html` makes, opened from a folder: readable, accessible, silent."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from chartpost.cli import main
from tests.formats.convert import inputs
from tests.support import axe, shared
from tests.support.chromium import chromium

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, offline."""
    with chromium() as found:
        yield found


def made(folder: Path, source: Path, *more: str) -> Path:
    page = folder / f"{source.name}.html"
    assert main(["convert", str(source), "--to", "html", "-o", str(page), "-q", *more]) == 0
    return page


def looked_at(browser: Browser, page: Path, width: int) -> None:
    context = browser.new_context(offline=True, viewport={"width": width, "height": 800}, bypass_csp=True)
    tab = context.new_page()
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto(page.as_uri())
    expect(tab.locator("h1")).to_have_count(1)
    assert tab.evaluate("document.documentElement.scrollWidth") <= width, "nothing is wider than the screen"
    assert axe.violations(tab) == []
    assert [url for url in asked if not url.startswith("data:")] == [page.as_uri()]
    context.close()


def test_a_record_and_a_document_are_pages_anybody_can_use(browser: Browser, tmp_path: Path) -> None:
    record = tmp_path / "record.json"
    record.write_bytes(inputs.bundle(*inputs.EDITH))
    document = tmp_path / "document.xml"
    assert main(["convert", str(record), "--to", "ccda", "-o", str(document), "-q"]) == 0
    for page in (made(tmp_path, record, "--language", "es"), made(tmp_path, document)):
        for width in (1200, 360):
            looked_at(browser, page, width)


@pytest.mark.shared_data
@pytest.mark.skipif(shared.shared_data() is None, reason="needs the third-party samples")
def test_real_files_are_pages_too(browser: Browser, tmp_path: Path) -> None:
    data = shared.shared_data()
    assert data is not None
    zipped = next(iter(sorted((data / "fhir").glob("synthea-v24__Asa*"))))
    record = tmp_path / "asa.json"
    record.write_bytes(gzip.decompress(zipped.read_bytes()))
    cerner = next(iter(sorted((data / "ccda").glob("cerner__*"))))
    for page in (made(tmp_path, record), made(tmp_path, cerner)):
        looked_at(browser, page, 360)
