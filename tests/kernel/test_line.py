"""Quick work is done once, one after another; what takes long holds up nobody; answers reach whoever asked."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from queue import SimpleQueue
from typing import Any

import pytest
from granian.server import mp

from chartpost.kernel import serving
from chartpost.kernel.line import Line

SOON = 10.0


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + SOON
    while not true():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.002)


class Fetching:
    """Threads that fetch work and bring it to a line, as those of the server do."""

    def __init__(self, line: Line, threads: int) -> None:
        self._queue: SimpleQueue[Callable[[], None]] = SimpleQueue()
        for _ in range(threads):
            threading.Thread(target=self._fetch, args=(line,), daemon=True).start()

    def _fetch(self, line: Line) -> None:
        while True:
            line.do(self._queue.get())

    def give(self, work: Callable[[], None]) -> None:
        self._queue.put(work)


def test_quick_work_is_done_one_after_another() -> None:
    line = Line(patience=SOON)
    fetching, seen, at_work = Fetching(line, 8), list[int](), threading.Lock()

    def work(number: int) -> None:
        assert at_work.acquire(blocking=False), "two at once"
        time.sleep(0.0005)
        seen.append(number)
        at_work.release()

    for number in range(200):
        fetching.give(partial(work, number))
    until(lambda: len(seen) == 200)
    assert sorted(seen) == list(range(200))


@pytest.mark.parametrize("long", [1, 2, 5])
def test_what_takes_long_holds_up_nobody(long: int) -> None:
    """However many take long at once, as long as there is a thread left."""
    line, free, done = Line(patience=0.01), threading.Event(), list[Any]()
    fetching = Fetching(line, 6)
    for _ in range(long):
        fetching.give(lambda: done.append("late" if free.wait(SOON) else "never"))
    for number in range(50):
        fetching.give(partial(done.append, number))
    until(lambda: len(done) == 50)
    assert sorted(done) == list(range(50))
    free.set()
    until(lambda: len(done) == 50 + long)
    assert done[50:] == ["late"] * long
    for number in range(50):
        fetching.give(partial(done.append, number))
    until(lambda: len(done) == 100 + long)


def test_who_turns_to_long_work_sends_one_that_rests_to_fetch() -> None:
    """Else nobody would fetch: the thread at work was the only one that did."""
    line, begun, free = Line(patience=SOON), threading.Event(), threading.Event()
    back = threading.Event()

    def rest() -> None:
        line.do(lambda: None)
        back.set()

    threading.Thread(target=line.do, args=(lambda: (begun.set(), free.wait(SOON))[1],), daemon=True).start()
    assert begun.wait(SOON)
    threading.Thread(target=rest, daemon=True).start()
    until(lambda: len(line._resting) == 1)
    assert not back.is_set()
    line.leave()
    assert back.wait(SOON)
    line.leave()
    free.set()
    until(lambda: line._head is None)
    assert not line._waiting, "what it left was done by the one at the head"


@pytest.mark.parametrize("slow", [0, 1])
def test_work_is_done_though_all_who_brought_it_were_sent_to_fetch(slow: int) -> None:
    """Also when some of it takes long as well."""
    line, free, done = Line(patience=0.01), threading.Event(), list[int]()
    threading.Thread(target=line.do, args=(free.wait,), daemon=True).start()
    until(lambda: line._head is not None)
    assert line._head is not None
    line._head.since += SOON  # it is not late yet
    back = threading.Semaphore(0)

    def bring(number: int) -> None:
        line.do(lambda: free.wait() if number < slow else done.append(number))
        back.release()

    for number in range(3):
        threading.Thread(target=bring, args=(number,), daemon=True).start()
    until(lambda: len(line._resting) == 3)
    for _ in range(3):
        line.leave()
    assert all(back.acquire(timeout=SOON) for _ in range(3))
    line._head.since -= SOON
    until(lambda: len(done) == 3 - slow)
    free.set()
    until(lambda: line._head is None and not line._busy.is_set())


def test_a_line_without_work_sends_all_to_fetch_and_wakes_nobody() -> None:
    line, free, back = Line(patience=0.005), threading.Event(), threading.Semaphore(0)
    threading.Thread(target=line.do, args=(lambda: free.wait(SOON),), daemon=True).start()
    until(lambda: line._head is not None)
    for _ in range(5):
        threading.Thread(target=lambda: (line.do(lambda: None), back.release()), daemon=True).start()
    free.set()
    assert all(back.acquire(timeout=SOON) for _ in range(5))
    until(lambda: not line._busy.is_set())
    assert line._head is None
    assert not line._resting


class Answered:
    """Keeps what was answered; the first answer counts."""

    def __init__(self) -> None:
        self.told = threading.Event()
        self.answer: Any = None

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        if self.answer is None:
            self.answer = status, headers, body
        self.told.set()

    def response_iter(self, status: int, headers: list[tuple[str, str]], body: Any) -> None:
        self.answer = status, headers, b"".join(body)
        body.close()
        self.told.set()


class Pieces:
    def __iter__(self) -> Iterator[bytes]:
        return iter([b"one ", b"by one"])

    def close(self) -> None:
        pass


def _app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    if environ["PATH_INFO"] == "/wrong":
        raise SystemExit("an end")
    start_response("200 OK", [("X-Path", environ["PATH_INFO"])])
    return {"/": [environ["SERVER_SOFTWARE"].encode(), b"!"], "/none": (), "/long": Pieces()}[environ["PATH_INFO"]]


@pytest.mark.parametrize("quick", [True, False])
def test_each_request_gets_its_answer_and_an_error_is_500(quick: bool) -> None:
    serve = serving.answering(serving.Served(_app, lambda _: quick, partial(serving._from_wsgi, _app)), {}, None)
    for path, wanted in {
        "/": (200, [("X-Path", "/")], b"Chartpost!"),
        "/none": (200, [("X-Path", "/none")], b""),
        "/long": (200, [("X-Path", "/long")], b"one by one"),
        "/wrong": (500, [("Content-Length", "0")], b""),
    }.items():
        found = Answered()
        serve(found, {"PATH_INFO": path})
        assert found.told.wait(SOON)
        assert found.answer == wanted


def test_the_server_calls_our_function_with_each_request() -> None:
    """granian has no public place for it; should a new one call another name, we must know."""
    assert "_wsgi_call_wrap" in mp.MPServer._spawn_wsgi_worker.__wrapped__.__code__.co_names
