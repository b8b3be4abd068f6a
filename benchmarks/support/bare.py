"""A WSGI function that answers each address with bytes held in memory: python -m support.bare PORT ANSWERS.

ANSWERS is a folder with `paths` (one address per line) and the answer to line N in file N. It is what no program that
answers by WSGI can beat under this server.
"""

import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

ENVIRONMENT_NAME = "BARE_ANSWERS"
_answers: dict[str, tuple[bytes, list[tuple[str, str]]]] = {}


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer one request."""
    query = environ["QUERY_STRING"]
    path = environ["PATH_INFO"]
    body, headers = _answers[f"{path}?{query}" if query else path]
    start_response("200 OK", headers)
    return [body]


def load(folder: Path) -> None:
    """Take the answers into memory."""
    for number, path in enumerate((folder / "paths").read_text(encoding="utf-8").splitlines()):
        body = (folder / str(number)).read_bytes()
        _answers[path] = body, [("Content-Type", "application/fhir+json"), ("Content-Length", str(len(body)))]


def main() -> int:
    """Serve under granian with the settings `chartpost web` uses."""
    from granian import Granian
    from granian.constants import HTTPModes, Interfaces
    from granian.http import HTTP1Settings
    from granian.log import LogLevels

    from chartpost.kernel.config import config

    os.environ[ENVIRONMENT_NAME] = sys.argv[2]
    Granian(
        "support.bare:application",
        address="127.0.0.1",
        port=int(sys.argv[1]),
        interface=Interfaces.WSGI,
        workers=config().web_processes,
        blocking_threads=config().web_threads,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=30_000),
        websockets=False,
        log_level=LogLevels.warning,
        log_access=False,
    ).serve()
    return 0


if __name__ == "__main__":
    sys.exit(main())
if ENVIRONMENT_NAME in os.environ:
    load(Path(os.environ[ENVIRONMENT_NAME]))
