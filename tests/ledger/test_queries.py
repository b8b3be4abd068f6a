"""What people see of the ledger."""

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import translation

from chartpost.kernel import clock
from chartpost.ledger import queries, services
from chartpost.ledger.types import Event, Filter

pytestmark = pytest.mark.django_db
START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def at(minute: int, event: Event, read: bool = False) -> None:
    with clock.at(START + timedelta(minutes=minute)):
        (services.note_read if read else services.append)(event)


def test_a_person_sees_who_what_when_why_and_from_where(event: Event) -> None:
    at(5, dataclasses.replace(event, why="release request R-2026-00007"))
    (view,) = queries.for_person(7)
    assert (view.who, view.role, view.what) == ("Ana Ruiz", "staff of this office", "Looked at the record")
    assert view.at == START + timedelta(minutes=5)
    assert view.why == "To answer a request for records (R-2026-00007)"
    assert (view.where, view.sequence) == ("10.0.0.9", None)


def test_reads_still_in_the_spool_are_seen_and_each_once(event: Event) -> None:
    at(1, event)
    at(2, dataclasses.replace(event, action="document.read"), read=True)
    at(3, dataclasses.replace(event, person_id=8), read=True)
    assert [view.action for view in queries.for_person(7)] == ["document.read", "record.read"]
    services.sequence()
    assert len(queries.for_person(7)) == 2
    assert all(view.sequence is not None for view in queries.for_person(7))


def test_pages_join_without_gap_or_double(event: Event) -> None:
    for minute in range(11):
        at(minute, event)
    seen: list[datetime] = []
    before = None
    while page := queries.for_person(7, before, limit=3):
        seen += [view.at for view in page]
        before = page[-1].ref
    assert seen == [START + timedelta(minutes=minute) for minute in reversed(range(11))]


@pytest.mark.parametrize(
    ("wanted", "minutes"),
    [
        (Filter(), [4, 3, 2, 1, 0]),
        (Filter(person_id=9), [4]),
        (Filter(person_id=9, merged=frozenset({7})), [4, 3, 2, 1, 0]),
        (Filter(merged=frozenset({9})), [4, 3, 2, 1, 0]),
        (Filter(actor="staff:s2"), [1]),
        (Filter(action="record.label"), [2]),
        (Filter(object="document:d3"), [3]),
        (Filter(since=START + timedelta(minutes=1), until=START + timedelta(minutes=3)), [2, 1]),
        (Filter(person_id=9, action="record.label"), []),
    ],
)
def test_the_privacy_officer_searches(wanted: Filter, minutes: list[int], event: Event) -> None:
    changes: list[dict[str, object]] = [
        {},
        {"actor": "staff:s2"},
        {"action": "record.label"},
        {"object": "document:d3"},
        {"person_id": 9},
    ]
    for minute, change in enumerate(changes):
        at(minute, dataclasses.replace(event, **change))  # type: ignore[arg-type]
    assert [view.at for view in queries.search(wanted)] == [START + timedelta(minutes=m) for m in minutes]


def test_an_action_nobody_named_reads_as_its_name(event: Event) -> None:
    at(0, dataclasses.replace(event, action="moon.fly_to", actor_name="", actor_kind="system"))
    with translation.override("en"):
        (view,) = queries.for_person(7)
    assert (view.what, view.who) == ("moon: fly to", "the program itself")


def test_one_entry_by_its_reference(event: Event, sequence: Callable[[], int]) -> None:
    services.append(event)
    sequence()
    (view,) = queries.for_person(7)
    assert queries.entry(view.ref) == view
    assert queries.entry("0" * 26) is None
    assert queries.size() == 1
