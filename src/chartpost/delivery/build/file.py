"""One finished file of a package."""

from dataclasses import dataclass


@dataclass(frozen=True)
class File:
    """Bytes with their name and type, before they are stored."""

    format: str
    name: str
    media_type: str
    data: bytes
    pages: int | None = None
