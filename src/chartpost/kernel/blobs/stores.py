"""Where ciphertext lies: a folder under HOME, or an S3 bucket. Stores never see plaintext or keys."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from chartpost.kernel.blobs.errors import missing
from chartpost.kernel.blobs.types import is_id
from chartpost.kernel.config import config
from chartpost.kernel.keys.files import make_folder, sync_folder
from chartpost.kernel.straight import In


class Opened(Protocol):
    """A ciphertext that is read from its beginning to its end by one reader, and not again soon."""

    size: int

    def read(self, offset: int, length: int, view: memoryview) -> bytes | memoryview:
        """Ciphertext bytes, fewer at the end; in `view`, which `straight.buffer` gave, or elsewhere."""

    def close(self) -> None:
        """Let go of it."""


class Store(Protocol):
    """Keeps named ciphertexts whole or not at all."""

    def take(self, blob_id: str, file: Path) -> None:
        """Store the finished ciphertext `file`, which goes away."""

    def read_at(self, blob_id: str, offset: int, length: int) -> bytes:
        """Ciphertext bytes; fewer at the end; raises BlobMissingError."""

    def size(self, blob_id: str) -> int:
        """Length of the ciphertext; raises BlobMissingError."""

    def opened(self, blob_id: str) -> Opened:
        """A ciphertext to be read once; raises BlobMissingError."""

    def delete(self, blob_id: str) -> None:
        """Remove a ciphertext; nothing happens when it is gone already."""

    def stored(self) -> Iterator[tuple[str, datetime]]:
        """Every stored name with the moment it was written."""


class FolderStore:
    """Files under HOME/blobs, spread over two levels by the random end of their names."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def take(self, blob_id: str, file: Path) -> None:
        """Move `file` to its place; a power cut leaves it whole or absent."""
        target = self.path(blob_id)
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.replace(target)
        sync_folder(target.parent)

    def read_at(self, blob_id: str, offset: int, length: int) -> bytes:
        """Ciphertext bytes."""
        try:
            with self.path(blob_id).open("rb", buffering=0) as file:
                file.seek(offset)
                return file.read(length)
        except FileNotFoundError as error:
            raise missing(blob_id) from error

    def size(self, blob_id: str) -> int:
        """Length of the ciphertext."""
        try:
            return self.path(blob_id).stat().st_size
        except FileNotFoundError as error:
            raise missing(blob_id) from error

    def opened(self, blob_id: str) -> Opened:
        """The file, read past the system's cache."""
        try:
            return In(self.path(blob_id))
        except FileNotFoundError as error:
            raise missing(blob_id) from error

    def delete(self, blob_id: str) -> None:
        """Remove the file."""
        self.path(blob_id).unlink(missing_ok=True)

    def stored(self) -> Iterator[tuple[str, datetime]]:
        """Every stored file."""
        for path in self.root.glob("??/??/*"):
            try:
                yield path.name, datetime.fromtimestamp(path.stat().st_mtime, UTC)
            except FileNotFoundError:
                continue

    def path(self, blob_id: str) -> Path:
        """Where a file lies; ids are 26 letters and digits, so nothing else becomes a path."""
        if not is_id(blob_id):
            raise missing("with an impossible id")
        return self.root / blob_id[-2:] / blob_id[-4:-2] / blob_id


def staging() -> Path:
    """The folder for ciphertext that is being written."""
    folder = config().home / "blobs" / ".new"
    make_folder(folder)
    return folder


@lru_cache(maxsize=1)
def store() -> Store:
    """The store the settings name."""
    url = config().blob_url
    if url:
        from chartpost.kernel.blobs.s3 import S3Store

        return S3Store.from_url(url)
    return FolderStore(config().home / "blobs")
