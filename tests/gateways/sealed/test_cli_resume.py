"""Broken connections, killed commands, changed files and tampered storage: nothing lost, nothing wrong taken."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gateways.sealed.shell import Shell, shell
from tests.support.inside import Inside

BLOCK = 8 * 1024 * 1024
PART = 8_396_800


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    with shell(tmp_path_factory.mktemp("cli")) as found:
        yield found


@pytest.fixture
def big(tmp_path: Path) -> Path:
    path = tmp_path / "study.bin"
    path.write_bytes(os.urandom(6 * BLOCK + 777))
    return path


def state(path: Path) -> Path:
    return path.with_name(path.name + ".chartpost-seal")


def check(at: Shell, link: str, password: str, big: Path, folder: Path) -> None:
    at.open(link, password, "-o", folder)
    assert (folder / big.name).read_bytes() == big.read_bytes()


def test_connections_that_break_while_sending_cost_under_a_part(at: Shell, big: Path, tmp_path: Path) -> None:
    at.relay.up, before = 3 * PART, at.relay.passed["up"]
    sent = at.seal(big)
    assert at.relay.broken > 0
    assert at.relay.passed["up"] - before < big.stat().st_size + PART + 200_000
    check(at, sent.told("Link"), sent.told("Password"), big, tmp_path / "got")


def test_connections_that_break_while_opening_cost_almost_nothing(at: Shell, big: Path, tmp_path: Path) -> None:
    sent = at.seal(big)
    at.relay.down, before, broken = 2 * PART, at.relay.passed["down"], at.relay.broken
    check(at, sent.told("Link"), sent.told("Password"), big, tmp_path / "got")
    assert at.relay.broken == broken + 1
    assert at.relay.passed["down"] - before < big.stat().st_size + PART


def test_sending_that_gave_up_is_resumed(at: Shell, big: Path, tmp_path: Path) -> None:
    before, at.relay.up = at.relay.passed["up"], 3 * PART
    stopped = at.seal(big, "--patience", "0", expect=1)
    assert "--resume" in stopped.err
    assert state(big).stat().st_mode & 0o777 == 0o600
    assert "earlier, unfinished transfer" in at.seal(big, expect=1).err
    sent = at.run("seal", big, "--resume", "--cacert", at.relay.ca)
    assert at.relay.passed["up"] - before < big.stat().st_size + PART + 200_000
    assert not state(big).exists()
    check(at, sent.told("Link"), sent.told("Password"), big, tmp_path / "got")


def killed_while(at: Shell, words: list[str | Path], ready: Path, lines: int, mark: str = '"block":') -> None:
    """Start a command, and kill it once the journal `ready` has so many lines with `mark`."""
    process = subprocess.Popen(at.words(*words), env=at.environment, cwd=at.folder, stdout=subprocess.DEVNULL)
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        if ready.exists() and ready.read_text().count(mark) >= lines:
            break
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait(120)


@pytest.mark.parametrize("blocks", [6, 10])
def test_a_killed_sender_and_a_killed_reader_cost_under_a_part(
    at: Shell, big: Path, tmp_path: Path, blocks: int
) -> None:
    """Three parts are under way at once, in threads or, of more than 64 MiB, in processes that end with the command."""
    os.truncate(big, blocks * BLOCK)
    before = dict(at.relay.passed)
    killed_while(at, at.seal_words(big), state(big), 5)
    with state(big).open("a") as journal:
        journal.write('{"block":["cut of')
    sent = at.run("seal", big, "--resume", "--cacert", at.relay.ca)
    link, password, got = sent.told("Link"), sent.told("Password"), tmp_path / "got"
    journal = got / f".chartpost-open-{link.partition('/s/')[2][:22]}"
    killed_while(at, at.open_words(link, password, "-o", got), journal, 8, '"upto":')
    at.open(link, password, "-o", got, "--resume")
    assert (got / big.name).read_bytes() == big.read_bytes()
    for way in ("up", "down"):
        assert big.stat().st_size < at.relay.passed[way] - before[way] < big.stat().st_size + PART + 200_000


@pytest.mark.parametrize("time_set_back", [False, True])
def test_a_file_that_changed_meanwhile_is_sealed_anew(
    at: Shell, within: Inside, big: Path, tmp_path: Path, time_set_back: bool
) -> None:
    """Other plaintext never goes under the old salt: the old object is dropped, also where only a digest tells."""
    killed_while(at, at.seal_words(big), state(big), 4)
    told = [json.loads(line) for line in state(big).read_text().splitlines() if line.startswith("{")]
    old = next(line["item"] for line in told if "item" in line)
    last = max(line["block"][1] for line in told if "block" in line)
    times = (big.stat().st_atime_ns, big.stat().st_mtime_ns)
    data = bytearray(big.read_bytes())
    data[last * BLOCK + 5] ^= 1
    big.write_bytes(bytes(data))
    if time_set_back:
        os.utime(big, ns=times)
        held = within.run(f"""
from chartpost.shares import models
print("HELD", models.Part.objects.filter(object={old["object"]!r}, number={last}, stored=True).exists())
""")
    sent = at.run("seal", big, "--resume", "--cacert", at.relay.ca)
    at.open(sent.told("Link"), sent.told("Password"), "-o", tmp_path / "got")
    got = (tmp_path / "got" / big.name).read_bytes()
    if time_set_back and "HELD True" in held:
        data[last * BLOCK + 5] ^= 1  # it went before it was changed, and nothing tells of the change
    assert got == bytes(data)
    if not time_set_back or "HELD False" in held:
        code = f"""
from chartpost.shares import models
print("THERE", models.Object.objects.filter(pk={old["object"]!r}).exists())
"""
        assert "THERE False" in within.run(code)


def test_an_opening_that_was_killed_is_resumed_and_counts_once(at: Shell, big: Path, tmp_path: Path) -> None:
    sent = at.seal(big, "--max-opens", "1")
    link, password, got = sent.told("Link"), sent.told("Password"), tmp_path / "got"
    journal = got / f".chartpost-open-{link.partition('/s/')[2][:22]}"
    killed_while(at, at.open_words(link, password, "-o", got), journal, 6, '"upto":')
    part = got / "study.bin.chartpost-part"
    with part.open("r+b") as file:  # what a crash of the machine may leave: a block that never reached the disk
        file.write(bytes(100))
    before = at.relay.passed["down"]
    at.open(link, password, "-o", got, "--resume")
    assert (got / big.name).read_bytes() == big.read_bytes()
    assert at.relay.passed["down"] - before < big.stat().st_size + 100_000
    assert [p.name for p in got.iterdir()] == [big.name]
    assert "opened 1 times" in at.open(link, password, "-o", tmp_path / "again", expect=1).err


def test_standard_input_that_was_taken_in_is_resumed(at: Shell, tmp_path: Path) -> None:
    data = os.urandom(3 * BLOCK)
    at.relay.up = 2 * PART
    at.seal("-", "--patience", "0", stdin=data, expect=1)
    spool = at.folder / "stdin.chartpost-seal.sealed"
    assert data[:1000] not in spool.read_bytes()
    sent = at.run("seal", "-", "--resume", "--cacert", at.relay.ca)
    assert not spool.exists()
    assert at.open(sent.told("Link"), sent.told("Password"), "-o", "-").out == data


@pytest.mark.parametrize("how", ["flip", "swap"])
def test_tampering_at_the_server_is_noticed_and_nothing_of_it_is_kept(at: Shell, tmp_path: Path, how: str) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("a", "b"):
        (folder / name).write_bytes(os.urandom(100_000))
    sent = at.seal(folder)
    stored = [p for p in at.office.home.rglob("*") if p.is_file() and p.stat().st_size == 56 + 100_000 + 7 * 16]
    mine = sorted(stored, key=lambda path: path.stat().st_mtime_ns)[-2:]
    assert len(mine) == 2
    one, other = (path.read_bytes() for path in mine)
    for path in mine:
        path.chmod(0o600)
    mine[0].write_bytes(one[:50_000] + bytes([one[50_000] ^ 1]) + one[50_001:] if how == "flip" else other)
    done = at.open(sent.told("Link"), sent.told("Password"), "-o", tmp_path / "out", expect=1)
    assert "tell the sender" in done.err
    assert "The sender can see that" not in done.err
    names = [p.name for p in (tmp_path / "out").rglob("*") if p.is_file() and not p.name.startswith(".")]
    assert sum(name.endswith("-part") for name in names) >= 1
    assert len([name for name in names if not name.endswith("-part")]) <= 1
    piped = at.open(sent.told("Link"), sent.told("Password"), "-o", "-", "--file", "in/a", expect=None)
    genuine = (folder / "a").read_bytes()
    assert genuine.startswith(piped.out)


def test_a_file_that_keeps_changing_is_given_up(at: Shell, tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    path.write_bytes(os.urandom(100_000))
    stop = tmp_path / "stop"
    writer = subprocess.Popen(["sh", "-c", f"while [ ! -e '{stop}' ]; do echo more >> '{path}'; sleep 0.002; done"])
    try:
        done = at.seal(path, expect=1)
        assert "changing while it is sent" in done.err
    finally:
        stop.touch()
        writer.wait(10)
