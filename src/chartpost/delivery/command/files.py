"""Files of the shell: read whole and capped, written beside and renamed, so that none is ever half there."""

import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from chartpost.delivery.errors import FileError

STANDARD = "-"
LINES = ".ndjson"
_PRIVATE = 0o600


@dataclass(frozen=True)
class Given:
    """One input: what to call it, and the files it is made of (none: standard input)."""

    name: str
    paths: tuple[Path, ...]

    @property
    def stem(self) -> str:
        """Beginning of the names of what is made of it."""
        name = self.paths[0].name if len(self.paths) == 1 else self.name.rstrip("/").rpartition("/")[2]
        for ending in (".gz", ".ndjson", ".json", ".fhir", ".xml", ".ccda", ".zip"):
            name = name.removesuffix(ending)
        return name or "record"


def given(names: list[str]) -> Iterator[Given]:
    """The inputs: each file alone, each folder with all in it; NDJSON files of one folder are one input.

    Hidden files are left out. Raises FileError for a name that is no file or folder.
    """
    for name in names:
        path = Path(name)
        if name == STANDARD:
            yield Given("standard input", ())
        elif path.is_dir():
            yield from _folder(path)
        elif path.exists():
            yield Given(name, (path,))
        else:
            raise FileError(
                seen=f"no file {name}", expected="a file, a folder, or - for standard input", todo="Check the name."
            )


def _folder(folder: Path) -> Iterator[Given]:
    found = sorted(p for p in folder.rglob("*") if p.is_file() and not _hidden(p.relative_to(folder)))
    by_place: dict[Path, list[Path]] = {}
    for path in found:
        if path.name.removesuffix(".gz").endswith(LINES):
            by_place.setdefault(path.parent, []).append(path)
        else:
            yield Given(str(path), (path,))
    for place, paths in by_place.items():
        yield Given(str(place), tuple(paths))


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def read(path: Path | None, limit: int) -> bytes:
    """All of a file, or of standard input; raises FileError for what cannot be read, or has over `limit` bytes.

    A file that is too large is not read at all.
    """
    size = 0
    try:
        if path is None:
            data = sys.stdin.buffer.read(limit + 1)
        else:
            size = path.stat().st_size
            with path.open("rb") as file:
                data = file.read(limit + 1) if size <= limit else b""
    except OSError as error:
        raise FileError(
            seen=f"a file that cannot be read ({error.strerror})", expected="a file you may read", todo="Check it."
        ) from error
    if max(size, len(data)) > limit:
        raise FileError(
            seen=f"over {limit:,} bytes", expected="less in one file", todo="Split it; NDJSON can be cut between lines."
        )
    return data


def check(output: str, *, force: bool) -> None:
    """Whether `put` may write there, before any work is done; raises FileError."""
    if output and output != STANDARD:
        _free(Path(output), force=force)
    elif sys.stdout.isatty():
        raise FileError(
            seen="a terminal", expected="a file or a pipe: this would print a health record", todo="Add -o FILE."
        )


def put(output: str, pieces: Iterable[bytes], *, force: bool) -> str:
    """Write to a file, or to standard output for `-`; says where. Raises FileError, for a terminal too."""
    if output and output != STANDARD:
        write(Path(output), pieces, force=force)
        return output
    check(output, force=force)
    for piece in pieces:
        sys.stdout.buffer.write(piece)
    sys.stdout.buffer.flush()
    return "standard output"


def write(path: Path, pieces: Iterable[bytes], *, force: bool) -> None:
    """Write all of a file or nothing, readable by its owner only; raises FileError."""
    _free(path, force=force)
    beside = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.", suffix=".part")
        with os.fdopen(handle, "wb") as file:
            os.fchmod(file.fileno(), _PRIVATE)
            for piece in pieces:
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        Path(beside).replace(path)
    except BaseException as error:
        if beside:
            Path(beside).unlink(missing_ok=True)
        if not isinstance(error, OSError):
            raise
        raise FileError(
            seen=f"{path} cannot be written ({error.strerror})", expected="a place with room that you may write to",
            todo="Choose another with -o.",
        ) from error  # fmt: skip


def _free(path: Path, *, force: bool) -> None:
    if path.exists() and not force:
        raise FileError(
            seen=f"{path} is there already", expected="a new file", todo="Choose another name, or add --force."
        )
