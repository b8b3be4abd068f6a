"""`chartpost export`: a person's record as files, for whoever runs the machine; policy and ledger as everywhere."""

import argparse
import getpass
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import IO, BinaryIO

from chartpost.delivery import boxes, sticks
from chartpost.delivery.build import fhir
from chartpost.delivery.build.content import Content, gather
from chartpost.delivery.build.file import File
from chartpost.delivery.command import files
from chartpost.delivery.errors import FileError, NotThere
from chartpost.delivery.packages import BUILDERS
from chartpost.delivery.types import Referral
from chartpost.formats import media
from chartpost.formats.fhirjson.terms import Category
from chartpost.formats.pdf.lock import lock
from chartpost.formats.sealedbox import new_password, safe_name
from chartpost.identity import policies
from chartpost.identity import queries as identity
from chartpost.identity.services import event
from chartpost.identity.types import SYSTEM, Subject
from chartpost.ledger import services as ledger
from chartpost.records.types import Selection

ON_A_STICK = ("pdf", "summary", "ccda", "fhir", "document")
_SPOOL = 64 * 1024 * 1024


def run(arguments: argparse.Namespace) -> int:
    """0 when the file is written and the ledger says so; raises ChartpostError."""
    files.check(arguments.output, force=arguments.force)
    person = identity.person(arguments.person)
    subject = Subject("record", person_id=person.id)
    verdict = policies.decide(SYSTEM, "record.export", subject)
    if not verdict.allow:
        raise NotThere(seen=verdict.reason, expected="somebody who may export", todo="Ask the privacy officer.")
    rows = policies.scope(SYSTEM, "record.export", person.id)
    content = gather(person.id, _selection(arguments), rows, arguments.language, withheld=False)
    content = replace(content, referral=_referral(arguments))
    if not content.count:
        raise NotThere(
            seen="no entry of the record that fits", expected="one at least", todo="Choose other sections or dates."
        )
    with tempfile.SpooledTemporaryFile(_SPOOL) as held:
        password = _write(arguments, content, held)
        held.seek(0)
        where = f"shell:{getpass.getuser()}"
        done: dict[str, str | int] = {"format": arguments.form, "count": content.count}
        entry = event(SYSTEM, "record.export", person.id, f"person:{person.ref}", arguments.why, where, **done)
        ledger.append(entry)
        files.put(arguments.output, sticks.read(held), force=arguments.force)
    sys.stderr.write(f"{content.count:,} {'entry' if content.count == 1 else 'entries'} exported.\n")
    if password:
        sys.stderr.write(f"Password, told this once: {password}\nTell it another way than the files go.\n")
    return 0


def _selection(arguments: argparse.Namespace) -> Selection:
    known = {category.name.lower(): category for category in Category}
    wrong = [name for name in arguments.category if name.lower() not in known]
    if wrong:
        raise FileError(
            seen=f"the section {wrong[0][:40]!r}", expected=f"one of {', '.join(known)}", todo="Correct it."
        )
    chosen = frozenset(known[name.lower()] for name in arguments.category)
    return Selection(chosen, _day(arguments.since), _day(arguments.until))


def _referral(arguments: argparse.Namespace) -> Referral:
    given, _, family = arguments.recipient.strip().rpartition(" ")
    return Referral(arguments.reason, given, family, arguments.recipient_office)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise FileError(
            seen=f"the day {text[:20]!r}", expected="a day such as 2026-01-31", todo="Correct it."
        ) from error


def _write(arguments: argparse.Namespace, content: Content, out: IO[bytes]) -> str:
    """Write the export; the password it was sealed with, where it was."""
    if arguments.form == "media":
        return _stick(content, out, disc=arguments.output.endswith(".iso"))
    with _one(arguments, content).open() as stream:
        for piece in sticks.read(stream):
            out.write(piece)
    return ""


def _one(arguments: argparse.Namespace, content: Content) -> File:
    if arguments.form == "fhir":
        bundle, archive = fhir.build(content)
        return archive if arguments.output.endswith(".zip") else bundle
    (file,) = BUILDERS[KINDS[arguments.document] if arguments.form == "ccda" else arguments.form](content)
    return file


KINDS = {"ccd": "ccda", "referral": "referral", "discharge": "discharge", "transfer": "transfer"}
"""Kinds of C-CDA as the shell calls them, and as packages do."""


def _stick(content: Content, out: IO[bytes], *, disc: bool) -> str:
    """The files of a stick as a ZIP, or as the image of a disc; the password drawn for it."""
    password = new_password()
    built = [file for name in ON_A_STICK for file in BUILDERS[name](content)]
    paper = next(_bytes(file) for file in built if file.format == "summary")
    inside = sticks.Inside([_source(f) for f in built], lock(paper, password), content.office.name, content.language)
    if not disc:
        sticks.write_archive(out, inside, password, boxes.viewer(), content.made_at)
        return password
    with tempfile.SpooledTemporaryFile(_SPOOL) as archive:
        sticks.write_archive(archive, inside, password, boxes.viewer(), content.made_at)
        archive.seek(0)
        for piece in sticks.disc(archive, content.made_at)[1]:
            out.write(piece)
    return password


def _source(file: File) -> media.Source:
    size = sum(len(piece) for piece in _pieces(file.open()))
    kind = file.media_type.partition(";")[0].strip().lower()
    return media.Source(safe_name(file.name), kind, size, lambda: _pieces(file.open()))


def _bytes(file: File) -> bytes:
    return b"".join(_pieces(file.open()))


def _pieces(stream: BinaryIO) -> Iterator[bytes]:
    with stream:
        yield from sticks.read(stream)
