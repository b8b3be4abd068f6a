"""Corrections, restrictions and confidential communication (45 CFR 164.522, 164.526)."""

import pytest

from chartpost.law import amendments, restrictions


@pytest.mark.parametrize(
    ("finding", "originator", "may_deny"),
    [
        ("not_created_here", True, True),
        ("not_created_here", False, False),
        ("not_in_drs", True, True),
        ("not_accessible", True, True),
        ("accurate_and_complete", False, True),
        ("other", True, False),
    ],
)
def test_findings_that_let_an_office_refuse(finding, originator, may_deny):
    assert amendments.may_deny(finding, originator) is may_deny


@pytest.mark.parametrize(
    ("statement", "asked", "policy", "attach"),
    [
        (True, False, "on_request", "dispute_packet_or_summary"),
        (False, True, "on_request", "request_and_denial_or_summary"),
        (False, False, "on_request", "none"),
        (False, False, "always_include", "request_and_denial_or_summary"),
    ],
)
def test_what_travels_with_a_disputed_record(statement, asked, policy, attach):
    assert amendments.attachment(statement, asked, policy) == attach


def test_rebuttal_is_copied_and_linked():
    assert amendments.rebuttal(True).copy_to_individual
    assert amendments.rebuttal(True).link[-1] == "rebuttal"
    assert amendments.rebuttal(False).link == ("request", "denial", "statement")


@pytest.mark.parametrize(
    ("recipient", "purpose", "paid", "by_law", "must"),
    [
        ("health_plan", "payment", True, False, True),
        ("health_plan", "operations", True, False, True),
        ("health_plan", "treatment", True, False, False),
        ("health_plan", "payment", False, False, False),
        ("health_plan", "payment", True, True, False),
        ("provider", "treatment", True, False, False),
    ],
)
def test_only_paid_in_full_care_must_be_kept_from_the_plan(recipient, purpose, paid, by_law, must):
    assert restrictions.must_agree(recipient, purpose, paid, by_law) is must


@pytest.mark.parametrize(
    ("mandatory", "by", "reach"),
    [
        (False, "entity_notice", "phi_after_notice"),
        (True, "entity_notice", "none"),
        (True, "individual", "all_phi"),
        (False, "nobody", "none"),
    ],
)
def test_end_of_a_restriction(mandatory, by, reach):
    assert restrictions.termination_reach(mandatory, by) == reach


@pytest.mark.parametrize(
    ("entity", "reasonable", "danger", "must"),
    [
        ("provider", True, False, True),
        ("provider", False, True, False),
        ("plan", True, False, False),
        ("plan", True, True, True),
    ],
)
def test_confidential_address(entity, reasonable, danger, must):
    assert restrictions.must_accommodate(entity, reasonable, danger) is must
    assert restrictions.may_ask_reason(entity) is (entity == "plan")
