"""The ids resources get in the store: their own when valid and free, else one derived from source and own id.

Derived ids are the same each time, so that an interrupted import, or a newer file of the same source, meets its rows.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any, NamedTuple

from django.db import connection

from chartpost.formats.fhirjson.references import ID
from chartpost.formats.fhirjson.tables import resource_types
from chartpost.identity import aliases
from chartpost.kernel.config import config
from chartpost.kernel.db import raw
from chartpost.records import models, store
from chartpost.records.errors import OfAnother, Refused
from chartpost.records.ingest.entries import Asked, Survey, asked_for, relative
from chartpost.records.postings import posting_hash
from chartpost.records.preparing import Ready
from chartpost.records.types import kind_of, type_of

_GLOBAL = re.compile(r"[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}")
"""Ids that are UUIDs mean the same resource wherever they come from."""
GIVEN = "given:"
"""Beginning of the keys of sources that are a person's own documents; one for each person."""
TRIES = 5
"""How often ids are chosen anew because others took them meanwhile: each has three forms, the last nobody else's."""
_BATCH = 400
_FOUND_BY = "SELECT p.h, r.fhir_id FROM records_posting p JOIN records_resource r ON r.rid = p.rid WHERE p.h IN"


class Place(NamedTuple):
    """Where an id of the store is taken: by whom, from which source."""

    person_id: int
    source_id: int


def derived(source_id: int, key: str, person_id: int | None = None) -> str:
    """An id in place of one that is taken or cannot be kept; 32 hexadecimal digits."""
    text = "\x1f".join((str(source_id), key, "" if person_id is None else str(person_id)))
    return blake2b(text.encode(), digest_size=16).hexdigest()


def taken(keys: Iterable[str]) -> dict[str, Place]:
    """Which of the keys (Type/id) are in the store, and whose they are."""
    pairs = (key.partition("/")[::2] for key in keys)
    valid = ((kind_of(k), i) for k, i in pairs if k in resource_types() and ID.fullmatch(i))
    found: dict[str, Place] = {}
    for some in store.chunks(valid, _BATCH):
        sql = store.by_keys("kind, fhir_id, person_id, source_id", len(some))
        rows = raw.django().all(sql, [value for pair in some for value in pair])
        found |= {f"{type_of(row[0])}/{row[1]}": Place(row[2], row[3]) for row in rows}
    return found


def assign(persons: Mapping[str, int], source_id: int) -> dict[str, str]:
    """The final key of each local key (key -> person); twice gives the same.

    What people add themselves has keys of its own beside what came from elsewhere: it never takes its place.
    """
    keeps, now, plain = _rule(source_id), aliases.settled(persons.values(), raw.django()), taken(persons)
    whose = {key: now.get(person_id, person_id) for key, person_id in persons.items()}
    second = {key: _other(source_id, key) for key in persons if not keeps(key, plain.get(key), whose[key])}
    taken_second = taken(second.values())
    final: dict[str, str] = {}
    for key, person_id in persons.items():
        if key not in second:
            final[key] = key
        elif keeps(second[key], taken_second.get(second[key]), whose[key]):
            final[key] = second[key]
        else:
            final[key] = _other(source_id, key, person_id)
    return final


def still(source_id: int, final: Mapping[str, str]) -> store.Meets:
    """A look at the rows met when resources get the ids that `assign` chose: are they theirs still.

    Raises OfAnother when somebody took an id between the choice and the writing; it must then be made anew. What has
    a derived id is this source's in any case, whoever changed it since.
    """
    keeps, own = _rule(source_id), {name for local, name in final.items() if name != local}

    def meets(ready: Sequence[Ready], there: Mapping[store.Key, store.Old]) -> Sequence[Ready]:
        for item in ready:
            old, key = there.get(item.key), f"{item.type}/{item.incoming.id}"
            if old is None or (key in own and old.person_id == item.person_id):
                continue
            if not keeps(key, Place(old.person_id, old.source_id), item.person_id):
                raise OfAnother(seen="an id taken meanwhile", expected="a free one", todo="Choose the ids anew.")
        return ready

    return meets


def too_many() -> Refused:
    """What is said when ids were taken by others each time they were chosen."""
    return Refused("ids that others take at the same moment", "ids that stay free", "Import the file again.")


def outside(survey: Survey, source_id: int) -> dict[str, str]:
    """What references to things outside the file stand for in the store, where that is known.

    Conditional references (https://hl7.org/fhir/R4/http.html#trules) by identifier; literal ones whose target got a
    derived id when it came from the same source, or that name this server's own address.
    """
    mapping: dict[str, str] = {}
    asked: dict[str, Asked] = {}
    for text in survey.outside:
        if named := asked_for(text):
            inside = survey.numbers.get((named.kind, named.system, named.value))
            if inside:
                mapping[text] = inside
            else:
                asked[text] = named
    moved = {text: _other(source_id, plain) for text in survey.outside if (plain := relative(text))}
    own = f"{config().base_url}/fhir/"
    ours = {text: relative(text) for text in survey.outside if text.startswith(own) and text.count("/", len(own)) == 1}
    there = taken([*moved.values(), *ours.values()])
    known = {text: key for text, key in (moved | ours).items() if key in there}
    return mapping | known | _by_number(asked)


def by_identifier(text: str) -> dict[str, Any]:
    """What a conditional reference names, as a logical one: by type and identifier; empty for other references.

    A condition leads somewhere only while a transaction is taken, so none is kept of what is not found
    (https://hl7.org/fhir/R4/references.html#logical).
    """
    asked = asked_for(text)
    if asked is None:
        return {}
    number = {"value": asked.value}
    return {"type": asked.kind, "identifier": {"system": asked.system, **number} if asked.system else number}


def _other(source_id: int, key: str, person_id: int | None = None) -> str:
    return f"{key.partition('/')[0]}/{derived(source_id, key, person_id)}"


def _rule(source_id: int) -> Callable[[str, Place | None, int], bool]:
    """Whether an entry of this source and a person may have a key, which is free or taken at a place."""
    given = models.Source.objects.filter(pk=source_id, key__startswith=GIVEN).exists()

    def keeps(key: str, place: Place | None, person_id: int) -> bool:
        foreign = place is not None and place.source_id != source_id
        return not (given and foreign) and _keeps(key, person_id, place, source_id)

    return keeps


def _keeps(key: str, person_id: int, place: Place | None, source_id: int) -> bool:
    """Whether an entry may have this key: a valid id, free or its own from before."""
    identity = key.partition("/")[2]
    if not ID.fullmatch(identity):
        return False
    if place is None:
        return True
    same_owner = place.person_id == person_id
    return same_owner and (place.source_id == source_id or _GLOBAL.fullmatch(identity) is not None)


def _by_number(asked: Mapping[str, Asked]) -> dict[str, str]:
    hashes = {text: posting_hash(one.kind, "identifier", "token", one.text) for text, one in asked.items()}
    found: dict[int, list[str]] = {}
    numbers = list(dict.fromkeys(hashes.values()))
    with connection.cursor() as cursor:
        for start in range(0, len(numbers), _BATCH):
            some = numbers[start : start + _BATCH]
            marks = ",".join(["%s"] * len(some))
            cursor.execute(f"{_FOUND_BY} ({marks})", some)
            for number, fhir_id in cursor.fetchall():
                found.setdefault(number, []).append(fhir_id)
    one = {number: ids[0] for number, ids in found.items() if len(ids) == 1}
    return {text: f"{asked[text].kind}/{one[number]}" for text, number in hashes.items() if number in one}
