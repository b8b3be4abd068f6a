"""The clock of a request for access (45 CFR 164.524(b)(2))."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chartpost.law import clock, states
from chartpost.law.calendar import is_business_day
from chartpost.law.errors import LawInputError, UnknownProfileError

DAYS = st.dates(date(2014, 1, 1), date(2080, 12, 31))
STATES = sorted({limit.state for limit in states.state_limits()})


def d(text: str) -> date:
    return date.fromisoformat(text)


def test_due_date_stays_on_sunday_and_the_target_moves_to_friday():
    due = clock.access_due(d("2026-11-20"))
    assert (due.initial_due, due.soft_target) == (d("2026-12-20"), d("2026-12-18"))
    assert due.citation.rule_id == "CLK-1"
    assert due.citation.cite == "45 CFR 164.524(b)(2)"


@pytest.mark.parametrize(
    ("profile", "offsite", "initial", "extended"),
    [
        ("current", True, "2026-07-01", "2026-07-31"),
        ("pre_2013", True, "2026-07-31", "2026-08-30"),
        ("pre_2013", False, "2026-07-01", "2026-07-31"),
        ("nprm_2021", False, "2026-06-16", "2026-07-01"),
    ],
)
def test_profiles(profile, offsite, initial, extended):
    due = clock.access_due(d("2026-06-01"), profile, offsite)
    assert (due.initial_due, due.max_extended_due) == (d(initial), d(extended))


def test_unknown_profile_names_the_known_ones():
    with pytest.raises(UnknownProfileError, match="expected one of current, pre_2013, nprm_2021"):
        clock.access_due(d("2026-06-01"), "next_year")


@pytest.mark.parametrize(
    ("instant", "tz", "expected"),
    [
        ("2026-03-08T04:30:00+00:00", "America/Los_Angeles", "2026-03-07"),
        ("2026-11-01T05:30:00+00:00", "America/New_York", "2026-11-01"),
        ("2026-01-01T09:59:00+00:00", "Pacific/Honolulu", "2025-12-31"),
    ],
)
def test_legal_date_is_the_local_one(instant, tz, expected):
    assert clock.local_date(datetime.fromisoformat(instant), tz) == d(expected)


def test_instant_without_offset_is_utc():
    naive = datetime(2026, 3, 8, 4, 30)
    assert clock.local_date(naive, "America/Los_Angeles") == clock.local_date(
        naive.replace(tzinfo=UTC), "America/Los_Angeles"
    )


@pytest.mark.parametrize("tz", ["Mars/Olympus", "", "../etc/passwd"])
def test_unknown_time_zone_is_refused(tz):
    with pytest.raises(LawInputError, match="IANA time zone"):
        clock.local_date(datetime(2026, 3, 8, tzinfo=UTC), tz)


@pytest.mark.parametrize(
    ("ba", "designated", "start", "rule"),
    [
        ("2026-05-01", True, "2026-05-01", "CLK-7"),
        ("2026-05-01", False, "2026-05-11", "CLK-1"),
        ("2026-05-20", True, "2026-05-11", "CLK-1"),
    ],
)
def test_vendor_receipt_counts_when_people_are_sent_there(ba, designated, start, rule):
    found = clock.clock_start(d("2026-05-11"), d(ba), designated)
    assert (found.clock_start, found.citation.rule_id) == (d(start), rule)
    assert found.initial_due == d(start) + timedelta(days=30)


def test_clock_needs_a_receipt():
    with pytest.raises(LawInputError, match="ce_received"):
        clock.clock_start(None, d("2026-05-01"), ba_designated=False)


@pytest.mark.parametrize(
    ("received", "state", "kind", "state_due"),
    [
        ("2026-06-30", "CA", "inspect", "2026-07-08"),
        ("2026-06-30", "CA", "inspection", "2026-07-08"),
        ("2026-06-01", "CA", "copy", "2026-06-16"),
        ("2026-11-20", "TX", "copy", "2026-12-14"),
        ("2026-11-20", "TX", "electronic_record", "2026-12-14"),
        ("2026-06-01", "CA", "electronic_record", "2026-06-16"),
        ("2026-02-02", "WA", "inspect", "2026-02-24"),
        ("2026-06-01", "CA", "both", "2026-06-08"),
        ("2026-08-03", "NY", "inspect", "2026-08-13"),
        ("2026-08-03", "NY", "copy", None),
        ("2026-08-03", "OH", "copy", None),
        ("2026-08-03", None, "copy", None),
    ],
)
def test_state_limits(received, state, kind, state_due):
    due = clock.effective_due(d(received), state, kind)
    assert due.state_due == (d(state_due) if state_due else None)


def test_shorter_state_limit_carries_its_citation():
    due = clock.effective_due(d("2026-06-01"), "CA")
    assert due.effective_due == d("2026-06-16")
    assert [c.cite for c in due.citations] == ["45 CFR 164.524(b)(2)", "Cal. Health & Safety Code 123110(b)"]


def check(notice="2026-04-01", promised="2026-05-01", reason=True, prior=0):
    return clock.extension_check(d("2026-03-10"), d(notice), d(promised), reason, prior)


def test_extension_on_the_last_day_to_the_last_day():
    found = check("2026-04-09", "2026-05-09")
    assert (found.valid, found.due, found.errors) == (True, d("2026-05-09"), ())


def test_promised_date_counts_even_when_early():
    assert check(promised="2026-04-15").due == d("2026-04-15")


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"notice": "2026-04-10"}, "NOTICE_LATE"),
        ({"promised": "2026-05-10"}, "PROMISED_DATE_TOO_LATE"),
        ({"reason": False}, "REASON_MISSING"),
        ({"prior": 1}, "ONLY_ONE_EXTENSION"),
    ],
)
def test_each_fault_alone(change, error):
    found = check(**change)
    assert (found.valid, found.due, found.errors) == (False, d("2026-04-09"), (error,))


def test_every_fault_at_once_is_named():
    found = check("2026-04-10", "2026-05-10", reason=False, prior=1)
    assert found.errors == ("ONLY_ONE_EXTENSION", "NOTICE_LATE", "REASON_MISSING", "PROMISED_DATE_TOO_LATE")


@pytest.mark.parametrize(
    ("on", "day", "overdue"), [("2026-01-05", 0, False), ("2026-02-04", 30, False), ("2026-02-05", 31, True)]
)
def test_day_number(on, day, overdue):
    found = clock.day_number(d("2026-01-05"), d(on))
    assert (found.day, found.overdue) == (day, overdue)


def test_warn_days():
    assert clock.warn_days() == (10, 20, 25, 28)


@pytest.mark.parametrize(
    ("state", "sensitive", "days"), [("TX", True, 3), ("TX", False, 0), ("OH", True, 0), (None, True, 0)]
)
def test_result_hold(state, sensitive, days):
    found = clock.result_hold(d("2026-03-10"), state, sensitive)
    assert found.earliest_electronic_release == d("2026-03-10") + timedelta(days=days)
    assert (found.citation is None) == (days == 0)


@given(DAYS, st.integers(-5, 90), st.integers(-5, 120), st.booleans(), st.integers(0, 2))
def test_extension_never_goes_beyond_day_60(received, sent, promised, reason, prior):
    found = clock.extension_check(
        received, received + timedelta(days=sent), received + timedelta(days=promised), reason, prior
    )
    assert found.due <= received + timedelta(days=60)
    assert found.valid == (not found.errors)
    if prior or not reason or sent > 30:
        assert found.due == received + timedelta(days=30)


@given(DAYS)
def test_soft_target_is_a_business_day_on_or_before_the_due_date(received):
    due = clock.access_due(received)
    assert is_business_day(due.soft_target)
    assert due.soft_target <= due.initial_due
    between = (due.soft_target + timedelta(days=k) for k in range(1, (due.initial_due - due.soft_target).days + 1))
    assert not any(is_business_day(day) for day in between)


@given(DAYS, st.sampled_from(STATES), st.sampled_from(["copy", "inspect", "both", "summary", "electronic_record"]))
def test_effective_due_is_the_earlier_date(received, state, kind):
    due = clock.effective_due(received, state, kind)
    assert due.effective_due == min(day for day in (due.federal_due, due.state_due) if day)
    assert due.federal_due == received + timedelta(days=30)
