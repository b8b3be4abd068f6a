"""`chartpost import PATH...`: bring records in from files and folders; `chartpost records rebuild-ccda`."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from chartpost.kernel.errors import ChartpostError

if TYPE_CHECKING:
    from chartpost.records.ingest import ImportReport, Progress

BAR = 24


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the `import` command."""
    take = commands.add_parser("import", help="bring in FHIR JSON/NDJSON, C-CDA, PDF, images, zips, folders of these")
    take.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    take.add_argument("--person", metavar="REF", help="the person all of it is about (reference of the person)")
    take.add_argument("--source", metavar="NAME", default="", help="who the records came from")
    take.set_defaults(func=_import)
    inner = commands.add_parser("records", help="work on records that are there").add_subparsers(required=True)
    anew = inner.add_parser("rebuild-ccda", help="read C-CDA originals anew, after the way they are read has changed")
    anew.add_argument("--all", action="store_true", help="also those that the present version read already")
    anew.set_defaults(func=_rebuild)


def _import(arguments: argparse.Namespace) -> int:
    import django

    django.setup()
    from chartpost.identity.types import SYSTEM
    from chartpost.records.ingest import ImportReport, import_path

    bar = _Bar()
    total = ImportReport()
    for path in arguments.paths:
        try:
            report = import_path(path, SYSTEM, bar.show, arguments.person, arguments.source)
        except OSError:
            total.refused.append(
                (str(path), "Seen: no file that can be read. Expected: a file or folder. Check the path.")
            )
            continue
        except ChartpostError as error:
            total.refused.append((str(path), error.message))
            continue
        total = _joined(total, report)
    bar.end()
    return _summary(total)


def _rebuild(arguments: argparse.Namespace) -> int:
    import django

    django.setup()
    from chartpost.identity.types import SYSTEM
    from chartpost.records.ingest.rebuild import rebuild

    done = rebuild(SYSTEM, everything=arguments.all)
    noun = "document" if done.documents == 1 else "documents"
    print(
        f"{done.documents} {noun} read anew: {done.created} entries new, {done.updated} changed, "
        f"{done.unchanged} as they were, {done.removed} taken out."
    )
    for name, reason in done.failed:
        print(f"NOT READ {name}: {reason}", file=sys.stderr)
    return 1 if done.failed else 0


class _Bar:
    """A progress bar on a terminal; one line for each file elsewhere."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._last = ""

    def show(self, at: "Progress") -> None:
        """Show how far it is."""
        if not self._terminal:
            if at.file != self._last:
                print(f"{at.files_done + 1} of {at.files_total}: {at.file}", file=sys.stderr)
            self._last = at.file
            return
        inside = at.entries_done / at.entries_total if at.entries_total else 0.0
        share = min(1.0, (at.files_done + inside) / max(1, at.files_total))
        filled = int(share * BAR)
        self._last = f"[{'#' * filled}{'.' * (BAR - filled)}] {share:4.0%} {at.file[-40:]}"
        print(f"\r{self._last:<76}", end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        """Leave the line of the bar."""
        if self._terminal and self._last:
            print(file=sys.stderr)


def _joined(one: "ImportReport", two: "ImportReport") -> "ImportReport":
    for name in ("files", "created", "updated", "unchanged", "inbox", "to_check", "discarded"):
        setattr(one, name, getattr(one, name) + getattr(two, name))
    one.refused += two.refused
    one.skipped += two.skipped
    one.notes += two.notes
    one.persons |= two.persons
    return one


def _ref(person_id: int) -> str:
    from chartpost.identity import queries

    return queries.person_by_id(person_id).ref


def _summary(report: "ImportReport") -> int:
    noun = "file" if report.files == 1 else "files"
    print(
        f"{report.files} {noun}: {report.created} entries new, {report.updated} changed, "
        f"{report.unchanged} already there."
    )
    if report.inbox:
        told = "it is not sure whose they are, or they speak of somebody else than was said"
        verb = "waits" if report.inbox == 1 else "wait"
        print(f"{report.inbox} {verb} in the inbox: {told}. Settle it at /desk/inbox.")
    if report.to_check:
        print(f"{report.to_check} to check: entries of several places that may be the same, or do not agree. See:")
        for person_id in sorted(report.persons):
            print(f"  /desk/people/{_ref(person_id)}/compare/")
    for name, told in report.notes:
        print(f"Please look at {name}: {told}.")
    for name, reason in report.skipped:
        print(f"Left out: {name}: {reason}")
    for name, reason in report.refused:
        print(f"REFUSED {name}: {reason}", file=sys.stderr)
    if report.refused:
        print("Nothing of a refused file was put into a record. Mend it and import it again.", file=sys.stderr)
    return 1 if report.refused else 0
