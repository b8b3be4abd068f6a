"""The entries made of a C-CDA document on their way into the store: ids, references, whose they are.

Entries keep the ids the document gives them. The Patient is one per person and source, and people and places with a
number are one per source, so that each document of a sender tells of the same ones; the latest document counts.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import NamedTuple

from chartpost.formats.ccda.intake import ADDED_TO
from chartpost.formats.fhirjson.canonical import Entry, dump, parse
from chartpost.formats.fhirjson.tables import Json
from chartpost.formats.fhirjson.terms import Category
from chartpost.identity.types import Actor
from chartpost.records import models, services
from chartpost.records import store as rows
from chartpost.records.errors import OfAnother
from chartpost.records.ingest import ids
from chartpost.records.ingest.calm import without_collector
from chartpost.records.ingest.clinical_reading import Clinical
from chartpost.records.ingest.entries import SHARED, survey
from chartpost.records.ingest.provenance import TARGETS_EACH
from chartpost.records.preparing import Ready
from chartpost.records.types import Incoming, SaveResult

WRITTEN = "urn:chartpost:document-time"
"""System of the tag that says when the document was written which a shared entry was last taken from."""
_NUMBERED = ("http://hl7.org/fhir/sid/", "urn:oid:")
_TIME = re.compile(r"[0-9]{4,14}")


class Stored(NamedTuple):
    """The keys (Type/id) of what a document gave, what storing them did, the id of its Patient."""

    keys: tuple[str, ...]
    result: SaveResult
    patient: str


def store(
    made: Clinical,
    person_id: int,
    source: int,
    actor: Actor,
    gone: frozenset[str] = frozenset(),
    tell: Callable[[int], None] = lambda _done: None,
) -> Stored:
    """Store what a document says as entries of a person; twice gives the same. Keys in `gone` stay removed.

    `tell` hears how many are done. Of a large document one section is held at a time, and what later sections may
    still add to. All is stored anew where another import took an id of it between its choice and its writing.
    """
    names: dict[str, str] = {}
    for _ in range(ids.TRIES):
        saving = _Saving(made, person_id, source, actor, gone, names)
        try:
            return _stored(saving, tell)
        except OfAnother:
            names |= {final: local for local, final in saving.mapping.items()}
    raise ids.too_many()


def _stored(saving: "_Saving", tell: Callable[[int], None]) -> Stored:
    made = saving.made
    with nullcontext() if made.large else without_collector():
        for batch in made.batches():
            saving.take(batch.resources)
            tell(len(saving.keys))
        saving.end()
    mine = f"Patient/{made.patient}"
    return Stored(tuple(saving.keys), saving.result, saving.mapping.get(mine, mine).partition("/")[2])


class _Traces:
    """One Provenance for all an author is named for, in place of one for each section: people see fewer of them."""

    def __init__(self) -> None:
        self._open: dict[bytes, Json] = {}

    def put(self, traces: Iterable[Json]) -> list[Json]:
        """Take the traces of a part; gives back those that are full."""
        full = []
        for trace in traces:
            same = dump({key: value for key, value in trace.items() if key not in ("id", "target")})
            first = self._open.get(same)
            if first is None or len(first["target"]) + len(trace["target"]) > TARGETS_EACH:
                full += [first] if first else []
                first = self._open[same] = {**trace, "target": []}
            first["target"] += trace["target"]
        return full

    def rest(self) -> list[Json]:
        """Those that are not full yet."""
        return list(self._open.values())


@dataclass
class _Saving:
    """A document on its way into the store, part by part; `mapping` has the keys that are not kept as they are.

    `names` are keys of the document by those they were to get before others took these: resources may hold them.
    """

    made: Clinical
    person_id: int
    source: int
    actor: Actor
    gone: frozenset[str]
    names: Mapping[str, str] = field(default_factory=dict)
    mapping: dict[str, str] = field(default_factory=dict)
    keys: dict[str, None] = field(default_factory=dict)
    result: SaveResult = field(default_factory=SaveResult)
    _shared: set[str] = field(default_factory=set)
    _told: set[str] = field(default_factory=set)
    _held: list[Json] = field(default_factory=list)
    _plain: list[Json] = field(default_factory=list)
    _traces: _Traces = field(default_factory=_Traces)

    def take(self, resources: list[Json]) -> None:
        """Give each resource its key; of a large document, store those that nothing will be added to."""
        if not self.keys:
            self._name({key: key for key in self.made.later})
        traces = [r for r in resources if r["resourceType"] == "Provenance"]
        entries = [r for r in resources if r["resourceType"] != "Provenance"]
        self._name({_key(r): self._wanted(r) for r in entries})
        self._held += (r for r in entries if r["resourceType"] in ADDED_TO)
        self._plain += (r for r in entries if r["resourceType"] not in ADDED_TO)
        self._plain += self._traces.put(traces)
        if self.made.large:
            self._save(self._plain)
            self._plain.clear()

    def end(self) -> None:
        """Store the rest, once all is known."""
        self._save([*self._held, *self._plain, *self._traces.rest()])

    def _wanted(self, resource: Json) -> str:
        """The key a resource would like: its own, or one it shares with other documents of the source."""
        local, shared = _key(resource), _shared_name(resource, self.person_id)
        key = f"{resource['resourceType']}/{ids.derived(self.source, shared)}" if shared else local
        if key in self._shared:
            return local
        if shared:
            self._shared.add(key)
        return key

    def _name(self, wanted: dict[str, str]) -> None:
        """Settle the keys of resources: local key -> the one it would like."""
        new = {local: name for local, name in wanted.items() if local not in self.mapping}
        final = ids.assign({name: self._owner(name) for name in new.values()}, self.source)
        self.mapping |= {local: final[name] for local, name in new.items() if final[name] != local}

    def _owner(self, key: str) -> int:
        return 0 if key.partition("/")[0] in SHARED else self.person_id

    def _save(self, resources: list[Json]) -> None:
        if not resources:
            return
        self._name({_key(r): _key(r) for r in resources if r["resourceType"] == "Provenance"})
        done = services.save(list(self._incoming(resources)), self.source, self.actor, meets=self._look())
        mine = self.result
        self.result = SaveResult(
            mine.created + done.created, mine.updated + done.updated, mine.unchanged + done.unchanged
        )

    def _incoming(self, resources: list[Json]) -> Iterator[Incoming]:
        found = survey((Entry("", "", r) for r in resources), "entry")
        for resource, key, held in zip(resources, found.keys, found.holders, strict=True):
            for holder in held:
                local = self.names.get(holder["reference"], holder["reference"])
                holder["reference"] = self.mapping.get(local, local)
            final = self.mapping.get(key, key)
            self.keys[final] = None
            kind, _, identity = final.partition("/")
            if final in self.gone:
                continue
            if final != key and (kind == "Patient" or kind in SHARED):
                self._mark(resource, final)
            yield Incoming(
                {**resource, "id": identity}, identity, self._owner(final), category=_category(resource), valid=True
            )

    def _mark(self, resource: Json, final: str) -> None:
        """Say of a shared entry when what it tells was written."""
        self._told.add(final)
        if self._time:
            resource["meta"] = {**resource.get("meta", {}), "tag": [{"system": WRITTEN, "code": self._time}]}

    @property
    def _time(self) -> str:
        found = _TIME.match(self.made.header.effective_time)
        return found[0] if found else ""

    def _look(self) -> rows.Meets:
        """A look at the rows that are met: ids are still free, and what tells of shared entries is as late as those."""
        still = ids.still(self.source, self.mapping)

        def meets(ready: Sequence[Ready], there: Mapping[rows.Key, rows.Old]) -> Sequence[Ready]:
            shared = {there[r.key].rid: r for r in still(ready, there) if r.key in there and _name(r) in self._told}
            later = {shared[rid].key for rid, written in _written(shared) if written > self._time}
            return [item for item in ready if item.key not in later] if later else ready

        return meets


def _name(item: Ready) -> str:
    return f"{item.type}/{item.incoming.id}"


def _written(rids: Iterable[int]) -> Iterator[tuple[int, str]]:
    """When the documents were written which shared rows were last taken from; deleted rows are left out."""
    found = models.Resource.objects.filter(pk__in=rids, deleted=False).values_list("rid", "body")
    for rid, body in found if rids else ():
        tags = parse(bytes(body)).get("meta", {}).get("tag", ())
        yield rid, next((tag.get("code", "") for tag in tags if tag.get("system") == WRITTEN), "")


def _category(resource: Json) -> Category | None:
    """Programs that wrote something are shown with people and places, not with what was done to the patient."""
    return Category.PEOPLE if resource["resourceType"] == "Device" and "patient" not in resource else None


def _key(resource: Json) -> str:
    return f"{resource['resourceType']}/{resource['id']}"


def _shared_name(resource: Json, person_id: int) -> str:
    kind = resource["resourceType"]
    if kind == "Patient":
        return f"ccda-patient\x1f{person_id}"
    if kind not in ("Practitioner", "Organization", "Location"):
        return ""
    for number in resource.get("identifier", ()):
        if str(number.get("system", "")).startswith(_NUMBERED):
            name = resource["name"] if isinstance(resource.get("name"), str) else ""
            return f"ccda-{kind}\x1f{number['system']}\x1f{number['value']}\x1f{name.casefold()}"
    return ""
