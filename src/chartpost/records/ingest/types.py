"""Plain values of taking in."""

from collections.abc import Callable
from dataclasses import dataclass, field

from chartpost.identity.types import Actor
from chartpost.records import models
from chartpost.records.types import SaveResult


@dataclass(frozen=True)
class Progress:
    """How far an import is: files and, inside the present one, entries (total 0: not known yet)."""

    file: str
    files_done: int
    files_total: int
    entries_done: int = 0
    entries_total: int = 0


Watch = Callable[[Progress], None]


@dataclass
class ImportReport:
    """What an import did. `refused` and `skipped` are (file, reason); `inbox` counts items that wait for staff,
    `to_check` entries of the persons' records that may be the same, or do not agree.

    `notes` are (file, what of it was not taken as written). `discarded` counts files of which the office decided before
    that they belong in no record, or that were taken out of it; they are among the skipped.
    """

    files: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    inbox: int = 0
    to_check: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    discarded: int = 0
    persons: set[int] = field(default_factory=set)

    def add(self, saved: SaveResult) -> None:
        """Count what a save did."""
        self.created += saved.created
        self.updated += saved.updated
        self.unchanged += saved.unchanged


@dataclass
class Run:
    """One import on its way: who does it, for whom, from where, and what was found so far.

    `known` maps a patient reference of a folder of NDJSON files to (person, stored Patient id).
    """

    actor: Actor
    report: ImportReport = field(default_factory=ImportReport)
    watch: Watch | None = None
    source_name: str = ""
    source: models.Source | None = None
    target_id: int = 0
    files_total: int = 0
    known: dict[str, tuple[int, str]] = field(default_factory=dict)
    ambiguous: set[str] = field(default_factory=set)
    folder: bool = False

    def tell(self, file: str, done: int = 0, total: int = 0) -> None:
        """Report progress."""
        if self.watch:
            self.watch(Progress(file, self.report.files, self.files_total, done, total))
