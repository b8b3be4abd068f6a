"""One walk through a backup that checks everything, and keeps what it checked when asked to."""

import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from chartpost.formats.cobblestone import CobblestoneError, decrypt_stream
from chartpost.kernel.backup import postgres, sources
from chartpost.kernel.backup.archive import MANIFEST, Entry, open_entries
from chartpost.kernel.backup.contents import BlobFact, check_database
from chartpost.kernel.backup.errors import BackupError, damaged
from chartpost.kernel.backup.types import Report
from chartpost.kernel.blobs import wrapping
from chartpost.kernel.blobs.stores import FolderStore
from chartpost.kernel.blobs.types import is_id
from chartpost.kernel.keys import KeyRing

_PART = re.compile(sources.PARTS + "([0-9a-f]{32})/([0-9]{5})")


class Unpacker:
    """Reads a backup once. With `keep` the folder becomes a home; without it only the database is put there."""

    def __init__(self, ring: KeyRing, folder: Path, *, keep: bool, database_url: str | None = None) -> None:
        self._ring, self._folder, self._keep = ring, folder, keep
        self._url = database_url
        self._facts: dict[str, BlobFact] | None = None
        self._seen: dict[str, tuple[int, str]] = {}
        self._loader: postgres.Loader | None = None
        self.report = Report()

    def run(self, path: Path) -> Report:
        """Walk the whole backup; problems are in the report, damage of the file itself is raised."""
        self.report.size = path.stat().st_size
        try:
            self._compare(self._walk(path))
            if self._loader:
                self._loader.finish()
        except BaseException:
            if self._loader:
                self._loader.abandon()
            raise
        return self.report

    def _walk(self, path: Path) -> dict[str, Any]:
        manifest: dict[str, Any] | None = None
        for entry in open_entries(path, self._ring):
            if manifest is not None:
                raise damaged("entries after the manifest")
            if entry.path == MANIFEST:
                manifest = json.loads(b"".join(entry.parts))
            else:
                self._take(entry)
        if manifest is None:
            raise damaged("a backup without its manifest")
        return manifest

    def _take(self, entry: Entry) -> None:
        digest = hashlib.sha256()
        parts = _hashed(entry.parts, digest)
        if entry.path == sources.DATABASE:
            _write(self._folder / sources.DATABASE, parts)
            self._facts = check_database(self._folder / sources.DATABASE, self._ring, self.report)
        elif entry.path.startswith(postgres.DUMP):
            self._load(parts)
        elif entry.path.startswith(sources.BLOBS) and is_id(entry.path.removeprefix(sources.BLOBS)):
            self._take_blob(entry.path.removeprefix(sources.BLOBS), parts)
        elif match := _PART.fullmatch(entry.path):
            self._take_part(match, parts)
        elif entry.path.startswith(sources.HOME):
            self._take_file(entry.path.removeprefix(sources.HOME), parts)
        else:
            raise damaged(f"an entry of an unknown kind, {entry.path!r}")
        self._seen[entry.path] = (entry.size, digest.hexdigest())
        self.report.entries += 1

    def _take_blob(self, blob_id: str, parts: Iterator[bytes]) -> None:
        self.report.blobs += 1
        if self._keep:
            target = FolderStore(self._folder / "blobs").path(blob_id)
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            _write(target, parts)
            parts = _file_parts(target)
        fact = (self._facts or {}).get(blob_id)
        if fact is None:
            for _ in parts:
                pass
            if self._facts is not None:
                self.report.problems.append(f"file {blob_id} is not named in the database")
            return
        plain = hashlib.sha256()
        try:
            for part in decrypt_stream(parts, fact.key, wrapping.context(blob_id)):
                plain.update(part)
        except CobblestoneError:
            self.report.problems.append(f"file {blob_id} does not decrypt")
            for _ in parts:
                pass
            return
        if plain.hexdigest() != fact.sha256:
            self.report.problems.append(f"file {blob_id} has another content than the database says")

    def _take_part(self, match: re.Match[str], parts: Iterator[bytes]) -> None:
        self.report.parts += 1
        if not self._keep:
            for _ in parts:
                pass
            return
        target = self._folder / sources.PARTS / match[1][:2] / match[1] / match[2]
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write(target, parts)

    def _take_file(self, name: str, parts: Iterator[bytes]) -> None:
        target = self._folder / name
        if ".." in Path(name).parts or Path(name).is_absolute():
            raise damaged("an entry that points outside the home")
        if not self._keep:
            for _ in parts:
                pass
            return
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write(target, parts)

    def _load(self, parts: Iterator[bytes]) -> None:
        if self._keep and self._loader is None:
            if not self._url:
                raise BackupError(
                    seen="a backup of a PostgreSQL database and no CHARTPOST_DATABASE_URL",
                    expected="the address of an empty PostgreSQL database",
                    todo="set CHARTPOST_DATABASE_URL and restore again",
                )
            self._loader = postgres.Loader(self._url)
        for part in parts:
            if self._loader:
                self._loader.feed(part)

    def _compare(self, manifest: dict[str, Any]) -> None:
        self.report.created, self.report.database = manifest["created"], manifest["database"]
        listed = {row["path"]: (row["size"], row["sha256"]) for row in manifest["entries"]}
        if listed != self._seen:
            raise damaged("entries that differ from the manifest")
        for blob_id in sorted(self._facts or {}):
            if sources.BLOBS + blob_id not in self._seen:
                self.report.problems.append(f"file {blob_id} is named in the database and not in the backup")


def _hashed(parts: Iterable[bytes], digest: Any) -> Iterator[bytes]:
    for part in parts:
        digest.update(part)
        yield part


def _write(path: Path, parts: Iterator[bytes]) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        for part in parts:
            out.write(part)
        out.flush()
        os.fsync(out.fileno())


def _file_parts(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while part := file.read(1024 * 1024):
            yield part
