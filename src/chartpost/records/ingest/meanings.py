"""Whether a file means one thing by each Type/id: two servers use the same ids for other people and other things."""

from typing import Any

from chartpost.formats.fhirjson.canonical import Entry
from chartpost.identity.queries import fold
from chartpost.records.errors import Refused

Json = dict[str, Any]


class Meanings:
    """What the entries of a file were met as; raises Refused where one Type/id turns out to mean two things.

    The same entry twice, and versions of one, mean one thing.
    """

    def __init__(self) -> None:
        self._named: dict[str, Entry] = {}
        self._patients: dict[str, Entry] = {}
        self._patient_at: dict[str, str] = {}
        self._servers: dict[str, str] = {}

    def meet(self, key: str, entry: Entry) -> None:
        """Hold an entry against those before it."""
        kind = key.partition("/")[0]
        if entry.full_url:
            address = _address(entry.full_url)
            before = self._named.setdefault(key, entry)
            if _address(before.full_url) != address and not _equal(before.resource, entry.resource):
                raise two_things(kind)
            if kind == "Patient" and self._patient_at.setdefault(address, key) != key:
                raise two_things(kind)
            if address.endswith(f"/{key}"):
                self._servers.setdefault(key, address.removesuffix(f"/{key}"))
        if kind == "Patient":
            known = self._patients.get(key, entry)
            if known is not entry and not _one_person(known, entry):
                raise two_things(kind)
            self._patients[key] = entry

    def check_subject(self, key: str, subject: str, owner: str) -> None:
        """See that an entry speaks of the patient of its own server: `Patient/1` is another one on another server."""
        named = "?" in subject or (":" in subject and _address(subject) in self._patient_at)
        ours, theirs = self._servers.get(key), self._servers.get(owner)
        if not named and ours and theirs and ours != theirs:
            raise two_things("Patient")


def two_things(kind: str) -> Refused:
    """The refusal of a file that uses an id for two things."""
    return Refused(
        f"one id that means two different entries of type {kind}",
        "each type and id for one thing",
        "Import what comes from each server as a file of its own; nothing of it was kept in the record.",
    )


def _address(full_url: str) -> str:
    """A fullUrl without its version and without what tells http from https."""
    return full_url.partition("/_history/")[0].removeprefix("https://").removeprefix("http://")


def _equal(one: Json, two: Json) -> bool:
    """Whether two resources say the same; what a server notes about them in meta does not count."""
    return {**one, "meta": None} == {**two, "meta": None}


def _one_person(one: Entry, two: Entry) -> bool:
    """Whether two Patients of one id are one person, or versions of one, as far as they say."""
    if _equal(one.resource, two.resource):
        return True
    versions = _version(one), _version(two)
    if all(versions) and versions[0] != versions[1] and _same_place(one, two):
        return True
    born = [str(entry.resource.get("birthDate", "")) for entry in (one, two)]
    if not (born[0].startswith(born[1]) or born[1].startswith(born[0])):
        return False
    return _share(_numbers(one), _numbers(two)) and _share(_names(one), _names(two), _numbers(one) & _numbers(two))


def _version(entry: Entry) -> str:
    return str(entry.resource.get("meta", {}).get("versionId", ""))


def _same_place(one: Entry, two: Entry) -> bool:
    """Whether both say that they are one entry: by one fullUrl, or where they have none by a number they share."""
    if one.full_url and two.full_url:
        return _address(one.full_url) == _address(two.full_url)
    return any(system for system, _ in _numbers(one) & _numbers(two))


def _numbers(entry: Entry) -> frozenset[tuple[str, str]]:
    said = entry.resource.get("identifier", ())
    return frozenset((one.get("system", ""), one["value"]) for one in said if one.get("value"))


def _names(entry: Entry) -> frozenset[str]:
    """Every word of the names, as they are compared."""
    parts = [text for name in entry.resource.get("name", ()) for text in (*name.get("given", ()), name.get("family"))]
    return frozenset(word for text in parts if text for word in fold(text).split())


def _share(one: frozenset[Any], two: frozenset[Any], other: frozenset[Any] = frozenset()) -> bool:
    """Whether two sets have something in common; one that is empty contradicts nothing."""
    return not one or not two or bool(one & two) or bool(other)
