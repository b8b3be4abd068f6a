"""Taking in FHIR: bundles, single resources, NDJSON. The whole file is checked before the first write."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import repeat

from django.db import transaction

from chartpost.formats.fhirjson.tables import Json
from chartpost.formats.filekinds import FHIR
from chartpost.identity import aliases
from chartpost.identity import queries as identity
from chartpost.identity import services as persons
from chartpost.kernel.db import raw
from chartpost.records import models, services, store
from chartpost.records.errors import OfAnother, Refused
from chartpost.records.ingest import decide, ids, originals, provenance
from chartpost.records.ingest.entries import Entries, Survey, holders, survey
from chartpost.records.ingest.patients import from_resource
from chartpost.records.ingest.types import Run
from chartpost.records.matching import Incoming as Described
from chartpost.records.matching import Match
from chartpost.records.preparing import Ready
from chartpost.records.types import Incoming

NOBODY = ""


@dataclass
class Plan:
    """What will be written: the person of each local key, its final key, and what each reference becomes.

    `writes` are the patient keys whose entries are written now, `told` the targets whose provenance the file has,
    `tied` the Patients that were not tied to their persons before.
    """

    person: dict[str, int]
    final: dict[str, str]
    mapping: dict[str, str]
    writes: set[str]
    told: set[str] = field(default_factory=set)
    filed: dict[int, list[str]] = field(default_factory=dict)
    tied: list[str] = field(default_factory=list)


def take(file: models.ImportFile, run: Run) -> None:
    """Take in one FHIR file as far as its patients are known, and note its state: done, waiting or discarded.

    Raises Refused or FhirJsonError, before anything is written, when any part of the file is not FHIR R4.
    """
    entries = Entries(file)
    found = survey(entries, "entry" if file.kind == FHIR.name else "line", keep=entries.in_memory)
    people = _people(file, found, run)
    plan = _write(file, entries, found, people, run)
    with transaction.atomic():
        aliases.settled(people.values(), raw.django())
        originals.fresh(file)
        _close(file, found, plan, people, run)
        originals.finish(file)


def _write(file: models.ImportFile, entries: Entries, found: Survey, people: dict[str, int], run: Run) -> Plan:
    """Store what the file holds of these people; planned anew where another import took an id of it meanwhile.

    All of it is then written again: of what is stored already only what names such an id is changed. Entries kept in
    memory hold what the plan before made of their references by then: its ids are mapped too, and those that became
    logical ones stay so.
    """
    plan, names = _plan(file, found, people, run), dict[str, str]()
    for _ in range(ids.TRIES):
        if not plan.writes:
            return plan
        incoming = _watched(_incoming(file, entries, found, plan), len(found.keys), file, run)
        try:
            look = _tying(file, plan, people)
            run.report.add(services.save(incoming, _source(file), run.actor, meets=look))
        except OfAnother:
            names |= {final: key for key, final in plan.final.items()}
            plan = _plan(file, found, people, run)
            plan.mapping = {name: plan.final[key] for name, key in names.items()} | plan.mapping
        else:
            return plan
    raise ids.too_many()


def _tying(file: models.ImportFile, plan: Plan, people: dict[str, int]) -> store.Meets:
    """The look of `ids.still`; each Patient is tied to its person as it is stored: to nobody it is one of its own."""
    still, source = ids.still(_source(file), plan.final), file.source.key if file.source else ""
    whose = {plan.final[key]: people[key] for key in plan.writes if key in plan.final}

    def meets(ready: Sequence[Ready], there: Mapping[store.Key, store.Old]) -> Sequence[Ready]:
        ready = still(ready, there)
        for one in ready:
            person_id = whose.get(f"{one.type}/{one.incoming.id}")
            if person_id is not None and persons.add_source(person_id, source, one.incoming.id, []):
                plan.tied.append(one.incoming.id)
        return ready

    return meets


def _people(file: models.ImportFile, found: Survey, run: Run) -> dict[str, int]:
    """Patient key -> person, for those decided; NOBODY -> 0."""
    if run.target_id and len(found.patients) > 1:
        raise Refused(
            f"a file of {len(found.patients)} patients", "one patient, as a person was named",
            "Import it without naming a person.",
        )  # fmt: skip
    people: dict[str, int] = {NOBODY: 0}
    for key in dict.fromkeys([*found.patients, *found.owner.values()]):
        person_id = _whose(file, key, found, run) if key != NOBODY else 0
        if person_id is not None:
            people[key] = person_id
    return people


def _whose(file: models.ImportFile, key: str, found: Survey, run: Run) -> int | None:
    patient = found.patients.get(key)
    if patient is not None:
        return decide.decide(file, key, from_resource(patient), run, _known(file, key, run))
    if key in run.known:
        return run.known[key][0]
    if run.target_id or key in file.people:
        return decide.decide(file, key, Described(), run)
    person_id = _known(file, key, run)
    if person_id is not None:
        return person_id
    match = Match(reason="It names a patient whom the file does not describe")
    decide.ask(file, key, {"name": "", "patient": key}, match, run)
    return None


def _known(file: models.ImportFile, key: str, run: Run) -> int | None:
    """Whose Patient of a named source this was before."""
    if not run.source_name:
        return None
    candidates = [key, f"Patient/{ids.derived(_source(file), key)}"]
    for name, place in ids.taken(candidates).items():
        if place.source_id == _source(file):
            return identity.by_source(name.partition("/")[2])
    return None


def _plan(file: models.ImportFile, found: Survey, people: dict[str, int], run: Run) -> Plan:
    person = {key: people[owner] for key in found.keys if (owner := found.owner.get(key, NOBODY)) in people}
    source = _source(file)
    final = ids.assign(person, source)
    beyond = ids.outside(found, source)
    mapping = {text: final.get(key, key) for text, key in found.alias.items()}
    mapping |= {text: final.get(key, key) for text, key in beyond.items()}
    mapping |= {key: f"Patient/{known[1]}" for key, known in run.known.items() if key not in found.alias}
    told = {mapping.get(text, text) for texts in found.targets.values() for text in texts}
    writes = {key for key in people if not file.people.get(key, {}).get("done")}
    return Plan(person, final, {a: b for a, b in mapping.items() if a != b}, writes, told)


def _incoming(file: models.ImportFile, entries: Entries, found: Survey, plan: Plan) -> Iterator[Incoming]:
    """Everything to write: Patients first, then the rest in the file's order, then where it came from."""
    for first in (True, False):
        for entry, key, kept in zip(entries, found.keys, found.holders or repeat(None), strict=False):
            owner = found.owner.get(key, NOBODY)
            if owner in plan.writes and key in plan.person and (key in found.patients) == first:
                yield _ready(entry.resource, key, kept, plan)
    for person_id, targets in plan.filed.items():
        yield from provenance.of_import(file, person_id, targets)


def _ready(resource: Json, key: str, kept: list[Json] | None, plan: Plan) -> Incoming:
    person_id, final = plan.person[key], plan.final[key]
    for holder in holders(resource) if kept is None else kept:
        text = holder.get("reference", "")
        if text in plan.mapping:
            holder["reference"] = plan.mapping[text]
        elif named := ids.by_identifier(text):
            del holder["reference"]
            holder.update({**named, **holder})
    kind, _, identity_ = final.partition("/")
    resource["id"] = identity_
    if person_id and kind != "Provenance" and final not in plan.told:
        plan.filed.setdefault(person_id, []).append(final)
    return Incoming(resource, identity_, person_id, valid=True)


def _watched(incoming: Iterator[Incoming], total: int, file: models.ImportFile, run: Run) -> Iterator[Incoming]:
    for number, item in enumerate(incoming):
        if number % services.ROWS_PER_STEP == 0:
            run.tell(file.name, number, total)
        yield item


def _close(file: models.ImportFile, found: Survey, plan: Plan, people: dict[str, int], run: Run) -> None:
    """Note what is done, so that a later settling of other patients leaves it alone."""
    tied = frozenset(plan.tied)
    for key in plan.writes:
        entry = {**file.people.get(key, {}), "person": people[key], "done": True}
        if key in plan.final:
            entry["id"] = plan.final[key].partition("/")[2]
            numbers = () if entry.pop("new", False) else from_resource(found.patients[key]).identifiers
            source = file.source.key if file.source else ""
            if (numbers or entry["id"] not in tied) and persons.add_source(
                people[key], source, entry["id"], list(numbers)
            ):
                plan.tied.append(entry["id"])
        file.people[key] = entry
        run.report.persons.update({people[key]} - {0})
    persons.patients_turned(plan.tied)
    file.done = len(plan.person)


def _source(file: models.ImportFile) -> int:
    assert file.source_id is not None
    return file.source_id
