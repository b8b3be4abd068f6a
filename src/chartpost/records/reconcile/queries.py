"""What a reader may see of questions, joins, answers. Of what they may not see nothing is told."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from chartpost.identity.types import RowFilter
from chartpost.records import queries as records
from chartpost.records.models import Resource
from chartpost.records.reconcile import looking, models
from chartpost.records.reconcile import shown as showing
from chartpost.records.reconcile.types import Also, Answered, Joined, Kind, Question, Side
from chartpost.records.store import chunks
from chartpost.records.types import Item, Stored

OPEN = ("open", "office")
_PAIRS = (
    "FROM records_pair p JOIN records_resource a ON a.rid = p.low_rid JOIN records_resource b ON b.rid = p.high_rid"
    " WHERE p.person_id = %s AND a.person_id = p.person_id AND b.person_id = p.person_id"
)


def count(person_id: int, rows: RowFilter, states: Sequence[str] = OPEN) -> int:
    """How many questions wait for an answer that this reader may see."""
    return len(_pairs(person_id, rows, states))


def to_settle(
    person_id: int, rows: RowFilter, limit: int = 20, skip: int = 0, office_first: bool = False
) -> list[Question]:
    """Questions that wait, contradictions first; those the office was asked stand first or last."""
    found = _pairs(person_id, rows, OPEN)
    pairs = sorted(found, key=lambda p: ((p[5] == "office") != office_first, not p[4], p[0]))[skip : skip + limit]
    sides = _sides(person_id, {rid for pair in pairs for rid in pair[1:3]}, rows)
    together = _together({rid for pair in pairs for rid in pair[1:3]})
    return [
        Question(
            left=sides[low],
            right=sides[high],
            how=how,
            conflicts=tuple(conflicts.split()),
            joined=together.get(low, -low) == together.get(high, -high),
            with_office=state == "office",
            token=token(person_id, low, high, how, conflicts, state),
        )
        for _, low, high, how, conflicts, state in pairs
        if low in sides and high in sides
    ]


def joins(person_id: int, rows: RowFilter, limit: int = 50, skip: int = 0) -> tuple[list[Joined], int]:
    """Entries that are one, of which the reader sees two or more, and how many such there are."""
    members: dict[int, list[int]] = defaultdict(list)
    sql, values = showing.visible("r", rows)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT d.join_id, d.rid FROM records_joined d JOIN records_join j ON j.id = d.join_id"  # noqa: S608
            " JOIN records_resource r ON r.rid = d.rid AND r.person_id = j.person_id"
            f" WHERE j.person_id = %s AND {sql} ORDER BY r.category, d.join_id, d.place",
            [person_id, *values],
        )
        for join, rid in cursor.fetchall():
            members[join].append(rid)
    several = [rids for rids in members.values() if len(rids) > 1]
    asked = several[skip : skip + limit]
    sides = _sides(person_id, {rid for rids in asked for rid in rids}, rows)
    hows = _hows(person_id, {rid for rids in asked for rid in rids})
    return [
        Joined(
            tuple(sides[rid] for rid in rids), tuple(sorted({how for pair, how in hows.items() if pair <= set(rids)}))
        )
        for rids in asked
    ], len(several)


def answers(person_id: int, rows: RowFilter) -> list[Answered]:
    """What was said and counts, newest first, of entries the reader sees on both sides."""
    found = list(models.Answer.objects.filter(person_id=person_id, undone_at=None).order_by("-pk"))
    sides = _sides(person_id, {rid for row in found for rid in (*row.ones, *row.others)}, rows)
    told = []
    for row in found:
        one, other = ([sides[rid] for rid in rids if rid in sides] for rids in (row.ones, row.others))
        if one and other:
            said = Answered(row.ref, row.word, (*one, *other), row.by_name, row.by_staff, row.at)
            told.append(said)
    return told


def also(person_id: int, rids: Collection[int], rows: RowFilter) -> dict[int, Also]:
    """What a list says of entries: the other sources of those that stand for several, and what nobody settled yet."""
    members = _members(person_id, rids, rows)
    waiting: dict[int, set[str]] = defaultdict(set)
    near = {one for some in members.values() for one, _ in some} | set(rids)
    for _, low, high, _, conflicts, _ in _pairs(person_id, rows, OPEN):
        for rid in {low, high} & near:
            waiting[rid] |= set(conflicts.split()) | {""}
    found = {}
    for rid in rids:
        some = members.get(rid, [(rid, "")])
        said = set().union(*(waiting.get(one, set()) for one, _ in some))
        own = next((name for one, name in some if one == rid), "")
        sources = tuple(dict.fromkeys(name for one, name in some if one != rid and name != own))
        if len(some) > 1 or said:
            found[rid] = Also(sources, tuple(sorted(said - {""})), bool(said))
    return found


def once(person_id: int, entries: Sequence[Stored]) -> tuple[dict[int, int], dict[int, Also]]:
    """For exports of chosen entries: rows behind another chosen one, and what is to be said of those that stand first.

    What else is joined with them and was not chosen plays no part.
    """
    members: dict[int, list[tuple[int, int]]] = defaultdict(list)
    source_of = {stored.rid: stored.source for stored in entries}
    joined = models.Joined.objects.filter(join__person_id=person_id)
    for rid, join, place in joined.values_list("rid", "join_id", "place"):
        if rid in source_of:
            members[join].append((place, rid))
    waiting = models.Pair.objects.filter(person_id=person_id, state__in=OPEN).exclude(conflicts="")
    pairs = list(waiting.values_list("low_rid", "high_rid", "conflicts"))
    behind: dict[int, int] = {}
    told: dict[int, Also] = {}
    for some in members.values():
        first, *rest = [rid for _, rid in sorted(some)]
        behind |= dict.fromkeys(rest, first)
        names = tuple(dict.fromkeys(source_of[rid] for rid in rest if source_of[rid] != source_of[first]))
        said = {c for low, high, text in pairs if {low, high} <= {first, *rest} for c in text.split()}
        if names or said:
            told[first] = Also(names, tuple(sorted(said)), bool(said))
    return behind, told


def with_office() -> dict[int, int]:
    """How many questions people asked the office, by person."""
    found: dict[int, int] = defaultdict(int)
    for person in models.Pair.objects.filter(state="office").values_list("person_id", flat=True):
        found[person] += 1
    return dict(found)


def fills(person_id: int, question: Question, rows: RowFilter, limit: int = 3) -> list[Item]:
    """When a medicine in question was handed out, newest first: told beside it, but no evidence that it is taken."""
    codes = question.left.facts.codes | question.right.facts.codes
    if question.left.facts.kind is not Kind.MEDICINE:
        return []
    return records.newest(person_id, "MedicationDispense", codes, rows, limit)


def token(person_id: int, low: int, high: int, how: str, conflicts: str, state: str) -> str:
    """A name for this state of a pair: it changes when the entries or what was said of them changes."""
    said = models.Answer.objects.filter(person_id=person_id).order_by("-pk")
    last = next((r.pk for r in said if {low, high} & {*r.ones} and {low, high} & {*r.others}), 0)
    undone = models.Answer.objects.filter(person_id=person_id, pk=last, undone_at__isnull=False).exists()
    return "-".join((how, *conflicts.split(), state, str(last), str(int(undone))))


def _pairs(person_id: int, rows: RowFilter, states: Sequence[str]) -> list[tuple[int, int, int, str, str, str]]:
    one, values = showing.visible("a", rows)
    other, more = showing.visible("b", rows)
    marks = ",".join(["%s"] * len(states))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT p.id, p.low_rid, p.high_rid, p.how, p.conflicts, p.state {_PAIRS}"
            f" AND p.state IN ({marks}) AND {one} AND {other} ORDER BY p.id",
            [person_id, *states, *values, *more],
        )
        return list(cursor.fetchall())


def _sides(person_id: int, rids: set[int], rows: RowFilter) -> dict[int, Side]:
    items = records.by_rows(person_id, rids, rows)
    read = looking.read(looking.rows(person_id, items), person_id)
    came: dict[int, int] = {}
    for some in chunks(sorted(items), looking.BATCH):
        came |= dict(Resource.objects.filter(rid__in=some).values_list("rid", "updated_ms"))
    return {
        rid: Side(items[rid], one, datetime.fromtimestamp(came[rid] / 1000, UTC)) for rid, one in sorted(read.items())
    }


def _together(rids: Collection[int]) -> dict[int, int]:
    return dict(models.Joined.objects.filter(rid__in=list(rids)).values_list("rid", "join_id"))


def _hows(person_id: int, rids: set[int]) -> dict[frozenset[int], str]:
    pairs = models.Pair.objects.filter(person_id=person_id, low_rid__in=list(rids))
    return {frozenset((low, high)): how for low, high, how in pairs.values_list("low_rid", "high_rid", "how")}


def _members(person_id: int, rids: Collection[int], rows: RowFilter) -> dict[int, list[tuple[int, str]]]:
    """Rows and sources of all visible entries of the joins that rows are in, by row."""
    sql, values = showing.visible("r", rows)
    of: dict[int, list[tuple[int, str]]] = {}
    with connection.cursor() as cursor:
        for some in chunks(sorted(rids), looking.BATCH):
            marks = ",".join(map(str, some))
            cursor.execute(
                "SELECT j.rid, r.rid, s.name FROM records_joined j JOIN records_joined k ON k.join_id = j.join_id"  # noqa: S608
                " JOIN records_resource r ON r.rid = k.rid JOIN records_source s ON s.id = r.source_id"
                f" WHERE j.rid IN ({marks}) AND +r.person_id = %s AND {sql} ORDER BY k.place",
                [person_id, *values],
            )
            rows_: list[tuple[Any, ...]] = cursor.fetchall()
            for mine, rid, name in rows_:
                of.setdefault(mine, []).append((rid, name))
    return of
