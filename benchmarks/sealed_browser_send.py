"""Seal and send a large file in Chromium, against the same page whose worker leaves the cryptography out.

Both read the same file and put the same number of bytes to the same server, each part with its digest. Counts from the
press of the button until the links are shown. While it runs, the renderer's memory is read. One more run is traced: the
longest task of the page's main thread by the processor time of that thread; the longest gap by the clock stands beside.

    python benchmarks/sealed_browser_send.py [--mib N] [--rounds N]

Prints JSON lines {"name", "ratio", "goal", "detail"}; the best of interleaved rounds counts, for both.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Browser, sync_playwright  # noqa: E402
from sealed_browser_open import GAPS, Run, instead, longest_task, private_memory  # noqa: E402
from tests.journeys.sealed.people import Account, choose, send, tell  # noqa: E402
from tests.support.live import Live, running  # noqa: E402

from support import figures  # noqa: E402

LONGEST_MS = 600_000


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mib", type=int, default=1024)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    script = ["node", ROOT / "benchmarks/support/plain_send_worker.mjs"]
    worker = subprocess.run(script, capture_output=True, text=True, check=True).stdout
    with running() as live, tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = Path(folder) / "big.bin"
        with path.open("wb") as file:
            for _ in range(asked.mib):
                file.write(os.urandom(1024 * 1024))
        args = ["--no-sandbox", "--ignore-certificate-errors"]
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=args)
        runs: dict[str, list[Run]] = {"sealed": [], "plain": []}
        for _ in range(asked.rounds):
            runs["sealed"].append(_send(live, browser, path, None))
            runs["plain"].append(_send(live, browser, path, worker))
        _send(live, browser, path, None, before=lambda: browser.start_tracing(categories=["toplevel"]))
        task = longest_task(browser)
        browser.close()
    return _say(runs, task, asked.mib)


def _send(
    live: Live, browser: Browser, path: Path, worker: str | None, before: Callable[[], None] = lambda: None
) -> Run:
    account = Account.new(live, browser, script=GAPS)
    page = account.go("/send/")
    if worker is not None:
        # Once only: a page with a route in force would hand every upload to the test first.
        page.route("**/send_worker*.js", lambda route: instead(route, worker), times=1)
    choose(page, [path])
    tell(page)
    page.evaluate("watchGaps()")
    before()
    with private_memory() as peak:
        begun = time.monotonic()
        send(page)
        page.locator("[data-step=hand]").wait_for(timeout=LONGEST_MS)
        seconds = time.monotonic() - begun
    gap = float(page.evaluate("longestGap"))
    page.goto(live.url + "/shares/")
    page.locator("article").first.get_by_text("Take back and delete").click()
    page.locator("article").first.get_by_role("button", name="Delete the files").click()
    page.get_by_text("The files are deleted.").wait_for()
    account.context.close()
    return Run(seconds, gap, max(peak))


def _say(runs: dict[str, list[Run]], task: float, mib: int) -> int:
    sealed, plain = (min(run.seconds for run in runs[name]) for name in ("sealed", "plain"))
    gap, memory = max(run.gap for run in runs["sealed"]), max(run.memory for run in runs["sealed"])
    size = mib * 1.048576
    told = f"{mib} MiB: {size / sealed:.0f} MB/s, without cryptography {size / plain:.0f} MB/s"
    return figures.say(
        [
            figures.figure("sealed send from Chromium, rate", plain / sealed, 0.6, told),
            figures.figure("sealed send, renderer MB", memory, 500, "peak of its own memory", at_most=True),
            figures.figure("sealed send, longest task ms", task, 50, f"gap {gap:.0f} ms", at_most=True),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
