"""`chartpost seal`: from the words of the command line to a link and a password."""

import argparse
import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from chartpost.formats import sealedbox
from chartpost.formats.sealedbox import SealedBoxError, b64u
from chartpost.gateways.sealed.command.errors import CommandError
from chartpost.gateways.sealed.command.gather import STDIN, gather
from chartpost.gateways.sealed.command.journal import Journal
from chartpost.gateways.sealed.command.progress import plain, tell
from chartpost.gateways.sealed.command.sending import Sender
from chartpost.gateways.sealed.command.transfer import Transfer, begin, fill, finish, new_people, now, resume
from chartpost.gateways.sealed.command.wire import Wire, understood

STATE = ".chartpost-seal"
MOST_PEOPLE = 100
_SUITES = {1: sealedbox.P256, 2: sealedbox.X25519}
"""The API's numbers of key types."""
_SPAN = re.compile(r"(\d{1,4})([hd])")


def run(arguments: argparse.Namespace) -> int:
    """Send files; prints one link and one password for each recipient. Raises CommandError."""
    path = arguments.state or _state_path(arguments.files[0])
    try:
        plan, journal, sender = _resumed(arguments, path) if arguments.resume else _begun(arguments, path)
        try:
            sender.run()
        except BaseException:
            journal.close()
            tell(f"Not finished. Run the same command with --resume to go on ({path}).", quiet=arguments.quiet)
            raise
    except SealedBoxError as error:
        raise CommandError(seen=error.seen, expected=error.expected, todo=error.todo) from error
    finish(journal)
    _print(plan, quiet=arguments.quiet)
    return 0


def _begun(arguments: argparse.Namespace, path: Path) -> tuple[Transfer, Journal, Sender]:
    into_drop = "/s/d/" in arguments.to
    if not arguments.to or not (arguments.token_file or into_drop):
        raise CommandError(
            seen="no address or token to send by",
            expected="--to https://HOST and --token-file FILE, or --to and the link of a request for files",
            todo="make a token under My shares, keep it in a private file, and name both",
        )
    token = "" if into_drop else _text(arguments.token_file)
    chosen = gather(arguments.files, arguments.stdin_name)
    plan = _plan(arguments)
    link = sealedbox.parse_drop_link(arguments.to) if into_drop else None
    wire = Wire(link.origin if link else arguments.to, arguments.cacert, arguments.patience)
    plan.to = wire.origin
    if link is not None:
        _aim(plan, link, wire, quiet=arguments.quiet)
    journal = begin(plan, path)
    sender = Sender(plan, wire, journal, quiet=arguments.quiet)
    try:
        sender.make(token)
        fill(plan, journal, chosen)
    except BaseException:
        finish(journal)
        raise
    return plan, journal, sender


def _aim(plan: Transfer, link: sealedbox.DropLink, wire: Wire, *, quiet: bool) -> None:
    """Send to the owner of a drop, whose public key must be the one the link names."""
    with understood():
        told = wire.call("GET", f"drop/{link.drop}")
        public, suite, by = sealedbox.unb64u(str(told["public_key"])), int(told["suite"]), plain(str(told["by"]))
    if suite not in _SUITES:
        raise CommandError(seen="a key of an unknown type", expected="P-256 or X25519", todo="update this program")
    sealedbox.check_fingerprint(public, link.fingerprint)
    plan.drop, plan.suite, plan.public, plan.people = link.drop, _SUITES[suite], b64u(public), []
    tell(f"To {by}.", quiet=quiet)


def _resumed(arguments: argparse.Namespace, path: Path) -> tuple[Transfer, Journal, Sender]:
    plan, journal = resume(path)
    return (
        plan,
        journal,
        Sender(plan, Wire(plan.to, arguments.cacert, arguments.patience), journal, quiet=arguments.quiet),
    )


def _plan(arguments: argparse.Namespace) -> Transfer:
    if not 1 <= arguments.recipients <= MOST_PEOPLE:
        raise CommandError(
            seen=f"{arguments.recipients} recipients", expected=f"1 to {MOST_PEOPLE}", todo="say how many"
        )
    own = ""
    if arguments.password_file:
        own = _text(arguments.password_file)
        sealedbox.check_password(own)
    params = sealedbox.ARGON2_DEFAULT if arguments.argon2 else sealedbox.PBKDF2_DEFAULT
    return Transfer(
        to=arguments.to,
        share=sealedbox.new_id(),
        key=b64u(sealedbox.new_share_key()),
        created=now(),
        title=arguments.title,
        note=_text(arguments.note_file) if arguments.note_file else "",
        params=params.render(),
        expires=_expires(arguments.expires),
        max_opens=arguments.max_opens,
        own_password=bool(own),
        people=new_people(arguments.recipients, own),
    )


def _expires(text: str) -> str | None:
    if not text:
        return None
    span = _SPAN.fullmatch(text)
    if span:
        hours = int(span[1]) * (24 if span[2] == "d" else 1)
        return (datetime.now(UTC) + timedelta(hours=hours)).isoformat(timespec="seconds")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandError(
            seen="a time that cannot be read", expected="12h, 7d or 2026-12-24T12:00", todo="write it so"
        ) from error
    return moment.astimezone().isoformat(timespec="seconds")


def _text(path: Path) -> str:
    """The content of a small file without the line end at its end."""
    try:
        return path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, ValueError) as error:
        raise CommandError(
            seen=f"{path}, which cannot be read",
            expected="a text file in UTF-8",
            todo="check its name and your rights to it",
        ) from error


def _state_path(first: str) -> Path:
    if first == STDIN:
        return Path(f"stdin{STATE}")
    path = Path(first).absolute()
    return path.with_name(path.name + STATE)


def _print(plan: Transfer, *, quiet: bool) -> None:
    """Links and passwords on standard output, in lines of their own."""
    for number, person in enumerate(plan.people, 1):
        mark = f" {number}" if len(plan.people) > 1 else ""
        link = sealedbox.Link(plan.to, person.recipient, sealedbox.unb64u(person.secret))
        _line(f"Link{mark}: {link.render()}")
        if not plan.own_password:
            _line(f"Password{mark}: {person.password}")
    if plan.drop:
        tell("It arrived. Only whoever asked for it can open it.", quiet=quiet)
        return
    tell("Send the link one way and tell the password another way, such as by phone.", quiet=quiet)


def _line(text: str) -> None:
    sys.stdout.write(f"{text}\n")
