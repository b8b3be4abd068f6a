"""Other legal periods: amendments, accountings, reviews, breaches, retention."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chartpost.law import periods
from chartpost.law.calendar import is_business_day
from chartpost.law.errors import LawInputError


def d(text):
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("name", "received", "due", "extended"),
    [
        ("amend.act", "2026-01-15", "2026-03-16", "2026-04-15"),
        ("accounting.act", "2026-09-01", "2026-10-31", "2026-11-30"),
    ],
)
def test_extendable_periods(name, received, due, extended):
    found = periods.extendable(name, d(received))
    assert (found.initial_due, found.max_extended_due) == (d(due), d(extended))


def test_period_without_an_extension():
    with pytest.raises(LawInputError, match="a timer that can be extended"):
        periods.extendable("complaint.ocr", d("2026-01-15"))


def test_accounting_looks_back_six_or_three_years():
    assert periods.accounting_window(d("2026-09-01")) == (d("2020-09-01"), d("2026-09-01"))
    assert periods.accounting_window(d("2024-02-29"), "part2")[0] == d("2021-02-28")
    with pytest.raises(LawInputError, match="one of hipaa, part2"):
        periods.accounting_window(d("2026-09-01"), "moon")


@pytest.mark.parametrize(("previous", "chargeable"), [([], False), (["2026-01-10"], False), (["2026-01-11"], True)])
def test_first_accounting_in_twelve_months_is_free(previous, chargeable):
    assert periods.accounting_chargeable([d(day) for day in previous], d("2027-01-10")) is chargeable


def test_law_enforcement_delay():
    assert periods.suspended_until("oral", d("2026-05-01")) == d("2026-05-31")
    assert periods.suspended_until("written", d("2026-05-01"), d("2026-09-30")) == d("2026-09-30")
    with pytest.raises(LawInputError, match="written with the date it names"):
        periods.suspended_until("written", d("2026-05-01"))


@pytest.mark.parametrize(
    ("affected", "residents", "hhs_by", "mode", "media"),
    [
        (499, {"FL": 499}, "2027-03-01", "annual", ()),
        (500, {"FL": 500}, "2026-04-30", "contemporaneous", ()),
        (1200, {"TX": 501, "FL": 699}, "2026-04-30", "contemporaneous", ("FL", "TX")),
    ],
)
def test_breach_deadlines(affected, residents, hhs_by, mode, media):
    found = periods.breach_deadlines(d("2026-03-01"), affected, residents)
    assert found == periods.BreachDeadlines(d("2026-04-30"), d(hhs_by), mode, media)


def test_annual_breach_report_before_a_leap_year():
    assert periods.breach_deadlines(d("2027-05-05"), 3, {}).hhs_by == d("2028-02-29")


def test_an_agents_knowledge_is_ours():
    assert periods.breach_clock_start(d("2026-03-01"), True, d("2026-04-20")) == d("2026-03-01")
    assert periods.breach_clock_start(d("2026-03-01"), False, d("2026-04-20")) == d("2026-04-20")


def test_retention_counts_from_the_later_date():
    assert periods.retention_until(d("2020-05-01"), d("2024-06-30")) == d("2030-06-30")
    assert periods.retention_until(d("2024-02-29")) == d("2030-03-01")


def test_records_of_the_dead():
    assert periods.is_decedent_phi(d("1976-11-20"), d("2026-11-20"))
    assert not periods.is_decedent_phi(d("1976-11-20"), d("2026-11-21"))


@pytest.mark.parametrize(
    ("on", "active"),
    [("2026-01-04", False), ("2026-01-05", True), ("2026-05-31", True), ("2026-06-01", False)],
)
def test_authorization_works_through_its_last_day(on, active):
    assert periods.authorization_active(d("2026-01-05"), d("2026-05-31"), d(on)) is active
    assert periods.authorization_active(d("2026-01-05"), None, d("2030-01-01"))


@pytest.mark.parametrize(
    ("received", "by"),
    [
        ("2026-10-31", "2027-03-01"),
        ("2026-05-07", "2026-09-08"),
        ("2026-08-31", "2026-12-31"),
        ("2026-09-01", "2027-01-04"),
    ],
)
def test_external_review(received, by):
    assert periods.external_review_by(d(received)) == d(by)


@pytest.mark.parametrize(
    ("licensed", "took_part", "reviewable", "valid"),
    [(True, False, True, True), (True, True, True, False), (False, False, True, False), (True, False, False, False)],
)
def test_reviewer_is_licensed_and_had_no_part(licensed, took_part, reviewable, valid):
    found, citation = periods.review_assignment(licensed, took_part, reviewable)
    assert (found, citation.rule_id) == (valid, "REV-2")


@given(st.dates(date(2000, 1, 1), date(2090, 1, 1)))
def test_external_review_always_ends_on_a_business_day_after_four_months(received):
    by = periods.external_review_by(received)
    assert is_business_day(by)
    assert 118 <= (by - received).days <= 130
