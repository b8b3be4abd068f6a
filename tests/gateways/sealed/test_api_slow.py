"""Slow and stalled senders hold up neither pages nor each other."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from chartpost.kernel.parts import PART
from tests.shares.live import Office, office
from tests.shares.sealing import Link, Sealed, digest_header

SOONEST_END = 10
"""Seconds a stalled connection is left alone at the least (60 by default, a sixth of that when threads run short):
who is answered before that did not wait for one."""


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(Path(tmp_path_factory.mktemp("slow"))) as found:
        yield found


def test_stalled_uploads_leave_pages_and_small_questions_alone(live: Office) -> None:
    sealed, link = Sealed({"scan": os.urandom(PART)}), Link("five words")
    upload = live.make(sealed, link)
    name = list(sealed.objects)[1]
    part = dict(sealed.parts(name))[0]
    stalled = []
    for _ in range(40):
        connection = live.connect()
        connection.putrequest("PUT", f"/s/api/shares/{sealed.share}/objects/{name}/parts/0")
        connection.putheader("Authorization", f"Bearer {upload}")
        connection.putheader("Content-Digest", digest_header(part))
        connection.putheader("Content-Length", str(len(part)))
        connection.endheaders()
        connection.send(part[:1000])
        stalled.append(connection)
    time.sleep(2)
    for _ in range(10):
        begun = time.monotonic()
        assert live.ask("GET", "/healthz").status == 200
        assert live.ask("POST", f"/s/api/open/{link.recipient}/header").json["params"] == "1.600000"
        assert time.monotonic() - begun < SOONEST_END
    for connection in stalled:
        connection.close()
    until = time.monotonic() + 60
    while (status := live.put(sealed, name, 0, part, upload).status) != 204:
        assert time.monotonic() < until, status
        time.sleep(0.2)
