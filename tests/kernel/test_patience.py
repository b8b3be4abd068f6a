"""Which connections are ended: those that stand still, and no others."""

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any

import django.db
import pytest

from chartpost.kernel import connections, transfers
from chartpost.kernel.connections import Connection
from chartpost.kernel.patience import HURRY, LEAST, LOOK, Watch
from chartpost.kernel.transfers import WAITING, Body, CutError, Visit

SECONDS = 60.0
HERE = "10.0.0.1"
CALM = Connection(5, "socket:[1]", HERE, sent=300, acked=300, received=500, unsent=0, unread=0)


def visit(begun: float = 0.0, *, waiting: bool = False, address: str = HERE) -> Visit:
    found = Visit({"REMOTE_ADDR": address})
    found.begun, found.waiting = begun, waiting
    return found


def ended(under_way: list[Visit], start: Connection = CALM, seconds: float = 70, **growth: float) -> float | None:
    """When a connection that grows by so many bytes a second is ended, if within `seconds`."""
    watch, now = Watch(SECONDS), 0.0
    while now <= seconds:
        grown: dict[str, Any] = {name: int(getattr(start, name) + each * now) for name, each in growth.items()}
        if watch.look(now, [replace(start, **grown)], under_way):
            return now
        now += LOOK
    return None


def test_a_body_that_stands_still_or_trickles_is_ended_after_the_time_of_patience() -> None:
    assert ended([visit(waiting=True)]) == SECONDS
    assert ended([visit(waiting=True)], received=LEAST - 10) == SECONDS
    assert ended([visit(waiting=True)], received=LEAST + 10) is None


def test_an_answer_that_is_not_taken_is_ended() -> None:
    blocked = replace(CALM, unsent=5000)
    assert ended([visit()], blocked) == SECONDS
    assert ended([], blocked) == SECONDS
    assert ended([visit()], blocked, acked=LEAST + 10) is None


def test_long_work_of_ours_is_not_taken_for_a_stalled_client() -> None:
    assert ended([visit()], seconds=600) is None
    assert ended([visit(waiting=True)], replace(CALM, unread=9), seconds=600) is None, "we are slow to read, not they"
    assert ended([visit(), visit(waiting=True)], seconds=6 * SECONDS) == 5 * SECONDS


def test_bodies_of_others_end_nobody() -> None:
    assert ended([visit(waiting=True, address="10.0.0.2"), visit()], seconds=600) is None


def test_a_connection_on_which_something_goes_out_is_not_the_stalled_one() -> None:
    assert ended([visit(waiting=True)], sent=5) is None


def test_a_handshake_left_in_the_middle_is_ended() -> None:
    assert ended([], seconds=200) == 2 * SECONDS
    assert ended([], seconds=200, received=5) == 2 * SECONDS
    assert ended([], seconds=600, received=5, sent=5) is None, "one that asks now and then"


def test_patience_is_short_when_threads_run_out() -> None:
    crowd = [visit(waiting=True) for _ in range(WAITING // 2 + 1)]
    assert ended(crowd) == SECONDS / HURRY
    assert ended(crowd[1:]) == SECONDS


def test_an_address_of_ipv4_on_a_socket_of_ipv6_is_the_same() -> None:
    assert ended([visit(waiting=True)], replace(CALM, peer=f"::ffff:{HERE}")) == SECONDS
    assert ended([visit(waiting=True, address="::ffff:a00:1")]) == SECONDS


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket, int]]:
    """Our end, the other end, and our port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as theirs:
            ours, _ = server.accept()
            with ours:
                yield ours, theirs, port


def test_the_system_counts_what_moved(pair: tuple[socket.socket, socket.socket, int]) -> None:
    ours, theirs, port = pair
    theirs.sendall(b"x" * 1000)
    ours.sendall(b"y" * 5000)
    theirs.recv(5000, socket.MSG_WAITALL)
    found = [one for one in connections.connections(port) if one.descriptor == ours.fileno()]
    assert [(one.peer, one.sent, one.received, one.unread) for one in found] == [("127.0.0.1", 5000, 1000, 1000)]
    assert theirs.fileno() not in {one.descriptor for one in connections.connections(port)}


def test_only_the_connection_that_was_seen_is_cut(pair: tuple[socket.socket, socket.socket, int]) -> None:
    ours, theirs, port = pair
    (seen,) = (one for one in connections.connections(port) if one.descriptor == ours.fileno())
    assert not connections.cut(replace(seen, name="socket:[1]"))
    theirs.settimeout(0.05)
    with pytest.raises(TimeoutError):
        theirs.recv(1)
    assert connections.cut(seen)
    assert theirs.recv(1) == b""


class Slowly:
    """A body whose reader waits until it is let go."""

    def __init__(self, data: bytes) -> None:
        self.data, self.go, self.asked = data, threading.Event(), threading.Event()

    def read(self, size: int = -1) -> bytes:
        self.asked.set()
        assert self.go.wait(10)
        piece, self.data = self.data[:size], self.data[size:]
        return piece


Environ = dict[str, object]


def environ(stream: object, stated: int) -> Environ:
    return {"wsgi.input": stream, "CONTENT_LENGTH": str(stated), "REMOTE_ADDR": HERE}


@pytest.fixture
def server() -> Iterator[ThreadPoolExecutor]:
    """Threads like those of a server: turns lend connections, which the suite's own thread has already."""
    with ThreadPoolExecutor(2) as found:
        yield found


def test_who_waits_for_a_body_gives_the_turn_away(server: ThreadPoolExecutor) -> None:
    def echo(given: Environ, _: object) -> list[bytes]:
        stream = given.get("wsgi.input")
        return [stream.read(4) if isinstance(stream, Body) else b"none"]

    application = transfers.attended(transfers.beside(echo, transfers.Turns(1)))
    slow = Slowly(b"late")
    late = server.submit(application, environ(slow, 4), print)
    assert slow.asked.wait(10)
    assert [one.waiting for one in transfers.visits()] == [True]
    assert server.submit(application, {"REMOTE_ADDR": HERE}, print).result(10) == [b"none"]
    slow.go.set()
    assert late.result(10) == [b"late"]
    assert transfers.visits() == []


def test_a_turn_is_kept_while_a_transaction_is_open(server: ThreadPoolExecutor) -> None:
    slow = Slowly(b"late")

    def page(_: Environ, __: object) -> list[bytes]:
        visit = transfers.visits()[0]
        django.db.connection.in_atomic_block = True
        try:
            assert visit.pause() is None
        finally:
            django.db.connection.in_atomic_block = False
        return [b"kept"]

    application = transfers.attended(transfers.beside(page, transfers.Turns(1)))
    assert server.submit(application, environ(slow, 4), print).result(10) == [b"kept"]


def test_connections_go_with_the_turn(server: ThreadPoolExecutor) -> None:
    seen = []
    both = Barrier(2)

    def page(_: Environ, __: object) -> list[bytes]:
        seen.append(id(django.db.connections["default"]))
        return []

    application = transfers.attended(transfers.beside(page, transfers.Turns(1)))

    def ask() -> None:
        both.wait(10)
        application({"REMOTE_ADDR": HERE}, print)

    for asked in [server.submit(ask) for _ in range(2)]:
        asked.result(10)
    assert len(seen) == 2
    assert len(set(seen)) == 1, "two threads, one turn, one connection"
    assert id(django.db.connections["default"]) not in seen


def test_half_a_form_does_not_pass_for_one(server: ThreadPoolExecutor) -> None:
    stream = Slowly(b"half")
    stream.go.set()
    page = transfers.beside(lambda given, _: [given["wsgi.input"].read(8)], transfers.Turns(1), whole=True)
    with pytest.raises(CutError):
        server.submit(transfers.attended(page), environ(stream, 8), print).result(10)
    assert transfers.visits() == []


def test_a_long_answer_is_a_visit_until_it_is_closed(server: ThreadPoolExecutor) -> None:
    application = transfers.attended(transfers.beside(lambda _, __: iter([b"a", b"b"]), transfers.Turns(1)))
    answer = server.submit(application, {"REMOTE_ADDR": HERE}, print).result(10)
    assert [one.working for one in transfers.visits()] == [False]
    assert list(answer) == [b"a", b"b"]
    server.submit(getattr(answer, "close")).result(10)  # noqa: B009 - what a server does
    assert transfers.visits() == []
