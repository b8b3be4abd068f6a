"""Reading the ledger: what a person sees of their own history, what the privacy officer looks for."""

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
from django.db.models import QuerySet

from chartpost.ledger import actions
from chartpost.ledger.models import Entry, Leaf, Tree
from chartpost.ledger.sequencer import Sequencer
from chartpost.ledger.types import EntryView, Filter

LARGEST_PAGE = 500
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_reader = Sequencer()
_one_at_a_time = threading.Lock()


def for_person(
    person_id: int, before: str | None = None, limit: int = 50, merged: frozenset[int] = frozenset()
) -> list[EntryView]:
    """What happened with a person's record, newest first; `before` is the `ref` of the last entry seen.

    `merged` are those who are one person with them by now. An entry keeps whom it was written about, so that parting
    them parts their entries too.

    Complete to the present moment: spooled reads of this machine are filed first (45 CFR 164.528 asks for
    disclosures only; here the person sees every access).
    """
    return search(Filter(person_id=person_id, merged=merged), before, limit)


def told(wanted: Filter, before: str | None, limit: int, tells: Callable[[EntryView], bool]) -> list[EntryView]:
    """As `search`, the entries for which `tells` says so; those left out neither shorten a list nor stand at its end.

    Else its length, and where the next page begins, would tell that they are there, and when they were written.
    """
    found: list[EntryView] = []
    size = limit
    while True:
        some = search(wanted, before, size)
        found += filter(tells, some)
        if len(some) < min(size, LARGEST_PAGE) or len(found) >= limit:
            return found[:limit]
        before, size = some[-1].ref, LARGEST_PAGE


def search(wanted: Filter, before: str | None = None, limit: int = 50) -> list[EntryView]:
    """Entries that fit a filter, newest first; `before` is the `ref` of the last entry seen, `limit` at most 500."""
    if before is None:
        with _one_at_a_time:
            _reader.file_spool()
    rows = _matching(wanted)
    if before is not None:
        rows = rows.filter(ref__lt=before)
    found = list(rows.order_by("-ref")[: max(1, min(limit, LARGEST_PAGE))])
    return _views(found)


def entry(ref: str) -> EntryView | None:
    """One entry by its reference."""
    return next(iter(_views(list(Entry.objects.filter(ref=ref)))), None)


def size() -> int:
    """How many entries have their place in the tree."""
    return Tree.objects.get(pk=1).size


def _matching(wanted: Filter) -> QuerySet[Entry]:
    exact: dict[str, Any] = {
        "person_id__in": wanted.persons,
        "actor": wanted.actor or None,
        "action": wanted.action or None,
        "object": wanted.object or None,
    }
    rows = Entry.objects.filter(**{name: value for name, value in exact.items() if value is not None})
    if wanted.since:
        rows = rows.filter(ref__gte=_first_ref(wanted.since))
    if wanted.until:
        rows = rows.filter(ref__lt=_first_ref(wanted.until))
    return rows


def _first_ref(moment: datetime) -> str:
    """The smallest reference of a moment: references begin with their time (10 characters of 5 bits)."""
    milliseconds = int(moment.timestamp() * 1000)
    return "".join(_ALPHABET[(milliseconds >> shift) & 31] for shift in range(45, -5, -5))


def _views(found: Sequence[Entry]) -> list[EntryView]:
    places = dict(Leaf.objects.filter(entry_id__in=[row.pk for row in found]).values_list("entry_id", "seq"))
    return [_view(row, places.get(row.pk)) for row in found]


def _view(row: Entry, sequence: int | None) -> EntryView:
    values: dict[str, Any] = orjson.loads(bytes(row.body))
    return EntryView(
        ref=values["ref"],
        at=datetime.fromtimestamp(values["at"] / 1000, UTC),
        who=values["actor_name"] or actions.role(values["actor_kind"]),
        role=actions.role(values["actor_kind"]),
        what=actions.words(values["action"]),
        why=actions.purpose(values["why"]),
        where=values["where"],
        action=values["action"],
        object=values["object"],
        person_id=values["person"],
        detail=values["detail"],
        sequence=sequence,
        actor=values["actor"],
        purpose=values["why"],
    )
