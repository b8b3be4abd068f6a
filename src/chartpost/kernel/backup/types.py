"""Plain values of backups."""

from dataclasses import dataclass, field


@dataclass
class Report:
    """What a backup holds, and what is wrong with it; sizes in bytes."""

    created: str = ""
    database: str = ""
    entries: int = 0
    blobs: int = 0
    parts: int = 0
    size: int = 0
    problems: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether everything was found as it should be."""
        return not self.problems
