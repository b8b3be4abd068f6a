"""A server that answers anything at all, and files planted where the commands keep theirs: plain words, no harm."""

import json
import os
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from chartpost.cli import main
from chartpost.formats import sealedbox
from chartpost.gateways.sealed.command.errors import LostError
from chartpost.gateways.sealed.command.wire import Wire
from tests.gateways.sealed.test_cli_nonces import plan_of

Reply = tuple[int, dict[str, str], bytes]
Says = Callable[[str, str, bytes], Reply]


class Hostile:
    """A server on this machine; `says` answers method, path and body, and `asked` keeps them."""

    def __init__(self) -> None:
        self.says: Says = lambda *_: (200, {}, b"{}")
        self.asked: list[tuple[str, str, bytes]] = []

        def answer(handler: BaseHTTPRequestHandler) -> None:
            self._answer(handler)

        methods = dict.fromkeys((f"do_{name}" for name in ("GET", "POST", "PUT", "HEAD", "PATCH", "DELETE")), answer)
        more: dict[str, Any] = {"protocol_version": "HTTP/1.1", "log_message": lambda *_: None}
        handler = type("Handler", (BaseHTTPRequestHandler,), methods | more)
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        self.asked.append((handler.command, handler.path, body))
        status, headers, said = self.says(handler.command, handler.path, body)
        handler.send_response(status)
        for name, value in ({"Content-Length": str(len(said))} | headers).items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(said)


@pytest.fixture
def hostile() -> Iterator[Hostile]:
    found = Hostile()
    yield found
    found.server.shutdown()
    found.server.server_close()


def opened(hostile: Hostile, folder: Path) -> int:
    (folder / "password").write_text("abacus-abdomen-abdominal-abide-abiding")
    link = sealedbox.Link(hostile.url, sealedbox.new_id(), bytes(32)).render()
    words = ["open", link, "--password-file", str(folder / "password"), "-o", str(folder / "got"), "--patience", "0"]
    return main(words)


def sealed(hostile: Hostile, folder: Path) -> int:
    (folder / "token").write_text("cps_x")
    (folder / "a.txt").write_text("a")
    words = ["seal", str(folder / "a.txt"), "--to", hostile.url, "--token-file", str(folder / "token")]
    return main([*words, "--patience", "0"])


SHAPES = [
    b"",
    b"[]",
    b"{",
    b"[" * 100_000,
    json.dumps({"params": None, "salt": 5, "upload_token": "x", "objects": 3, "state": "uploading"}).encode(),
    json.dumps({"params": "1.1000000", "salt": "!", "objects": [[]], "recipients": [], "upload_token": 1}).encode(),
    json.dumps({"params": "1.600000", "salt": "A" * 22, "objects": [{"index": "x"}], "upload_token": {}}).encode(),
]


@pytest.mark.parametrize("run", [opened, sealed])
@pytest.mark.parametrize("said", SHAPES, ids=range(len(SHAPES)))
def test_answers_of_any_shape_end_in_plain_words(
    hostile: Hostile,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    said: bytes,
    run: Callable[[Hostile, Path], int],
) -> None:
    hostile.says = lambda *_: (200, {}, said)
    assert run(hostile, tmp_path) == 1
    told = capsys.readouterr()
    assert "What to do:" in told.err
    assert "Traceback" not in told.err
    assert not list(tmp_path.glob("got/*"))


@pytest.mark.parametrize("run", [opened, sealed])
def test_words_of_a_server_cannot_write_over_the_terminal(
    hostile: Hostile, tmp_path: Path, capsys: pytest.CaptureFixture[str], run: Callable[[Hostile, Path], int]
) -> None:
    evil = "\x1b[2J\x1b]0;root\x07\u202egpj.exe\n# rm -rf"
    answer = json.dumps({"error": "x", "seen": evil, "expected": evil, "todo": evil}).encode()
    hostile.says = lambda *_: (400, {}, answer)
    assert run(hostile, tmp_path) == 1
    told = capsys.readouterr().err
    assert not {"\x1b", "\x07", "\u202e"} & set(told)
    assert "\n#" not in told


@pytest.mark.parametrize("offset", ["9" * 5000, "-5", "٣", "1e3", "900000000000000"])
def test_offsets_of_any_kind_send_the_part_or_give_up(hostile: Hostile, offset: str) -> None:
    data = os.urandom(1000)

    def says(method: str, *_: Any) -> Reply:
        return (204, {"Upload-Offset": offset.encode().decode("latin-1")}, b"") if method == "HEAD" else (204, {}, b"")

    hostile.says = says
    Wire(hostile.url, patience=0).put("part", memoryview(data), "token", begun=True)
    method, _, body = hostile.asked[-1]
    assert (method, body) in {("PUT", data), ("PATCH", b"")}


def test_a_beginning_the_server_cannot_use_is_sent_whole(hostile: Hostile) -> None:
    data, kept = os.urandom(1000), [500, 0]

    def says(method: str, *_: Any) -> Reply:
        if method == "HEAD":
            return 204, {"Upload-Offset": str(kept.pop(0))}, b""
        return (204, {}, b"") if method == "PUT" else (400, {}, b'{"error": "bad_bytes"}')

    hostile.says = says
    Wire(hostile.url, patience=5).put("part", memoryview(data), "token", begun=True)
    assert [method for method, _, _ in hostile.asked] == ["HEAD", "PATCH", "HEAD", "PUT"]
    assert hostile.asked[-1][2] == data


@pytest.mark.parametrize("more", [b"", b"x" * 100, None])
def test_more_or_fewer_bytes_than_asked_for_are_not_taken_for_others(hostile: Hostile, more: bytes | None) -> None:
    """What comes after a range is not the next answer, and a short one is asked for again."""
    data = bytes(range(250)) * 4
    short = iter([True])

    def says(_: str, path: str, __: bytes) -> Reply:
        del path
        said = data[:400] if more is None and next(short, False) else data[: 1000 if more is None else None]
        return 206, {}, said + (more or b"")

    hostile.says = says
    into = memoryview(bytearray(1000))
    wire = Wire(hostile.url, patience=5)
    if more is None:
        wire.fetch("object", "grant", 0, into[:400])
        assert bytes(into[:400]) == data[:400]
    else:
        for _ in range(3):
            wire.fetch("object", "grant", 0, into)
            assert bytes(into) == data
    wire.close()


def test_a_server_that_says_nothing_of_the_range_is_given_up(hostile: Hostile) -> None:
    hostile.says = lambda *_: (206, {}, b"")
    with pytest.raises(LostError):
        Wire(hostile.url, patience=0).fetch("object", "grant", 0, memoryview(bytearray(10)))


@pytest.mark.parametrize("how", ["others may write", "link"])
def test_a_state_file_that_others_could_have_written_is_not_gone_on_with(
    hostile: Hostile, tmp_path: Path, capsys: pytest.CaptureFixture[str], how: str
) -> None:
    """It says where files go and under which key."""
    path = tmp_path / "a.txt"
    path.write_text("secret")
    state, real = tmp_path / "a.txt.chartpost-seal", tmp_path / "planted"
    plan = plan_of(hostile.url)
    (real if how == "link" else state).write_text(json.dumps(plan.line()) + '\n{"begun":true}\n')
    if how == "link":
        state.symlink_to(real)
    else:
        state.chmod(0o666)
    assert main(["seal", str(path), "--resume", "--patience", "0"]) == 1
    assert "an earlier run of yours left" in capsys.readouterr().err
    assert hostile.asked == []
