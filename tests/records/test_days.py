"""Days asked for are the days entries were written with, each at its own place, as pages show them."""

from datetime import date, timedelta
from typing import Any

import pytest

from chartpost.formats.fhirjson.terms import Category
from chartpost.identity.types import SYSTEM, RowFilter
from chartpost.records import queries, services
from chartpost.records.types import Incoming, Selection

pytestmark = pytest.mark.django_db
DAY = date(2025, 3, 5)


def result(name: str, **when: Any) -> dict[str, Any]:
    base = {"resourceType": "Observation", "id": name, "status": "final", "subject": {"reference": "Patient/p1"}}
    return {**base, "code": {"text": name}, **when}


def save(*resources: dict[str, Any]) -> None:
    source = services.source_id("test", "Test source")
    services.save([Incoming(r, str(r["id"]), 1) for r in resources], source, SYSTEM)


def chosen(first: date | None, last: date | None) -> set[str]:
    """What a selection of these days holds; a list narrowed to them must hold the same."""
    found = {one.id for one in queries.select(1, Selection(date_from=first, date_to=last), RowFilter())}
    listed = queries.timeline(1, RowFilter(date_from=first, date_to=last))
    assert {item.stored.id for item in listed.items} == found
    return found


WRITTEN: dict[str, dict[str, Any]] = {
    "a day": {"effectiveDateTime": "2025-03-05"},
    "early, east of UTC": {"effectiveDateTime": "2025-03-05T00:30:00+14:00"},
    "late, east of UTC": {"effectiveDateTime": "2025-03-05T23:30:00+14:00"},
    "early, west of UTC": {"effectiveDateTime": "2025-03-05T00:30:00-12:00"},
    "late, west of UTC": {"effectiveDateTime": "2025-03-05T23:30:00-12:00"},
    "evening in California": {"effectiveInstant": "2025-03-05T17:30:00.000-08:00"},
    "a period": {"effectivePeriod": {"start": "2025-03-05T17:30:00-08:00", "end": "2025-03-09"}},
    "until a day": {"effectivePeriod": {"end": "2025-03-05"}},
    "until an evening": {"effectivePeriod": {"end": "2025-03-05T17:30:00-08:00"}},
    "some times": {"effectiveTiming": {"event": ["2025-03-09T08:00:00-08:00", "2025-03-05T20:00:00-08:00"]}},
    "nothing but when it was sent": {"meta": {"lastUpdated": "2025-03-05T12:00:00Z"}},
}


STEP = timedelta(days=1)
SPANS = (
    (DAY, DAY, True),
    (DAY - STEP, DAY - STEP, False),
    (DAY + STEP, DAY + STEP, False),
    (DAY - STEP, DAY + STEP, True),
    (None, DAY, True),
    (None, DAY - STEP, False),
    (DAY, None, True),
    (DAY + STEP, None, False),
    (date.min, date.max, True),
)
"""First and last day asked for, and whether what is of `DAY` is among them."""


@pytest.mark.parametrize("name", WRITTEN)
def test_an_entry_is_of_the_day_it_was_written_with(name: str) -> None:
    save(result("one", **WRITTEN[name]))
    for first, last, there in SPANS:
        assert chosen(first, last) == ({"one"} if there else set()), (first, last)


def test_parts_of_dates_count_from_their_first_day_and_open_periods_to_their_last() -> None:
    save(result("month", effectiveDateTime="2025-03"), result("end", effectivePeriod={"end": "2025-03"}))
    assert chosen(date(2025, 3, 1), date(2025, 3, 1)) == {"month"}
    assert chosen(date(2025, 3, 31), date(2025, 3, 31)) == {"end"}
    assert chosen(date(2025, 4, 1), None) == set()


def test_days_at_either_end_of_the_calendar_can_be_asked_for() -> None:
    save(result("now", effectiveDateTime="2025-03-05"), result("never", effectivePeriod={"end": "9999-12-31"}))
    save(
        result("first", effectiveDateTime="0001-01-01T00:00:00+14:00"), result("open", effectivePeriod={"end": "9999"})
    )
    assert chosen(date.min, date.max) == {"now", "never", "first", "open"}
    assert chosen(date.max, date.max) == {"never", "open"}
    assert chosen(date.min, date.min) == {"first"}


def test_people_are_of_every_day() -> None:
    save({"resourceType": "Patient", "id": "p1", "birthDate": "1980-05-17"})
    found = queries.select(1, Selection(frozenset({Category.RESULTS}), DAY, DAY), RowFilter())
    assert [one.id for one in found] == ["p1"]


def test_pages_of_some_days_run_on_without_gap_or_double() -> None:
    late = [result(f"in-{n:02}", effectiveDateTime=f"2025-03-05T23:{n:02}:00-08:00") for n in range(30)]
    next_day = [result(f"out-{n:02}", effectiveDateTime=f"2025-03-06T07:{n:02}:30Z") for n in range(30)]
    save(*late, *next_day)
    seen: list[str] = []
    cursor = ""
    while True:
        page = queries.timeline(1, RowFilter(date_from=DAY, date_to=DAY), 7, cursor)
        seen += [item.stored.id for item in page.items]
        cursor = page.next
        if not cursor:
            break
    assert seen == sorted((str(one["id"]) for one in late), reverse=True)


def test_only_entries_near_the_first_and_last_day_are_read_closely(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[date] = []
    real = queries.clinical_day

    def counted(resource: dict[str, Any], moment: int) -> date:
        read.append(real(resource, moment))
        return read[-1]

    monkeypatch.setattr(queries, "clinical_day", counted)
    days = [DAY + timedelta(days=n) for n in range(-50, 50)]
    save(*(result(f"d{n}", effectiveDateTime=f"{day}T12:00:00Z") for n, day in enumerate(days)))
    found = list(queries.select(1, Selection(date_from=days[10], date_to=days[-10]), RowFilter()))
    assert len(found) == 81
    assert sorted(set(read)) == [days[9], days[10], days[-10], days[-9]]
