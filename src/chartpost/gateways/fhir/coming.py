"""What a transaction is about to store, as its conditional references find it: they are resolved last.

https://hl7.org/fhir/R4/http.html#trules
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import Any

from chartpost.formats.fhirjson import search as language
from chartpost.formats.fhirjson.search.values import TokenValue
from chartpost.gateways.fhir import checking
from chartpost.gateways.fhir.conditions import Met, ids, named_by, one_of_each, one_reference, too_many
from chartpost.gateways.fhir.http import pairs
from chartpost.identity.aliases import person_of
from chartpost.identity.types import Access
from chartpost.kernel.db import raw
from chartpost.records.changes import Change
from chartpost.records.ingest.patients import whose

NAMED_AT_MOST = 100
"""Entries of one identifier that are compared with the rest of a condition."""
_TELLING = frozenset({"identifier", "_id"})
Json = dict[str, Any]


class Coming:
    """The resources of a transaction by type and id, and by their identifiers; `gone` are the ids it deletes, by type.

    Only a reference that asks for an identifier or an id is looked for here: others would be compared with every entry.
    """

    def __init__(self, stored: Iterable[tuple[Change, Json]], gone: Mapping[str, Set[str]]) -> None:
        self._gone = gone
        self._of_type: dict[str, dict[str, Json]] = {}
        self._places: dict[str, str] = {}
        for change, resource in stored:
            self._of_type.setdefault(change.type, {})[change.id] = resource
            if change.type == "Patient":
                self._places[change.id] = change.place
        self._told: dict[str, dict[str, list[str]]] = {}

    def reference(self, text: str, access: Access, base_url: str) -> str:
        """The one resource a conditional reference names once all is stored; 412 unless it is exactly one."""
        kind, _, query = text.partition("?")
        asked = pairs(query)
        found = self._found(kind, asked, base_url)
        without: Set[str] = self._gone.get(kind, frozenset())
        if found is not None:
            without = without | self._of_type[kind].keys()
        there = [*named_by(kind, asked, access, base_url, without), *(Met(name, 0) for name in found or ())]
        if kind == "Patient" and len(there) > 1:
            there = self._of_persons(there)
        return one_reference(text, ids(one_of_each(kind, there)))

    def _of_persons(self, there: Sequence[Met]) -> list[Met]:
        """These Patients without those of the Bundle that will be of a person of whom another is there."""
        known = {met.id: person_of(met.id, raw.current()) for met in there}
        kept, persons = [met for met in there if known[met.id] is not None], set(known.values()) - {None}
        for met in there:
            if known[met.id] is None and (person := self._person(met.id)) not in persons:
                kept.append(met)
                persons |= {person} - {None}
        return kept

    def _person(self, name: str) -> int | None:
        """Whose a new Patient will be once it is stored; None for a new person, or where nobody can tell yet."""
        resource = self._of_type["Patient"][name]
        checking.checked(resource, self._places[name])
        return whose(resource)

    def _found(self, kind: str, asked: Sequence[tuple[str, str]], base_url: str) -> list[str] | None:
        """Ids of what is stored here and fits; None where that is not looked for."""
        if kind not in self._of_type:
            return None
        try:
            criteria = language.parse(kind, asked, base_url=base_url).criteria
        except language.SearchError:
            return None  # told by the search of what is stored
        telling = next((c for c in criteria if c.definition.name in _TELLING and not c.modifier), None)
        if telling is None or telling.chain is not None or not all(value.code for value in telling.values):
            return None
        names = dict.fromkeys(name for value in telling.values for name in self._named(kind, value))
        if len(names) > NAMED_AT_MOST:
            raise too_many()
        of_type = self._of_type[kind]
        return [name for name in names if all(c.matches({**of_type[name], "id": name}) for c in criteria)]

    def _named(self, kind: str, value: TokenValue) -> list[str]:
        """Ids of those of a type that have this id, or an identifier of this value and system."""
        if kind not in self._told:
            found: dict[str, list[str]] = {}
            for name, resource in self._of_type[kind].items():
                for text in {name, *_identifiers(resource)}:
                    found.setdefault(text, []).append(name)
            self._told[kind] = found
        return self._told[kind].get(value.code if value.system is None else f"{value.system}|{value.code}", [])


def _identifiers(resource: Json) -> Iterator[str]:
    """The identifiers of a resource that nobody has checked yet, as a search asks for them."""
    for key in ("identifier", "masterIdentifier"):
        given = resource.get(key)
        for one in given if isinstance(given, list) else [given]:
            if isinstance(one, dict) and isinstance(one.get("value"), str):
                yield one["value"]
                yield f"{one.get('system') or ''}|{one['value']}"
