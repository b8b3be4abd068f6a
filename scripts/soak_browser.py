"""A folder of a gigabyte from one Chromium to another, over a network that is cut on both ways.

    scripts/soak_browser.py [--mebibytes 1024] [--files 200] [--cuts 6] [--seed N]

A person with an account chooses a folder on the send page; the network breaks at random points, once the page is closed
and the folder chosen again. Somebody with link and password saves all of it in another browser, over a wire that drops
every connection at random points. What is proved: the SHA-256 of every file is the same, the sender sees that all
arrived, and neither page's renderer grew with the folder. Prints one line; exit code 1 when something was wrong.
"""

import argparse
import hashlib
import random
import sys
import tempfile
import time
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src"), str(ROOT / "benchmarks")]

from playwright.sync_api import Browser, Page, expect, sync_playwright  # noqa: E402 - the suite's own steps follow
from sealed_browser_open import private_memory  # noqa: E402 - found through the line above
from tests.journeys.sealed.conftest import NO_PICKERS  # noqa: E402 - same
from tests.journeys.sealed.network import Network, network  # noqa: E402 - same
from tests.journeys.sealed.people import Account, choose, passed_on, send, tell  # noqa: E402 - same
from tests.journeys.sealed.wire import Wire  # noqa: E402 - same
from tests.support.live import Live, running  # noqa: E402 - same

MIB = 1024**2
LONGEST_MS = 3_600_000
MOST_MEMORY = 500
"""Megabytes of its own a renderer may have."""


def main() -> int:
    """Send, open, compare; 1 when something was wrong."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--mebibytes", type=int, default=1024)
    given.add_argument("--files", type=int, default=200)
    given.add_argument("--cuts", type=int, default=6)
    given.add_argument("--seed", type=int, default=random.randrange(2**32))
    asked = given.parse_args()
    chance = random.Random(asked.seed)
    with running() as live, tempfile.TemporaryDirectory(prefix="chartpost-soak-") as place, sync_playwright() as tool:
        root = Path(place) / "records"
        want = fill(root, asked.mebibytes * MIB, asked.files, chance)
        browser = tool.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--ignore-certificate-errors"]
        )
        with private_memory() as peak:
            began = time.monotonic()
            link, password, account = upload(live, browser, root, cuts(asked, chance))
            sent = time.monotonic()
            found = download(live, browser, link, password, cuts(asked, chance))
            ended = time.monotonic()
        account.page.goto(f"{live.url}/shares/")
        arrived = account.page.locator("article").first.get_by_text("every byte arrived").count() == 1
        browser.close()
    good = found == want and arrived and max(peak) < MOST_MEMORY
    size = asked.mebibytes * MIB / 1e6
    told = [
        f"{asked.files} files, {asked.mebibytes} MiB, cut {asked.cuts} times each way",
        f"up at {size / (sent - began):.0f} MB/s, down at {size / (ended - sent):.0f} MB/s",
        f"equal {found == want}, receipt {arrived}, renderer {max(peak):.0f} MB",
        datetime.now(UTC).date().isoformat(),
    ]
    print(f"- sealed folder between browsers: {'passed' if good else 'FAILED'} ({'; '.join(told)})")
    return 0 if good else 1


def cuts(asked: argparse.Namespace, chance: random.Random) -> list[int]:
    """After how many bytes of a way it is cut, in order."""
    return sorted(chance.randrange(1, asked.mebibytes * MIB * 9 // 10) for _ in range(asked.cuts))


def fill(root: Path, size: int, count: int, chance: random.Random) -> dict[str, str]:
    """A folder of random files of very different sizes, `size` bytes in all; SHA-256 by name."""
    weights = [chance.paretovariate(1.1) for _ in range(count)]
    found = {}
    for n, weight in enumerate(weights):
        path = root / f"part {n % 7}" / f"scan-{n:04}.bin"
        path.parent.mkdir(parents=True, exist_ok=True)
        left, digest = int(size * weight / sum(weights)), hashlib.sha256()
        with path.open("wb") as file:
            while left:
                data = chance.randbytes(min(left, MIB))
                file.write(data)
                digest.update(data)
                left -= len(data)
        found[path.relative_to(root.parent).as_posix()] = digest.hexdigest()
    return found


def upload(live: Live, browser: Browser, root: Path, at: list[int]) -> tuple[str, str, Account]:
    """Send a folder over a network that breaks; half-way the page is closed and the folder chosen again."""
    with network(urlsplit(live.url).port or 0) as line:
        account = Account.new(Live(live.home, f"https://localhost:{line.port}", live.passwords), browser)
        page = account.go("/send/")
        choose(page, root, "[data-folder]")
        tell(page)
        begun = line.carried
        for n, place in enumerate(at):
            line.allow(max(1, place - (line.carried - begun)))
            if n == 0:
                send(page)
            broken(page)
            if n == len(at) // 2:
                page = again(account, line, root)
            line.mend()
            page.locator("[data-work-problem]:empty").wait_for(state="attached", timeout=LONGEST_MS)
        link, password = _handed(page)
        return link, password, account


def broken(page: Page) -> None:
    """Wait until the network broke and the page says so, or everything was sent before."""
    page.locator("[data-work-problem]:not(:empty), [data-step=hand]:not([hidden])").first.wait_for(timeout=LONGEST_MS)


def again(account: Account, line: Network, root: Path) -> Page:
    """Close the page, come back, and go on with the same folder."""
    if account.page.locator("[data-step=hand]").is_visible():
        return account.page
    account.page.close()
    line.mend()
    account.page = account.context.new_page()
    page = account.go("/send/")
    page.locator("[data-open-go]").click()
    steps = [page.locator(f"[data-step={name}]:not([hidden])") for name in ("choose-again", "work", "hand")]
    steps[0].or_(steps[1]).or_(steps[2]).wait_for()
    if steps[0].is_visible():
        choose(page, root, "[data-again-folder]")
    return page


def _handed(page: Page) -> tuple[str, str]:
    page.locator("[data-step=hand]").wait_for(timeout=LONGEST_MS)
    return passed_on(page)


def download(live: Live, browser: Browser, link: str, password: str, at: list[int]) -> dict[str, str]:
    """Save everything as one zip over a wire that drops its connections; SHA-256 by name."""
    wire = Wire(urlsplit(live.url).port or 0)
    context = browser.new_context(ignore_https_errors=True, accept_downloads=True)
    context.add_init_script(NO_PICKERS)
    context.set_default_timeout(LONGEST_MS)
    page = context.new_page()
    page.goto(f"https://localhost:{wire.port}/s/" + link.partition("/s/")[2])
    page.locator("#password").fill(password)
    page.locator("[data-open]").click()
    expect(page.locator("[data-step=open]")).to_be_visible(timeout=60_000)
    wire.cut_after = [wire.relayed + place for place in at]
    with page.expect_download(timeout=LONGEST_MS) as found:
        page.locator("[data-save-all]").click()
    path = found.value.path()
    expect(page.locator("[data-result-title]")).to_have_text("Saved", timeout=60_000)
    with zipfile.ZipFile(path) as archive:
        hashes = {name: _digest(archive, name) for name in archive.namelist()}
    context.close()
    wire.close()
    return hashes


def _digest(archive: zipfile.ZipFile, name: str) -> str:
    with archive.open(name) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    sys.exit(main())
