"""The state of an interrupted transfer: a private file of JSON lines, each written before it is relied on."""

import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chartpost.gateways.sealed.command.errors import CommandError

Line = dict[str, Any]


class Journal:
    """Lines of one transfer, added to by several threads. A last line that was cut off is left out when reading."""

    def __init__(self, path: Path, *, fresh: bool) -> None:
        self.path = path
        self._lock = threading.Lock()
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | (os.O_EXCL if fresh else 0)
        try:
            self._file = os.open(path, flags | os.O_NOFOLLOW, 0o600)
        except FileExistsError as error:
            raise CommandError(
                seen=f"{path} of an earlier, unfinished transfer",
                expected="no such file",
                todo="go on with it by --resume, or delete it to begin anew",
            ) from error
        except OSError as error:
            raise CommandError(
                seen=f"{path}, which cannot be written ({error.strerror})",
                expected="a folder you may write to",
                todo="name another file with --state",
            ) from error
        if not fresh:
            os.write(self._file, b"\n")

    def note(self, line: Line) -> None:
        """Add a line."""
        with self._lock:
            os.write(self._file, json.dumps(line, separators=(",", ":")).encode() + b"\n")

    def close(self) -> None:
        """Let go of the file; it stays."""
        os.close(self._file)

    def delete(self) -> None:
        """The transfer is over: remove the file."""
        self.close()
        self.path.unlink(missing_ok=True)


def lines(path: Path) -> Iterator[Line]:
    """The lines of a journal, none when there is no such file; raises CommandError for one that others could write.

    Whoever wrote it says where files are sent and under which key.
    """
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return
    except OSError as error:
        raise CommandError(
            seen=f"{path}, which cannot be read ({error.strerror})",
            expected="the private file an earlier run of yours left",
            todo="see what it is; delete it to begin anew",
        ) from error
    with os.fdopen(file, encoding="utf-8", errors="replace") as stream:
        about = os.fstat(stream.fileno())
        if about.st_uid != os.geteuid() or about.st_mode & 0o022:
            raise CommandError(
                seen=f"{path}, which others could have written",
                expected="the private file an earlier run of yours left",
                todo="delete it and begin anew",
            )
        text = stream.read()
    for raw in text.splitlines():
        try:
            line = json.loads(raw)
        except (ValueError, RecursionError):
            continue
        if isinstance(line, dict):
            yield line
