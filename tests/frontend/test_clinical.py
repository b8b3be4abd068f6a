"""Clinical documents in a real browser: accessible, worked by keys and mouse, the order kept, nothing that runs."""

import threading
from collections.abc import Iterator
from typing import Any
from wsgiref.simple_server import make_server

import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.handlers.wsgi import WSGIHandler
from playwright.sync_api import Browser, Page, expect

from tests.support.axe import violations
from tests.support.shared import shared_data

from . import clinical_urls
from .test_browser import _Quiet, _Threaded, browser, pytestmark  # noqa: F401 - a fixture and marks

DATA = shared_data()
SOME = ("allscripts-professional", "kareo", "nextgen", "partners__LMR1", "onc-ds4p")
REAL = [p.name for p in sorted((DATA / "ccda").iterdir()) if p.name.startswith(SOME)] if DATA else []


@pytest.fixture
def address(gallery_site: None, settings: Any) -> Iterator[str]:
    settings.ROOT_URLCONF = clinical_urls
    server = make_server("127.0.0.1", 0, StaticFilesHandler(WSGIHandler()), _Threaded, _Quiet)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:  # noqa: F811 - the fixture
    context = browser.new_context(viewport={"width": 390, "height": 844})
    yield context.new_page()
    context.close()


def titles(page: Page) -> list[str]:
    return [text.strip() for text in page.locator(".chapter > details > summary h2").all_inner_texts()]


def wider(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@pytest.mark.parametrize("name", ["ours/", "ours/?print", *(f"{name}/" for name in REAL)])
def test_documents_are_accessible_and_fit_a_phone(page: Page, address: str, name: str) -> None:
    complaints: list[str] = []
    page.on("console", lambda m: complaints.append(m.text) if "Content Security Policy" in m.text else None)
    asked: list[str] = []
    page.on("request", lambda r: asked.append(r.url))
    page.goto(f"{address}/read/{name}")
    assert violations(page) == []
    assert wider(page) <= 1
    assert complaints == []
    assert [url for url in asked if not url.startswith(address)] == []


def test_parts_are_opened_closed_and_moved_by_keys_and_the_order_is_kept(page: Page, address: str) -> None:
    page.goto(f"{address}/read/ours/")
    assert titles(page) == ["Allergies", "Problems", "Results"]
    page.locator(".chapter summary").nth(1).focus()
    page.keyboard.press("Enter")
    expect(page.locator("details[open]")).to_have_count(2)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert titles(page) == ["Allergies", "Results", "Problems"]
    expect(page.locator("[role=status]").first).to_have_text("Problems is now part 3 of 3.", use_inner_text=True)
    down = page.get_by_role("button", name="Move Problems down")
    assert down.evaluate("button => button === document.activeElement")
    expect(down).to_have_attribute("aria-disabled", "true")
    page.reload()
    assert titles(page) == ["Allergies", "Results", "Problems"]
    assert page.evaluate("localStorage.getItem('chartpost-chapters')") == '["48765-2","30954-2","11450-4"]'
    page.get_by_role("button", name="Usual order").click()
    page.reload()
    assert titles(page) == ["Allergies", "Problems", "Results"]


def test_the_mouse_does_the_same_and_closed_parts_are_printed(page: Page, address: str) -> None:
    page.goto(f"{address}/read/ours/")
    page.get_by_role("button", name="Move Results up").click()
    assert titles(page) == ["Allergies", "Results", "Problems"]
    page.get_by_role("button", name="Close all parts").click()
    expect(page.locator("details[open]")).to_have_count(0)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(page.locator("details[open]")).to_have_count(3)
    page.emulate_media(media="print")
    expect(page.get_by_role("button", name="Open all parts")).to_be_hidden()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(page.locator("details[open]")).to_have_count(0)
    page.emulate_media(media="screen")
    page.get_by_role("button", name="Open all parts").click()
    expect(page.locator("details[open]")).to_have_count(3)


def test_nothing_of_the_sender_runs_and_wide_tables_scroll_by_themselves(page: Page, address: str) -> None:
    page.goto(f"{address}/read/ours/")
    assert page.title().startswith("Visit summary")
    expect(page.get_by_role("link", name="go")).to_have_count(0)
    expect(page.get_by_role("link", name="site")).to_have_attribute("rel", "noopener noreferrer")
    expect(page.locator("article img")).to_have_attribute("src", "/picture/0/")
    table = page.get_by_role("region", name="Results").first
    table.focus()
    page.keyboard.press("ArrowRight")
    expect(table).not_to_have_js_property("scrollLeft", 0)
