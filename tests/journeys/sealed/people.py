"""People with accounts who send files from their browser, and what they do on the pages."""

import hashlib
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, FileChooser, Page, TimeoutError, expect

from tests.support import axe
from tests.support.live import Live

ARTIFACTS = Path(__file__).resolve().parents[3] / "test-artifacts"
TERRENCE = "terrence-boyd@people.example.org"
ROSA = "rosa-alvarado@people.example.org"
GAPS = """
window.longest = 0;
let last = performance.now();
setInterval(() => {
  const now = performance.now();
  window.longest = Math.max(window.longest, now - last - 4);
  last = now;
}, 4);
"""
"""Notes the longest time the page could not answer."""
NO_OPEN_PICKER = "delete window.showOpenFilePicker;"
"""A window of the system that no test can press; without it the page's own file input is next."""


@dataclass
class Account:
    """Somebody signed in, at a browser of their own."""

    live: Live
    context: BrowserContext
    page: Page

    @staticmethod
    def new(
        live: Live, browser: Browser, email: str = TERRENCE, width: int = 1280, dark: bool = False, script: str = ""
    ) -> "Account":
        """A fresh browser profile, signed in just now."""
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            ignore_https_errors=True,
            accept_downloads=True,
            permissions=["clipboard-read", "clipboard-write"],
        )
        context.set_default_timeout(60_000)
        context.add_init_script(NO_OPEN_PICKER + script)
        found = Account(live, context, context.new_page())
        found.sign_in(email)
        return found

    def sign_in(self, email: str) -> None:
        """Sign in with e-mail address and password."""
        page = self.go("/account/login/")
        page.get_by_label("Email", exact=False).first.fill(email)
        page.get_by_label("Password").first.fill(self.live.passwords[email])
        page.locator("main form button").first.click()
        page.wait_for_url(lambda url: "/account/login" not in url)

    def go(self, path: str) -> Page:
        """Open a page."""
        self.page.goto(self.live.url + path)
        return self.page

    def shot(self, name: str) -> None:
        """Keep a picture of the page."""
        ARTIFACTS.mkdir(exist_ok=True)
        self.page.screenshot(path=ARTIFACTS / f"{name}.png", full_page=True)

    def fine(self) -> list[str]:
        """What is wrong with the page for people who see badly or use a phone."""
        wide = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        return axe.violations(self.page) + ([f"{wide} px wider than the screen"] if wide > 1 else [])


def choose(page: Page, paths: list[Path] | Path, button: str = "[data-files]") -> None:
    """Choose files, or with `[data-folder]` a folder."""
    chooser(page, page.locator(button).click).set_files(paths)


def chooser(page: Page, press: Callable[[], None]) -> FileChooser:
    """The window a press opens; what is pressed before the page is at work opens none, and is pressed again."""
    for _ in range(12):
        try:
            with page.expect_file_chooser(timeout=5_000) as found:
                press()
            return found.value
        except TimeoutError:
            continue
    raise AssertionError("no window to choose files opened in a minute")


def tell(page: Page, how: str = "phone", at: int = 0) -> None:
    """Say how the password will be told."""
    page.locator("[data-one]").nth(at).locator(f"[data-tell][value={how}]").check()


def send(page: Page) -> None:
    """Press the button that starts it."""
    page.locator("[data-start]").click()


def passed_on(page: Page, at: int = 0) -> tuple[str, str]:
    """The link and the password the page shows for a person, one after the other."""
    expect(page.locator("[data-step=hand]")).to_be_visible(timeout=60_000)
    one = page.locator("[data-hand-one]").nth(at)
    expect(one.locator("[data-words-shown]")).to_be_hidden()
    link = one.locator("[data-link]").inner_text()
    one.locator("[data-link-sent]").click()
    expect(one.locator("[data-link]")).to_be_hidden()
    return link, one.locator("[data-words-shown]").inner_text()


def folder(root: Path, count: int, largest: int = 60_000, seed: int = 7) -> dict[str, str]:
    """Files with random bytes in some folders, an empty one among them; returns SHA-256 by relative path."""
    drawn = random.Random(seed)
    found = {}
    for n in range(count):
        path = root / f"part {n % 5}" / ("Ärzte" if n % 2 else "notes") / f"file-{n:03}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        data = drawn.randbytes(0 if n == 3 else drawn.randrange(1, largest))
        path.write_bytes(data)
        found[path.relative_to(root.parent).as_posix()] = hashlib.sha256(data).hexdigest()
    return found


def big(path: Path, megabytes: int, seed: int = 3) -> str:
    """A file of random bytes; returns its SHA-256."""
    drawn, digest = random.Random(seed), hashlib.sha256()
    with path.open("wb") as file:
        for _ in range(megabytes):
            data = drawn.randbytes(1_000_000)
            digest.update(data)
            file.write(data)
    return digest.hexdigest()
