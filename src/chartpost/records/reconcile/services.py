"""What people say of entries they see side by side; each answer can be taken back, and nothing of an entry changes.

Answers about one record are taken one at a time; each brings back the token of the page it was given on, so that of
two people who answer at once the second one is told.
"""

from collections.abc import Sequence

from django.db import transaction

from chartpost.identity.services import event
from chartpost.identity.types import Actor, RowFilter
from chartpost.kernel import clock
from chartpost.ledger import services as ledger
from chartpost.records import queries as records
from chartpost.records.errors import AnsweredMeanwhile, NotStored, Refused
from chartpost.records.reconcile import comparing, models, queries

WORDS = ("same", "different", "office")


@transaction.atomic
def answer(
    person_id: int,
    keys: tuple[str, str],
    word: str,
    token: str,
    actor: Actor,
    rows: RowFilter,
    shown: str = "",
    where: str = "",
) -> str:
    """Say whether two entries (Type/id) are the same, and which of them is shown; returns the answer's reference.

    `word` is same, different or office (the office should say). Raises NotStored when a side is not there for this
    reader, AnsweredMeanwhile when things are no longer as on the page, Refused for another word.
    """
    if word not in WORDS or shown not in ("", *keys) or keys[0] == keys[1]:
        raise Refused("an answer that is none", f"one of {', '.join(WORDS)}", "Choose one of the answers.")
    comparing.alone(person_id)
    rids = {key: _rid(person_id, key, rows) for key in keys}
    low, high = sorted(rids.values())
    pair = models.Pair.objects.filter(person_id=person_id, low_rid=low, high_rid=high).first()
    if pair is None or token != queries.token(person_id, low, high, pair.how, pair.conflicts, pair.state):
        raise _meanwhile()
    one, other = (_beside(person_id, rids[key], rows) for key in keys)
    whole = word == "different" and not set(one) & set(other)
    row = _keep(
        person_id,
        actor,
        word=word,
        ones=one if whole else [rids[keys[0]]],
        others=other if whole else [rids[keys[1]]],
        shown=rids.get(shown),
        seen=pair.conflicts,
    )
    _settle(row, actor, "record.answer", where)
    return row.ref


@transaction.atomic
def take_apart(person_id: int, key: str, token: str, actor: Actor, rows: RowFilter, where: str = "") -> str:
    """Take one entry out of the entries it is joined with; returns the answer's reference.

    `token` is `join_token` of the entries on the page. Raises NotStored, AnsweredMeanwhile.
    """
    comparing.alone(person_id)
    rid = _rid(person_id, key, rows)
    beside = _beside(person_id, rid, rows)
    others = [one for one in beside if one != rid]
    if not others or token != join_token(beside):
        raise _meanwhile()
    row = _keep(person_id, actor, word="different", ones=[rid], others=others)
    _settle(row, actor, "record.answer", where)
    return row.ref


@transaction.atomic
def undo(ref: str, person_id: int, actor: Actor, rows: RowFilter, where: str = "") -> None:
    """Take an answer back; what was said before counts again. Raises NotStored when there is none for this reader."""
    comparing.alone(person_id)
    row = models.Answer.objects.filter(ref=ref, person_id=person_id).first()
    seen = records.by_rows(person_id, [*row.ones, *row.others], rows) if row else {}
    if row is None or not (set(row.ones) & set(seen) and set(row.others) & set(seen)):
        raise NotStored(seen="no such answer", expected="one about entries you see", todo="Go back to the record.")
    if row.undone_at is None:
        row.undone_at = clock.now()
        row.save(update_fields=["undone_at"])
        _settle(row, actor, "record.answer_undo", where)


def join_token(rids: Sequence[int]) -> str:
    """A name for what is joined, as the reader sees it."""
    return "-".join(map(str, sorted(rids)))


def _keep(person_id: int, actor: Actor, **said: object) -> models.Answer:
    return models.Answer.objects.create(
        person_id=person_id,
        by_account=actor.account_id,
        by_name=actor.name,
        by_staff=actor.kind == "staff",
        **said,
    )


def _settle(row: models.Answer, actor: Actor, action: str, where: str) -> None:
    comparing.again(row.person_id, [*row.ones, *row.others])
    why = "operations" if actor.kind == "staff" else "own access"
    if actor.kind == "person" and row.person_id not in actor.own_persons:
        why = "representative access"
    ledger.append(event(actor, action, row.person_id, f"answer:{row.ref}", why, where, outcome=row.word))


def _rid(person_id: int, key: str, rows: RowFilter) -> int:
    kind, _, fhir_id = key.partition("/")
    return records.item(person_id, kind, fhir_id, rows).stored.rid


def _beside(person_id: int, rid: int, rows: RowFilter) -> list[int]:
    """A row and those it is joined with, as far as the reader sees them."""
    join = models.Joined.objects.filter(rid=rid).values_list("join_id", flat=True).first()
    if join is None:
        return [rid]
    rids = models.Joined.objects.filter(join_id=join).values_list("rid", flat=True)
    return sorted(records.by_rows(person_id, list(rids), rows))


def _meanwhile() -> AnsweredMeanwhile:
    return AnsweredMeanwhile(
        seen="entries that changed, or were settled, since the page was opened",
        expected="the page as it is now",
        todo="Look at it again, then answer.",
    )
