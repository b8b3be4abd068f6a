"""Threads for requests that wait for slow networks, beside the few that serve pages.

A WSGI request holds its thread until its body has come: a phone that uploads holds one for minutes. So each process has
`CHARTPOST_TRANSFER_THREADS` beside those of `CHARTPOST_WEB_THREADS`, and pages never run on more than the latter at the
same moment: few threads at work are quickest, and however many uploads wait, pages find theirs. granian makes threads
when they are needed and ends them when they are idle.
"""

import threading
from collections.abc import Callable, Iterable
from typing import Any

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def beside(pages: Application, threads: int) -> Application:
    """`pages`, worked on by at most `threads` threads at once; what streams out later does not count."""
    turns = threading.Semaphore(threads)

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        with turns:
            return pages(environ, start_response)

    return application
