"""The pages of shares in Firefox, where Debian's package is installed: sending, opening, looking, saving."""

import hashlib
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.sealed.marionette import PROGRAM, Firefox, firefox
from tests.journeys.sealed.people import TERRENCE
from tests.journeys.sealed.receiving import receive
from tests.journeys.sealed.sending import Sender
from tests.support.live import Live

pytestmark = [pytest.mark.browser, pytest.mark.skipif(PROGRAM is None, reason="Firefox is not installed")]
SIZES = {"scan.bin": 10_000_000, "a.txt": 1}
DROP = """
const data = new DataTransfer();
for (const [name, size] of Object.entries(arguments[0])) {
  data.items.add(new File([new Uint8Array(size).map((_, n) => n % 251)], name));
}
document.querySelector("[data-drop]").dispatchEvent(new DragEvent("drop", { dataTransfer: data, cancelable: true }));
"""
"""Choosing files opens a window of the system that no test can press, so that they are dropped."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the browser keeps its profile and its downloads."""
    return tmp_path_factory.mktemp("firefox")


@pytest.fixture(scope="module")
def fox(home: Path) -> Iterator[Firefox]:
    """One Firefox for all tests of this file."""
    with firefox(home / "home", home / "downloads", any_certificate=True) as found:
        yield found


def saved(folder: Path, name: str) -> bytes:
    """A finished download."""
    until = time.monotonic() + 60
    while not (folder / name).exists() or list(folder.glob("*.part")):
        assert time.monotonic() < until, sorted(folder.iterdir())
        time.sleep(0.1)
    return (folder / name).read_bytes()


def until_shown(fox: Firefox, selector: str) -> None:
    """Wait until something is on the page to be seen."""
    until = time.monotonic() + 60
    while not fox.run("return document.querySelector(arguments[0])?.checkVisibility() ?? false", selector):
        assert time.monotonic() < until, f"{selector} is not shown"
        time.sleep(0.1)


def test_a_share_is_opened_looked_at_and_saved(fox: Firefox, home: Path, live: Live, sender: Sender) -> None:
    data = bytes(range(251)) * 80_000
    files = {"visit.txt": b"Ankle sprain", "scan.bin": data, "<img src=x onerror=alert(1)>.html": b"<b>"}
    sent = sender.send(files, title="From Riverside", passwords=("Größe und Ångström",))
    fox.go(live.url + sent.link.path.replace("#", "%23"))
    fox.type("#password", "not the password")
    fox.click("[data-open]")
    fox.wait("[data-problem]", "does not fit")
    fox.call("WebDriver:ElementClear", {"id": fox.find("#password")})
    fox.type("#password", "Gro\u0308ße und A\u030angstro\u0308m")
    fox.click("[data-open]")
    fox.wait("[data-title]", "From Riverside")
    assert "<img src=x" in fox.text("[data-files] li:nth-child(3)")
    fox.click("[data-files] li:nth-child(1) [data-look]")
    fox.wait("[data-preview-body]", "Ankle sprain")
    fox.click("[data-preview-close]")
    for row, name in ((2, "scan.bin"), (1, "visit.txt")):
        fox.click(f"[data-files] li:nth-child({row}) [data-save]")
        fox.wait(f"[data-files] li:nth-child({row}) [data-facts]", "Saved", 60)
        assert hashlib.sha256(saved(home / "downloads", name)).hexdigest() == sent.hashes[name]
    fox.click("[data-files] li:nth-child(3) [data-save]")
    fox.wait("[data-result-text]", "The sender will see")
    assert len(sender.state(sent, received=1)["recipients"][0]["received"]) == 1


def test_a_changed_share_leaves_no_file(fox: Firefox, home: Path, live: Live, sender: Sender) -> None:
    sent = sender.send({"changed.bin": bytes(9_000_000)}, spoil={1: 8_500_000})
    fox.go(live.url + sent.link.path)
    fox.type("#password", sent.link.password)
    fox.click("[data-open]")
    until_shown(fox, "[data-save-all]")
    fox.click("[data-save-all]")
    fox.wait("[data-result-title]", "This file was changed or is damaged", 60)
    assert [path.name for path in (home / "downloads").iterdir() if "changed" in path.name] == []


def test_files_are_sent_and_arrive(fox: Firefox, live: Live) -> None:
    fox.go(f"{live.url}/account/login/")
    fox.type("#id_login", TERRENCE)
    fox.type("#id_password", live.passwords[TERRENCE])
    fox.click("main form button")
    until_shown(fox, ".site-nav")
    fox.go(f"{live.url}/send/")
    until_shown(fox, "[data-people] [data-one]")
    fox.run(DROP, SIZES)
    fox.wait("[data-sum]", "2 files")
    fox.click("[data-tell][value=phone]")
    fox.click("[data-start]")
    until_shown(fox, "[data-step=hand]")
    link = fox.text("[data-hand-one] [data-link]")
    fox.click("[data-link-sent]")
    want = {name: hashlib.sha256(bytes(n % 251 for n in range(size))).hexdigest() for name, size in SIZES.items()}
    assert receive(live, link, fox.text("[data-words-shown]")).hashes == want
