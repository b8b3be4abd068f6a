"""Hundreds of connections that stand still hold up nobody, are ended, and leave no place taken behind them."""

import os
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from chartpost.kernel.parts import PART
from tests.shares.live import Office, office
from tests.shares.sealing import Link, Sealed, digest_header

SLOW = 6
QUICK = SLOW - 1.0
"""Seconds everybody else waits for an answer at most."""
LONGEST = 90
"""Seconds after which it never comes, on the busiest machine."""


@dataclass
class Shared:
    """A share in the middle of its upload, and one that can be opened."""

    upload: str
    sealed: Sealed
    ready: Sealed
    link: Link
    grant: str

    @property
    def part(self) -> bytes:
        return dict(self.sealed.parts(self.name))[0]

    @property
    def name(self) -> str:
        return list(self.sealed.objects)[1]

    def head(self) -> bytes:
        """The head of a request that brings a part."""
        path = f"/s/api/shares/{self.sealed.share}/objects/{self.name}/parts/0"
        return head("PUT", path, len(self.part), self.upload, f"Content-Digest: {digest_header(self.part)}\r\n")

    def fetch(self) -> bytes:
        """A request that takes a part."""
        path = f"/s/api/open/{self.link.recipient}/objects/{list(self.ready.objects)[1]}"
        return head("GET", path, 0, self.grant)


def head(method: str, path: str, length: int, token: str = "", more: str = "") -> bytes:
    bearer = f"Authorization: Bearer {token}\r\n" if token else ""
    kind = "Content-Type: application/x-www-form-urlencoded\r\n" if method == "POST" else ""
    stated = f"Content-Length: {length}\r\n" if length else ""
    return f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{bearer}{kind}{stated}{more}\r\n".encode()


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(Path(tmp_path_factory.mktemp("stalled")), SLOW_SECONDS=str(SLOW)) as found:
        yield found


@pytest.fixture(scope="module")
def shared(live: Office) -> Shared:
    sealed, ready, link = Sealed({"scan": os.urandom(PART)}), Sealed({"scan": os.urandom(PART - 60_000)}), Link("words")
    upload, other = live.make(sealed, Link("words")), live.make(ready, link)
    for name in ready.objects:
        for number, part in ready.parts(name):
            assert live.put(ready, name, number, part, other).status == 204
    assert live.ask("POST", f"/s/api/shares/{ready.share}/complete", {}, other).status == 200
    grant = live.ask("POST", f"/s/api/open/{link.recipient}", {"auth": link.auth}).json["grant"]
    return Shared(upload, sealed, ready, link, grant)


def opened(live: Office, stack: ExitStack, data: bytes) -> socket.socket:
    """A connection that sent `data` and can take next to nothing."""
    found = stack.enter_context(socket.socket())
    found.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    found.settimeout(30)
    found.connect(("127.0.0.1", live.port))
    found.sendall(data)
    return found


def test_two_hundred_stalled_connections_hold_up_nobody_and_are_ended(live: Office, shared: Shared) -> None:
    with ExitStack() as stack:
        bodies = [opened(live, stack, shared.head() + b"x" * 999) for _ in range(60)]
        bodies += [opened(live, stack, head("POST", "/account/login/", 5000) + b"login=") for _ in range(60)]
        bodies += [opened(live, stack, head("POST", "/oauth/token", 5000) + b"grant_type=") for _ in range(40)]
        readers = [opened(live, stack, shared.fetch()) for _ in range(40)]
        begun = time.monotonic()
        rounds = 0
        while time.monotonic() - begun < 4:
            quickly(live, shared)
            rounds += 1
            time.sleep(0.2)
        assert rounds > 2
        while time.monotonic() - begun < LONGEST and sum(map(ended, bodies)) < len(bodies):
            for one in bodies[:30]:
                trickle(one)
            time.sleep(1)
        assert [ended(one) for one in bodies] == [True] * len(bodies)
        while time.monotonic() - begun < LONGEST and still_served(readers):
            time.sleep(0.5)
        assert [cut_short(one) for one in readers] == [True] * len(readers)
    assert live.put(shared.sealed, shared.name, 0, shared.part, shared.upload).status == 204


def quickly(live: Office, shared: Shared) -> None:
    """Each kind of door answers in time (a few times a second at most: more from one address is refused)."""
    for method, path, status in (
        ("GET", "/account/login/", 200),
        ("GET", "/fhir/metadata?_summary=true", 200),
        ("POST", f"/s/api/open/{shared.link.recipient}/header", 200),
        ("POST", "/oauth/token", 400),
    ):
        begun = time.monotonic()
        answer = live.ask(method, path, headers={"Host": "127.0.0.1"})
        assert answer.status == status, (path, answer.status)
        assert time.monotonic() - begun < QUICK, path


def processor_seconds(live: Office) -> float:
    """What the office has used of the processors, in seconds (proc(5), fields 14 and 15 of stat)."""
    used = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13] for pid in live.pids()]
    return sum(int(each) for pair in used for each in pair) / os.sysconf("SC_CLK_TCK")


def at_rest(live: Office) -> bool:
    """Whether the office uses less than half a processor for two seconds, as it does once it is done with what came."""
    worked = processor_seconds(live)
    time.sleep(2)
    return processor_seconds(live) - worked < 1


def trickle(one: socket.socket) -> None:
    """A byte a second is no more than none."""
    try:
        one.sendall(b"x")
    except OSError:
        return


def ended(one: socket.socket) -> bool:
    """Whether the other side ended the connection."""
    one.settimeout(0.001)
    try:
        return not one.recv(65536) or ended(one)
    except TimeoutError:
        return False
    except OSError:
        return True


def still_served(readers: list[socket.socket]) -> set[int]:
    """Our ports of the connections whose other side has not ended them: to read tells, but lets them go on."""
    lines = [line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()]
    established = {int(line[2].rpartition(":")[2], 16) for line in lines if line[3] == "01"}  # as their side sees it
    return {one.getsockname()[1] for one in readers} & established


def cut_short(one: socket.socket) -> bool:
    """Whether an answer of a whole part ended early."""
    one.settimeout(20)
    taken = 0
    try:
        while piece := one.recv(65536):
            taken += len(piece)
    except ConnectionError:
        pass
    return taken < PART - 100_000


def test_who_is_slow_but_moves_is_served(live: Office, shared: Shared) -> None:
    body = b"x" * 40_000
    with ExitStack() as stack:
        one = opened(live, stack, head("POST", "/oauth/token", len(body)))
        for start in range(0, len(body), 4000):
            one.sendall(body[start : start + 4000])
            time.sleep(SLOW / 5)
        assert one.recv(100).startswith(b"HTTP/1.1 400")


def test_hundreds_of_cut_transfers_leave_every_place_free(live: Office, shared: Shared) -> None:
    for turn in range(900):
        with ExitStack() as stack:
            opened(live, stack, shared.head() + b"x" * 999 if turn % 2 else shared.fetch())
    until = time.monotonic() + LONGEST
    while not at_rest(live):
        assert time.monotonic() < until, "a thread turns in a circle"
    with ExitStack() as stack:
        waiting = [opened(live, stack, shared.head() + shared.part[:1000]) for _ in range(100)]
        fetching = [opened(live, stack, shared.fetch()) for _ in range(60)]
        assert all(one.recv(12) == b"HTTP/1.1 200" for one in fetching)
        for one in waiting:
            one.sendall(shared.part[1000:])
            assert one.recv(12) == b"HTTP/1.1 204"
