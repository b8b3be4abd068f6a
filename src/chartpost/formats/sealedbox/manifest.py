"""The manifest: object 0 of a share, the only place where names, sizes and notes stand."""

import json
import re
from dataclasses import asdict, dataclass, field
from typing import Any

from chartpost.formats.sealedbox.errors import ManifestError, ParamsError
from chartpost.formats.sealedbox.kdf import Params, parse_params
from chartpost.formats.sealedbox.names import fold, is_safe_name
from chartpost.formats.sealedbox.objects import sealed_size
from chartpost.formats.sealedbox.text import is_id, unb64u

STEP = 4096
LARGEST = 64 * 1024 * 1024
MAX_FILES = 100_000
MAX_SIZE = 2**53 - 1
TITLE, NOTE = 200, 4_000
_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z", re.ASCII)


@dataclass(frozen=True)
class FileEntry:
    """One file of a share. `mtime` is milliseconds since 1970 in UTC, or None; `hash` as in `filehash`."""

    index: int
    object: str
    name: str
    type: str
    size: int
    mtime: int | None
    hash: str
    sealed_size: int


@dataclass(frozen=True)
class Manifest:
    """What is in a share; `created` is `YYYY-MM-DDTHH:MM:SSZ`, `kdf` the parameters of recipients by id."""

    title: str
    note: str
    created: str
    kdf: dict[str, Params]
    files: tuple[FileEntry, ...] = field(default=())

    def render(self) -> bytes:
        """UTF-8 JSON padded with spaces to a multiple of 4,096 bytes; raises ManifestError where a rule is broken."""
        value = {
            "v": 1,
            "title": self.title,
            "note": self.note,
            "created": self.created,
            "kdf": {ident: params.render() for ident, params in self.kdf.items()},
            "files": [asdict(entry) for entry in self.files],
        }
        data = pad(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())
        parse_manifest(data)
        return data

    def check_params(self, recipient: str, params: Params) -> None:
        """Refuse a reader led to other parameters than the sender chose; raises ManifestError."""
        if self.kdf.get(recipient, params) != params:
            raise _refused("other key parameters than those the server named")

    def check_objects(self, listed: dict[int, tuple[str, int]]) -> None:
        """Compare with what the server listed, {index: (object id, size)} of the files; raises ManifestError."""
        if listed != {entry.index: (entry.object, entry.sealed_size) for entry in self.files}:
            raise _refused("other files than the server listed")


def pad(data: bytes) -> bytes:
    """Spaces after `data` up to a multiple of 4,096 bytes, so that its length says little."""
    return data + b" " * (-len(data) % STEP)


def parse_manifest(data: bytes) -> Manifest:
    """Read a manifest strictly; raises ManifestError for the first rule that is broken."""
    if not data or len(data) % STEP or len(data) > LARGEST:
        raise _refused(f"{len(data)} bytes")
    try:
        value = json.loads(data.decode(), object_pairs_hook=_no_doubles, parse_constant=_no_constant)
        return _manifest(value)
    except (ValueError, TypeError, KeyError, RecursionError, ParamsError) as error:
        raise _refused("text of another shape") from error


def _manifest(value: Any) -> Manifest:
    _need(isinstance(value, dict) and value["v"] == 1 and type(value["v"]) is int)
    _need(isinstance(value["kdf"], dict) and isinstance(value["files"], list) and len(value["files"]) <= MAX_FILES)
    _need(all(is_id(ident) for ident in value["kdf"]) and _MOMENT.fullmatch(_text(value["created"], 20)) is not None)
    files = tuple(_entry(each) for each in value["files"])
    for what in ([f.index for f in files], [f.object for f in files], [fold(f.name) for f in files]):
        _need(len(set(what)) == len(files))
    return Manifest(
        title=_text(value["title"], TITLE),
        note=_text(value["note"], NOTE),
        created=value["created"],
        kdf={ident: parse_params(_text(text, 64)) for ident, text in value["kdf"].items()},
        files=files,
    )


def _entry(value: Any) -> FileEntry:
    _need(isinstance(value, dict))
    entry = FileEntry(**{key: value[key] for key in FileEntry.__dataclass_fields__})
    _need(all(isinstance(text, str) for text in (entry.object, entry.name, entry.type, entry.hash)))
    _need(_number(entry.index, 1, 2**32 - 1) and _number(entry.size, 0, MAX_SIZE))
    _need(is_id(entry.object) and is_safe_name(entry.name) and _TYPE.fullmatch(entry.type) is not None)
    _need(entry.mtime is None or _number(entry.mtime, -MAX_SIZE, MAX_SIZE))
    _need(type(entry.sealed_size) is int and entry.sealed_size == sealed_size(entry.size))
    unb64u(entry.hash, 32)
    return entry


def _number(value: Any, least: int, most: int) -> bool:
    return type(value) is int and least <= value <= most


def _text(value: Any, limit: int) -> str:
    _need(isinstance(value, str) and len(value.encode()) <= 4 * limit)
    return str(value)


def _need(holds: bool) -> None:
    if not holds:
        message = "a rule of the manifest does not hold"
        raise ValueError(message)


def _no_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    _need(len(found) == len(pairs))
    return found


def _no_constant(name: str) -> Any:
    message = f"{name} is not JSON"
    raise ValueError(message)


def _refused(seen: str) -> ManifestError:
    return ManifestError(
        seen=f"a manifest of {seen}",
        expected="the list of files as docs/sealed-format.md describes it, equal to what the server listed",
        todo="open nothing of it; tell the sender, and update this program if it is old",
    )
