"""Third-party files for tests that run only where they are present."""

import os
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]


def shared_data() -> Path | None:
    """The folder of real third-party samples, or None where it is absent."""
    return _existing(Path(os.environ.get("CHARTPOST_SHARED_DATA", _ROOT.parent / "shared" / "data")))


def rulebook_vectors() -> Path | None:
    """The rulebook's test vectors (a JSON file), or None where they are absent."""
    data = os.environ.get("CHARTPOST_SHARED_DATA")
    folder = Path(data).parent if data else _ROOT.parent / "shared"
    return _existing(folder / "rulebook-vectors.json")


def _existing(path: Path) -> Path | None:
    return path if path.exists() else None
