"""Whose record is it: a document's resources by person, so that one person's paper never holds another's entries."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from chartpost.formats.convert.errors import NobodyError
from chartpost.formats.convert.types import Document, Entry, Json, Notice
from chartpost.formats.fhirjson.references import references_of, subject_of


class Share(NamedTuple):
    """One person's part of a document: the Patient, and everything else about them or named by it."""

    patient: Json
    others: list[Entry]


def by_person(document: Document) -> tuple[list[Share], list[Notice]]:
    """The part of each person, and what belongs to nobody in the document; raises NobodyError.

    With one Patient, what names no person is theirs; with several, only what their entries name.
    """
    patients = [e for e in document.entries if e.type == "Patient"]
    if not patients:
        raise NobodyError("no Patient", "a person whose record it is", "add the Patient to the file, or use --to fhir")
    place = {name: number for number, one in enumerate(patients) for name in _names(one)}
    mine: list[list[Entry]] = [[] for _ in patients]
    loose: list[Entry] = []
    notices = []
    for entry in document.entries:
        subject = "" if entry.type == "Patient" else subject_of(entry.resource) or ""
        number = place.get(_short(subject))
        if number is not None:
            mine[number].append(entry)
        elif subject:
            notices.append(Notice("warning", "about-another-person", entry.type, "", "left out"))
        elif entry.type != "Patient":
            loose.append(entry)
    if len(patients) == 1:
        return [Share(patients[0].resource, mine[0] + loose)], notices
    shares = [Share(one.resource, own + _named(own, loose)) for one, own in zip(patients, mine, strict=True)]
    return shares, notices + _nobody(shares, loose)


def _named(own: Sequence[Entry], loose: Sequence[Entry]) -> list[Entry]:
    """What a person's entries name, and what that names in turn, in its old order."""
    known = {name: entry for entry in loose for name in _names(entry)}
    reached: dict[int, Entry] = {}
    waiting = list(own)
    while waiting:
        for reference in references_of(waiting.pop().resource):
            entry = known.get(_short(reference))
            if entry is not None and id(entry.resource) not in reached:
                reached[id(entry.resource)] = entry
                waiting.append(entry)
    return [entry for entry in loose if id(entry.resource) in reached]


def _nobody(shares: Iterable[Share], loose: Iterable[Entry]) -> list[Notice]:
    placed = {id(entry.resource) for share in shares for entry in share.others}
    left = [entry for entry in loose if id(entry.resource) not in placed]
    return [Notice("note", "about-nobody", entry.type, "", "left out") for entry in left]


def _names(entry: Entry) -> set[str]:
    """Every way another resource may point to this one."""
    own = str(entry.resource.get("id", ""))
    return {_short(entry.full_url), entry.key, f"urn:uuid:{own}"} - {"", "urn:uuid:"}


def _short(reference: str) -> str:
    """`Type/id` of an address of any form; a urn as it is."""
    if reference.startswith("urn:"):
        return reference
    return "/".join(reference.partition("/_history/")[0].split("/")[-2:])
