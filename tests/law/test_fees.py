"""Fees (45 CFR 164.524(c)(4), 164.528(c)(2)): amounts in cents."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chartpost.law.errors import LawInputError
from chartpost.law.fee_types import COPIES, MAINTAINED, METHODS, PATHWAYS
from chartpost.law.fees import (
    REASON_RULES,
    ExcludedCost,
    FeeInput,
    StateSchedule,
    SummaryWork,
    Supply,
    quote,
)
from chartpost.law.rules import explain
from chartpost.law.state_fees import state_cap, tiered


def ask(**facts):
    return quote(FeeInput(**{"advance_notice_given": True, **facts}))


LABOR = {"labor_minutes": 12, "rate_cents_per_hour": 1800}
PAPER = {"maintained": "paper", "copy": "paper"}
CD = Supply("cd", 125, requested_by_individual=True)


def outcome(found):
    return found.allowed, found.total_cents, found.reasons


def test_actual_cost_shows_its_lines():
    found = ask(labor_minutes=15, rate_cents_per_hour=2000, supplies=(CD,), postage_cents=420, mail_requested=True)
    assert found.total_cents == 1045
    assert [(line.kind, line.cents) for line in found.lines] == [("labor", 500), ("supply", 125), ("postage", 420)]
    assert [line.citation.rule_id for line in found.lines] == ["FEE-6", "FEE-4", "FEE-5"]
    assert found.lines[0].calculation == "15 min at $20.00 an hour"


def test_labor_rounds_down_and_takes_fractions_of_minutes():
    assert ask(labor_minutes=10, rate_cents_per_hour=2225).total_cents == 370
    assert ask(labor_minutes=Fraction(15, 2), rate_cents_per_hour=1800).total_cents == 225


def test_media_and_mail_nobody_asked_for_are_dropped_and_shown():
    stick = Supply("usb", 500)
    found = ask(**LABOR, supplies=(stick,), postage_cents=420)
    assert found.total_cents == 360
    assert [(line.kind, line.cents) for line in found.dropped] == [("supply", 500), ("postage", 420)]


def test_paper_of_a_paper_copy_needs_no_asking():
    toner = Supply("paper_toner", 80)
    assert ask(**PAPER, labor_minutes=10, rate_cents_per_hour=1800, supplies=(toner,)).total_cents == 380
    assert ask(labor_minutes=10, rate_cents_per_hour=1800, supplies=(toner,)).total_cents == 300


def test_excluded_costs_are_dropped():
    found = ask(**LABOR, excluded=(ExcludedCost("search_retrieval", 750),))
    assert outcome(found) == (True, 360, ("EXCLUDED_COSTS_DROPPED",))
    assert [line.item for line in found.dropped] == ["search_retrieval"]
    assert "FEE-3" in {c.rule_id for c in found.citations}


@pytest.mark.parametrize("cents", [650, 300, 0])
def test_flat_fee_within_the_limit_covers_disc_and_postage(cents):
    found = ask(method="flat", flat_cents=cents, supplies=(CD,), postage_cents=420, mail_requested=True)
    assert outcome(found) == (True, cents, ())


def test_flat_fee_is_the_limit_when_no_amount_is_named():
    assert ask(method="flat").total_cents == 650


@pytest.mark.parametrize(
    ("facts", "reasons"),
    [
        ({"flat_cents": 651}, ("FLAT_OVER_LIMIT",)),
        ({"flat_cents": 650, "copy": "paper"}, ("FLAT_NOT_AVAILABLE",)),
        ({"flat_cents": 650, "maintained": "paper"}, ("FLAT_NOT_AVAILABLE",)),
        ({"flat_cents": 650, "maintained": "mixed"}, ("FLAT_NOT_AVAILABLE",)),
        ({"flat_cents": 2500, **PAPER}, ("FLAT_NOT_AVAILABLE", "FLAT_OVER_LIMIT")),
        ({"flat_cents": 900, "flat_limit_cents": 1000}, ("FLAT_OVER_LIMIT",)),
        ({"flat_cents": 600, "flat_limit_cents": 500}, ("FLAT_OVER_LIMIT",)),
    ],
)
def test_flat_fee_refused(facts, reasons):
    assert outcome(ask(method="flat", **facts)) == (False, None, reasons)


@pytest.mark.parametrize("copy", ["electronic", "paper"])
@pytest.mark.parametrize("maintained", ["electronic", "mixed"])
def test_no_page_price_for_records_kept_electronically(maintained, copy):
    found = ask(method="per_page", maintained=maintained, copy=copy, per_page_cents=25, pages=60)
    assert outcome(found) == (False, None, ("PER_PAGE_NOT_ALLOWED",))


@pytest.mark.parametrize("copy", ["electronic", "paper"])
def test_page_price_for_paper_records_copied_or_scanned(copy):
    assert ask(method="per_page", maintained="paper", copy=copy, per_page_cents=5, pages=120).total_cents == 600


@pytest.mark.parametrize(
    ("copy", "reason"), [("portal", "PORTAL_FREE"), ("api", "PORTAL_FREE"), ("inspect", "INSPECTION_FREE")]
)
def test_free_ways_need_no_notice(copy, reason):
    assert outcome(quote(FeeInput(copy=copy, **LABOR))) == (True, 0, (reason,))


@pytest.mark.parametrize("facts", [{"waived": True}, {"policy": "free_for_individuals"}])
def test_waived_fee_is_zero_even_without_notice(facts):
    assert outcome(quote(FeeInput(**LABOR, **facts))) == (True, 0, ("ENTITY_WAIVER",))


def test_no_notice_no_bill():
    assert outcome(quote(FeeInput(**LABOR))) == (False, None, ("NO_ADVANCE_NOTICE",))


@pytest.mark.parametrize("method", ["average", "schedule"])
def test_published_average(method):
    assert ask(method=method, average_labor_cents=410, supplies=(CD,)).total_cents == 535


@pytest.mark.parametrize(
    "facts",
    [
        {"method": "invoice", "invoice_cents": 8257},
        {"method": "invoice", "invoice_cents": 8257, "supplies": (CD,)},
        {"method": "actual"},
        {"method": "average"},
        {"method": "per_page", **PAPER},
    ],
)
def test_no_fee_without_a_cost_basis(facts):
    assert outcome(ask(**facts)) == (False, None, ("NO_COST_BASIS",))


@pytest.mark.parametrize(("invoice", "total"), [(8257, 360), (200, 200)])
def test_invoice_with_a_basis_charges_the_lower(invoice, total):
    assert ask(method="invoice", invoice_cents=invoice, **LABOR).total_cents == total


@pytest.mark.parametrize(("agreed", "fee_agreed"), [(False, False), (True, False), (False, True)])
def test_summary_needs_both_agreements(agreed, fee_agreed):
    work = SummaryWork(30, 4000, agreed, fee_agreed)
    assert outcome(ask(copy="summary", summary=work)) == (False, None, ("SUMMARY_NOT_AGREED",))


def test_agreed_summary_is_added_to_the_copy():
    found = ask(**LABOR, copy="summary", summary=SummaryWork(30, 4000, agreed=True, fee_agreed=True))
    assert found.total_cents == 2360


def test_summary_copy_without_any_agreement_is_refused():
    assert ask(copy="summary", **LABOR).reasons == ("SUMMARY_NOT_AGREED",)


def test_state_cap_comes_before_postage():
    facts = {**PAPER, "labor_minutes": 20, "rate_cents_per_hour": 3000, "postage_cents": 315, "mail_requested": True}
    found = ask(**facts, state_cap_cents=750)
    assert outcome(found) == (True, 1065, ("STATE_CAP_APPLIED",))
    assert found.lines[1].cents == -250


def test_cap_from_the_state_table_carries_the_state_law():
    found = ask(**PAPER, labor_minutes=20, rate_cents_per_hour=3000, state="CA", pages=30)
    assert outcome(found) == (True, 750, ("STATE_CAP_APPLIED",))
    assert "Cal. Health & Safety Code 123110(b)" in {c.cite for c in found.citations}


@pytest.mark.parametrize(
    ("state", "copy", "pages", "facts", "cents"),
    [
        ("NY", "paper", 10, (), 750),
        ("CT", "paper", 10, (), 650),
        ("AL", "paper", 10, (), 1000),
        ("AL", "paper", 30, (), 2750),
        ("KY", "electronic", None, ("first_copy",), 0),
        ("WA", "paper", 10, ("ssi_ssdi_appeal",), 0),
        ("CA", "paper", 10, ("public_benefit_appeal",), 0),
    ],
)
def test_state_caps(state, copy, pages, facts, cents):
    assert state_cap(state, copy, pages, facts=frozenset(facts)).cents == cents


@pytest.mark.parametrize(("state", "copy"), [("WA", "paper"), ("KY", "paper"), ("CA", "electronic"), ("OH", "paper")])
def test_no_state_cap_where_none_fits(state, copy):
    assert state_cap(state, copy, 10) is None


def test_microfilm_has_its_own_price():
    assert state_cap("CA", "paper", 10, microfilm_pages=2).cents == 350


OWN_CAPS = [
    {"policy": "cap_650"},
    {"flat_is_cap": True},
    {"policy": "flat_is_cap"},
    {"entity_cap_cents": 650},
]


@pytest.mark.parametrize("facts", OWN_CAPS)
def test_own_cap_of_the_office(facts):
    found = ask(labor_minutes=45, rate_cents_per_hour=2000, **facts)
    assert outcome(found) == (True, 650, ("ENTITY_CAP_APPLIED",))


def test_flat_cap_does_not_reach_paper():
    assert ask(**PAPER, labor_minutes=45, rate_cents_per_hour=2000, flat_is_cap=True).total_cents == 1500


SCHEDULE = StateSchedule(pages=100, base_cents=2000, tiers=((50, 50), (None, 25)))


@pytest.mark.parametrize("pathway", ["third_party_directive", "authorization"])
def test_third_party_pays_the_state_list_with_or_without_notice(pathway):
    found = quote(FeeInput(pathway=pathway, state_schedule=SCHEDULE, copy="portal"))
    assert outcome(found) == (True, 5750, ())
    assert "FEE-15" in {c.rule_id for c in found.citations}


def test_guidance_2016_gives_a_directive_the_individual_limit():
    facts = {**LABOR, "state_schedule": SCHEDULE, "profile": "guidance_2016"}
    assert ask(pathway="third_party_directive", **facts).total_cents == 360
    assert ask(pathway="authorization", **facts).total_cents == 5750


def test_third_party_without_a_state_list_pays_cost_alone():
    assert ask(pathway="authorization", **LABOR).total_cents == 360
    assert ask(pathway="authorization", method="invoice", invoice_cents=9000).reasons == ("NO_COST_BASIS",)
    assert ask(pathway="authorization", state="AL", pages=30).total_cents == 3250


@pytest.mark.parametrize(("pages", "cents"), [(0, 0), (50, 2500), (51, 2525), (100, 3750)])
def test_tiers_count_pages_up_to_their_last(pages, cents):
    assert tiered(((50, 50), (None, 25)), pages) == cents


def test_accounting_of_disclosures():
    facts = {"pathway": "accounting", "labor_minutes": 8, "rate_cents_per_hour": 2100}
    assert outcome(ask(**facts, chargeable=False)) == (True, 0, ("FIRST_ACCOUNTING_FREE",))
    assert outcome(ask(**facts)) == (True, 280, ())
    assert quote(FeeInput(**facts)).reasons == ("NO_ADVANCE_NOTICE",)


def test_accounting_takes_no_flat_fee():
    assert ask(pathway="accounting", method="flat", flat_cents=650, supplies=(CD,)).reasons == ("NO_COST_BASIS",)


@pytest.mark.parametrize("facts", [{"labor_minutes": -1}, {"postage_cents": -5}, {"supplies": (Supply("cd", -1),)}])
def test_negative_amounts_are_refused(facts):
    with pytest.raises(LawInputError, match="expected 0 or more"):
        FeeInput(**facts)


def test_unknown_words_are_refused_with_the_known_ones():
    with pytest.raises(LawInputError, match="expected one of actual, average"):
        FeeInput(method="guess")


def test_every_reason_has_its_rule():
    assert all(explain(rule).text for rule in REASON_RULES.values())


CENTS = st.integers(0, 50_000)
SUPPLIES = st.builds(Supply, st.sampled_from(["cd", "usb", "paper_toner"]), CENTS, st.booleans())
INPUTS = st.builds(
    FeeInput,
    pathway=st.sampled_from(PATHWAYS),
    maintained=st.sampled_from(MAINTAINED),
    copy=st.sampled_from(COPIES),
    method=st.sampled_from(METHODS),
    advance_notice_given=st.booleans(),
    labor_minutes=st.none() | st.integers(0, 600) | st.fractions(0, 600),
    rate_cents_per_hour=st.none() | CENTS,
    average_labor_cents=st.none() | CENTS,
    flat_cents=st.none() | CENTS,
    per_page_cents=st.none() | st.integers(0, 200),
    pages=st.none() | st.integers(0, 5000),
    invoice_cents=st.none() | CENTS,
    supplies=st.lists(SUPPLIES, max_size=3).map(tuple),
    postage_cents=CENTS,
    mail_requested=st.booleans(),
    summary=st.none() | st.builds(SummaryWork, st.integers(0, 300), CENTS, st.booleans(), st.booleans()),
    excluded=st.lists(st.builds(ExcludedCost, st.just("search"), CENTS), max_size=2).map(tuple),
    state=st.sampled_from([None, "CA", "AL", "KY", "OH"]),
    state_cap_cents=st.none() | CENTS,
    entity_cap_cents=st.none() | CENTS,
    waived=st.booleans(),
    chargeable=st.booleans(),
)


@given(INPUTS)
def test_total_is_the_sum_of_the_lines_and_never_negative(fee):
    found = quote(fee)
    assert list(found.reasons) == sorted(set(found.reasons))
    if not found.allowed:
        assert found.total_cents is None
        assert found.reasons
        assert found.lines == ()
        return
    assert found.total_cents == sum(line.cents for line in found.lines)
    assert found.total_cents >= 0


@given(INPUTS)
def test_nobody_pays_more_than_the_state_cap_plus_postage(fee):
    found = quote(fee)
    if fee.pathway == "individual_access" and found.allowed and fee.state_cap_cents is not None:
        mail = fee.postage_cents if fee.mail_requested else 0
        assert found.total_cents <= fee.state_cap_cents + mail
