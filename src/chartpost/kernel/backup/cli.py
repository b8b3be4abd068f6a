"""`chartpost backup create | verify | restore | recovery-key`."""

import argparse
import getpass
import sys
from collections.abc import Callable
from pathlib import Path

from chartpost.kernel.backup import create, restore, verify
from chartpost.kernel.backup.types import Report
from chartpost.kernel.errors import ChartpostError

PROMPT = "-"


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `backup` and its verbs."""
    backup = commands.add_parser("backup", help="make, check and restore encrypted backups")
    verbs = backup.add_subparsers(dest="verb", required=True, metavar="VERB")
    make = verbs.add_parser("create", help="write one encrypted file with everything, while the server runs")
    make.add_argument("path", type=Path)
    make.add_argument(
        "--without-shares", action="store_true", help="leave out files sent sealed; a restore ends those shares"
    )
    make.set_defaults(func=_create)
    check = verbs.add_parser("verify", help="check everything in a backup without restoring it")
    check.add_argument("path", type=Path)
    check.set_defaults(func=_verify)
    back = verbs.add_parser("restore", help="restore a backup onto an empty home")
    back.add_argument("path", type=Path)
    back.add_argument("--home", type=Path, required=True, help="an empty or new folder")
    back.set_defaults(func=_restore)
    for verb in (check, back):
        verb.add_argument(
            "--recovery-key",
            nargs="?",
            const=PROMPT,
            metavar="KEY",
            help="the printed recovery key; without KEY it is asked for, and stays out of the process list",
        )
    new = verbs.add_parser("recovery-key", help="make a new recovery key and print it, once")
    new.set_defaults(func=_recovery_key)


def _create(arguments: argparse.Namespace) -> int:
    return _run(
        lambda: _say(create(arguments.path, shares=not arguments.without_shares), f"Backup written to {arguments.path}")
    )


def _verify(arguments: argparse.Namespace) -> int:
    return _run(lambda: _say(verify(arguments.path, _key(arguments)), f"{arguments.path} is whole"))


def _restore(arguments: argparse.Namespace) -> int:
    done = f"Restored to {arguments.home}. Start it with CHARTPOST_HOME={arguments.home}"
    return _run(lambda: _say(restore(arguments.path, arguments.home, _key(arguments)), done))


def _recovery_key(_: argparse.Namespace) -> int:
    from chartpost.kernel.keys import recovery_key_new

    def show() -> int:
        key = recovery_key_new()
        print("Recovery key. Print it now and keep it apart from the backups; it is not shown again:\n")
        print(f"    {key}\n")
        print("Backups made from now on open with this key. Older backups open with the key before it.")
        return 0

    return _run(show)


def _key(arguments: argparse.Namespace) -> str | None:
    given: str | None = arguments.recovery_key
    if given != PROMPT:
        return given
    return getpass.getpass("Recovery key: ") if sys.stdin.isatty() else sys.stdin.readline()


def _say(report: Report, good: str) -> int:
    for problem in report.problems:
        print(f"PROBLEM: {problem}", file=sys.stderr)
    print(
        f"{report.created}: {report.database} database, {report.blobs} encrypted files, "
        f"{report.parts} parts of sealed shares, {report.entries} entries, {report.size:,} bytes"
    )
    if report.ok:
        print(f"{good}.")
    return 0 if report.ok else 1


def _run(work: Callable[[], int]) -> int:
    try:
        return work()
    except ChartpostError as error:
        print(error.message, file=sys.stderr)
    except FileNotFoundError as error:
        print(f"Seen: no file {error.filename}. Expected: a backup. What to do: check the path.", file=sys.stderr)
    except OSError as error:
        said = f"Seen: {error.strerror} at {error.filename or 'the backup'}. Expected: a folder with room to write."
        print(f"{said} What to do: free space or choose another path; an older backup is untouched.", file=sys.stderr)
    return 1
