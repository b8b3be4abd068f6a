"""Pages whose scripts were altered on their way or at rest: the browser does not run what the page did not name."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.journeys.sealed.sending import Sender
from tests.support.live import Live

pytestmark = pytest.mark.browser
SPY = "window.altered = true;"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(ignore_https_errors=True, service_workers="block")
    yield context.new_page()
    context.close()


def spy(route: Route) -> None:
    """Any script but those of the page would tell that it ran."""
    route.fulfill(body=SPY, content_type="text/javascript")


def go(page: Page, live: Live, sender: Sender) -> list[str]:
    """Open a link and let all come that comes; returns what the browser complains of."""
    said: list[str] = []
    page.on("console", lambda line: said.append(line.text))
    page.goto(live.url + sender.send({"a.txt": b"a"}).link.path, wait_until="networkidle")
    return said


def test_a_script_that_was_altered_does_not_run(page: Page, live: Live, sender: Sender) -> None:
    def alter(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=SPY + answer.text())

    page.route("**/s/-/share.*.js", alter)
    said = go(page, live, sender)
    assert any("integrity" in line for line in said)
    assert page.evaluate("window.altered") is None
    expect(page.locator("#password")).to_be_hidden()


@pytest.mark.parametrize(
    "added",
    [
        f"<script>{SPY}</script>",
        "<img src=x onerror='window.altered = true'>",
        "<script src='https://evil.example.test/x.js'></script>",
        "<script src='/static/other.js'></script>",
        "<base href='https://evil.example.test/'>",
    ],
)
def test_what_was_put_into_the_page_does_not_run(page: Page, live: Live, sender: Sender, added: str) -> None:
    """A gateway that rewrites bodies but keeps headers: the policy stops what it added."""

    def alter(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace("</head>", f"{added}</head>"))

    page.route("**/*.js", lambda route: route.continue_() if "/s/-/" in route.request.url else spy(route))
    page.route(f"{live.url}/s/*", alter)
    go(page, live, sender)
    assert page.evaluate("window.altered") is None
    assert page.evaluate("document.baseURI").startswith(live.url)
    expect(page.locator("#password")).to_be_visible()
