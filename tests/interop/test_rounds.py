"""Writes of all processes of a live office go through the one that leads; when it is killed, another one does."""

import os
import signal
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.interop.checklist.office import Office, Session
from tests.interop.test_races import note, send
from tests.support.live import Answer, running

CLIENTS = 6
SECONDS = 3.0


def test_when_the_one_that_leads_is_killed_nothing_answered_is_lost_and_another_one_leads() -> None:
    with running() as live:
        session = Office(live).writer()
        assert send(session, "POST", "Basic", note(str(uuid4()))).status == 201
        first = leader(live.home)
        until = time.monotonic() + SECONDS
        with ThreadPoolExecutor(CLIENTS) as pool:
            running_clients = [pool.submit(written, session, until) for _ in range(CLIENTS)]
            time.sleep(SECONDS / 3)
            os.kill(first, signal.SIGKILL)
            answers = [answer for client in running_clients for answer in client.result()]
        said = Counter("none" if answer is None else answer.status for answer in answers)
        assert said[201] > CLIENTS
        assert said["none"] + said[500] <= 2 * CLIENTS, "one request of each was under way, or had been let in"
        assert set(said) <= {201, 500, "none"}
        for answer in answers:
            if answer is not None and answer.status == 500:
                assert "Look whether it was stored" in answer.json["issue"][0]["diagnostics"]
        made = {answer.json["id"] for answer in answers if answer is not None and answer.status == 201}
        there = {one["id"] for one in session.search("Basic", _count="200")}
        assert made <= there
        assert leader(live.home) != first
        assert send(session, "POST", "Basic", note(str(uuid4()))).status == 201


def written(session: Session, until: float) -> list[Answer | None]:
    """The answers to creates, one after the other; None for a connection that broke."""
    found: list[Answer | None] = []
    while time.monotonic() < until:
        try:
            found.append(send(session, "POST", "Basic", note(str(uuid4()))))
        except (OSError, HTTPException):
            found.append(None)
    return found


def leader(home: Path) -> int:
    """Who holds the lock of the rounds (proc(5), locks), once somebody does."""
    inode = (home / "run" / "rounds.lock").stat().st_ino
    until = time.monotonic() + 20
    while time.monotonic() < until:
        lines: list[Any] = [line.split() for line in Path("/proc/locks").read_text().splitlines() if "->" not in line]
        for line in lines:
            if line[1] == "FLOCK" and line[5].endswith(f":{inode}"):
                return int(line[4])
        time.sleep(0.05)
    raise AssertionError("nobody leads")
