"""Whose each patient of a file is: found, new, or waiting in the inbox."""

from typing import Any

from django.db import transaction

from chartpost.identity import queries as identity
from chartpost.identity import services as persons
from chartpost.identity.services import event
from chartpost.ledger import services as ledger
from chartpost.records import matching, models
from chartpost.records.ingest import originals
from chartpost.records.ingest.patients import person_fields, shown
from chartpost.records.ingest.types import Run
from chartpost.records.matching import Candidate, Incoming, Match

NEW = "new"
"""What staff settled on when the patient is somebody the office did not know."""
NOBODY = Match(reason="It belongs in no record")
"""What staff decided when they threw it away."""


def decide(file: models.ImportFile, key: str, incoming: Incoming, run: Run, known_id: int | None = None) -> int | None:
    """The person a patient of the file is, kept with the file; None while staff have not said, or said nobody."""
    match = _said(file, key)
    if match is None:
        match = _for_target(incoming, run.target_id) if run.target_id else matching.find(incoming, known_id)
    if match.person_id is not None and match.person_id != file.people.get(key, {}).get("person"):
        match = _keep(file, key, match.person_id)
    if match.new:
        match = _add(file, key, incoming, run, known_id)
    if match.person_id is None and match != NOBODY:
        ask(file, key, shown(incoming), match, run)
    return match.person_id


def _said(file: models.ImportFile, key: str) -> Match | None:
    """What was decided of a patient of the file already."""
    entry = file.people.get(key, {})
    if entry.get("discarded"):
        return NOBODY
    if entry.get("person") == NEW:
        return Match(new=True)
    return Match(identity.person_by_id(entry["person"]).id) if entry.get("person") is not None else None


def ask(file: models.ImportFile, key: str, said: dict[str, Any], match: Match, run: Run) -> None:
    """Put a question into the inbox; the same question is asked once, unless what was thrown away is brought again."""
    with transaction.atomic():
        item, new = models.InboxItem.objects.get_or_create(
            file=file,
            key=key[:300],
            defaults={
                "reason": match.reason[:200],
                "shown": {**said, "file": file.name},
                "candidates": [_candidate(c) for c in match.candidates],
            },
        )
        if item.state == "discarded":
            new, item.state, item.settled_by, item.settled_at = True, "waiting", None, None
            item.save(update_fields=["state", "settled_by", "settled_at"])
        if new:
            ledger.append(event(run.actor, "inbox.add", None, f"inbox:{item.ref}", "import"))
    if item.state == "waiting":
        run.report.inbox += 1


@transaction.atomic
def ask_again(file: models.ImportFile) -> None:
    """Forget that a file was thrown away, as somebody brought it again and said whose it is."""
    originals.fresh(file)
    for entry in file.people.values():
        entry.pop("discarded", None)
    file.state = "started"
    file.save(update_fields=["people", "state"])


def _for_target(incoming: Incoming, target_id: int) -> Match:
    """The person staff named, unless the file speaks of somebody else: by a number, another name or birth date."""
    target = identity.person_by_id(target_id)
    owners = {p.id: p for s, v in incoming.identifiers if (p := identity.by_identifier(s, v))}
    owners.pop(target.id, None)
    said = matching.score(target, incoming)
    if not owners and not said.contradictions:
        return Match(person_id=target.id)
    reason = f"It has another {' and '.join(said.contradictions)} than the person it was brought for"
    if owners:
        reason = "A number of the file is that of another person"
    found = [Candidate(p, matching.score(p, incoming)) for p in owners.values()]
    meant = {c.person.id: c for c in (*found, *_meant(incoming), Candidate(target, said))}
    return Match(reason=reason, candidates=tuple(meant.values()))


def _meant(incoming: Incoming) -> tuple[Candidate, ...]:
    """Whom the file would be about if nobody had been named."""
    match = matching.find(incoming)
    if match.person_id is None:
        return match.candidates
    person = identity.person_by_id(match.person_id)
    return (Candidate(person, matching.score(person, incoming)),)


@transaction.atomic
def _add(file: models.ImportFile, key: str, incoming: Incoming, run: Run, known_id: int | None) -> Match:
    """A new person, unless another import or another look at this file made them, or staff spoke, in the meantime."""
    persons.alone()
    originals.fresh(file)
    match = _said(file, key) or matching.find(incoming, known_id)
    if match.new:
        person = persons.add_person(person_fields(incoming), list(incoming.identifiers), run.actor)
        return _note(file, key, {"person": person.id, "new": True})
    return _note(file, key, {"person": match.person_id}) if match.person_id is not None else match


@transaction.atomic
def _keep(file: models.ImportFile, key: str, person_id: int) -> Match:
    """Keep whom a patient was found to be, unless something else was decided in the meantime."""
    originals.fresh(file)
    return _said(file, key) or _note(file, key, {"person": person_id})


def _note(file: models.ImportFile, key: str, decision: dict[str, Any]) -> Match:
    file.people[key] = {**file.people.get(key, {}), **decision}
    file.save(update_fields=["people"])
    return Match(decision["person"])


def _candidate(candidate: Candidate) -> dict[str, Any]:
    parts = dict(candidate.score.parts)
    return {"person": candidate.person.id, "total": candidate.score.total, "parts": parts, "clash": candidate.clash}
