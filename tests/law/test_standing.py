"""Who may ask, and what an office may require of them (45 CFR 164.502(g), 164.524(b)(1))."""

import pytest

from chartpost.law.errors import LawInputError
from chartpost.law.intake import intake_rule
from chartpost.law.minors import consent_areas, majority_age, may_consent_alone, minor_consent
from chartpost.law.standing import StandingFacts, standing

REPRESENTATIVE = ("personal_representative", "proceed")
OUTSIDER = ("none", "authorization_needed")


def ask(requester, **facts):
    found = standing(StandingFacts(requester=requester, **facts))
    return found.standing, found.decision


def test_the_person():
    assert ask("individual", subject_age=16) == ("individual", "proceed")


@pytest.mark.parametrize(
    ("requester", "facts"),
    [
        ("agent", {"authority": "healthcare_poa", "authority_active": True, "subject_age": 80}),
        ("guardian", {"authority": "guardianship", "authority_active": True, "subject_age": 40}),
        ("adult_child", {"authority": "conservatorship", "authority_active": True, "subject_age": 80}),
        ("parent", {"subject_age": 10}),
        ("in_loco_parentis", {"subject_age": 10}),
        ("parent", {"subject_age": 18, "state": "AL"}),
        ("parent", {"subject_age": 20, "state": "MS"}),
        ("executor", {"subject_deceased": True}),
        ("guardian", {"subject_age": 40, "authority_active": True}),
        ("parent", {"subject_age": 18, "majority_age": 19}),
        ("relative", {"subject_deceased": True, "authority": "small_estate_affidavit", "authority_active": True}),
        ("parent", {"subject_age": 15, "minor_exception": "A", "minor_asked_parent_to_act": True}),
    ],
)
def test_representatives(requester, facts):
    assert ask(requester, **facts) == REPRESENTATIVE


@pytest.mark.parametrize(
    ("requester", "facts"),
    [
        ("agent", {"authority": "healthcare_poa", "authority_active": False}),
        ("agent", {"authority": "healthcare_poa"}),
        ("agent", {"authority": "financial_poa", "authority_active": True}),
        ("agent", {"authority": "healthcare_poa", "authority_active": True, "subject_deceased": True}),
        ("parent", {"subject_age": 18}),
        ("parent", {"subject_age": 19, "state": "NE"}),
        ("parent", {"subject_age": 16, "emancipated": True}),
        ("spouse", {"subject_age": 50}),
        ("attorney", {}),
        ("relative", {"subject_deceased": True}),
        ("relative", {"subject_deceased": True, "involved_in_care": True, "known_wish_against": True}),
        ("executor", {"subject_deceased": True, "authority_active": False}),
    ],
)
def test_outsiders(requester, facts):
    assert ask(requester, **facts) == OUTSIDER


@pytest.mark.parametrize("exception", ["A", "B", "C"])
@pytest.mark.parametrize(
    ("state_law", "decision"),
    [
        ("permitted", "disclosure_allowed_to_extent_of_state_law"),
        ("required", "disclosure_allowed_to_extent_of_state_law"),
        ("prohibited", "must_not_disclose"),
        ("silent", "licensed_professional_decides"),
    ],
)
def test_confidential_service_of_a_minor(exception, state_law, decision):
    found = ask("parent", subject_age=15, minor_exception=exception, state_parent_access=state_law)
    assert found == ("not_representative_for_service", decision)


@pytest.mark.parametrize(
    ("belief", "judgement", "declined"), [(True, True, True), (True, False, False), (False, True, False)]
)
def test_abuse_needs_belief_and_judgement(belief, judgement, declined):
    facts = {"abuse_belief": belief, "professional_judgement_not_best_interest": judgement}
    found = ask("parent", subject_age=9, **facts)
    assert found == (("declined", "may_decline_to_treat_as_representative") if declined else REPRESENTATIVE)


def test_relative_who_helped_with_care_of_someone_who_died():
    found = ask("relative", subject_deceased=True, involved_in_care=True)
    assert found == ("none", "limited_disclosure_164_510_b_5")


def test_fifty_years_after_death_nothing_is_protected():
    assert ask("relative", subject_deceased=True, years_since_death=51) == ("none", "not_phi")
    assert ask("relative", subject_deceased=True, years_since_death=50) == OUTSIDER


def test_parent_without_the_age_is_an_error():
    with pytest.raises(LawInputError, match="subject_age: saw nothing"):
        ask("parent")


def test_unknown_state_position_is_an_error():
    with pytest.raises(LawInputError, match="expected one of permitted"):
        ask("parent", subject_age=15, minor_exception="A", state_parent_access="perhaps")


@pytest.mark.parametrize(("state", "age"), [("AL", 19), ("NE", 19), ("MS", 21), ("OH", 18), (None, 18)])
def test_majority(state, age):
    assert majority_age(state) == age


def test_minor_consent_areas():
    assert len(consent_areas()) == 5
    assert may_consent_alone("CA", "outpatient_mental_health", 12) is True
    assert may_consent_alone("CA", "outpatient_mental_health", 11) is False
    assert may_consent_alone("OH", "outpatient_mental_health", 12) is None
    assert {row.area for row in minor_consent("CA")} == set(consent_areas())


@pytest.mark.parametrize(
    ("requirement", "informed", "allowed", "rule"),
    [
        ("written", True, True, "INT-1"),
        ("written", False, False, "INT-1"),
        ("own_form_only", True, False, "INT-2"),
        ("reason_for_request", True, False, "INT-3"),
        ("identity_verification", False, True, "INT-4"),
        ("in_person_visit", True, False, "INT-5"),
        ("portal_only", True, False, "INT-5"),
        ("mail_only", True, False, "INT-5"),
        ("settle_account", True, False, "INT-6"),
        ("a_barrier_nobody_thought_of", True, False, "INT-5"),
    ],
)
def test_intake_requirements(requirement, informed, allowed, rule):
    found = intake_rule(requirement, informed)
    assert (found.allowed, found.citation.rule_id) == (allowed, rule)
