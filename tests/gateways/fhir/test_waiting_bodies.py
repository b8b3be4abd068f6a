"""A body that stalls keeps no other request waiting."""

import threading
from typing import Any

from chartpost.gateways.fhir.http import Request

SECONDS = 20


class Stalled:
    """A body that comes when it is told to."""

    def __init__(self) -> None:
        self.asked, self.come = threading.Event(), threading.Event()

    def read(self, size: int) -> bytes:
        self.asked.set()
        assert self.come.wait(SECONDS)
        return b"x" * size


def request(stream: Any) -> Request:
    return Request("POST", ("Basic",), "", {"wsgi.input": stream, "CONTENT_LENGTH": "3"})


def test_a_stalled_body_keeps_no_other_waiting() -> None:
    slow, quick = Stalled(), Stalled()
    waits = request(slow)
    thread = threading.Thread(target=lambda: waits.body)
    thread.start()
    try:
        assert slow.asked.wait(SECONDS)
        quick.come.set()
        found: list[bytes] = []
        other = threading.Thread(target=lambda: found.append(request(quick).body), daemon=True)
        other.start()
        other.join(SECONDS)
        assert found == [b"xxx"]
    finally:
        slow.come.set()
        thread.join(SECONDS)
    assert waits.body == b"xxx"
