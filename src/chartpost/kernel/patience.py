"""Ends connections whose other side sends its request, or takes its answer, slower than anybody really does.

The server has no time limit for bodies and answers, so somebody who sends a byte a minute would hold a thread for ever.
Every few seconds a thread of each process looks at what the system counted for its connections and at the requests
under way. A connection is ended when for `CHARTPOST_SLOW_SECONDS` less than `LEAST` bytes a second moved although

- an answer waits in its queue to be taken, or
- a request of its address waits for more of its body and the connection sent nothing meanwhile, or
- (twice as long) nothing at all is under way for its address: a handshake left in the middle.

When half of the threads wait for the network, patience is a sixth of that. Whose upload or download was ended goes on
where it was: parts are small, and ranges are answered.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from chartpost.kernel.addresses import plain
from chartpost.kernel.config import config
from chartpost.kernel.connections import Connection, connections, cut
from chartpost.kernel.transfers import WAITING, Visit, visits

log = logging.getLogger(__name__)
LEAST = 1024
"""Bytes a second that must move, on average over the time of patience."""
LOOK = 2.0
HURRY = 6
"""So many times less patience when half of the threads wait."""
MOST_CONNECTIONS = 2048
"""Connections of a process; more wait at the door of the system."""
LONGEST_WORK = 5
"""So many times our patience a long work for an address protects its other connections."""


@dataclass(slots=True)
class _Track:
    """What was counted on a connection at earlier looks, oldest first."""

    points: deque[tuple[float, int, int, int]] = field(default_factory=deque)
    blocked: float | None = None
    """Since when an answer waits to be taken at every look."""

    def note(self, now: float, seen: Connection, keep: float) -> None:
        self.blocked = None if not seen.unsent else now if self.blocked is None else self.blocked
        self.points.append((now, seen.sent, seen.acked, seen.received))
        while len(self.points) > 1 and self.points[1][0] <= now - keep:
            self.points.popleft()

    def moved(self, now: float, seconds: float) -> tuple[int, int, int] | None:
        """Bytes sent, acknowledged and received in the last `seconds`; None when it is younger."""
        then = next((point for point in reversed(self.points) if point[0] <= now - seconds), None)
        last = self.points[-1]
        return None if then is None else (last[1] - then[1], last[2] - then[2], last[3] - then[3])


class Watch:
    """Decides at each look which connections to end."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._tracks: dict[str, _Track] = {}

    def look(self, now: float, seen: Sequence[Connection], under_way: Sequence[Visit]) -> list[Connection]:
        """The connections to end, of those `seen` with the requests that are `under_way`."""
        self._tracks = {one.name: self._tracks.get(one.name) or _Track() for one in seen}
        for one in seen:
            self._tracks[one.name].note(now, one, 2 * self.seconds)
        waits = sum(visit.waiting or not visit.working for visit in under_way)
        hurry = waits > WAITING // 2 or len(seen) > MOST_CONNECTIONS // 2
        seconds = self.seconds / HURRY if hurry else self.seconds
        peers = _by_address(under_way)
        return [one for one in seen if self._slow(now, one, seconds, peers.get(plain(one.peer), []))]

    def _slow(self, now: float, one: Connection, seconds: float, under_way: list[Visit]) -> bool:
        track, least = self._tracks[one.name], LEAST * seconds
        moved = track.moved(now, seconds)
        if moved is None:
            return False
        sent, acked, received = moved
        if one.unsent:
            return track.blocked is not None and now - track.blocked >= seconds and acked < least
        if one.unread or received >= least:
            return False
        if not under_way:
            idle = track.moved(now, 2 * seconds)
            return idle is not None and idle[0] == 0 and idle[2] < 2 * least
        return _stalled(now, seconds, under_way, quiet=sent == 0)


def _stalled(now: float, seconds: float, under_way: list[Visit], quiet: bool) -> bool:
    """Whether a body waited for is what this connection should have brought."""
    waiting = [v for v in under_way if v.waiting and now - v.begun >= seconds]
    if not waiting or not quiet:
        return False
    long_work = any(v.working and not v.waiting and now - v.begun >= seconds - LOOK for v in under_way)
    return not long_work or now - min(v.begun for v in waiting) >= LONGEST_WORK * seconds


def _by_address(under_way: Iterable[Visit]) -> dict[str, list[Visit]]:
    found: dict[str, list[Visit]] = {}
    for visit in under_way:
        found.setdefault(plain(visit.address), []).append(visit)
    return found


def start() -> None:
    """Watch the connections of this process from a thread of its own."""
    threading.Thread(target=_forever, name="patience", daemon=True).start()


def _forever() -> None:
    settings = config()
    watch = Watch(settings.slow_seconds)
    while True:
        time.sleep(LOOK)
        slow = watch.look(time.monotonic(), connections(settings.port), visits())
        ended = sum(map(cut, slow))
        if ended:
            log.info("ended %d connections that stood still", ended)
