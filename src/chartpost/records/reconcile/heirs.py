"""Answers that carry over: what people said of an entry counts for a newer edition of the same statement.

Senders give their entries other ids in each document, and a newer document takes the place of an older one. An entry
inherits what was said of another of its source when all that is compared of the two is the same, it came after the
answer, and the other is gone or bears a number of it. So nobody is asked the same twice; a fact that changed is asked.
"""

from collections.abc import Mapping
from datetime import datetime

from chartpost.records.models import Resource
from chartpost.records.reconcile import looking, rules
from chartpost.records.reconcile.models import Answer
from chartpost.records.reconcile.types import Facts
from chartpost.records.store import chunks


def carry_over(person_id: int, made: Mapping[int, Facts]) -> None:
    """Add to answers the newer editions, among these rows, of the entries they are about; twice gives the same.

    In the caller's transaction. An answer that two are the same, or for the office, goes to one heir alone: where there
    are several it is not known whose it is.
    """
    about = [
        a for a in Answer.objects.filter(person_id=person_id, undone_at=None) if made.keys() & {*a.ones, *a.others}
    ]
    named = {rid for answer in about for rid in (*answer.ones, *answer.others)}
    known = {**made, **looking.read(looking.gone(person_id, named - made.keys()), person_id)}
    alike: dict[tuple[object, ...], list[int]] = {}
    for rid, one in made.items():
        alike.setdefault(_told(one), []).append(rid)
    for answer in about:
        _extend(answer, made, known, alike)


def _extend(
    answer: Answer, made: Mapping[int, Facts], known: Mapping[int, Facts], alike: Mapping[tuple[object, ...], list[int]]
) -> None:
    had = {*answer.ones, *answer.others}
    changed = False
    for side in (answer.ones, answer.others):
        for rid in list(side):
            heirs = [r for r in alike.get(_told(known[rid]), ()) if r not in had] if rid in known else []
            heirs = _since(answer.at, [r for r in heirs if rid not in made or _edition(known[rid], made[r])])
            if not heirs or (answer.word != "different" and len(heirs) > 1):
                continue
            side.extend(heirs)
            had |= {*heirs}
            changed = True
            if answer.shown == rid and rid not in made:
                answer.shown = heirs[0]
    if changed:
        answer.save(update_fields=["ones", "others", "shown"])


def _told(one: Facts) -> tuple[object, ...]:
    """All that is compared of an entry, and its source."""
    return one._replace(key="", files=frozenset(), ids=frozenset(), edition=("", 0))


def _edition(older: Facts, newer: Facts) -> bool:
    """Whether an entry is told again in another file of the source, under the same number."""
    return bool(older.ids & newer.ids) and rules.apart(older, newer)


def _since(moment: datetime, rids: list[int]) -> list[int]:
    """Those of the rows that were stored after a moment."""
    found: set[int] = set()
    for some in chunks(rids, looking.BATCH):
        rows = Resource.objects.filter(rid__in=some, updated_ms__gte=int(moment.timestamp() * 1000))
        found |= set(rows.values_list("rid", flat=True))
    return [rid for rid in rids if rid in found]
