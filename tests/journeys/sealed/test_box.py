"""OPEN-ME.html from a stick: a real browser, a file:// address, no network."""

import base64
import hashlib
import html
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from chartpost.delivery.boxes import VIEWER
from chartpost.formats import media
from tests.journeys.sealed.conftest import NO_PICKERS
from tests.support import axe
from tests.support.chromium import chromium

PASSWORD = "abacus-abdomen-abide-able-abnormal"
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
CDA = (
    '<ClinicalDocument xmlns="urn:hl7-org:v3"><title>Summary</title><component><structuredBody><component><section>'
    "<title>Allergies</title><text><paragraph>Penicillin</paragraph><script>alert(1)</script></text></section>"
    "</component></structuredBody></component></ClinicalDocument>"
)
FILES = {
    "Notes/Visit.txt": "Ankle sprain, left. Ñandú.".encode(),
    "<img src=x onerror=alert(1)>.txt": b"harmless",
    "scan.png": PICTURE,
    "record.xml": CDA.encode(),
    "page.html": b"<script>alert(1)</script>",
    "large.bin": bytes(range(256)) * 40_000,
    "empty.dat": b"",
    "block.bin": b"\x07" * (8 * 1024 * 1024),
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, offline."""
    with chromium() as found:
        yield found


@pytest.fixture(scope="module", autouse=True)
def no_counts() -> None:
    """These tests need no server, so there are no tries to forget."""


def seal(files: dict[str, bytes], password: str = PASSWORD) -> bytes:
    """A box of files."""
    sources = [media.Source(n, "application/octet-stream", len(d), lambda d=d: [d]) for n, d in files.items()]  # type: ignore[misc]
    made = media.seal_files(
        sources,
        password,
        title="Riverside Records",
        note="Keep it safe.",
        created="2026-11-21T10:00:00Z",
        seed=bytes(32),
    )
    return b"".join(made.stream())


@pytest.fixture(scope="module")
def sealed() -> bytes:
    """The bytes of records.cps."""
    return seal(FILES)


@dataclass
class Stick:
    """A stick in somebody's computer."""

    folder: Path
    page: Page
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def write(self, sealed: bytes, *, inline: bool = False) -> None:
        (self.folder / "records.cps").write_bytes(sealed)
        viewer = VIEWER.read_bytes()
        (self.folder / "OPEN-ME.html").write_bytes(media.fill_page(viewer, sealed if inline else b""))
        self.page.goto((self.folder / "OPEN-ME.html").as_uri())

    def choose(self, name: str = "records.cps") -> None:
        self.page.set_input_files("#box", str(self.folder / name))

    def type(self, password: str = PASSWORD) -> None:
        self.page.fill("#password", password)
        self.page.click("[data-open]")

    def open(self) -> None:
        self.type()
        expect(self.page.locator("[data-step=open]")).to_be_visible(timeout=60_000)

    def save(self, selector: str) -> bytes:
        with self.page.expect_download() as found:
            self.page.locator(selector).click()
        expect(self.page.locator("[data-result-title]")).to_have_text("Saved")
        return Path(found.value.path()).read_bytes()

    def row(self, name: str) -> str:
        return f"[data-files] li:has([data-name]:text-is({name!r}))"


@pytest.fixture
def stick(browser: Browser, tmp_path: Path) -> Iterator[Stick]:
    """A fresh browser without a network; afterwards nothing but the page itself may have been asked for."""
    context = browser.new_context(accept_downloads=True, offline=True, locale="en-US")
    context.add_init_script(NO_PICKERS)
    page = context.new_page()
    found = Stick(tmp_path, page)
    page.on("console", lambda said: found.said.append(said.text))
    page.on("pageerror", lambda error: found.said.append(str(error)))
    page.on("request", lambda request: found.asked.append(request.url))
    yield found
    context.close()
    assert found.said == []
    assert [url for url in found.asked if not url.startswith(("file://", "blob:", "data:"))] == []
    assert {url for url in found.asked if url.startswith("file://")} <= {(tmp_path / "OPEN-ME.html").as_uri()}


@pytest.mark.parametrize("inline", [False, True])
def test_every_file_comes_out_byte_for_byte(stick: Stick, sealed: bytes, inline: bool) -> None:
    stick.write(sealed, inline=inline)
    if inline:
        expect(stick.page.locator("#box")).to_be_hidden()
    else:
        stick.choose()
    stick.open()
    expect(stick.page.locator("h1:visible")).to_have_text("Riverside Records")
    expect(stick.page.locator("[data-files] li")).to_have_count(len(FILES))
    (stick.folder / "all.zip").write_bytes(stick.save("[data-save-all]"))
    archive = zipfile.ZipFile(stick.folder / "all.zip")
    digests = {hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist()}
    assert len(archive.namelist()) == len(FILES)
    assert digests == {hashlib.sha256(data).hexdigest() for data in FILES.values()}


def test_one_file_is_saved_alone(stick: Stick, sealed: bytes) -> None:
    stick.write(sealed)
    stick.choose()
    stick.open()
    assert stick.save(stick.row("Notes/Visit.txt") + " [data-save]") == FILES["Notes/Visit.txt"]


def test_files_are_looked_at_without_anything_of_them_running(stick: Stick, sealed: bytes) -> None:
    stick.write(sealed)
    stick.choose()
    stick.open()
    body, close = stick.page.locator("[data-preview-body]"), stick.page.locator("[data-preview-close]")
    hostile = "<img src=x onerror=alert(1)>.txt"
    for name, seen in (("Notes/Visit.txt", "Ñandú"), ("record.xml", "Penicillin"), (hostile, "harmless")):
        stick.page.locator(stick.row(name) + " [data-look]").click()
        expect(body).to_contain_text(seen)
        close.click()
    stick.page.locator(stick.row("scan.png") + " [data-look]").click()
    expect(body.locator("img")).to_be_visible()
    expect(stick.page.locator("[data-preview-note]")).to_be_hidden()
    close.click()
    expect(stick.page.locator(stick.row("page.html") + " [data-look]")).to_be_hidden()


def test_a_wrong_password_and_one_typed_badly(stick: Stick, sealed: bytes) -> None:
    stick.write(sealed)
    stick.type()
    expect(stick.page.locator("[data-file-problem]")).to_contain_text("Choose the file records.cps first")
    stick.choose()
    stick.type("abacus-abdomen-abide-able-abrasion")
    expect(stick.page.locator("[data-problem]")).to_contain_text("does not fit", timeout=60_000)
    stick.type("Abacus Abdomen abide able abnormal ")
    expect(stick.page.locator("[data-fix-now]")).to_be_visible(timeout=60_000)
    stick.page.click("[data-fix-now]")
    stick.page.click("[data-open]")
    expect(stick.page.locator("[data-step=open]")).to_be_visible(timeout=60_000)


def flipped(data: bytes, at: int) -> bytes:
    """One bit of it changed."""
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def head_end(data: bytes) -> int:
    return 12 + int.from_bytes(data[8:12], "big")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda data: b"hello", "is not records.cps"),
        (lambda data: b"", "is not records.cps"),
        (lambda data: data[:-1], "is not whole"),
        (lambda data: data[:40], "is not whole"),
        (lambda data: data + b"\0", "was changed or is damaged"),
        (lambda data: flipped(data, head_end(data) + 70), "was changed or is damaged"),
        (lambda data: data.replace(b'"v":1', b'"v":2', 1), "was changed or is damaged"),
        (lambda data: data.replace(b"1.3000000", b"1.0300000", 1), "was changed or is damaged"),
        (lambda data: data.replace(b"1.3000000", b"1.1000000", 1), "does not fit"),
    ],
)
def test_what_is_no_box_or_was_changed_is_said_in_plain_words(
    stick: Stick, sealed: bytes, change: Callable[[bytes], bytes], words: str
) -> None:
    stick.write(change(sealed))
    stick.choose()
    stick.type()
    problems = stick.page.locator("[data-file-problem], [data-problem]").filter(has_text=re.compile(words))
    expect(problems).to_have_count(1, timeout=60_000)


@pytest.mark.parametrize("place", [-1, -9_000_000])
def test_a_changed_file_is_not_kept(stick: Stick, sealed: bytes, place: int) -> None:
    """The last bytes are of block.bin; nine million before its end lies in large.bin."""
    stick.write(flipped(sealed, len(sealed) + place))
    stick.choose()
    stick.open()
    name = "block.bin" if place == -1 else "large.bin"
    stick.page.locator(stick.row(name) + " [data-save]").click()
    expect(stick.page.locator("[data-result-title]")).to_have_text("This file was changed or is damaged")
    assert stick.save(stick.row("Notes/Visit.txt") + " [data-save]") == FILES["Notes/Visit.txt"]


def test_a_box_in_the_page_that_was_damaged(stick: Stick, sealed: bytes) -> None:
    stick.write(sealed, inline=True)
    page = stick.folder / "OPEN-ME.html"
    page.write_bytes(page.read_bytes().replace(b" data-box>Q1BT", b" data-box>!!!!", 1))
    stick.page.goto(page.as_uri())
    stick.page.fill("#password", PASSWORD)
    expect(stick.page.locator("[data-file-problem], [data-problem]").filter(has_text="was changed")).to_have_count(1)


def test_spanish_and_back(stick: Stick, sealed: bytes) -> None:
    stick.write(sealed)
    stick.page.click("[data-language]")
    expect(stick.page.locator("h1:visible")).to_have_text("Abra sus archivos")
    expect(stick.page.locator("html")).to_have_attribute("lang", "es")
    stick.choose()
    stick.type("abacus-abdomen-abide-able-abrasion")
    expect(stick.page.locator("[data-problem]")).to_contain_text("Esta contraseña no es correcta", timeout=60_000)
    stick.page.click("[data-language]")
    expect(stick.page.locator("h1:visible")).to_have_text("Open your files")


def test_a_file_may_be_dropped_on_the_page(browser: Browser, tmp_path: Path) -> None:
    """The drop is made by a script, which the page's own policy would refuse."""
    context = browser.new_context(bypass_csp=True)
    stick = Stick(tmp_path, context.new_page())
    small = seal({"a.txt": b"dropped"})
    stick.write(small)
    held = stick.page.evaluate_handle(
        """text => { const held = new DataTransfer();
        held.items.add(new File([Uint8Array.from(atob(text), c => c.charCodeAt(0))], "records.cps")); return held; }""",
        base64.b64encode(small).decode(),
    )
    stick.page.dispatch_event("main", "drop", {"dataTransfer": held})
    expect(stick.page.locator("[data-file-chosen]")).to_contain_text("records.cps is chosen")
    stick.open()
    expect(stick.page.locator("[data-files] [data-name]")).to_have_text("a.txt")
    context.close()


def test_the_policy_allows_no_connection_and_only_its_own_script() -> None:
    page = VIEWER.read_text(encoding="utf-8")
    policy = html.unescape(re.findall(r'Content-Security-Policy" content="([^"]+)"', page)[0])
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'none'"
    assert "connect-src" not in rules
    for rule, tag in (("script-src", "script"), ("style-src", "style")):
        (body,) = re.findall(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in rules[rule]
        assert "unsafe-inline" not in rules[rule]
    assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", page)


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)])
def test_axe_finds_nothing(browser: Browser, tmp_path: Path, sealed: bytes, width: int, dark: bool) -> None:
    """Its tool is put in past the page's policy, which would refuse it."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, bypass_csp=True, color_scheme="dark" if dark else "light"
    )
    stick = Stick(tmp_path, context.new_page())
    stick.write(sealed)
    assert axe.violations(stick.page) == []
    stick.choose()
    stick.open()
    assert axe.violations(stick.page) == []
    context.close()
