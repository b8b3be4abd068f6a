"""Saving what a share holds: into a folder, in parallel and resumable, or one file to standard output in order."""

import os
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from chartpost.formats import sealedbox
from chartpost.formats.sealedbox import (
    BLOCK,
    SEALED_STEP,
    STEP,
    Block,
    FileEntry,
    FileHash,
    Runs,
    b64u,
    opened_steps,
    sealed_place,
    unb64u,
)
from chartpost.gateways.sealed.command.disk import write
from chartpost.gateways.sealed.command.errors import CommandError
from chartpost.gateways.sealed.command.journal import Journal, lines
from chartpost.gateways.sealed.command.opening import Source
from chartpost.gateways.sealed.command.progress import Progress
from chartpost.gateways.sealed.command.workers import AT_ONCE, each

if TYPE_CHECKING:
    from hashlib import _Hash as Hash

NOTED = 4 * STEP
"""Plaintext bytes after which it is noted how far a block is: as many as are asked for at once."""
UNFINISHED = ".chartpost-part"
_LONGEST = 240


class Saved:
    """One file on its way to the disk."""

    def __init__(self, entry: FileEntry, path: Path) -> None:
        self.entry, self.path = entry, path
        self.part = path.with_name(path.name + UNFINISHED)
        self.digests: dict[int, bytes] = {}
        self.opened_blocks: set[int] = set()
        self.begun: dict[int, tuple[int, Hash]] = {}
        """Bytes of unfinished blocks that are there, and the digest so far."""
        self.runs: Runs | None = None

    def open(self, flags: int) -> int:
        """A descriptor of the unfinished file, which only its owner may read."""
        return os.open(self.part, flags | os.O_NOFOLLOW, 0o600)

    def finish(self) -> Path:
        """Check the hash, and give the file its name, another where that is in use; raises BoxError."""
        check_hash(self.entry, [self.digests[n] for n in range(-(-self.entry.size // BLOCK))])
        if self.entry.mtime is not None:
            os.utime(self.part, ns=(self.entry.mtime * 1_000_000, self.entry.mtime * 1_000_000))
        for name in _names(self.path):
            if _rename(self.part, name):
                return name
        raise AssertionError


def save_all(opened: Source, entries: Sequence[FileEntry], folder: Path, journal: Journal, *, quiet: bool) -> None:
    """Save files below `folder`; raises CommandError, BoxError. What is done is in the journal for another run."""
    known = _Known.of(journal.path)
    files = {
        entry.index: Saved(entry, _place(folder, entry.name)) for entry in entries if entry.index not in known.done
    }
    progress = Progress("Opening", sum(entry.size for entry in entries), quiet=quiet)
    progress.add(sum(entry.size for entry in entries if entry.index in known.done), fresh=False)
    for saved in files.values():
        _prepare(saved, known)
        progress.add(sum(min(BLOCK, saved.entry.size - n * BLOCK) for n in saved.digests), fresh=False)
    mine = threading.local()

    def fetch(task: tuple[int, Block]) -> bytes:
        index, block = task
        return _save_block(opened, files[index], block, journal, mine)

    def took(task: tuple[int, Block], digest: bytes) -> None:
        (index, block), saved = task, files[task[0]]
        progress.add(block.size)
        if block.size:
            saved.digests[block.number] = digest
        saved.opened_blocks.add(block.number)
        if len(saved.opened_blocks) == len(sealedbox.blocks(saved.entry.size)):
            saved.finish()
            journal.note({"done": index})

    tasks = list(_missing(files.values()))
    each(tasks, fetch, took, sum(block.size for _, block in tasks))
    progress.end()


def save_to_stdout(opened: Source, entry: FileEntry) -> None:
    """Write one file to standard output, each block once it is proved; raises CommandError, BoxError.

    An error after the first bytes means that what came out is only the beginning of the file.
    """
    runs = opened.runs(entry)
    found = FileHash()

    def fetch(block: Block) -> bytes:
        sealed, plain = memoryview(bytearray(SEALED_STEP)), memoryview(bytearray(STEP))
        pieces = opened.sealed(entry, block.start, block.length, sealed)
        return b"".join(map(bytes, opened_steps(runs, block, pieces, plain)))

    with ThreadPoolExecutor(AT_ONCE) as pool:
        waiting = []
        for block in sealedbox.blocks(entry.size):
            waiting.append(pool.submit(fetch, block))
            if len(waiting) > AT_ONCE:
                _put(waiting.pop(0).result(), found)
        for task in waiting:
            _put(task.result(), found)
    sys.stdout.buffer.flush()
    if found.text() != entry.hash:
        raise sealedbox.box_error(entry.index)


def check_hash(entry: FileEntry, digests: Sequence[bytes]) -> None:
    """Compare the digests of a file's blocks with its hash; raises BoxError."""
    found = FileHash()
    for number, digest in enumerate(digests):
        found.add_part(digest, min(BLOCK, entry.size - number * BLOCK))
    if found.text() != entry.hash:
        raise sealedbox.box_error(entry.index)


def _put(data: bytes, found: FileHash) -> None:
    sys.stdout.buffer.write(data)
    found.update(data)


def _save_block(opened: Source, saved: Saved, block: Block, journal: Journal, mine: threading.local) -> bytes:
    """Fetch, open and write one block; returns the SHA-256 of its plaintext. Raises CommandError, BoxError.

    Every `NOTED` bytes that are written stand in the journal, so that another run goes on within the block.
    """
    if not hasattr(mine, "sealed"):
        mine.sealed, mine.plain = memoryview(bytearray(SEALED_STEP)), memoryview(bytearray(STEP))
    if saved.runs is None:
        saved.runs = opened.runs(saved.entry)
    have, digest = saved.begun.pop(block.number, (0, sha256()))
    pieces = opened.sealed(saved.entry, *sealed_place(block, have), mine.sealed)
    file = saved.open(os.O_WRONLY)
    try:
        for plain in opened_steps(saved.runs, block, pieces, mine.plain, have):
            digest.update(plain)
            write(file, plain, block.at + have)
            have += len(plain)
            if have % NOTED == 0:
                journal.note({"upto": [saved.entry.index, block.number, have, b64u(digest.digest())]})
    finally:
        os.close(file)
    return digest.digest()


def _missing(files: Iterable[Saved]) -> Iterator[tuple[int, Block]]:
    for saved in files:
        for block in sealedbox.blocks(saved.entry.size):
            if block.number not in saved.opened_blocks:
                yield saved.entry.index, block


@dataclass(frozen=True)
class _Known:
    """What a journal tells: files that are done, and of blocks of files how many bytes were written, with digest."""

    done: set[int] = field(default_factory=set)
    blocks: dict[tuple[int, int], tuple[int, bytes]] = field(default_factory=dict)

    @classmethod
    def of(cls, path: Path) -> "_Known":
        """Read a journal; of a block the last line counts."""
        found = cls()
        for line in lines(path):
            if "done" in line:
                found.done.add(line["done"])
            elif "upto" in line:
                index, number, count, digest = line["upto"]
                found.blocks[index, number] = count, unb64u(digest, 32)
        return found


def _prepare(saved: Saved, known: _Known) -> None:
    """Make the unfinished file, or find out what of it is there; the end of the last block is always opened again."""
    saved.path.parent.mkdir(parents=True, exist_ok=True)
    file = saved.open(os.O_RDWR | os.O_CREAT)
    try:
        for block in sealedbox.blocks(saved.entry.size):
            count, noted = known.blocks.get((saved.entry.index, block.number), (0, b""))
            digest = sha256(os.pread(file, count, block.at))
            if digest.digest() != noted:
                continue
            if count == block.size and not block.last:
                saved.digests[block.number] = noted
                saved.opened_blocks.add(block.number)
            else:
                saved.begun[block.number] = count, digest
        os.ftruncate(file, saved.entry.size)
    finally:
        os.close(file)


def _place(folder: Path, name: str) -> Path:
    """Where a file goes: below `folder`, each part of its name short enough for a disk; raises CommandError."""
    parts = [part.encode()[:_LONGEST].decode(errors="ignore") for part in name.split("/")]
    path = folder.joinpath(*parts)
    if not path.parent.resolve().is_relative_to(folder.resolve()):
        raise CommandError(
            seen="a link among the folders, which leads elsewhere",
            expected="folders of their own",
            todo="choose an empty folder with -o",
        )
    return path


def _names(path: Path) -> Iterator[Path]:
    yield path
    for number in range(2, 10_000):
        yield path.with_name(f"{path.stem} ({number}){path.suffix}")


def _rename(old: Path, new: Path) -> bool:
    """Give a file its name unless that is in use; disks without hard links are asked first."""
    try:
        os.link(old, new)
    except FileExistsError:
        return False
    except OSError:
        if new.exists():
            return False
        old.rename(new)
    else:
        old.unlink()
    return True
