"""A box of three small files."""

from dataclasses import dataclass

import pytest

from chartpost.formats import media, sealedbox

PASSWORD = "abacus-abdomen-abide-able-abnormal"
CHEAP = sealedbox.Params(1, 600_000)
FILES = {"Record.pdf": b"%PDF-1.7 not really", "notes/visit one.txt": b"x" * 40_000, "empty.bin": b""}


def sources(files: dict[str, bytes]) -> list[media.Source]:
    """Files in memory as sources."""
    return [media.Source(n, "application/octet-stream", len(d), lambda d=d: [d]) for n, d in files.items()]  # type: ignore[misc]


@dataclass(frozen=True)
class Made:
    """A box and what is in it."""

    sealed: media.SealedFiles
    data: bytes


def made(files: dict[str, bytes] | None = None, password: str = PASSWORD, seed: bytes = bytes(32)) -> Made:
    """Seal files cheaply."""
    found = media.seal_files(
        sources(FILES if files is None else files),
        password,
        title="Records",
        note="",
        created="2026-11-21T10:00:00Z",
        seed=seed,
        params=CHEAP,
    )
    return Made(found, b"".join(found.stream()))


@pytest.fixture(scope="session")
def box() -> Made:
    """The same box for tests that only read it."""
    return made()
