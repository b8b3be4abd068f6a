"""Mails kept as files under HOME/outbox while no mail server is set; the demo shows them on a page."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from chartpost.kernel.config import config
from chartpost.kernel.ids import new_id


@dataclass(frozen=True)
class Mail:
    """One mail of the file outbox; `at` is an ISO moment."""

    at: str
    to: str
    subject: str
    body: str


def folder() -> Path:
    """Where mails are kept when no SMTP server is set."""
    return config().home / "outbox"


def keep(mail: Mail) -> None:
    """Write one mail as a file only this user may read."""
    place = folder()
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    target = place / f"{new_id()}.json"
    fresh = target.with_suffix(".new")
    fresh.write_text(json.dumps(asdict(mail)), encoding="utf-8")
    fresh.replace(target)


def recent(limit: int = 100) -> list[Mail]:
    """The newest mails of the file outbox, newest first."""
    place = folder()
    files = sorted(place.glob("*.json"), reverse=True)[:limit] if place.is_dir() else []
    return [Mail(**json.loads(file.read_text(encoding="utf-8"))) for file in files]
