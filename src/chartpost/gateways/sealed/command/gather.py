"""Which files are sent, and under what names: files, folders walked through, and standard input."""

import mimetypes
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from chartpost.formats import sealedbox
from chartpost.gateways.sealed.command.errors import CommandError

STDIN = "-"
MOST_FILES = 10_000
_LITTER = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
_ENDINGS = {".dcm": "application/dicom", ".xml": "application/xml", ".cps": "application/octet-stream"}


@dataclass(frozen=True)
class Chosen:
    """A file to send: where it is (`-` for standard input), and its name in the share."""

    path: str
    name: str
    type: str


def gather(words: Sequence[str], stdin_name: str) -> list[Chosen]:
    """Every file that `words` name, in order; links to folders are not followed. Raises CommandError."""
    found: list[tuple[str, str]] = []
    for word in words:
        found += [(STDIN, stdin_name)] if word == STDIN else _below(Path(word))
    if not found:
        raise CommandError(seen="folders without files", expected="a file", todo="name the files to send")
    if len(found) > MOST_FILES:
        raise CommandError(
            seen=f"{len(found):,} files",
            expected=f"at most {MOST_FILES:,}",
            todo="send them as one: tar c FOLDER | chartpost seal -",
        )
    if sum(path == STDIN for path, _ in found) > 1:
        raise CommandError(seen="- twice", expected="standard input once", todo="name it once")
    names = sealedbox.tidy_names(name for _, name in found)
    return [Chosen(path, name, media_type(name)) for (path, _), name in zip(found, names, strict=True)]


def media_type(name: str) -> str:
    """What a file is by the ending of its name."""
    ending = Path(name).suffix.lower()
    return _ENDINGS.get(ending) or mimetypes.guess_type(name)[0] or "application/octet-stream"


def _below(path: Path) -> Iterator[tuple[str, str]]:
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise _unreadable(path, error) from error
    if stat.S_ISREG(mode):
        _check(path)
        yield str(path.absolute()), path.name
    elif stat.S_ISDIR(mode):
        yield from _folder(path)
    else:
        raise CommandError(
            seen=f"{path}, which is no file", expected="files and folders", todo="use - to send a pipe's output"
        )


def _folder(top: Path) -> Iterator[tuple[str, str]]:
    base = top.absolute()
    for folder, folders, files in os.walk(base, onerror=_fail):
        folders.sort()
        for name in sorted(files):
            path = Path(folder) / name
            if name in _LITTER or not path.is_file():
                continue
            _check(path)
            yield str(path), str(Path(base.name) / path.relative_to(base))


def _check(path: Path) -> None:
    if not os.access(path, os.R_OK):
        raise _unreadable(path, PermissionError("permission denied"))


def _fail(error: OSError) -> None:
    raise _unreadable(Path(str(error.filename)), error)


def _unreadable(path: Path, error: OSError) -> CommandError:
    return CommandError(
        seen=f"{path}, which cannot be read ({error.strerror or error})",
        expected="files you may read",
        todo="check the name and your rights to it",
    )
