"""The rulebook's own vectors, where they are present: each answer must agree exactly."""

import json

import pytest

from chartpost.law.calendar import federal_holidays
from chartpost.law.evaluate import OPS, evaluate
from tests.support.shared import rulebook_vectors

NEEDED_OPS = {
    "access_due",
    "access_clock_start",
    "extension_check",
    "effective_due",
    "business_days_after",
    "simple_days",
    "day_number",
    "test_result_hold",
    "fee_quote",
    "access_item",
    "requester_standing",
    "intake_rule",
    "denial_letter",
}


def _document() -> dict:
    path = rulebook_vectors()
    return json.loads(path.read_text(encoding="utf-8")) if path else {"vectors": [], "tables": {}}


VECTORS = [vector for vector in _document()["vectors"] if vector["op"] in OPS]


@pytest.mark.shared_data
@pytest.mark.parametrize("vector", VECTORS, ids=[vector["id"] for vector in VECTORS])
def test_answer_agrees(vector):
    assert evaluate(vector["op"], vector["given"]) == vector["expect"]


@pytest.mark.shared_data
@pytest.mark.skipif(rulebook_vectors() is None, reason="the vectors are not here")
def test_listed_holidays_are_the_computed_ones():
    listed = _document()["tables"]["federal_holidays_observed"]
    assert len(listed) >= 8
    for year, days in listed.items():
        assert sorted(day.isoformat() for day in federal_holidays(int(year))) == days


def test_the_ops_of_the_main_job_are_there():
    assert set(OPS) >= NEEDED_OPS
