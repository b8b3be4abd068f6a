"""The page on which entries stand side by side: what the portal and the desk both show, and take from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from chartpost.formats.fhirjson.dates import FhirDate
from chartpost.formats.numbers import whole
from chartpost.formats.readable.labels import say, say_all
from chartpost.formats.readable.plain_names import plain_name, recorded_name
from chartpost.formats.readable.spoken import say_value
from chartpost.identity.types import Actor, RowFilter
from chartpost.records.errors import RecordsError
from chartpost.records.reconcile import queries, services, words
from chartpost.records.reconcile.types import Answered, Joined, Kind, Question, Side
from chartpost.records.types import Item

EACH = 20
"""Questions on one page."""
JOINS = 100
SHOWN_DETAILS = ("How to take it", "Reaction", "Severity", "Risk", "Body site", "Dose", "Amount", "Kind of visit")
"""Details that stand side by side; the labels are those of `formats.fhirjson.layouts`."""


@dataclass(frozen=True)
class Line:
    """One fact of two entries; `date` says that the texts are FHIR partial dates, empty texts were not said."""

    label: str
    left: str
    right: str
    differs: bool
    date: bool = False


@dataclass(frozen=True)
class Card:
    """Two entries side by side with what is asked of them."""

    question: Question
    title: str
    sources: tuple[str, str]
    why: str | Promise
    conflicts: tuple[str | Promise, ...]
    lines: tuple[Line, ...]
    fills: tuple[str, ...] = ()

    @property
    def one_is_wrong(self) -> bool:
        """Whether both cannot be true: then it is asked which is right, not whether they are the same."""
        return self.question.how == "none" or self.question.left.facts.kind is Kind.PATIENT

    @property
    def keys(self) -> tuple[str, str]:
        """Type/id of both."""
        return self.question.left.item.key, self.question.right.item.key

    @property
    def marks(self) -> tuple[str, str]:
        """The sources, told apart when they bear one name."""
        one, other = self.sources
        return (f"{one} (1)", f"{other} (2)") if one == other else self.sources


@dataclass(frozen=True)
class Group:
    """Entries that are one, with the ways to take them apart."""

    title: str
    members: tuple[tuple[str, str, str, str], ...]
    why: tuple[str | Promise, ...]
    token: str


@dataclass(frozen=True)
class Told:
    """An answer with its undoing."""

    ref: str
    title: str
    said: str | Promise
    sources: tuple[str, ...]
    by: str
    at: Any


def context(person_id: int, rows: RowFilter, skip: int = 0, office: bool = False) -> dict[str, Any]:
    """All the page shows a reader; `skip` questions were on the pages before, `office`: what it was asked first."""
    number = queries.count(person_id, rows)
    groups, joined = queries.joins(person_id, rows, JOINS)
    return {
        "cards": [
            card(q, queries.fills(person_id, q, rows)) for q in queries.to_settle(person_id, rows, EACH, skip, office)
        ],
        "number": number,
        "groups": [_group(found) for found in groups],
        "joined": joined,
        "more_joined": joined > JOINS,
        "told": [_told(found) for found in queries.answers(person_id, rows)],
        "earlier": f"?skip={skip - EACH}" if skip >= EACH else "",
        "later": f"?skip={skip + EACH}" if skip + EACH < number else "",
    }


def take(posted: Mapping[str, str], person_id: int, actor: Actor, rows: RowFilter, where: str) -> str:
    """Do what was pressed on the page; returns what to say. Raises errors of this room."""
    step = posted.get("do", "")
    if step == "undo":
        services.undo(posted.get("ref", ""), person_id, actor, rows, where)
    elif step == "apart":
        services.take_apart(person_id, posted.get("key", ""), posted.get("token", ""), actor, rows, where)
    else:
        step = "answer"
        keys = (posted.get("left", ""), posted.get("right", ""))
        word, _dash, which = posted.get("answer", "").partition("-")
        shown = keys[int(which) - 1] if which in ("1", "2") else ""
        services.answer(person_id, keys, word, posted.get("token", ""), actor, rows, shown, where)
    return str(words.SAID[step])


def trouble(error: RecordsError) -> str:
    """What the page says of a step that was not taken."""
    known = (name for kind, name in words.TROUBLE.items() if isinstance(error, kind))
    return str(next(known, words.OTHER_TROUBLE))


def skipped(given: str) -> int:
    """The number of questions on the pages before, as an address gives it."""
    return whole(given, 6) or 0


def card(question: Question, fills: Sequence[Item] = ()) -> Card:
    """Two entries as they stand side by side; `fills` say when a medicine was handed out."""
    left, right = question.left, question.right
    return Card(
        question=question,
        title=_title(left),
        sources=(left.item.stored.source, right.item.stored.source),
        why=words.WHY[question.how],
        conflicts=tuple(words.CONFLICTS[c] for c in question.conflicts),
        lines=tuple(line for line in _lines(left, right) if line.left or line.right),
        fills=tuple(item.view.when.text[:10] for item in fills if item.view.when),
    )


def _lines(left: Side, right: Side) -> list[Line]:
    one, other = left.item.view, right.item.view
    lines = [
        _line(_("Name"), _title(left), _title(right)),
        _line(_("Recorded as"), recorded_name(one), recorded_name(other)),
        _status(left, right),
        _dates(_("Date"), left.facts.since or one.when, right.facts.since or other.when),
        _dates(_("Ended"), left.facts.until, right.facts.until),
        _line(_("Result"), f"{say(one.value)} {one.unit}".strip(), f"{say(other.value)} {other.unit}".strip()),
    ]
    known, beside = dict(one.details), dict(other.details)
    lines += [
        _line(say(label), say_value(known.get(label, "")), say_value(beside.get(label, ""))) for label in SHOWN_DETAILS
    ]
    if left.facts.kind is Kind.PATIENT:
        lines.append(_dates(_("Birth date"), one.when, other.when))
    lines.append(Line(_("Written by"), one.source, other.source, differs=False))
    return lines


def _status(left: Side, right: Side) -> Line:
    """What each place says; a place that says nothing is not taken to say that it goes on."""
    if left.facts.kind is Kind.PATIENT:
        return Line("", "", "", differs=False)
    silent = str(words.NOT_SAID)
    one, other = (say_all(side.item.view.status) or silent for side in (left, right))
    return Line(_("Status"), one, other, differs=one != other)


def _line(label: str, left: str, right: str) -> Line:
    return Line(label, left, right, differs=left.casefold() != right.casefold())


def _dates(label: str, left: FhirDate | None, right: FhirDate | None) -> Line:
    one, other = (day.text[:10] if day else "" for day in (left, right))
    return Line(label, one, other, differs=one != other, date=True)


def _title(side: Side) -> str:
    return plain_name(side.item.view)


def _group(found: Joined) -> Group:
    first = found.sides[0]
    rids = [side.item.stored.rid for side in found.sides]
    return Group(
        title=_title(first),
        members=tuple(map(_member, found.sides)),
        why=tuple(words.WHY[how] for how in found.hows),
        token=services.join_token(rids),
    )


def _member(side: Side) -> tuple[str, str, str, str]:
    """Type/id, source, day and status of one of several."""
    said = say_all(side.item.view.status) or str(words.NOT_SAID)
    return side.item.key, side.item.stored.source, _day(side), said


def _day(side: Side) -> str:
    when = side.facts.since or side.item.view.when
    return when.text[:10] if when else ""


def _told(found: Answered) -> Told:
    return Told(
        ref=found.ref,
        title=_title(found.sides[0]),
        said=words.ANSWERS[found.word],
        sources=tuple(dict.fromkeys(side.item.stored.source for side in found.sides)),
        by=found.by_name,
        at=found.at,
    )
