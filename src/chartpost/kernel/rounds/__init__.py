"""Requests that write a little, handled in rounds by one thread of one process of the home (SQLite).

Every process that writes empties the page caches of all others, and each page read anew is deciphered and its signature
checked: creates of two processes by turns cost twice what they cost in one. So the processes of the web part elect a
leader by a lock on `run/rounds.lock`, which ends with its holder, and send it, over the socket `run/rounds.sock`, the
requests that write. It takes all that have come as a round: each is begun on a greenlet of its own and stands still
where it writes (`writer.Handling`), what all of them write is made together, and each goes on to its answer. One thread
does all this, so that none waits for another at the interpreter.

Whoever finds no leader handles its request itself, and so are those that might take long, which all others would wait
for. When a leader ends, what had come is answered first; when it is
killed, those who wait are told that nobody knows what became of theirs, and another process leads.
"""

from collections.abc import Callable, Iterable
from typing import Any

from chartpost.kernel.rounds.asked import Asked, Whole
from chartpost.kernel.rounds.leading import Leader
from chartpost.kernel.rounds.line import Line
from chartpost.kernel.transfers import Application

MOST_BODY = 256 * 1024
"""Bytes of a body at most; what is longer is handled where it came."""


class Rounds:
    """A WSGI function whose requests `work` handles in rounds; `otherwise` handles those that have no place there.

    A place have those of which `quick(environ)` says so before, and `light(body)` after the body has come. `work` never
    raises, and reads the database by `raw.current()` and Django's connection. `lost` is the answer when the leader was
    killed before it could answer.
    """

    def __init__(
        self,
        work: Application,
        otherwise: Application,
        lost: Application,
        quick: Callable[[dict[str, Any]], bool],
        light: Callable[[bytes], bool],
    ) -> None:
        self._otherwise, self._lost, self._quick, self._light = otherwise, lost, quick, light
        self._leader, self._line = Leader(work), Line()

    def stand(self) -> None:
        """Lead from now on, or once the process that leads has ended."""
        self._leader.stand()

    def end(self) -> None:
        """Answer what has come, and lead no more; the end of the process does it too."""
        self._leader.end()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request."""
        stated = environ.get("CONTENT_LENGTH") or "0"
        fits = stated.isascii() and stated.isdigit() and int(stated) <= MOST_BODY
        if not fits or "HTTP_TRANSFER_ENCODING" in environ or not self._quick(environ):
            return self._otherwise(environ, start_response)
        body = environ["wsgi.input"].read(int(stated))
        environ["wsgi.input"] = Whole(body)
        asked = Asked(environ)
        if not self._light(body) or not (self._leader.take(asked) or self._line.take(asked, body)):
            return self._otherwise(environ, start_response)
        answer = asked.wait()
        if answer is None:
            return self._lost(environ, start_response)
        status, headers, found = answer
        start_response(status, headers)
        return (found,)


__all__ = ["MOST_BODY", "Rounds", "Whole"]
