"""Amounts of bills: what the data says, and nothing else."""

from typing import Any

from chartpost.formats.fhirjson.terms import Category
from chartpost.formats.fhirjson.views import view
from chartpost.formats.pdf.types import Bill
from chartpost.formats.readable.bills import bills
from chartpost.formats.readable.entry import Entry


def usd(value: float) -> dict[str, Any]:
    return {"value": value, "currency": "USD"}


def adjudication(code: str, value: float) -> dict[str, Any]:
    return {"category": {"coding": [{"code": code}]}, "amount": usd(value)}


def rows(*resources: dict[str, Any]) -> tuple[Bill, ...]:
    return bills([Entry(Category.BILLS, "Clinic", r, view(r)) for r in resources], "en")


CLAIM = {
    "resourceType": "Claim",
    "id": "c1",
    "status": "active",
    "billablePeriod": {"start": "2026-02-03"},
    "total": usd(300),
    "item": [{"productOrService": {"text": "Office visit"}}],
}
ANSWER = {
    "resourceType": "ExplanationOfBenefit",
    "id": "e1",
    "status": "active",
    "outcome": "complete",
    "disposition": "Settled.",
    "claim": {"reference": "Claim/c1"},
    "billablePeriod": {"start": "2026-02-03"},
    "item": [{"productOrService": {"text": "Office visit"}}],
}


def test_a_claim_and_its_answer_are_one_row_with_the_share_the_insurer_named() -> None:
    totals = [adjudication("submitted", 300), adjudication("benefit", 180), adjudication("memberliability", 45)]
    (row,) = rows({**ANSWER, "total": totals, "payment": {"amount": usd(175)}}, CLAIM)
    assert (row.charged, row.insurance_paid, row.you_owe) == ("$300.00", "$175.00", "$45.00")
    assert row.date == "February 3, 2026"
    assert "Settled" not in row.service, "an answer without trouble needs no remark"


def test_an_amount_that_nobody_stated_is_not_made_up() -> None:
    (row,) = rows({**ANSWER, "total": [adjudication("eligible", 200), adjudication("copay", 25)]}, CLAIM)
    assert (row.insurance_paid, row.you_owe) == ("not stated", "not stated")
    assert "Agreed price: $200.00 · Copay: $25.00" in row.service


def test_lines_are_added_up_where_no_total_is_given() -> None:
    code = "https://bluebutton.cms.gov/resources/variables/line_coinsrnc_amt"
    lines = [{"adjudication": [adjudication("benefit", 10.1), adjudication(code, 2.2)]} for _ in range(3)]
    (row,) = rows({**ANSWER, "item": lines}, CLAIM)
    assert row.insurance_paid == "$30.30"
    assert "Your share (coinsurance): $6.60" in row.service


def test_two_currencies_are_never_added() -> None:
    euro = {"category": {"coding": [{"code": "benefit"}]}, "amount": {"value": 5, "currency": "EUR"}}
    (row,) = rows({**ANSWER, "item": [{"adjudication": [adjudication("benefit", 10), euro]}]}, CLAIM)
    assert row.insurance_paid == "not stated"


def test_a_claim_without_an_answer_stands_alone() -> None:
    coverage = {"coverage": {"display": "Paid by the person in full"}}
    (row,) = rows({**CLAIM, "insurance": [coverage]})
    assert (row.charged, row.insurance_paid, row.you_owe, row.status) == ("$300.00", "", "", "")
    assert "Paid by the person in full" in row.service


def test_an_answer_whose_claim_is_not_in_the_copy_uses_its_own_totals() -> None:
    (row,) = rows({**ANSWER, "total": [adjudication("submitted", 300)]})
    assert row.charged == "$300.00"


def test_a_refusal_says_why() -> None:
    (row,) = rows({**ANSWER, "outcome": "error", "disposition": "Not a member on this day."})
    assert "Not a member on this day." in row.service
