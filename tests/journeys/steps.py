"""What people do on the pages, in their own order; each step waits for the page it leads to."""

import time
from pathlib import Path

from playwright.sync_api import Locator

from tests.journeys.conftest import Visitor

PACKAGE_SECONDS = 180


def press(visitor: Visitor, name: str) -> None:
    """Press the button of a page that is called so."""
    visitor.page.locator("main").get_by_role("button", name=name, exact=True).first.click()
    visitor.page.wait_for_load_state()


def ask_for_everything(visitor: Visitor, signer: str, whose: str = "") -> str:
    """Fill in the request form, asking for every kind of file, and sign; returns the request's reference."""
    page = visitor.go("/requests/new/")
    if whose:
        page.get_by_role("link", name=whose).first.click()
        page.wait_for_load_state()
    for _ in range(20):
        step = page.url.rstrip("/").rsplit("/", 1)[-1]
        if step == "receipt":
            return page.url.rstrip("/").split("/")[-2]
        _answer(visitor, step, signer)
    raise AssertionError(f"the form did not end: {page.url}")


def _answer(visitor: Visitor, step: str, signer: str) -> None:
    page = visitor.page
    if step == "place":
        page.get_by_label("Lakeside Oakland").check()
    elif step == "format":
        for box in page.locator("main input[type=checkbox]").all():
            box.check()
    elif step == "contact":
        for field, words in (("requester_name", signer), ("phone", "510-555-0123")):
            box = page.locator(f"main input[name={field}]")
            if box.count() and not box.input_value():
                box.fill(words)
    elif step == "check":
        page.locator("main a[href$='/sign/']").first.click()
        page.wait_for_load_state()
        return
    elif step == "sign":
        page.locator("main input[name=agree]").check()
        page.locator("main input[name=signed_name]").fill(signer)
        press(visitor, "Sign and send")
        return
    press(visitor, "Continue")


def work_until_released(clerk: Visitor, approver: Visitor, ref: str, letters: tuple[str, ...] = ("grant",)) -> None:
    """Everything the desk does, from the identity check to the release by somebody else."""
    base = f"/desk/requests/{ref}/"
    page = clerk.go(base + "identity/")
    page.locator("input[name=method]").first.check()
    press(clerk, "Identity is verified")
    clerk.go(base + "scope/")
    press(clerk, "Use this scope")
    clerk.go(base + "package/")
    press(clerk, "Build the package")
    wait_for_package(clerk, base)
    page = clerk.go(base + "quality/")
    for box in page.locator("input[name=checks]").all():
        box.check()
    press(clerk, "The package is good")
    for kind in letters:
        make_letter(clerk, base, kind)
    approver.go(base + "release/")
    press(approver, "Release it now")


def wait_for_package(clerk: Visitor, base: str) -> None:
    """Reload the package page until its files are there."""
    until = time.monotonic() + PACKAGE_SECONDS
    while time.monotonic() < until:
        page = clerk.go(base + "package/")
        if page.locator("main").get_by_text(".fhir.json").count():
            return
        time.sleep(0.5)
    raise AssertionError("the package was not built in time")


def make_letter(clerk: Visitor, base: str, kind: str) -> None:
    """Make one letter of a request in English."""
    page = clerk.go(base + "letters/")
    page.locator(f"input[name=kind][value={kind}]").check()
    page.locator("input[name=language][value=en]").check()
    press(clerk, "Make the letter")


def save(visitor: Visitor, link: Locator, folder: Path) -> Path:
    """Download what a link gives."""
    with visitor.page.expect_download() as found:
        link.click()
    target = folder / found.value.suggested_filename
    found.value.save_as(target)
    return target
