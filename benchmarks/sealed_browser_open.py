"""Open a large sealed share in Chromium, against the same page whose worker leaves the cryptography out.

Both fetch the same parts from the same server and write them to the same place: a file of the browser's own (OPFS) and
the browser's own download through the service worker. Counts from the press of the button until "Saved". While it
runs, the renderer's memory is read; that holds what Playwright has it record too, bodies of answers of up to 200 MB,
which other people's browsers do not. One more run is traced: the longest task of the page's main thread, by the
processor time of that thread, so that a busy machine does not count; the longest gap by the clock stands beside it.

    python benchmarks/sealed_browser_open.py [--mib N] [--rounds N]

Prints JSON lines {"name", "ratio", "goal", "detail"}; the best of interleaved rounds counts, for both.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Browser, Route, sync_playwright  # noqa: E402
from tests.journeys.sealed.conftest import NO_PICKERS, NO_SERVICE_WORKER  # noqa: E402
from tests.journeys.sealed.sending import Sender, Sent, shell_token  # noqa: E402
from tests.support.inside import inside  # noqa: E402
from tests.support.live import Live, environment, running  # noqa: E402

from support import figures  # noqa: E402

WAYS = {"file": NO_PICKERS + NO_SERVICE_WORKER, "download": NO_PICKERS}
GAPS = """
window.longestGap = 0;
let last = performance.now();
const tick = () => {
  const now = performance.now();
  window.longestGap = Math.max(window.longestGap, now - last);
  last = now;
  setTimeout(tick);
};
window.watchGaps = () => { window.longestGap = 0; last = performance.now(); tick(); };
"""


@dataclass(frozen=True)
class Run:
    """One opening: seconds, the longest gap of the main thread in milliseconds, the renderer's peak in MB."""

    seconds: float
    gap: float
    memory: float


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mib", type=int, default=1024)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    worker = subprocess.run(
        ["node", ROOT / "benchmarks/support/plain_worker.mjs"], capture_output=True, text=True, check=True
    ).stdout
    with running() as live, tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        sent = _send(live, Path(folder) / "big.bin", asked.mib)
        args = ["--no-sandbox", "--ignore-certificate-errors"]
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=args)
        found = {way: _compare(live, browser, sent, script, worker, asked.rounds) for way, script in WAYS.items()}
        tasks = {way: _longest_task(live, browser, sent, script) for way, script in WAYS.items()}
        browser.close()
    return figures.say([one for way, runs in found.items() for one in _figures(way, runs, tasks[way], asked.mib)])


def _send(live: Live, path: Path, mib: int) -> Sent:
    with path.open("wb") as file:
        for _ in range(mib):
            file.write(os.urandom(1024 * 1024))
    with inside(environment(live.home, urlsplit(live.url).port)) as home:
        token = shell_token(home)
    return Sender(live, token).send({"big.bin": path})


def _compare(live: Live, browser: Browser, sent: Sent, script: str, worker: str, rounds: int) -> dict[str, list[Run]]:
    found: dict[str, list[Run]] = {"sealed": [], "plain": []}
    for _ in range(rounds):
        found["sealed"].append(_open(live, browser, sent, script, None))
        found["plain"].append(_open(live, browser, sent, script, worker))
    return found


def _open(
    live: Live,
    browser: Browser,
    sent: Sent,
    script: str,
    worker: str | None,
    before: Callable[[], None] = lambda: None,
) -> Run:
    context = browser.new_context(ignore_https_errors=True, accept_downloads=True)
    context.set_default_timeout(600_000)
    context.add_init_script(script + GAPS)
    page = context.new_page()
    if worker is not None:
        page.route("**/share_worker.*.js", lambda route: instead(route, worker))
    page.goto(live.url + sent.link.path)
    page.locator("#password").fill(sent.link.password)
    page.locator("[data-open]").click()
    page.locator("[data-step=open]").wait_for()
    page.evaluate("watchGaps()")
    before()
    with private_memory() as peak:
        begun = time.monotonic()
        page.locator("[data-save-all]").click()
        page.locator("[data-result]").wait_for()
        seconds = time.monotonic() - begun
    title = page.locator("[data-result-title]").inner_text()
    gap = float(page.evaluate("longestGap"))
    context.close()
    if title != "Saved":
        raise SystemExit(f"the page says {title!r}; expected 'Saved'")
    return Run(seconds, gap, max(peak))


def _longest_task(live: Live, browser: Browser, sent: Sent, script: str) -> float:
    """Milliseconds of processor time of the main thread's longest task while a share is saved."""
    _open(live, browser, sent, script, None, before=lambda: browser.start_tracing(categories=["toplevel"]))
    return longest_task(browser)


def longest_task(browser: Browser) -> float:
    """Ends a trace; milliseconds of processor time of the longest task of a page's main thread."""
    events = json.loads(browser.stop_tracing())["traceEvents"]
    names = {(e["pid"], e["tid"]): e["args"]["name"] for e in events if e.get("name") == "thread_name"}
    spent = [e["tdur"] for e in events if "tdur" in e and names.get((e["pid"], e["tid"])) == "CrRendererMain"]
    return float(max(spent)) / 1000


def instead(route: Route, worker: str) -> None:
    answer = route.fetch()
    headers = {k: v for k, v in answer.headers.items() if k not in {"content-encoding", "content-length"}}
    route.fulfill(status=200, headers=headers, body=worker)


@contextmanager
def private_memory() -> Iterator[list[float]]:
    """The largest memory of its own of a renderer this program started, in MB, read five times a second."""
    peak, ended = [0.0], threading.Event()

    def watch() -> None:
        while not ended.wait(0.2):
            peak[0] = max(peak[0], *(_private(pid) for pid in _renderers()), 0.0)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield peak
    finally:
        ended.set()
        thread.join()


def _renderers() -> list[int]:
    """Renderers below this process: other browsers of the machine do not count."""
    parents, found = {}, []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit():
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                if b"--type=renderer" in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
        except OSError:
            continue
    return [pid for pid in found if os.getpid() in _line_of(pid, parents)]


def _line_of(pid: int, parents: dict[int, int]) -> list[int]:
    line = [pid]
    while line[-1] in parents:
        line.append(parents[line[-1]])
    return line


def _private(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    kept = {line.partition(":")[0]: line for line in lines}
    return sum(float(kept[name].split()[1]) for name in ("RssAnon", "RssShmem") if name in kept) / 1000


def _figures(way: str, runs: dict[str, list[Run]], task: float, mib: int) -> list[dict[str, Any]]:
    sealed, plain = (min(run.seconds for run in runs[name]) for name in ("sealed", "plain"))
    gap, memory = max(run.gap for run in runs["sealed"]), max(run.memory for run in runs["sealed"])
    size = mib * 1.048576
    told = f"{mib} MiB: {size / sealed:.0f} MB/s, without cryptography {size / plain:.0f} MB/s"
    return [
        figures.figure(f"sealed open in Chromium to a {way}, rate", plain / sealed, 0.6, told),
        figures.figure(f"sealed open to a {way}, renderer MB", memory, 500, "peak of its own memory", at_most=True),
        figures.figure(f"sealed open to a {way}, longest task ms", task, 50, f"gap {gap:.0f} ms", at_most=True),
    ]


if __name__ == "__main__":
    sys.exit(main())
