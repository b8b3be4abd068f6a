"""The clock of a request: the facility's days, federal and state limits together, extensions, warnings, closing."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core import mail

from chartpost.identity import services as identity
from chartpost.identity.types import SYSTEM
from chartpost.kernel import clock, jobs
from chartpost.rights import clocks, services, ticks
from chartpost.rights.errors import GuardFailed
from chartpost.rights.models import AccessRequest, Letter
from chartpost.rights.types import Intake
from tests.rights import office

pytestmark = pytest.mark.django_db


def received(small: office.Small, moment: datetime, **more: object) -> AccessRequest:
    with clock.at(moment):
        return office.submit(small, **more)


def noon(day: date) -> datetime:
    """Midday in California."""
    return datetime(day.year, day.month, day.day, 20, tzinfo=UTC)


def test_receipt_is_the_day_at_the_office_across_midnight_and_the_change_of_clocks() -> None:
    small = office.build("VA", zone="America/Los_Angeles")
    row = received(small, datetime(2026, 3, 8, 4, 30, tzinfo=UTC))
    assert row.received_on == date(2026, 3, 7)
    assert row.due_on == date(2026, 4, 6), "thirty days, though one of them had 23 hours"
    with clock.at(datetime(2026, 4, 7, 6, 59, tzinfo=UTC)):
        view = clocks.of(row)
        assert (view.day, view.overdue, view.days_left) == (30, False, 0)
    with clock.at(datetime(2026, 4, 7, 7, 1, tzinfo=UTC)):
        view = clocks.of(row)
        assert (view.day, view.overdue, view.days_left) == (31, True, -1)


@pytest.mark.parametrize(
    ("state", "day", "mode", "state_due"),
    [
        ("CA", date(2026, 6, 1), "copy", date(2026, 6, 16)),
        ("CA", date(2026, 6, 30), "inspect", date(2026, 7, 8)),
        ("CA", date(2026, 6, 30), "both", date(2026, 7, 8)),
        ("TX", date(2026, 11, 20), "copy", date(2026, 12, 14)),
        ("WA", date(2026, 2, 2), "copy", date(2026, 2, 24)),
        ("TN", date(2026, 12, 18), "copy", date(2027, 1, 5)),
        ("NY", date(2026, 6, 1), "inspect", date(2026, 6, 11)),
        ("NY", date(2026, 6, 1), "copy", None),
        ("OH", date(2026, 1, 31), "copy", None),
    ],
)
def test_the_earlier_of_federal_and_state_law_counts(state: str, day: date, mode: str, state_due: date | None) -> None:
    small = office.build(state, zone="America/Los_Angeles")
    row = received(small, noon(day), mode=mode)
    federal = day + timedelta(days=30)
    assert (row.due_federal, row.due_state, row.due_on) == (federal, state_due, min(federal, state_due or federal))
    assert row.clock_basis["rules"][0] == "CLK-1"
    assert ("CLK-6" in row.clock_basis["rules"]) == (state_due is not None)
    assert row.clock_basis["tables"]["state_deadlines"]


@pytest.mark.parametrize(
    ("state", "notice_until", "last"),
    [
        ("WA", date(2026, 2, 24), date(2026, 3, 4)),
        ("IL", date(2026, 3, 4), date(2026, 4, 3)),
        ("OH", date(2026, 3, 4), date(2026, 4, 3)),
    ],
)
def test_an_extension_reaches_the_last_day_of_federal_and_state_law(state: str, notice_until: date, last: date) -> None:
    small = office.build(state, zone="America/Los_Angeles")
    with clock.at(noon(date(2026, 2, 2))):
        row = office.complete(small, "retrieving")
    with clock.at(noon(notice_until)):
        before = clocks.of(row)
        extend(small, row, last)
        after = clocks.of(row)
    assert (before.may_extend_until, before.latest_extension) == (notice_until, last)
    assert (after.due_on, after.extended_to) == (last, last), "the letter's day is the day it is due"
    assert after.may_extend_until is None


def extend(small: office.Small, row: AccessRequest, promised: date) -> None:
    Letter.objects.filter(request=row, kind="extension").update(values={"promised": promised.isoformat()})
    services.transition(row.ref, "extend", small.actor("clerk"), reason="Scanning", promised=promised)
    row.refresh_from_db()


@pytest.mark.parametrize(
    ("state", "on", "promised", "said"),
    [
        ("WA", date(2026, 2, 25), date(2026, 3, 4), "the first limit of the law has passed"),
        ("WA", date(2026, 2, 10), date(2026, 3, 5), "after the last day state law allows"),
        ("WA", date(2026, 2, 10), date(2026, 2, 24), "not after the day it is due now"),
        ("CA", date(2026, 2, 10), date(2026, 2, 18), "state law gives no more time"),
        ("OH", date(2026, 2, 10), date(2026, 3, 4), "not after the day it is due now"),
        ("OH", date(2026, 2, 10), date(2026, 4, 4), "the new date is after day 60"),
        ("OH", date(2026, 2, 10), date.min, "not after the day it is due now"),
        ("OH", date(2026, 2, 10), date.max, "the new date is after day 60"),
    ],
)
def test_an_extension_the_law_does_not_allow_changes_nothing(state: str, on: date, promised: date, said: str) -> None:
    small = office.build(state, zone="America/Los_Angeles")
    with clock.at(noon(date(2026, 2, 2))):
        row = office.complete(small, "retrieving")
    due = row.due_on
    with clock.at(noon(on)):
        with pytest.raises(GuardFailed) as caught:
            extend(small, row, promised)
        row.refresh_from_db()
        assert (row.due_on, row.extension) == (due, {})
        assert clocks.of(row).due_on == due
    assert said in caught.value.seen


def test_a_state_that_gives_no_more_time_names_no_day_for_a_notice() -> None:
    small = office.build("CA")
    row = office.submit(small)
    assert clocks.of(row).may_extend_until is None
    assert clocks.of(row).latest_extension == row.due_on


@pytest.mark.parametrize(("day", "allowed"), [(30, True), (31, False)])
def test_the_extension_notice_goes_out_by_day_thirty(day: int, allowed: bool) -> None:
    small = office.build("OH", zone="America/New_York")
    with clock.at(datetime(2026, 3, 10, 12, tzinfo=UTC)):
        row = office.complete(small, "retrieving")
    facts = {"reason": "Scanning", "promised": date(2026, 5, 9)}
    with clock.at(datetime(2026, 3, 10, 12, tzinfo=UTC) + timedelta(days=day)):
        if allowed:
            assert services.transition(row.ref, "extend", small.actor("clerk"), **facts).due_on == date(2026, 5, 9)
        else:
            with pytest.raises(GuardFailed) as caught:
                services.transition(row.ref, "extend", small.actor("clerk"), **facts)
            assert "the first 30 days are over" in caught.value.seen


def test_a_vendor_s_receipt_starts_the_clock() -> None:
    small = office.build("OH")
    ask = office.asked(small, delivery="post")
    how = Intake(
        "mail", clock.now(), signed=True, vendor_received_on=clock.today("America/New_York") - timedelta(days=6)
    )
    row = services.intake(ask, how, small.actor("clerk"))
    assert row.received_on == how.vendor_received_on
    assert row.due_on == row.received_on + timedelta(days=30)
    assert row.clock_basis["rules"][0] == "CLK-7"
    assert clocks.of(row).vendor_received_on == how.vendor_received_on
    assert clocks.of(row).day == 6


def test_the_soft_target_is_a_business_day() -> None:
    small = office.build("OH", zone="America/New_York")
    row = received(small, datetime(2026, 11, 20, 15, tzinfo=UTC))
    assert (row.due_on, clocks.of(row).soft_target) == (date(2026, 12, 20), date(2026, 12, 18))


def test_warnings_come_once_on_their_days_and_hold_no_health_information() -> None:
    small = office.build("OH", zone="America/New_York")
    began = datetime(2026, 6, 1, 15, tzinfo=UTC)
    row = received(small, began)
    services.assign(row.ref, small.staff["clerk"].pk, small.actor("clerk"))
    warned = []
    for day in range(34):
        with clock.at(began + timedelta(days=day)):
            if ticks.warn():
                warned.append(day)
            assert ticks.warn() == 0, "once a day at most"
    assert warned == [10, 20, 25, 28]
    notes = list(row.notes.order_by("pk").values_list("text", "by_name"))
    assert notes[0][0].startswith("Day 10 of 30: 20 days left, due 2026-07-01")
    assert {name for _, name in notes} == {"Chartpost"}
    assert all(small.person.family not in text for text, _ in notes)


def test_the_assignee_is_mailed_without_a_name() -> None:
    small = office.build("OH")
    began = clock.now() - timedelta(days=10)
    row = received(small, began)
    services.assign(row.ref, small.staff["clerk"].pk, small.actor("clerk"))
    assert ticks.warn() == 1
    assert mail.outbox == [], "a mail server that is down holds no warning up"
    jobs.run_waiting()
    (message,) = mail.outbox
    assert message.to == ["clerk@office.example.org"]
    assert f"/desk/requests/{row.ref}/" in message.body
    for word in (small.person.family, small.person.given, row.number):
        assert word not in message.subject + str(message.body)


def test_a_short_state_limit_is_warned_of_at_half_and_at_four_fifths() -> None:
    assert clocks.warning_days(30) == (10, 20, 25, 28)
    assert clocks.warning_days(15) == (8, 10, 12)
    assert clocks.warning_days(60) == (10, 20, 25, 28)
    assert clocks.next_warning(date(2026, 6, 1), date(2026, 6, 16), date(2026, 6, 9)) == date(2026, 6, 11)


def test_a_request_that_was_acted_on_is_not_warned_of() -> None:
    small = office.build("OH")
    row = received(small, clock.now() - timedelta(days=12))
    services.transition(row.ref, "withdraw", small.actor("person"), reason="Found it.")
    assert ticks.warn() == 0


@pytest.mark.parametrize(("state", "days"), [("confirmed", 7), ("delivered", 30)])
def test_done_requests_close_by_themselves(state: str, days: int) -> None:
    small = office.build()
    began = (clock.now() - timedelta(days=40)).replace(hour=20)  # noon at the office, whichever way its clocks went
    with clock.at(began):
        row = office.complete(small, "ready")
        services.transition(row.ref, "release", small.actor("approver"))
        if state == "confirmed":
            services.transition(row.ref, "confirm", small.actor("person"))
    with clock.at(began + timedelta(days=days - 1)):
        assert ticks.close_done() == 0
    with clock.at(began + timedelta(days=days)):
        assert ticks.close_done() == 1
        assert ticks.close_done() == 0
    row.refresh_from_db()
    assert (row.state, row.open, row.closed_at is not None) == ("closed", False, True)
    assert row.steps.order_by("-pk")[0].by_name == "Chartpost"


def test_a_problem_keeps_a_request_open() -> None:
    small = office.build()
    with clock.at(clock.now() - timedelta(days=40)):
        row = office.complete(small, "ready")
        services.transition(row.ref, "release", small.actor("approver"))
        services.transition(row.ref, "delivery_failed", small.actor("person"), reason="Cannot open it")
    assert ticks.close_done() == 0


def test_nothing_to_do_without_an_office() -> None:
    ticks.hourly()
    identity.save_office({"name": "New office"}, SYSTEM)
    ticks.hourly()
    assert AccessRequest.objects.count() == 0
