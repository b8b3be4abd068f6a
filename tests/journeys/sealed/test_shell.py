"""One share, two programs: `chartpost open` opens what the browser sealed, the browser what `chartpost seal` sealed."""

import hashlib
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.journeys.sealed.conftest import Readers
from tests.journeys.sealed.people import Account, choose, folder, passed_on, send, tell
from tests.journeys.sealed.sending import Sender
from tests.journeys.sealed.test_between import link_of
from tests.support.live import Live

pytestmark = pytest.mark.browser


def chartpost(live: Live, folder: Path, *words: str | Path) -> str:
    """Run a command as somebody does who has no office; what it printed."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "CHARTPOST_HOME": "/nowhere"}
    environment |= {k: v for k, v in os.environ.items() if k == "PYTHONPATH"}
    command = [sys.executable, "-m", "chartpost", *map(str, words), "--cacert", str(live.ca)]
    done = subprocess.run(
        command, env=environment, cwd=folder, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def hashes_of(folder: Path, root: Path) -> dict[str, str]:
    """SHA-256 of every file by its path."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_the_shell_opens_what_the_browser_sent(live: Live, browser: Browser, tmp_path: Path) -> None:
    want = folder(tmp_path / "records", 12)
    (tmp_path / "records" / "<svg onload=1>.svg").write_bytes(b"<svg/>" * 2_000_000)
    want |= hashes_of(tmp_path / "records", tmp_path)
    account = Account.new(live, browser)
    page = account.go("/send/")
    choose(page, tmp_path / "records", "[data-folder]")
    tell(page)
    page.locator("[data-own]").check()
    page.locator("[data-password]").fill("zebra kettle onward n\u0303andu\u0301 9")
    send(page)
    link, _ = passed_on(page)
    (tmp_path / "password").write_text("zebra kettle onward \u00f1and\u00fa 9\n", encoding="utf-8")
    (tmp_path / "got").mkdir()
    chartpost(live, tmp_path, "open", link, "--password-file", tmp_path / "password", "-o", tmp_path / "got")
    assert hashes_of(tmp_path / "got", tmp_path / "got") == want


def test_the_browser_opens_what_the_shell_sent(live: Live, readers: Readers, sender: Sender, tmp_path: Path) -> None:
    want = folder(tmp_path / "records", 12)
    (tmp_path / "records" / "scan.bin").write_bytes(os.urandom(17_000_000))
    want |= hashes_of(tmp_path / "records", tmp_path)
    (tmp_path / "token").write_text(sender.token + "\n")
    words = ("--to", live.url, "--token-file", tmp_path / "token", "--title", "From the shell", "--argon2")
    printed = chartpost(live, tmp_path, "seal", tmp_path / "records", *words)
    told = dict(line.split(": ", 1) for line in printed.splitlines() if ": " in line)
    reader = readers.new()
    reader.open(link_of((told["Link"], told["Password"])))
    with zipfile.ZipFile(reader.download("[data-save-all]").path()) as archive:
        found = {name: hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist()}
    assert found == want
