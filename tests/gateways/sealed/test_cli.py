"""Sealing and opening from the shell against a live office over TLS."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gateways.sealed.shell import Shell, shell
from tests.support.inside import Inside

BLOCK = 8 * 1024 * 1024


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    with shell(tmp_path_factory.mktemp("cli")) as found:
        yield found


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with files of the sizes that matter."""
    folder = tmp_path / "scans"
    (folder / "2024" / "CT").mkdir(parents=True)
    for name, size in {"empty": 0, "one.txt": 1, "block": BLOCK, "2024/CT/more.dcm": 2 * BLOCK + 5}.items():
        (folder / name).write_bytes(os.urandom(size))
    (folder / "<img src=x onerror=alert(1)>.svg").write_bytes(b"<svg/>")
    (folder / "Café 病歴.txt").write_text("text")
    os.utime(folder / "one.txt", ns=(10**18, 10**18))
    return folder


def same(one: Path, other: Path) -> bool:
    """Whether two folders hold the same files with the same bytes."""
    mine = {str(p.relative_to(one)): p.read_bytes() for p in one.rglob("*") if p.is_file()}
    return mine == {str(p.relative_to(other)): p.read_bytes() for p in other.rglob("*") if p.is_file()}


def test_a_folder_goes_up_and_comes_down(at: Shell, files: Path, tmp_path: Path) -> None:
    sent = at.seal(files, "--title", "Scans", "--expires", "2d")
    link, password = sent.told("Link"), sent.told("Password")
    assert link.startswith(f"{at.relay.url}/s/")
    assert password.count("-") >= 4
    assert password not in link + sent.err
    got = at.open(link, password, "-o", tmp_path / "got")
    assert same(files, tmp_path / "got" / "scans")
    assert "The sender can see that" in got.err
    assert (tmp_path / "got/scans/one.txt").stat().st_mtime_ns == 10**18
    assert stat.S_IMODE((tmp_path / "got/scans/one.txt").stat().st_mode) == 0o600
    left = [p.name for p in (*tmp_path.rglob("*"), *files.parent.iterdir()) if "chartpost" in p.name]
    assert left == []


def test_the_sender_sees_openings_and_receipts(at: Shell, within: Inside, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    (tmp_path / "b").write_text("b")
    sent = at.seal(tmp_path / "a", tmp_path / "b")
    link, password = sent.told("Link"), sent.told("Password")
    recipient = link.partition("/s/")[2][:22]
    code = f"""
from chartpost.shares import models, queries
row = models.Recipient.objects.get(pk={recipient!r})
view = queries.state_of(row.share).recipients[0]
print("OPENS", view.opens, len(view.received))
"""
    assert "OPENS 0 0" in within.run(code)
    at.open(link, password, "-o", tmp_path / "one", "--file", "a")
    assert "OPENS 1 0" in within.run(code)
    at.open(link, password, "-o", tmp_path / "all")
    assert "OPENS 2 1" in within.run(code)


def test_standard_input_and_output(at: Shell, tmp_path: Path) -> None:
    data = os.urandom(2 * BLOCK + 12345)
    sent = at.seal("-", "--stdin-name", "dump.bin", stdin=data)
    got = at.open(sent.told("Link"), sent.told("Password"), "-o", "-")
    assert got.out == data
    assert [p.name for p in at.folder.iterdir() if "seal" in p.name] == []
    empty = at.seal("-")
    assert at.open(empty.told("Link"), empty.told("Password"), "-o", "-").out == b""


def test_several_recipients_and_an_own_password_by_argon2(at: Shell, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("for both")
    (tmp_path / "own").write_text("Zwölf Boxkämpfer jagen", encoding="utf-8")
    sent = at.seal(tmp_path / "a", "--recipients", "2", "--password-file", tmp_path / "own", "--argon2")
    assert b"Password" not in sent.out
    links = {sent.told("Link 1"), sent.told("Link 2")}
    assert len(links) == 2
    for link in links:
        decomposed = "Zwo\u0308lf Boxka\u0308mpfer jagen"
        assert at.open(link, decomposed, "-o", "-").out == b"for both"


def test_a_wrong_password_and_a_right_one(at: Shell, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    sent = at.seal(tmp_path / "a")
    wrong = at.open(sent.told("Link"), "not the password", "-o", tmp_path / "out", expect=1)
    assert "9 tries are left" in wrong.err
    assert not (tmp_path / "out").exists()
    at.open(sent.told("Link"), sent.told("Password"), "-o", tmp_path / "out")


@pytest.mark.parametrize("mark", ["%23", "%2523"])
def test_a_mangled_link_is_mended_and_told(at: Shell, tmp_path: Path, mark: str) -> None:
    (tmp_path / "a").write_text("a")
    sent = at.seal(tmp_path / "a")
    got = at.open(sent.told("Link").replace("#", mark), sent.told("Password"), "-o", "-")
    assert got.out == b"a"
    assert "rewrote the link" in got.err


def test_a_link_that_is_cut_off_is_refused_before_anything_is_asked(at: Shell) -> None:
    before = dict(at.relay.passed)
    done = at.open(f"{at.relay.url}/s/AAAA#1.AA", "x", expect=1)
    assert "copy the whole link again" in done.err
    assert at.relay.passed == before


def test_an_unknown_link_looks_like_a_wrong_password(at: Shell) -> None:
    done = at.open(f"{at.relay.url}/s/{'A' * 22}#1.{'A' * 43}", "x", expect=1)
    assert "9 tries are left" in done.err


def test_a_server_with_another_certificate_gets_nothing(at: Shell, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    (tmp_path / "token").write_text(at.office.token)
    words = ["seal", tmp_path / "a", "--to", at.relay.url, "--token-file", tmp_path / "token"]
    assert "certificate" in at.run(*words, expect=1).err
    assert "https://" in at.run(*words[:3], "http://records.example.org", *words[4:], expect=1).err
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "token"]


def test_neither_text_nor_names_pass_the_wire_or_reach_the_server(at: Shell, tmp_path: Path) -> None:
    secret = b"Marfan syndrome, chart 4711 "
    (tmp_path / "diagnosis-4711.txt").write_bytes(secret * 1000)
    sent = at.seal(tmp_path / "diagnosis-4711.txt", "--title", "Title 4711")
    password, link = sent.told("Password").encode(), sent.told("Link").partition("#1.")[2].encode()
    found = [
        path
        for path in at.office.home.rglob("*")
        if path.is_file()
        and any(word in path.read_bytes() for word in (secret, b"diagnosis-4711", b"Title 4711", password, link))
    ]
    assert found == []


def test_nothing_is_overwritten_and_no_link_among_folders_is_followed(at: Shell, files: Path, tmp_path: Path) -> None:
    sent = at.seal(files / "one.txt", files / "2024")
    link, password = sent.told("Link"), sent.told("Password")
    out = tmp_path / "out"
    out.mkdir()
    (out / "one.txt").write_text("mine")
    at.open(link, password, "-o", out)
    assert (out / "one.txt").read_text() == "mine"
    assert (out / "one (2).txt").read_bytes() == (files / "one.txt").read_bytes()
    trap, elsewhere = tmp_path / "trap", tmp_path / "elsewhere"
    trap.mkdir()
    elsewhere.mkdir()
    (trap / "2024").symlink_to(elsewhere)
    assert "leads elsewhere" in at.open(link, password, "-o", trap, expect=1).err
    assert list(elsewhere.iterdir()) == []


def test_titles_cannot_steer_the_terminal(at: Shell, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    (tmp_path / "note").write_text("line\nred \x1b[31m and \u202eturned")
    sent = at.seal(tmp_path / "a", "--title", "\x1b]0;owned\x07", "--note-file", tmp_path / "note")
    got = at.open(sent.told("Link"), sent.told("Password"), "--list")
    assert not {"\x1b", "\x07", "\u202e"} & set(got.err)
    assert "line\nred ?[31m" in got.err
    assert got.out == b"1\ta\n"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["missing.txt"], "cannot be read"),
        (["/dev/null"], "is no file"),
        (["--recipients", "0", "token"], "0 recipients"),
        (["--expires", "soon", "token"], "cannot be read"),
        (["--password-file", "weak", "token"], "common words"),
    ],
)
def test_calls_that_cannot_work_say_why_and_leave_nothing(at: Shell, words: list[str], told: str) -> None:
    (at.folder / "weak").write_text("password1234")
    at.seal_words()
    before = sorted(at.folder.iterdir())
    assert told in at.seal(*words, expect=1).err
    assert sorted(at.folder.iterdir()) == before


def test_a_token_that_is_not_good_is_told(at: Shell, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    (tmp_path / "bad").write_text("cps_nothing")
    words = ["--to", at.relay.url, "--cacert", at.relay.ca, "--token-file", tmp_path / "bad"]
    done = at.run("seal", tmp_path / "a", *words, expect=1)
    assert not (tmp_path / "a.chartpost-seal").exists()
    assert "Make a token under My shares" in done.err
