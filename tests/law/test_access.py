"""One item of a request for access (45 CFR 164.524(a), (d))."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chartpost.law.access import GROUNDS, Harm, ItemFacts, decide_item, is_reviewable

LICENSED = "licensed_professional"


def decide(item="medical_record", **facts):
    found = decide_item(ItemFacts(item=item, **facts))
    return found.decision, found.ground, found.reviewable


RELEASE = ("release", None, None)
INMATE = {"inmate": True, "safety_risk": True}
STUDY = {"research_active": True, "agreed_at_consent": True, "told_reinstated": True}
CONFIDED = {"promise": True, "would_reveal": True}


@pytest.mark.parametrize(
    ("item", "facts", "ground"),
    [
        ("psychotherapy_notes", {"kept_separate": True}, "524(a)(2)(i)"),
        ("litigation_compilation", {}, "524(a)(2)(i)"),
        ("clia_lab_report", {"profile": "pre_2014_clia"}, "524(a)(2)(i)"),
        ("medical_record", INMATE, "524(a)(2)(ii)"),
        ("medical_record", {**INMATE, "mode": "both"}, "524(a)(2)(ii)"),
        ("medical_record", {"privacy_act_denial": True}, "524(a)(2)(iv)"),
        ("confidential_source", CONFIDED, "524(a)(2)(v)"),
    ],
)
def test_unreviewable_grounds(item, facts, ground):
    assert decide(item, **facts) == ("deny", ground, False)


@pytest.mark.parametrize(
    ("item", "facts"),
    [
        ("psychotherapy_notes", {"kept_separate": False}),
        ("psychotherapy_excluded_content", {"kept_separate": True}),
        ("clia_lab_report", {}),
        ("part2_record", {}),
        ("medical_record", {**INMATE, "mode": "inspect"}),
        ("medical_record", {**INMATE, "correctional_institution": False}),
        ("medical_record", {"inmate": True}),
        ("research_data", {**STUDY, "research_active": False}),
        ("research_data", {**STUDY, "agreed_at_consent": False}),
        ("research_data", {**STUDY, "told_reinstated": False}),
        ("research_data", {**STUDY, "includes_treatment": False}),
        ("medical_record", {"privacy_act_denial": True, "federal_agency": False}),
        ("confidential_source", {**CONFIDED, "source_is_provider": True}),
        ("confidential_source", {**CONFIDED, "promise": False}),
        ("confidential_source", {**CONFIDED, "would_reveal": False}),
        ("peer_review", {"in_designated_record_set": True}),
    ],
)
def test_released_when_one_part_of_a_ground_is_missing(item, facts):
    assert decide(item, **facts) == RELEASE


def test_running_study_suspends():
    assert decide("research_data", **STUDY) == ("suspend", "524(a)(2)(iii)", False)


@pytest.mark.parametrize(
    ("requester", "harm", "ground"),
    [
        ("individual", Harm(LICENSED, "life_or_physical_safety", "individual"), "524(a)(3)(i)"),
        ("individual", Harm(LICENSED, "life_or_physical_safety", "other_person"), "524(a)(3)(i)"),
        ("personal_representative", Harm(LICENSED, "life_or_physical_safety", "individual"), "524(a)(3)(i)"),
        ("individual", Harm(LICENSED, "substantial", "other_person_mentioned"), "524(a)(3)(ii)"),
        ("personal_representative", Harm(LICENSED, "substantial", "individual"), "524(a)(3)(iii)"),
        ("personal_representative", Harm(LICENSED, "substantial", "other_person"), "524(a)(3)(iii)"),
    ],
)
def test_reviewable_grounds(requester, harm, ground):
    assert decide(requester=requester, harm=harm) == ("deny", ground, True)


@pytest.mark.parametrize(
    "harm",
    [
        Harm("records_clerk", "life_or_physical_safety", "individual"),
        Harm(LICENSED, "emotional", "individual"),
        Harm(LICENSED, "substantial", "individual"),
        Harm(LICENSED, "substantial", "other_person"),
        Harm(LICENSED, "substantial", "other_person_mentioned", other_is_provider=True),
    ],
)
def test_no_ground_against_the_person(harm):
    assert decide(requester="individual", harm=harm) == RELEASE


@pytest.mark.parametrize("item", ["peer_review", "audit_log", "employment_record", "glass_slide"])
def test_outside_the_right(item):
    assert decide(item) == ("outside_right", None, None)


def test_not_held_is_redirected_or_said():
    assert decide(held=False, holder_known=True) == ("redirect", None, None)
    assert decide(held=False) == ("tell_not_held", None, None)


def test_decision_carries_the_rule():
    assert decide_item(ItemFacts(item="litigation_compilation")).citation.rule_id == "DEN-1"
    assert decide_item(ItemFacts(item="medical_record")).citation.cite == "45 CFR 164.524(a)(1), (e)"


@given(
    st.builds(
        ItemFacts,
        item=st.sampled_from(["medical_record", "psychotherapy_notes", "research_data", "confidential_source"]),
        requester=st.sampled_from(["individual", "personal_representative"]),
        inmate=st.booleans(),
        safety_risk=st.booleans(),
        research_active=st.booleans(),
        agreed_at_consent=st.booleans(),
        told_reinstated=st.booleans(),
        promise=st.booleans(),
        would_reveal=st.booleans(),
        harm=st.none()
        | st.builds(
            Harm,
            st.sampled_from([LICENSED, "clerk"]),
            st.sampled_from(["life_or_physical_safety", "substantial", "emotional"]),
            st.sampled_from(["individual", "other_person", "other_person_mentioned"]),
            st.booleans(),
        ),
    )
)
def test_a_refusal_always_has_a_ground_of_the_closed_list(facts):
    found = decide_item(facts)
    assert (found.ground is None) == (found.decision == "release")
    if found.ground:
        assert found.ground in GROUNDS
        assert found.reviewable == is_reviewable(found.ground)
        assert found.citation.rule_id == GROUNDS[found.ground]
