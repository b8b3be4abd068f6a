"""Saving what a share holds: into a folder, in parallel and resumable, or one file to standard output in order."""

import os
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

from chartpost.formats import sealedbox
from chartpost.formats.sealedbox import BLOCK, STEP, Block, FileEntry, FileHash, Runs, b64u, opened_steps, unb64u
from chartpost.gateways.sealed.command.errors import CommandError
from chartpost.gateways.sealed.command.journal import Journal, lines
from chartpost.gateways.sealed.command.opening import Source
from chartpost.gateways.sealed.command.progress import Progress
from chartpost.gateways.sealed.command.workers import AT_ONCE, each

UNFINISHED = ".chartpost-part"
_LONGEST = 240


class Saved:
    """One file on its way to the disk."""

    def __init__(self, entry: FileEntry, path: Path) -> None:
        self.entry, self.path = entry, path
        self.part = path.with_name(path.name + UNFINISHED)
        self.digests: dict[int, bytes] = {}
        self.opened_blocks: set[int] = set()
        self.runs: Runs | None = None
        self.lock = threading.Lock()

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
    done, blocks = _known(journal.path)
    files = [Saved(entry, _place(folder, entry.name)) for entry in entries if entry.index not in done]
    progress = Progress("Opening", sum(entry.size for entry in entries), quiet=quiet)
    progress.add(sum(entry.size for entry in entries if entry.index in done), fresh=False)
    for saved in files:
        _prepare(saved, blocks.get(saved.entry.index, {}))
        progress.add(sum(min(BLOCK, saved.entry.size - n * BLOCK) for n in saved.digests), fresh=False)
    mine = threading.local()

    def fetch(task: tuple[Saved, Block]) -> None:
        saved, block = task
        digest = _save_block(opened, saved, block, mine)
        journal.note({"block": [saved.entry.index, block.number, b64u(digest)]})
        progress.add(block.size)
        with saved.lock:
            if block.size:
                saved.digests[block.number] = digest
            saved.opened_blocks.add(block.number)
            whole = len(saved.opened_blocks) == len(sealedbox.blocks(saved.entry.size))
        if whole:
            saved.finish()
            journal.note({"done": saved.entry.index})

    each(_missing(files), fetch)
    progress.end()


def save_to_stdout(opened: Source, entry: FileEntry) -> None:
    """Write one file to standard output, each block once it is proved; raises CommandError, BoxError.

    An error after the first bytes means that what came out is only the beginning of the file.
    """
    runs = opened.runs(entry)
    found = FileHash()

    def fetch(block: Block) -> bytes:
        sealed, plain = memoryview(bytearray(block.length)), memoryview(bytearray(STEP))
        return b"".join(map(bytes, opened_steps(runs, block, opened.sealed(entry, block, sealed), plain)))

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


def _save_block(opened: Source, saved: Saved, block: Block, mine: threading.local) -> bytes:
    """Fetch, open and write one block; returns the SHA-256 of its plaintext. Raises CommandError, BoxError."""
    if not hasattr(mine, "sealed"):
        mine.sealed, mine.plain = memoryview(bytearray(sealedbox.PART)), memoryview(bytearray(STEP))
    with saved.lock:
        if saved.runs is None:
            saved.runs = opened.runs(saved.entry)
    sealed, digest, at = opened.sealed(saved.entry, block, mine.sealed), sha256(), block.at
    file = saved.open(os.O_WRONLY)
    try:
        for plain in opened_steps(saved.runs, block, sealed, mine.plain):
            digest.update(plain)
            _write(file, plain, at)
            at += len(plain)
    finally:
        os.close(file)
    return digest.digest()


def _missing(files: Sequence[Saved]) -> Iterator[tuple[Saved, Block]]:
    for saved in files:
        for block in sealedbox.blocks(saved.entry.size):
            if block.number not in saved.opened_blocks:
                yield saved, block


def _known(path: Path) -> tuple[set[int], dict[int, dict[int, bytes]]]:
    """From a journal: files that are done, and digests of blocks that were written, by file."""
    done: set[int] = set()
    blocks: dict[int, dict[int, bytes]] = {}
    for line in lines(path):
        if "done" in line:
            done.add(line["done"])
        elif "block" in line:
            index, number, digest = line["block"]
            blocks.setdefault(index, {})[number] = unb64u(digest, 32)
    return done, blocks


def _prepare(saved: Saved, written: dict[int, bytes]) -> None:
    """Make the unfinished file, or find out which blocks of it are there; the last is always opened again."""
    saved.path.parent.mkdir(parents=True, exist_ok=True)
    file = saved.open(os.O_RDWR | os.O_CREAT)
    try:
        there = os.fstat(file).st_size
        for block in sealedbox.blocks(saved.entry.size)[:-1]:
            if block.number in written and block.at + block.size <= there:
                digest = sha256(os.pread(file, block.size, block.at)).digest()
                if digest == written[block.number]:
                    saved.digests[block.number] = digest
                    saved.opened_blocks.add(block.number)
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


def _write(file: int, data: memoryview, offset: int) -> None:
    while data:
        count = os.pwrite(file, data, offset)
        data, offset = data[count:], offset + count
