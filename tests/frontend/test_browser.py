"""The gallery in a real browser: accessible by axe, no sideways scrolling, keyboard and enhancements at work.

Each page is also kept as a picture under test-artifacts/frontend, to be looked at.
"""

import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any, Literal
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.handlers.wsgi import WSGIHandler
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from tests.support.chromium import chromium

from .conftest import sign_in

ROOT = Path(__file__).parents[2]
AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
BUILT = ROOT / "src" / "chartpost" / "static" / "built" / "chartpost.css"
PICTURES = ROOT / "test-artifacts" / "frontend"
CHROMIUM = shutil.which("chromium") or ""
SIZES = {"phone": (375, 812), "desktop": (1280, 900)}
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="needs Debian's chromium"),
    pytest.mark.skipif(not AXE.exists() or not BUILT.exists(), reason="needs the built frontend (make setup)"),
]


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


class _Threaded(ThreadingMixIn, WSGIServer):
    daemon_threads = True


@pytest.fixture
def address(gallery_site: None) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, StaticFilesHandler(WSGIHandler()), _Threaded, _Quiet)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with chromium() as found:
        yield found
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


Colors = Literal["light", "dark"]


def _open(browser: Browser, url: str, size: str = "desktop", colors: Colors = "light") -> Page:
    width, height = SIZES[size]
    view = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=colors, reduced_motion="reduce"
    )
    page = view.new_page()
    page.goto(url)
    return page


def _violations(page: Page) -> list[str]:
    page.evaluate(AXE.read_text())
    run = "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}}).then(found => found.violations)"
    return [f"{v['id']}: {n['html'][:150]}" for v in page.evaluate(run, TAGS) for n in v["nodes"]]


def _keep(page: Page, name: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=str(PICTURES / f"{name}.png"), full_page=True)


@pytest.mark.parametrize("colors", ["light", "dark"])
@pytest.mark.parametrize("size", list(SIZES))
@pytest.mark.parametrize("path", ["gallery/", "gallery/desk/"])
def test_pages_are_accessible(browser: Browser, address: str, path: str, size: str, colors: Colors) -> None:
    page = _open(browser, "about:blank", size, colors)
    blocked: list[str] = []
    page.on("console", lambda message: blocked.append(message.text) if message.type == "error" else None)
    page.goto(f"{address}/{path}")
    _keep(page, f"{path.strip('/').replace('/', '-')}-{size}-{colors}")
    assert _violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert blocked == []


@pytest.mark.django_db
@pytest.mark.usefixtures("account_site")
@pytest.mark.parametrize("colors", ["light", "dark"])
@pytest.mark.parametrize("size", list(SIZES))
@pytest.mark.parametrize("path", ["login", "signup", "2fa", "2fa/totp/activate", "email", "sessions"])
def test_account_pages_are_accessible(
    browser: Browser, address: str, client: Client, path: str, size: str, colors: Colors
) -> None:
    if path not in {"login", "signup"}:
        sign_in(client)
    html = client.get(f"/account/{path}/").content.decode()
    page = _open(browser, "about:blank", size, colors)
    page.route("**/shown", lambda route: route.fulfill(body=html, content_type="text/html"))
    page.goto(f"{address}/shown")
    _keep(page, f"account-{path.replace('/', '-')}-{size}-{colors}")
    assert _violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_term_opens_beside_its_word_and_closes_by_escape(browser: Browser, address: str) -> None:
    page = _open(browser, f"{address}/gallery/")
    button = page.get_by_role("button", name="What does “custodian” mean?")
    tip = page.locator(f"#{button.get_attribute('popovertarget')}")
    expect(tip).not_to_be_visible()
    button.focus()
    page.keyboard.press("Enter")
    expect(tip).to_be_visible()
    word, shown = button.bounding_box(), tip.bounding_box()
    assert word and shown
    assert abs(shown["y"] - word["y"]) < 120
    _keep(page, "term-open")
    page.keyboard.press("Escape")
    expect(tip).not_to_be_visible()


def test_queue_is_worked_by_keys_which_can_be_turned_off(browser: Browser, address: str) -> None:
    page = _open(browser, f"{address}/gallery/desk/")
    for key in "jjk":
        page.keyboard.press(key)
    assert page.evaluate("document.activeElement.textContent") == "R-2026-0411"
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    assert page.url.endswith("#open-R-2026-0412")
    page.locator("[data-keys]").uncheck()
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.type") == "checkbox"


def test_text_counts_down(browser: Browser, address: str) -> None:
    page = _open(browser, f"{address}/gallery/")
    page.get_by_label("Anything else?").fill("x" * 310)
    expect(page.locator(".char-count")).to_have_text("You have 10 characters too many", use_inner_text=True)


def test_choice_of_colors_is_kept(browser: Browser, address: str) -> None:
    page = _open(browser, f"{address}/gallery/")
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_label("Colors").select_option("dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != before
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_idle_warning_comes_two_minutes_before_and_stays_on_request(browser: Browser, address: str) -> None:
    page = browser.new_context().new_page()
    page.clock.install()
    page.goto(f"{address}/gallery/")
    dialog = page.get_by_role("dialog", name="Are you still there?")
    page.clock.run_for(27 * 60_000)
    expect(dialog).not_to_be_visible()
    page.clock.run_for(61_000)
    expect(dialog).to_be_visible()
    expect(dialog).to_contain_text("1:5", use_inner_text=True)
    with page.expect_response("**/stay/") as answer:
        dialog.get_by_role("button", name="Stay signed in").click()
    assert answer.value.request.method == "POST"
    assert answer.value.ok
    dialog.wait_for(state="hidden")


def test_print_leaves_navigation_out(browser: Browser, address: str) -> None:
    page = _open(browser, f"{address}/gallery/", colors="dark")
    page.emulate_media(media="print", color_scheme="dark")
    expect(page.get_by_role("navigation", name="Main")).not_to_be_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    _keep(page, "print")
