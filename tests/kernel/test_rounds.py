"""Requests that write are handled in rounds, wherever they came, and each is answered as if it had come alone."""

import io
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st
from tests.kernel.test_writer import SECONDS, another_writes

from chartpost.kernel import facts, writer
from chartpost.kernel.config import config
from chartpost.kernel.rounds import MOST_BODY, Rounds, meeting
from chartpost.kernel.rounds.frames import Frame, Frames, frame

Said = tuple[str, bytes]
pytestmark = pytest.mark.django_db(transaction=True)


class Desk:
    """Two processes of an office, one of which leads; the work of a request is chosen by its path."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.works: dict[str, Callable[[], bytes]] = {}
        self.leading, self.other = (rounds(self._work) for _ in range(2))
        self._answers: dict[str, Said] = {}
        self._threads: list[threading.Thread] = []

    def stand(self) -> None:
        """Have the first lead."""
        self.leading.stand()
        wait_until(lambda: asked(self.other, "/nothing")[1] != b"here")
        wait_until(lambda: asked(self.leading, "/nothing")[1] != b"here")

    def send(self, rounds: Rounds, path: str) -> None:
        """Send a request whose answer is waited for later."""
        thread = threading.Thread(target=lambda: self._answers.update({path: asked(rounds, path)}))
        self._threads.append(thread)
        thread.start()

    def answers(self) -> dict[str, Said]:
        """The answers to all that was sent."""
        for thread in self._threads:
            thread.join(SECONDS)
            assert not thread.is_alive()
        return self._answers

    def keeps(self, name: str) -> Callable[[], bytes]:
        """Work that writes a fact, and says when it was written and when committed."""

        def write() -> bytes:
            facts.record(name, "kept")
            self.told.append(name)
            transaction.on_commit(lambda: self.told.append(f"{name} committed"))
            return name.encode()

        return lambda: writer.together(write, lambda: None)

    def _work(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        body = self.works.get(environ["PATH_INFO"], environ["wsgi.input"].read)()
        start_response("200 OK", [("X-Method", environ["REQUEST_METHOD"])])
        return [body, b"!"]


@pytest.fixture
def desk() -> Iterator[Desk]:
    found = Desk()
    found.stand()
    yield found
    found.leading.end()
    found.answers()


def test_those_who_wait_are_written_together_wherever_they_came(desk: Desk) -> None:
    names = ["one", "two", "three", "four"]
    desk.works = {f"/{name}": desk.keeps(name) for name in names}
    with another_writes():
        desk.send(desk.leading, "/one")
        time.sleep(0.3)  # its round has begun, and waits for its turn among the processes
        for name, rounds in zip(names[1:], (desk.other, desk.leading, desk.other), strict=True):
            desk.send(rounds, f"/{name}")
        time.sleep(0.3)
        assert not desk.told
    assert desk.answers() == {f"/{name}": ("200 OK", f"{name}!".encode()) for name in names}
    assert desk.told[:2] == ["one", "one committed"]
    assert sorted(desk.told[2:5]) == sorted(names[1:])
    assert all(facts.recorded(name) for name in names)


def test_a_request_that_fails_fails_alone(desk: Desk) -> None:
    def refused() -> bytes:
        facts.record("half", "done")
        raise ValueError("no")

    def told() -> bytes:
        try:
            return writer.together(refused, lambda: None)
        except ValueError as error:
            return str(error).encode()

    def raises() -> bytes:
        raise ValueError("never mind")

    desk.works = {"/one": desk.keeps("one"), "/told": told, "/raises": raises, "/raises too": raises}
    desk.works["/two"] = desk.keeps("two")
    with another_writes():
        for number, path in enumerate(desk.works):
            desk.send(desk.leading if number % 2 else desk.other, path)
        time.sleep(0.3)
    assert desk.answers() == {
        "/one": ("200 OK", b"one!"),
        "/told": ("200 OK", b"no!"),
        "/raises": ("500", b"lost"),
        "/raises too": ("500", b"lost"),
        "/two": ("200 OK", b"two!"),
    }
    assert facts.recorded("half") is None


def test_a_request_may_write_more_than_once(desk: Desk) -> None:
    first, second = desk.keeps("first"), desk.keeps("second")
    desk.works = {"/both": lambda: first() + second()}
    assert asked(desk.other, "/both") == ("200 OK", b"firstsecond!")
    assert desk.told == ["first", "first committed", "second", "second committed"]


def test_a_round_leaves_no_transaction_open(desk: Desk) -> None:
    desk.works = {"/look": lambda: str(connection.in_atomic_block).encode(), "/one": desk.keeps("one")}
    assert asked(desk.leading, "/one")[1] == b"one!"
    assert asked(desk.leading, "/look")[1] == b"False!"


@pytest.mark.parametrize(
    "environ",
    [
        {"CONTENT_LENGTH": str(MOST_BODY + 1)},
        {"HTTP_TRANSFER_ENCODING": "chunked"},
        {"CONTENT_LENGTH": "²"},
        {"PATH_INFO": "/slow"},
        {"PATH_INFO": "/no text \ud800"},
    ],
    ids=["long", "without a length", "length that is none", "not quick", "address that is no text"],
)
def test_what_has_no_place_in_a_round_is_handled_where_it_came(desk: Desk, environ: dict[str, str | None]) -> None:
    assert asked(desk.other, "/", b"abc", **environ) == ("200 OK", b"here")


def test_what_only_the_body_shows_is_handled_where_it_came(desk: Desk) -> None:
    assert asked(desk.leading, "/", b"heavy") == asked(desk.other, "/", b"heavy") == ("200 OK", b"here")


def test_bodies_come_whole_and_answers_too(desk: Desk) -> None:
    body = bytes(range(256)) * (MOST_BODY // 256)
    for rounds in (desk.leading, desk.other):
        assert asked(rounds, "/echo", body) == ("200 OK", body + b"!")


def test_a_leader_that_ends_answers_what_has_come_and_another_one_leads(desk: Desk) -> None:
    begun = threading.Event()

    def slow() -> bytes:
        begun.set()
        time.sleep(0.5)
        return desk.keeps("slow")()

    desk.works = {f"/{name}": desk.keeps(name) for name in ("after", "later")} | {"/begun": slow}
    desk.send(desk.other, "/begun")
    assert begun.wait(SECONDS)
    desk.send(desk.other, "/after")
    time.sleep(0.2)
    desk.other.stand()
    ending = threading.Thread(target=desk.leading.end)
    ending.start()
    late = [asked(rounds, "/echo", b"late") for rounds in (desk.other, desk.leading) * 20]
    ending.join(SECONDS)
    assert set(late) <= {("200 OK", b"here"), ("200 OK", b"late!")}, "each is handled, by itself or by a leader"
    assert desk.answers() == {"/begun": ("200 OK", b"slow!"), "/after": ("200 OK", b"after!")}
    wait_until(lambda: asked(desk.leading, "/later")[1] == b"later!")
    desk.other.end()
    assert asked(desk.leading, "/later") == ("200 OK", b"here")
    assert not (config().home / "run" / meeting.SOCKET).exists()


def test_who_waits_for_a_leader_that_is_killed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    there, far = socket.socketpair()
    monkeypatch.setattr(meeting, "connected", lambda: there)
    desk = rounds(_says("never"))
    found: list[Said] = []
    thread = threading.Thread(target=lambda: found.append(asked(desk, "/one")))
    thread.start()
    assert far.recv(meeting.PIECE)  # it has come
    far.close()
    thread.join(SECONDS)
    assert found == [("500", b"lost")]
    monkeypatch.setattr(meeting, "connected", lambda: None)
    assert asked(desk, "/two") == ("200 OK", b"here")


def test_whoever_sends_something_else_is_left(desk: Desk) -> None:
    for nonsense in (b"GET / HTTP/1.1\r\n\r\n" * 9, frame(1, "text", b""), frame(1, {}, bytes(2**21))[:99]):
        there = meeting.connected()
        assert there is not None
        with closing(there):
            there.sendall(nonsense)
            there.settimeout(SECONDS)
            assert there.recv(1) == b""
    assert asked(desk.other, "/echo", b"on") == ("200 OK", b"on!")


def test_a_home_with_a_long_name_works_as_well(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(meeting, "_path", lambda: tmp_path / ("long" * 30) / meeting.SOCKET)
    desk = Desk()
    desk.works = {"/one": desk.keeps("one")}
    desk.stand()
    assert asked(desk.other, "/one") == ("200 OK", b"one!")
    desk.leading.end()


@given(
    st.lists(st.tuples(st.integers(0, 2**64 - 1), st.none() | st.dictionaries(st.text(), st.text()), st.binary())),
    st.integers(1, 50),
)
def test_frames_come_whole_however_their_bytes_come(frames: list[Frame], size: int) -> None:
    data = b"".join(frame(*each) for each in frames)
    reader = Frames(len(data))
    found = [each for start in range(0, len(data), size) for each in reader.feed(data[start : start + size])]
    assert found == frames


def test_a_frame_that_would_be_too_long_is_none() -> None:
    with pytest.raises(ValueError, match="more bytes"):
        Frames(9).feed(frame(1, {}, bytes(8)))


def asked(rounds: Rounds, path: str, body: bytes = b"", **more: str | None) -> Said:
    """Status and body of the answer to a request."""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": path,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
    } | more
    said: list[str] = []
    pieces = rounds({k: v for k, v in environ.items() if v is not None}, lambda status, _: said.append(status))
    return said[0], b"".join(pieces)


def rounds(work: Callable[..., Any]) -> Rounds:
    """Of a process; what is /slow, or has a heavy body, has no place in them."""
    return Rounds(
        work, _says("here"), _says("lost"), lambda e: e["PATH_INFO"] != "/slow", lambda body: body != b"heavy"
    )


def _says(word: str) -> Callable[..., list[bytes]]:
    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        del environ
        start_response("500" if word == "lost" else "200 OK", [])
        return [word.encode()]

    return application


def wait_until(sure: Callable[[], bool]) -> None:
    """Until something is so."""
    until = time.monotonic() + SECONDS
    while not sure():
        assert time.monotonic() < until
        time.sleep(0.02)
