"""`chartpost open`: from a link and a password to the files."""

import argparse
import errno
import getpass
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from chartpost.formats import sealedbox
from chartpost.formats.sealedbox import FileEntry, SealedBoxError
from chartpost.gateways.sealed.command.box import open_box
from chartpost.gateways.sealed.command.errors import CommandError
from chartpost.gateways.sealed.command.journal import Journal, lines
from chartpost.gateways.sealed.command.opening import Source, open_share
from chartpost.gateways.sealed.command.progress import plain, size, tell
from chartpost.gateways.sealed.command.saving import save_all, save_to_stdout
from chartpost.gateways.sealed.command.wire import Wire

STDOUT = "-"
STATE = ".chartpost-open-"


def run(arguments: argparse.Namespace) -> int:
    """Open a link and save its files; raises CommandError."""
    try:
        return _run(arguments)
    except SealedBoxError as error:
        raise CommandError(seen=error.seen, expected=error.expected, todo=error.todo) from error
    except OSError as error:
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        raise CommandError(
            seen="a disk that is full" if full else f"a file that cannot be written ({error.strerror})",
            expected="a folder with room that you may write to",
            todo="make room or choose another folder with -o, then run the same command with --resume",
        ) from error


def _run(arguments: argparse.Namespace) -> int:
    if Path(arguments.link).is_file():
        return _run_box(arguments, Path(arguments.link))
    link = sealedbox.parse_link(sys.stdin.readline() if arguments.link == "-" else arguments.link)
    if link.mangled:
        tell(
            "Something on the way rewrote the link, so it was seen. It still needs the password.", quiet=arguments.quiet
        )
    wire = Wire(link.origin, arguments.cacert, arguments.patience)
    state = Path(arguments.output) / f"{STATE}{link.recipient}"
    saving = arguments.output != STDOUT and not arguments.list
    kept = _kept_grant(state) if saving and arguments.resume else None
    opened = open_share(link, wire, _asker(arguments.password_file, link.origin), kept)
    try:
        return _save(arguments, opened, state, saving=saving)
    finally:
        wire.close()


def _run_box(arguments: argparse.Namespace, path: Path) -> int:
    """Open a box of a stick or disc; there is no server to ask or to tell."""
    ask = _asker(arguments.password_file, str(path))
    with path.open("rb") as stream:
        opened = open_box(stream, ask)
        state = Path(arguments.output) / f"{STATE}{opened.box.head.recipient}"
        return _save(arguments, opened, state, saving=arguments.output != STDOUT and not arguments.list)


def _save(arguments: argparse.Namespace, opened: Source, state: Path, *, saving: bool) -> int:
    entries = _chosen(opened.manifest.files, arguments.file)
    _introduce(opened, quiet=arguments.quiet)
    if arguments.list:
        for entry in entries:
            sys.stdout.write(f"{entry.size}\t{entry.name}\n")
        return 0
    if saving:
        _save_in(arguments, opened, entries, state)
    else:
        _to_stdout(opened, entries)
    if len(entries) == len(opened.manifest.files):
        opened.confirm()
        told = "The sender can see that." if opened.grant else ""
        tell(f"All of it arrived whole. {told}".strip(), quiet=arguments.quiet)
    return 0


def _save_in(arguments: argparse.Namespace, opened: Source, entries: Sequence[FileEntry], state: Path) -> None:
    folder = Path(arguments.output)
    folder.mkdir(parents=True, exist_ok=True)
    journal = Journal(state, fresh=not (arguments.resume and state.exists()))
    try:
        journal.note({"grant": opened.grant})
        save_all(opened, entries, folder, journal, quiet=arguments.quiet)
    except BaseException:
        journal.close()
        tell("Not finished. Run the same command with --resume to go on.", quiet=arguments.quiet)
        raise
    journal.delete()


def _to_stdout(opened: Source, entries: Sequence[FileEntry]) -> None:
    if len(entries) != 1:
        raise CommandError(
            seen=f"{len(entries)} files for standard output",
            expected="one",
            todo="name one with --file, or save all with -o DIR",
        )
    save_to_stdout(opened, entries[0])


def _chosen(files: Sequence[FileEntry], name: str) -> Sequence[FileEntry]:
    found = [entry for entry in files if not name or entry.name == name]
    if not found and name:
        raise CommandError(seen="no file of that name", expected="one that is there", todo="look with --list")
    return found


def _introduce(opened: Source, *, quiet: bool) -> None:
    files = opened.manifest.files
    tell(f"{len(files)} files, {size(sum(entry.size for entry in files))}.", quiet=quiet)
    for text in (opened.manifest.title, opened.manifest.note):
        if text:
            tell(plain(text), quiet=quiet)
    if opened.grant.get("zero_knowledge") is False:
        tell("The office sealed this itself: the server could read it then.", quiet=quiet)


def _asker(path: Path | None, where: str) -> Callable[[int | None], str | None]:
    """Who gives the password: a file, once; or a person at the terminal, until it is right."""
    given = iter([_read(path)] if path else [])

    def ask(left: int | None) -> str | None:
        if path is not None:
            return next(given, None)
        if not sys.stdin.isatty() and left is not None:
            return None
        if left is not None:
            tell(f"That password does not fit. {left} tries are left.")
        return getpass.getpass(f"Password for {where}: ")

    return ask


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").rstrip("\r\n")
    except ValueError as error:
        raise CommandError(seen=f"{path}", expected="a text file in UTF-8", todo="check the file") from error


def _kept_grant(state: Path) -> dict[str, Any] | None:
    found: dict[str, Any] | None = None
    for line in lines(state):
        found = line.get("grant", found)
    return found
