"""Takes the README's pictures from a demo of its own: `python scripts/screenshots.py` writes docs/images/*.png."""

import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "images"
PORT = "8777"
URL = f"https://localhost:{PORT}"
WIDTH, HEIGHT = 1200, 900
PERSON, CLERK = "terrence-boyd@people.example.org", "clerk@lakeside.example.org"
SHOTS = {
    PERSON: {
        "home": "/",
        "record": "/record/",
        "results": "/record/results/",
        "request-form": "/requests/new/",
        "activity": "/activity/",
    },
    CLERK: {"queue": "/desk/", "request": ""},
}


def main() -> int:
    """Seed, serve, take the pictures, stop; returns 0."""
    home = Path(tempfile.mkdtemp(prefix="chartpost-shots-"))
    command = [sys.executable, "-m", "chartpost", "demo", "--home", str(home), "--port", PORT]
    printed = subprocess.run([*command, "--prepare-only"], capture_output=True, text=True, check=True).stdout
    passwords = dict(re.findall(r"(\S+@\S+\.example\.org)\s+([A-Z0-9-]{12,})", printed))
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait()
        IMAGES.mkdir(parents=True, exist_ok=True)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
            for email, pages in SHOTS.items():
                _take(_signed_in(browser, email, passwords[email]), pages)
            browser.close()
    finally:
        server.terminate()
        server.wait(timeout=30)
        shutil.rmtree(home, ignore_errors=True)
    return 0


def _wait() -> None:
    import ssl

    trust = ssl._create_unverified_context()
    for _ in range(120):
        try:
            with urllib.request.urlopen(f"{URL}/readyz", context=trust, timeout=2):
                return
        except OSError:
            time.sleep(0.5)
    raise SystemExit("the demo was not ready in a minute")


def _signed_in(browser: Browser, email: str, password: str) -> Page:
    context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, ignore_https_errors=True, locale="en-US")
    page = context.new_page()
    page.goto(f"{URL}/account/login/")
    page.get_by_label("Email").first.fill(email)
    page.get_by_label("Password").first.fill(password)
    page.get_by_role("button", name="Sign in").first.click()
    page.wait_for_url(lambda url: "/login" not in url)
    return page


def _take(page: Page, pages: dict[str, str]) -> None:
    for name, path in pages.items():
        if path:
            page.goto(URL + path)
        else:
            page.goto(f"{URL}/desk/")
            page.locator("main table a").first.click()
            page.wait_for_load_state()
        page.screenshot(path=IMAGES / f"{name}.png")


if __name__ == "__main__":
    sys.exit(main())
