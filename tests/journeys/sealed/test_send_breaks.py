"""Sending over breaks: pause, reload, lost connections, two tabs, changed files. Nothing is sent twice or mixed."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.sealed.network import Network, network
from tests.journeys.sealed.people import Account, big, choose, folder, passed_on, send, tell
from tests.journeys.sealed.receiving import receive
from tests.support.live import Live

pytestmark = pytest.mark.browser
FILES = 40
PART = 8_396_800
HALF = 2_000_000
"""About half of the bytes of 40 files."""
NOTED = """async () => {
  const db = await new Promise((done) => {
    const asked = indexedDB.open("chartpost-sends");
    asked.onsuccess = () => done(asked.result);
  });
  const parts = db.transaction("parts").objectStore("parts");
  const all = (asked) => new Promise((done) => { asked.onsuccess = () => done(asked.result); });
  const [keys, values] = [await all(parts.getAllKeys()), await all(parts.getAll())];
  return keys.map(([share, object, number], at) => [object, number, values[at]]);
}"""


def noted(page: Page) -> dict[tuple[str, int], str]:
    """What the browser notes of each part before it leaves: object, number and digest."""
    return {(one, number): digest for one, number, digest in page.evaluate(NOTED)}


@pytest.fixture
def line(live: Live) -> Iterator[Network]:
    """The network between browser and server."""
    with network(urlsplit(live.url).port or 0) as found:
        yield found


@pytest.fixture
def account(live: Live, browser: Browser, line: Network) -> Account:
    """Somebody whose browser reaches the server over that network."""
    return Account.new(replace(live, url=f"https://localhost:{line.port}"), browser)


@dataclass
class Folder:
    """What is sent: where it is, and the SHA-256 of its files by name."""

    path: Path
    hashes: dict[str, str]


@pytest.fixture
def records(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "records", folder(tmp_path / "records", FILES, 200_000))


@pytest.fixture
def scan(tmp_path: Path) -> Folder:
    """One file of four parts."""
    return Folder(tmp_path / "scan.bin", {"scan.bin": big(tmp_path / "scan.bin", 30)})


def begin(account: Account, records: Folder, line: Network, count: int) -> Page:
    """Start to send a folder or file over a network that breaks after `count` bytes; waits until it broke."""
    page = account.go("/send/")
    choose(page, records.path, "[data-folder]" if records.path.is_dir() else "[data-files]")
    tell(page)
    line.allow(count)
    send(page)
    expect(page.locator("[data-work-problem]")).to_contain_text("goes on by itself", timeout=30_000)
    assert line.is_cut
    return page


def check(live: Live, page: Page, records: Folder) -> None:
    """Everything arrived."""
    assert receive(live, *passed_on(page)).hashes == records.hashes


def come_back(account: Account, line: Network) -> Page:
    """Close the page, mend the network and open the page again."""
    account.page.close()
    line.mend()
    account.page = account.context.new_page()
    account.go("/send/")
    expect(account.page.locator("[data-unfinished]")).to_be_visible()
    return account.page


def test_pause_and_go_on(live: Live, account: Account, line: Network, records: Folder) -> None:
    page = begin(account, records, line, HALF)
    page.locator("[data-pause]").click()
    expect(page.locator("[data-go]")).to_be_focused()
    expect(page.locator("[data-figures]")).to_contain_text("Paused.")
    assert account.fine() == []
    account.shot("send-paused")
    line.mend()
    carried = line.carried
    page.wait_for_timeout(1500)
    assert line.carried - carried < HALF / 10
    page.locator("[data-go]").click()
    check(live, page, records)


def test_a_lost_connection_mends_itself(live: Live, account: Account, line: Network, records: Folder) -> None:
    page = begin(account, records, line, HALF // 2)
    for count in (HALF // 3, HALF // 2):
        line.allow(count)
        page.wait_for_timeout(1500)
    line.mend()
    check(live, page, records)
    expect(page.locator("[data-work-problem]")).to_be_empty()


def test_after_a_break_only_what_is_missing_is_sent(
    live: Live, account: Account, line: Network, records: Folder, tmp_path: Path
) -> None:
    begin(account, records, line, HALF)
    page = come_back(account, line)
    account.shot("send-unfinished")
    page.locator("[data-open-go]").click()
    expect(page.locator("[data-step=choose-again]")).to_be_visible()
    assert account.fine() == []
    (tmp_path / "other.bin").write_bytes(b"not this one")
    choose(page, [tmp_path / "other.bin"], "[data-again-files]")
    expect(page.locator("[data-again-missing]")).to_contain_text("file-001.txt")
    before, carried = noted(page), line.carried
    choose(page, records.path, "[data-again-folder]")
    check(live, page, records)
    assert before.items() <= noted(page).items()
    # Of what was under way when it broke, at most four files go again.
    assert line.carried - carried < sum(file.stat().st_size for file in records.path.rglob("*.txt")) - HALF + 1_200_000


def test_a_file_that_changed_is_sealed_anew(live: Live, account: Account, line: Network, records: Folder) -> None:
    begin(account, records, line, HALF)
    before = noted(account.page)
    assert len(before) > 4
    page = come_back(account, line)
    for path in records.path.rglob("*.txt"):
        data = bytes(byte ^ 1 for byte in path.read_bytes())
        path.write_bytes(data)
        records.hashes[path.relative_to(records.path.parent).as_posix()] = hashlib.sha256(data).hexdigest()
    page.locator("[data-open-go]").click()
    choose(page, records.path, "[data-again-folder]")
    check(live, page, records)
    after = noted(page)
    # What was sealed once under a salt is the only thing that ever was: the other bytes went under new ones.
    assert before.items() <= after.items()
    assert len({one for one, _ in after}) > FILES + 1


def test_of_two_tabs_one_sends_and_each_goes_on_within_the_parts_of_the_other(
    live: Live, account: Account, line: Network, scan: Folder
) -> None:
    first = begin(account, scan, line, 6 * HALF)
    before = noted(first)
    assert len(before) >= 2, "12 MB are more than one part; how many more were sealed by then is a matter of speed"
    first.locator("[data-pause]").click()
    expect(first.locator("[data-go]")).to_be_visible()
    line.mend()
    second = account.context.new_page()
    second.goto(account.live.url + "/send/")
    second.locator("[data-open-go]").click()
    expect(second.locator("[data-step=choose-again]")).to_be_visible()
    line.allow(3 * HALF)
    choose(second, scan.path, "[data-again-files]")
    expect(second.locator("[data-work-problem]")).to_contain_text("goes on by itself", timeout=30_000)
    first.locator("[data-go]").click()
    expect(first.locator("[data-work-problem]")).to_contain_text("another tab")
    second.close()
    line.mend()
    first.locator("[data-go]").click()
    check(live, first, scan)
    assert before.items() <= noted(first).items()
    assert line.carried < 30_000_000 + 2 * PART, "two breaks of four parts that were under way"


def test_what_another_tab_sealed_anew_meanwhile_is_not_mixed_with_what_this_one_has(
    live: Live, account: Account, line: Network, tmp_path: Path
) -> None:
    mine = Folder(tmp_path / "scan.bin", {"scan.bin": big(tmp_path / "scan.bin", 9)})
    other = tmp_path / "other" / "scan.bin"
    other.parent.mkdir()
    big(other, 9, seed=4)
    first = begin(account, mine, line, HALF)
    first.locator("[data-pause]").click()
    expect(first.locator("[data-go]")).to_be_visible()
    mine_noted = noted(first)
    line.mend()
    second = account.context.new_page()
    second.goto(account.live.url + "/send/")
    second.locator("[data-open-go]").click()
    line.allow(HALF)
    choose(second, [other], "[data-again-files]")
    expect(second.locator("[data-work-problem]")).to_contain_text("goes on by itself", timeout=30_000)
    both_noted = noted(second)
    second.close()
    line.mend()
    first.locator("[data-go]").click()
    check(live, first, mine)
    after = noted(first)
    # Three contents in turn, each under a salt and an id of its own: nothing noted before was ever changed.
    assert mine_noted.items() < both_noted.items() < after.items()
    objects = [{one for one, _ in found} for found in (mine_noted, both_noted, after)]
    assert len(objects[0]) == 1
    assert len(objects[1]) == 2
    assert len(objects[2]) > 3, "a third, and the list of files"


def test_cancel_deletes_what_came(account: Account, line: Network, records: Folder) -> None:
    page = begin(account, records, line, HALF)
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
