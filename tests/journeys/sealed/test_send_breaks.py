"""Sending over breaks: pause, reload, lost connections, two tabs, changed files. Nothing is sent twice or mixed."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

from tests.journeys.sealed.network import Network, network
from tests.journeys.sealed.people import Account, big, choose, passed_on, send, tell
from tests.journeys.sealed.receiving import receive
from tests.support.live import Live

pytestmark = pytest.mark.browser
PART = 8_396_800
PARTS = re.compile(r"/s/api/shares/[\w-]+/objects/[\w-]+/parts/\d+$")
SIZE = 60
"""Megabytes: eight parts."""


class Watch:
    """Sees every part that leaves a browser, and under which digest."""

    def __init__(self, context: BrowserContext) -> None:
        self.digests: dict[str, set[str]] = {}
        context.on("request", self._part)

    def _part(self, request: Request) -> None:
        if PARTS.search(request.url):
            self.digests.setdefault(urlsplit(request.url).path, set()).add(request.headers["content-digest"])


@pytest.fixture
def line(live: Live) -> Iterator[Network]:
    """The network between browser and server."""
    with network(urlsplit(live.url).port or 0) as found:
        yield found


@pytest.fixture
def account(live: Live, browser: Browser, line: Network) -> Account:
    """Somebody whose browser reaches the server over that network."""
    return Account.new(replace(live, url=f"https://localhost:{line.port}"), browser)


@pytest.fixture
def watch(account: Account) -> Watch:
    return Watch(account.context)


def begin(account: Account, path: Path, line: Network, parts: float) -> Page:
    """Start to send a file over a network that breaks after some parts; waits until it broke."""
    page = account.go("/send/")
    choose(page, [path])
    tell(page)
    line.allow(round(parts * PART))
    send(page)
    expect(page.locator("[data-work-problem]")).to_contain_text("goes on by itself", timeout=20_000)
    return page


def check(live: Live, page: Page, digest: str, watch: Watch) -> None:
    """Everything arrived, and no part ever left as two different ciphertexts."""
    assert receive(live, *passed_on(page)).hashes == {"scan.bin": digest}
    assert watch.digests
    assert all(len(seen) == 1 for seen in watch.digests.values())


def come_back(account: Account, line: Network) -> Page:
    """Leave the page, which the browser asks about while files are being sent, mend the network and come back."""
    page = account.page
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto("about:blank")
    line.mend()
    account.go("/send/")
    expect(page.locator("[data-unfinished]")).to_be_visible()
    return page


def test_pause_and_go_on(live: Live, account: Account, line: Network, watch: Watch, tmp_path: Path) -> None:
    digest = big(tmp_path / "scan.bin", SIZE)
    page = begin(account, tmp_path / "scan.bin", line, 2.5)
    page.locator("[data-pause]").click()
    expect(page.locator("[data-go]")).to_be_focused()
    expect(page.locator("[data-figures]")).to_contain_text("Paused.")
    assert account.fine() == []
    account.shot("send-paused")
    line.mend()
    carried = line.carried
    page.wait_for_timeout(1000)
    assert line.carried - carried < PART / 10
    page.locator("[data-go]").click()
    check(live, page, digest, watch)


def test_a_lost_connection_mends_itself(
    live: Live, account: Account, line: Network, watch: Watch, tmp_path: Path
) -> None:
    digest = big(tmp_path / "scan.bin", SIZE)
    page = begin(account, tmp_path / "scan.bin", line, 3.3)
    for parts in (1.2, 2.1):
        page.wait_for_timeout(300)
        line.allow(round(parts * PART))
        page.wait_for_timeout(1500)
    line.mend()
    check(live, page, digest, watch)
    expect(page.locator("[data-work-problem]")).to_be_empty()


def test_after_a_reload_only_what_is_missing_is_sent(
    live: Live, account: Account, line: Network, watch: Watch, tmp_path: Path
) -> None:
    digest = big(tmp_path / "scan.bin", SIZE)
    begin(account, tmp_path / "scan.bin", line, 6.5)
    page = come_back(account, line)
    account.shot("send-unfinished")
    page.locator("[data-open-go]").click()
    expect(page.locator("[data-step=choose-again]")).to_be_visible()
    assert account.fine() == []
    (tmp_path / "other.bin").write_bytes(b"not this one")
    choose(page, [tmp_path / "other.bin"], "[data-again-files]")
    expect(page.locator("[data-again-missing]")).to_have_text("scan.bin")
    carried = line.carried
    choose(page, [tmp_path / "scan.bin"], "[data-again-files]")
    check(live, page, digest, watch)
    # Four parts were under way at once when it broke: what was whole at the server by then is not sent again.
    assert line.carried - carried < 6 * PART


def test_a_file_that_changed_is_sealed_anew(
    live: Live, account: Account, line: Network, watch: Watch, tmp_path: Path
) -> None:
    path = tmp_path / "scan.bin"
    big(path, SIZE)
    begin(account, path, line, 5.5)
    before = set(watch.digests)
    page = come_back(account, line)
    digest = big(path, SIZE, seed=99)
    page.locator("[data-open-go]").click()
    choose(page, [path], "[data-again-files]")
    check(live, page, digest, watch)
    objects = {path.split("/objects/")[1].split("/")[0] for path in set(watch.digests) - before}
    assert objects.isdisjoint({path.split("/objects/")[1].split("/")[0] for path in before})


def test_of_two_tabs_one_sends(live: Live, account: Account, line: Network, watch: Watch, tmp_path: Path) -> None:
    digest = big(tmp_path / "scan.bin", SIZE)
    first = begin(account, tmp_path / "scan.bin", line, 2.5)
    second = account.context.new_page()
    line.allow(PART // 2)
    second.goto(account.live.url + "/send/")
    second.locator("[data-open-go]").click()
    choose(second, [tmp_path / "scan.bin"], "[data-again-files]")
    expect(second.locator("[data-work-problem]")).to_contain_text("another tab")
    line.mend()
    check(live, first, digest, watch)
    first.close()
    second.locator("[data-go]").click()
    passed_on(second)


def test_cancel_deletes_what_came(account: Account, line: Network, tmp_path: Path) -> None:
    big(tmp_path / "scan.bin", SIZE)
    page = begin(account, tmp_path / "scan.bin", line, 2.5)
    page.locator("[data-cancel]").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    line.mend()
    page.locator("[data-sure-yes]").click()
    expect(page.locator("[data-start-problem]")).to_contain_text("Nothing was sent.")
    account.go("/shares/")
    expect(page.locator("article").first).to_contain_text("Taken back")
    account.go("/send/")
    expect(page.locator("[data-step=make]")).to_be_visible()
    expect(page.locator("[data-unfinished]")).to_be_hidden()


def test_links_are_still_to_be_passed_on_after_a_reload(account: Account, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a")
    page = account.go("/send/")
    choose(page, [tmp_path / "a.txt"])
    tell(page)
    send(page)
    link, password = passed_on(page)
    account.go("/send/")
    expect(page.locator("[data-open-words]")).to_contain_text("pass on the link")
    page.locator("[data-open-go]").click()
    assert passed_on(page) == (link, password)
