"""Marked names, notes, passwords, contents and keys go through a real server; then nothing it holds has any of them.

Searched are the decrypted database, all files of the home, the log, and the memory of every process of the web part.
"""

import base64
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.shares.live import Office, office
from tests.shares.sealing import Link, Sealed

DUMP = """
django.setup()
from chartpost.kernel.config import config
from chartpost.kernel.db.connection import raw_connection
db = raw_connection(config().home / "chartpost.db")
for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
    print(table.encode().hex())
    for row in db.execute(f'SELECT * FROM "{table}"'):
        print("00".join(value.hex() if isinstance(value, bytes) else str(value).encode().hex() for value in row))
"""
MARK = "Zq7Marked"


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(Path(tmp_path_factory.mktemp("leaks"))) as found:
        yield found


@pytest.fixture(scope="module")
def traffic(live: Office) -> tuple[Sealed, Link]:
    """A share goes up and down, with a wrong password, a failed part and a receipt on its way."""
    content = b"".join(f"{MARK}-content-{n:08d} ".encode() for n in range(60_000))
    sealed = Sealed({f"{MARK}-name HIV.pdf": content}, note=f"{MARK}-note")
    link = Link(f"{MARK}-password-otter-maple")
    upload = live.make(sealed, link)
    for name in sealed.objects:
        for number, part in sealed.parts(name):
            assert live.put(sealed, name, number, part[:-1], upload).status == 400
            assert live.put(sealed, name, number, part, upload).status == 204
    assert live.ask("POST", f"/s/api/shares/{sealed.share}/complete", {}, upload).status == 200
    address = f"/s/api/open/{link.recipient}"
    assert live.ask("POST", f"{address}/header").status == 200
    assert live.ask("POST", address, {"auth": Link("wrong").auth}).status == 403
    opened = live.ask("POST", address, {"auth": link.auth}).json
    for name, data in sealed.objects.items():
        assert live.ask("GET", f"{address}/objects/{name}", token=opened["grant"]).body == data
    proof = {
        "opened": base64.urlsafe_b64encode(link.opened(sealed.manifest)).rstrip(b"=").decode(),
        "mac": base64.urlsafe_b64encode(link.mac(opened["grant_id"], sealed.manifest)).rstrip(b"=").decode(),
    }
    assert live.ask("POST", f"{address}/receipt", proof, opened["grant"]).status == 204
    return sealed, link


def secrets(sealed: Sealed, link: Link) -> dict[str, bytes]:
    """Everything the server must never hold, by what it is."""
    return {
        "mark": MARK.encode(),
        "mark in UTF-16": MARK.encode("utf-16-le"),
        "share key": sealed.key,
        "link secret": link.secret,
        "wrapping key": link.derived("wrap"),
        "receipt key": link.derived("receipt"),
        **{f"key of object {n}": sealed.object_key(n) for n in range(2)},
    }


def kept_from(sealed: Sealed, link: Link) -> dict[str, bytes]:
    """What must never be written down: all that, and the proof a recipient shows."""
    return secrets(sealed, link) | {"proof": link.derived("auth")}


def database(live: Office) -> bytes:
    """Every value of every row, as bytes."""
    return b"\0".join(bytes.fromhex(line) for line in live.run(DUMP).splitlines())


def forms(secret: bytes) -> list[bytes]:
    """A secret as bytes, hexadecimal and base64; of base64 the part that does not depend on what stands before it."""
    plain = base64.b64encode(secret)
    url = base64.urlsafe_b64encode(secret)
    return [secret, secret.hex().encode(), plain.rstrip(b"=")[:-1], url.rstrip(b"=")[:-1]]


def found_in(data: bytes, wanted: dict[str, bytes]) -> set[str]:
    return {what for what, secret in wanted.items() for form in forms(secret) if form in data}


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


def test_the_search_finds_what_is_there(live: Office, traffic: tuple[Sealed, Link]) -> None:
    """The search itself works: what the server may know is found in each of the places."""
    sealed, link = traffic
    assert live.process
    known = {"recipient": link.recipient.encode()}
    assert found_in(database(live), known)
    assert any(found_in(piece, known) for pid in live.pids() for piece in memory(pid))
    assert found_in(b"x" + base64.b64encode(sealed.key), secrets(sealed, link)) == {"share key"}


def test_the_decrypted_database_holds_none_of_it(live: Office, traffic: tuple[Sealed, Link]) -> None:
    rows = database(live)
    assert b"shares_share" in rows
    assert found_in(rows, kept_from(*traffic)) == set()


def test_the_part_store_and_every_other_file_hold_none_of_it(live: Office, traffic: tuple[Sealed, Link]) -> None:
    files = [path for path in live.home.rglob("*") if path.is_file()]
    stored = [path for path in files if path.is_relative_to(live.home / "parts")]
    assert len(stored) == 2
    for path in files:
        assert found_in(path.read_bytes(), kept_from(*traffic)) == set(), path


def test_the_log_holds_none_of_it_nor_who_sent_what(live: Office, traffic: tuple[Sealed, Link]) -> None:
    sealed, link = traffic
    log = live.log.read_bytes()
    ids = {"share": sealed.share.encode(), "recipient": link.recipient.encode(), "token": live.token.encode()}
    assert found_in(log, kept_from(sealed, link) | ids) == set()


@pytest.mark.skipif(os.getuid() != 0, reason="reads other processes' memory")
def test_the_memory_of_the_server_holds_none_of_it(live: Office, traffic: tuple[Sealed, Link]) -> None:
    wanted = secrets(*traffic)
    seen = 0
    for pid in live.pids():
        for piece in memory(pid):
            seen += len(piece)
            assert found_in(piece, wanted) == set()
    assert seen > 50_000_000
