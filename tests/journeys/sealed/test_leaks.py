"""Marked names, notes, passwords and contents go by `chartpost seal` and by the browser; the server keeps none of it.

Searched are the decrypted database, the parts store, spool, outbox and every other file of the home, temporary files,
files that are open though deleted, the log, and the memory of every process of the web part and of the worker.
"""

import base64
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from chartpost.formats import sealedbox as box
from tests.journeys.sealed.conftest import NO_PICKERS
from tests.journeys.sealed.people import Account, choose, passed_on, send, tell
from tests.journeys.sealed.test_two_names import CLERK
from tests.shares.live import PASSWORD, SENDER, Office
from tests.support.live import Live
from tests.support.this_run import free_port

pytestmark = pytest.mark.browser
DUMP = """
django.setup()
from chartpost.kernel.config import config
from chartpost.kernel.db import connect
from chartpost.kernel.keys import database_key
db = connect(config().home / "chartpost.db", database_key())
for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
    print(table.encode().hex())
    for row in db.execute(f'SELECT * FROM "{table}"'):
        print("00".join(value.hex() if isinstance(value, bytes) else str(value).encode().hex() for value in row))
"""
MARK = "Zq7Marked"
OWN = f"{MARK}-password-otter-maple"


@dataclass
class Shared:
    """What went one way, and the keys its two ends had."""

    link: box.Link
    keys: box.Keys
    share_key: bytes
    word: str

    def secrets(self) -> dict[str, bytes]:
        """Everything the server must never hold, by what it is."""
        return {
            "mark": MARK.encode(),
            "mark in UTF-16": MARK.encode("utf-16-le"),
            "password": self.word.encode(),
            "password in UTF-16": self.word.encode("utf-16-le"),
            "share key": self.share_key,
            "link secret": self.link.secret,
            "wrapping key": self.keys.wrap,
            "receipt key": self.keys.receipt,
            **{f"key of object {n}": box.objects.object_key(self.share_key, n) for n in range(2)},
        }


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """An office with its worker, which keeps temporary files where they are looked for."""
    folder, port = tmp_path_factory.mktemp("leaks"), free_port()
    settings = {"TLS": "own-ca", "BASE_URL": f"https://localhost:{port}", "STAFF_SECOND_FACTOR": "0"}
    (folder / "tmp").mkdir()
    found = Office(folder / "home", port, settings=settings, more={"TMPDIR": str(folder / "tmp")})
    found.prepare()
    found.run(CLERK)
    found.start()
    with found.log.open("ab") as log:
        words = [sys.executable, "-m", "chartpost", "worker"]
        worker = subprocess.Popen(words, env=found.environment(), stdout=log, stderr=log)
    found.others.append(worker.pid)
    try:
        yield found
    finally:
        worker.terminate()
        worker.wait(60)
        found.stop()


@pytest.fixture
def no_counts() -> None:
    """This office is new: nobody used up any tries."""


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file whose name and content are marked."""
    path = tmp_path_factory.mktemp("marked") / f"{MARK}-name HIV.txt"
    path.write_bytes(b"".join(f"{MARK}-content-{n:08d} ".encode() for n in range(400_000)))
    return path


@pytest.fixture(scope="module")
def traffic(live: Office, browser: Browser, marked: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Shared]:
    """Sealed in the shell and opened in the browser, with wrong passwords on the way; and the other way round."""
    folder = tmp_path_factory.mktemp("traffic")
    link, word = by_shell(live, marked, folder)
    opened_in_browser(live, browser, link, word, marked)
    found = [known(live, link, word)]
    link, word = by_browser(live, browser, marked)
    in_shell(live, folder, "open", link, "--password-file", kept(folder, word), "-o", str(folder / "got"))
    assert (folder / "got" / marked.name).read_bytes() == marked.read_bytes()
    return [*found, known(live, link, word)]


def kept(folder: Path, text: str) -> str:
    (folder / "word").write_text(text)
    return str(folder / "word")


def in_shell(live: Office, folder: Path, *words: str, expect: int = 0) -> str:
    """Run a command of the program, without the office's settings."""
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-m", "chartpost", *words, "--cacert", str(live.home / "tls" / "ca.pem")]
    done = subprocess.run(command, env=env, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == expect, done.stderr
    return done.stdout


def by_shell(live: Office, marked: Path, folder: Path) -> tuple[str, str]:
    """A link sealed by the command, with a password of one's own."""
    (folder / "token").write_text(live.token)
    (folder / "note").write_text(f"{MARK}-note")
    own = ["--password-file", kept(folder, OWN), "--title", f"{MARK}-title", "--note-file", str(folder / "note")]
    to = ["--to", f"https://localhost:{live.port}", "--token-file", str(folder / "token")]
    said = in_shell(live, folder, "seal", str(marked), *to, *own)
    link = re.findall(r"^Link: (.*)$", said, re.M)[0]
    in_shell(live, folder, "open", link, "--password-file", kept(folder, f"{MARK}-wrong"), expect=1)
    return link, OWN


def opened_in_browser(live: Office, browser: Browser, link: str, word: str, marked: Path) -> None:
    """A wrong password, then the right one; the file is saved, which sends a receipt."""
    context = browser.new_context(ignore_https_errors=True, accept_downloads=True)
    context.add_init_script(NO_PICKERS)
    page = context.new_page()
    page.goto(link)
    for typed in (f"{MARK}-wrong-words", word):
        page.locator("#password").fill(typed)
        page.locator("[data-open]").click()
        if typed != word:
            expect(page.locator("[data-problem]").first).to_be_visible()
    expect(page.locator("[data-step=open]")).to_be_visible()
    with page.expect_download() as found:
        page.locator("[data-save]").first.click()
    assert Path(found.value.path()).read_bytes() == marked.read_bytes()
    context.close()


def by_browser(live: Office, browser: Browser, marked: Path) -> tuple[str, str]:
    """A link made on the page that sends."""
    account = Account.new(Live(live.home, f"https://localhost:{live.port}", {SENDER: PASSWORD}), browser, SENDER)
    page = account.go("/send/")
    choose(page, [marked])
    page.locator("[data-title]").fill(f"{MARK}-title")
    page.locator("[data-note]").fill(f"{MARK}-note")
    tell(page)
    send(page)
    found = passed_on(page)
    page.locator("[data-hand-done]").click()
    page.wait_for_url("**/shares/")
    account.context.close()
    return found


def known(live: Office, link: str, word: str) -> Shared:
    """What holders of a link can work out."""
    parsed = box.parse_link(link)
    where = f"/s/api/open/{parsed.recipient}"
    told = live.ask("POST", f"{where}/header", {}).json
    params, salt = box.parse_params(told["params"]), box.unb64u(told["salt"], box.SALT)
    keys = box.keys_for(parsed.secret, word, salt, params, parsed.recipient)
    opened = live.ask("POST", where, {"auth": box.b64u(keys.auth)}).json
    return Shared(parsed, keys, box.unwrap_share_key(keys, box.unb64u(opened["wrapped"]), params), word)


def database(live: Office) -> bytes:
    """Every value of every row, as bytes."""
    return b"\0".join(bytes.fromhex(line) for line in live.run(DUMP).splitlines())


def forms(secret: bytes) -> list[bytes]:
    """A secret as bytes, hexadecimal and base64; of base64 the part that does not depend on what stands before it."""
    plain = base64.b64encode(secret)
    url = base64.urlsafe_b64encode(secret)
    return [secret, secret.hex().encode(), plain.rstrip(b"=")[:-1], url.rstrip(b"=")[:-1]]


def found_in(data: bytes, wanted: dict[str, bytes]) -> set[str]:
    there = {secret for secret in set(wanted.values()) if any(form in data for form in forms(secret))}
    return {what for what, secret in wanted.items() if secret in there}


def memory(pid: int) -> Iterator[bytes]:
    """Every readable piece of a process's memory."""
    with Path(f"/proc/{pid}/mem").open("rb", 0) as mem:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            match = re.match(r"([0-9a-f]+)-([0-9a-f]+) r", line)
            if not match or "[v" in line:
                continue
            start, end = int(match[1], 16), int(match[2], 16)
            try:
                mem.seek(start)
                yield mem.read(end - start)
            except (OSError, ValueError, OverflowError):
                continue


def without_empty(piece: bytes) -> bytes:
    """Memory with each long row of zeros made shorter: longer than anything that is looked for is enough."""
    return bytes(4096).join(piece.split(bytes(65_536)))


def secrets(traffic: list[Shared]) -> dict[str, bytes]:
    """What nobody but the two ends may have, of both ways."""
    return {f"{what} {way}": secret for way, one in enumerate(traffic) for what, secret in one.secrets().items()}


def kept_from(traffic: list[Shared]) -> dict[str, bytes]:
    """What must never be written down: all that, and the proofs recipients show."""
    return secrets(traffic) | {f"proof {way}": one.keys.auth for way, one in enumerate(traffic)}


def test_the_search_finds_what_is_there(live: Office, traffic: list[Shared]) -> None:
    """The search itself works: what the server may know is found in each of the places."""
    recipient = {"recipient": traffic[0].link.recipient.encode()}
    assert found_in(database(live), recipient)
    assert any(found_in(without_empty(piece), recipient) for pid in live.pids() for piece in memory(pid))
    assert found_in(b"x" + base64.b64encode(traffic[0].share_key), secrets(traffic)) == {"share key 0"}
    assert found_in(MARK.encode() + b"-content", secrets(traffic)) == {"mark 0", "mark 1"}


def test_the_decrypted_database_holds_none_of_it(live: Office, traffic: list[Shared]) -> None:
    rows = database(live)
    assert b"shares_share" in rows
    assert found_in(rows, kept_from(traffic)) == set()


def test_the_part_store_and_every_other_file_hold_none_of_it(live: Office, traffic: list[Shared]) -> None:
    files = [path for path in live.home.rglob("*") if path.is_file()]
    assert len([path for path in files if path.is_relative_to(live.home / "parts")]) >= 6
    files += [path for path in (live.home.parent / "tmp").rglob("*") if path.is_file()]
    for path in files:
        assert found_in(path.read_bytes(), kept_from(traffic)) == set(), path


def test_the_log_holds_none_of_it_nor_who_sent_what(live: Office, traffic: list[Shared]) -> None:
    log = live.log.read_bytes()
    ids = {f"recipient {way}": one.link.recipient.encode() for way, one in enumerate(traffic)}
    assert found_in(log, kept_from(traffic) | ids | {"token": live.token.encode()}) == set()


def open_files(pid: int) -> list[Path]:
    """The open files of a process; none of one that has ended meanwhile."""
    try:
        return list(Path(f"/proc/{pid}/fd").iterdir())
    except FileNotFoundError:
        return []


@pytest.mark.skipif(os.getuid() != 0, reason="reads other processes' memory")
def test_files_that_are_open_though_deleted_hold_none_of_it(live: Office, traffic: list[Shared]) -> None:
    for pid in live.pids():
        for path in open_files(pid):
            try:
                gone = path.readlink().name.endswith("(deleted)") and path.stat().st_size
                data = path.read_bytes() if gone else b""
            except OSError:
                continue
            assert found_in(data, kept_from(traffic)) == set(), path


@pytest.mark.skipif(os.getuid() != 0, reason="reads other processes' memory")
def test_the_memory_of_every_process_holds_none_of_it(live: Office, traffic: list[Shared]) -> None:
    wanted = secrets(traffic)
    assert len(live.pids()) >= 4, "the parent, two that serve, and the worker"
    searched = set()  # digests of pieces: the libraries are the same in every process
    for pid in live.pids():
        seen = 0
        for piece in memory(pid):
            seen += len(piece)
            used = without_empty(piece)
            if (digest := sha256(used).digest()) in searched:
                continue
            assert found_in(used, wanted) == set(), Path(f"/proc/{pid}/cmdline").read_text()
            searched.add(digest)
        assert seen > 20_000_000
