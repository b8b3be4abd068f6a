"""What comes over the wire: names written twice over, bodies that never come, other headers than those that count."""

import io
import threading
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest

from chartpost.gateways.fhir import draining
from chartpost.gateways.fhir.app import application
from chartpost.gateways.fhir.draining import Last
from chartpost.gateways.fhir.http import MOST_BODY
from chartpost.kernel import transfers
from chartpost.kernel.db import raw
from tests.gateways.fhir.conftest import Pair
from tests.gateways.fhir.test_writes import everyone

WAIT_SECONDS = 60.0


@pytest.mark.parametrize(
    "address", ["%2550atient/MINE", "Patient%252fMINE", "%2524export", "Patient/MINE/%255fhistory"]
)
def test_an_address_is_decoded_once(pair: Pair, address: str) -> None:
    assert everyone().get(address.replace("MINE", pair.mine)).status == 404
    assert pair.door().get(f"%50atient/{pair.mine}").status == 200


class Never(io.BytesIO):
    """A body that is announced and does not come before the connection ends."""

    def __init__(self) -> None:
        super().__init__()
        self.ended = threading.Event()

    def read(self, *_: Any) -> bytes:
        assert self.ended.wait(WAIT_SECONDS)
        return b""


def asked(body: Any, token: str = "") -> tuple[str, Iterator[bytes]]:
    """Status and pieces of the answer to somebody nobody knows, who sends this body."""
    got: list[str] = []
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/fhir/Patient",
        "QUERY_STRING": "",
        "CONTENT_LENGTH": "5000",
        "HTTP_AUTHORIZATION": token,
        "wsgi.input": body,
    }
    with patch("chartpost.identity.tokens.access", lambda *_: None), raw.reading(raw.django()):
        pieces = iter(application(environ, lambda status, _: got.append(status[:3])))
    return got[0], pieces


def read_by_nobody() -> None:
    """Wait until no body of a stranger is read any more."""
    for _ in range(draining.AT_ONCE):
        assert draining._free.acquire(timeout=WAIT_SECONDS)
    for _ in range(draining.AT_ONCE):
        draining._free.release()


@pytest.mark.parametrize("token", ["", "Bearer nobody", "Basic eDp5"])
def test_nobody_waits_for_the_body_of_a_stranger(pair: Pair, monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    monkeypatch.setattr(draining, "STALL_SECONDS", 0.01)
    bodies = [Never() for _ in range(draining.AT_ONCE + 3)]
    answers = [asked(body, token) for body in bodies]
    assert {status for status, _ in answers} == {"401"}
    for _, pieces in answers:  # those read at the same time are few, and let go
        assert b"OperationOutcome" in next(pieces)
        assert list(pieces) == []
    for body in bodies:
        body.ended.set()
    read_by_nobody()


def test_a_stranger_who_sends_the_body_is_heard_out(pair: Pair) -> None:
    body = io.BytesIO(b"x" * 5_000_000)
    status, pieces = asked(body)
    next(pieces)
    assert (status, body.tell()) == ("401", 0)  # the answer leaves first
    assert (list(pieces), body.tell()) == ([], 5_000_000)


def test_a_stranger_is_not_heard_for_ever(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    body = io.BytesIO(b"x" * (MOST_BODY + 5_000_000))
    list(asked(body)[1])
    assert body.tell() == MOST_BODY
    monkeypatch.setattr(draining, "SECONDS", 0.0)
    stalled = Never()
    list(asked(stalled)[1])
    stalled.ended.set()
    read_by_nobody()


def test_a_connection_that_breaks_meanwhile_is_nothing(pair: Pair) -> None:
    class Broken(io.BytesIO):
        def read(self, *_: Any) -> bytes:
            raise OSError("Connection reset by peer")

    assert len(list(asked(Broken())[1])) == 1
    read_by_nobody()


def test_the_body_of_a_stranger_takes_no_turn() -> None:
    def work(environ: dict[str, Any], _start: Any) -> Any:
        return Last((b"no",), environ["wsgi.input"], MOST_BODY)

    served = transfers.attended(transfers.beside(work, transfers.Turns(1)))

    def taken(body: io.BytesIO, begun: threading.Event, pieces: list[bytes]) -> None:
        answer: Any = served({"wsgi.input": body, "CONTENT_LENGTH": "9"}, print)
        for piece in answer:
            pieces.append(piece)
            begun.set()
        answer.close()

    stalled, found, threads = Never(), [list[bytes](), list[bytes]()], []
    for body, pieces in zip((stalled, io.BytesIO()), found, strict=True):
        begun = threading.Event()
        threads.append(threading.Thread(target=taken, args=(body, begun, pieces)))
        threads[-1].start()
        assert begun.wait(WAIT_SECONDS)
    stalled.ended.set()
    for thread in threads:
        thread.join(WAIT_SECONDS)
    assert found == [[b"no"], [b"no"]]
    read_by_nobody()


@pytest.mark.parametrize("name", ["X-Forwarded-Host", "Host", "Forwarded", "X-Forwarded-Proto", "X-Original-Url"])
def test_links_name_the_address_that_was_set(pair: Pair, name: str) -> None:
    answer = pair.door().get("Observation?_count=1", **{name: "evil.example"})
    assert answer.status == 200
    assert b"evil.example" not in answer.body


@pytest.mark.parametrize("name", ["X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method"])
def test_a_method_is_what_it_says(pair: Pair, name: str) -> None:
    office = everyone()
    assert office.get(f"Patient/{pair.mine}", **{name: "DELETE"}).status == 200
    assert office.get(f"Patient/{pair.mine}").status == 200


def test_a_packed_body_is_not_unpacked(pair: Pair) -> None:
    import gzip

    packed = gzip.compress(b"{" * 10_000_000)
    assert everyone().post("Observation", packed, **{"Content-Encoding": "gzip"}).status in (400, 415)
