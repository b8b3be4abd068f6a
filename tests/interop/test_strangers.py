"""People nobody knows over the wire: who sends a large body hears why it was refused, who stalls holds up nobody."""

import socket
import ssl
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from urllib.parse import urlsplit

from tests.interop.checklist.office import Office
from tests.support.live import FHIR_JSON

STALLED = 24
LARGE = b"{" * 3_000_000


def test_strangers_with_large_bodies_are_told(office: Office) -> None:
    live = office.live
    headers = {"Content-Type": FHIR_JSON, "Authorization": "Bearer nobody"}
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: live.send("POST", f"{live.base}/Patient", LARGE, headers), range(12)))
    assert [answer.status for answer in answers] == [401] * 12
    assert {answer.json["issue"][0]["code"] for answer in answers} == {"login"}


def test_strangers_who_stall_hold_up_nobody(office: Office) -> None:
    live = office.live
    where = urlsplit(live.url)
    head = f"POST /fhir/Patient HTTP/1.1\r\nHost: {where.netloc}\r\nContent-Length: 1000000\r\n\r\n".encode()
    with ExitStack() as stack:
        waiting: list[ssl.SSLSocket] = []
        for _ in range(STALLED):
            plain = socket.create_connection((where.hostname, where.port or 443), 60)
            one = stack.enter_context(live.trust().wrap_socket(plain, server_hostname=where.hostname))
            one.sendall(head + b"{")
            waiting.append(one)
        assert live.fhir("metadata").status == 200
        assert live.send("POST", f"{live.base}/Patient", b"{}", {"Content-Type": FHIR_JSON}).status == 401
        for one in waiting:
            assert one.recv(12) == b"HTTP/1.1 401"
