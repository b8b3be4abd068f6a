"""Who may ask for a record, and in what place they stand (45 CFR 164.502(g); rulebook 1.1)."""

from __future__ import annotations

from dataclasses import dataclass

from .citation import Citation
from .errors import LawInputError
from .minors import majority_age
from .rules import cite

SELF = frozenset({"individual", "self", "patient"})
PARENTS = frozenset({"parent", "guardian", "legal_guardian", "in_loco_parentis", "person_in_loco_parentis"})
GUARDIANS = frozenset({"guardian", "legal_guardian", "conservator"})
TREATING = frozenset({"treating_provider", "provider"})
ESTATE_HOLDERS = frozenset({"executor", "administrator", "estate_representative"})
INSTITUTIONS = frozenset({"attorney", "lawyer", "insurer", "employer", "other"})

HEALTH_AUTHORITIES = frozenset(
    {
        "healthcare_poa",
        "health_care_poa",
        "healthcare_proxy",
        "health_care_agent",
        "medical_poa",
        "durable_poa_healthcare",
        "legal_guardian",
        "guardian_of_person",
        "guardianship",
        "guardian",
        "court_appointed_guardian",
        "conservatorship",
        "conservator",
        "general_poa_with_healthcare",
        "court_order",
    }
)
"""Documents that give power over health decisions; a financial power of attorney is not one of them."""

ESTATE_AUTHORITIES = frozenset(
    {
        "executor",
        "administrator",
        "letters",
        "letters_testamentary",
        "letters_of_administration",
        "estate",
        "estate_authority",
        "small_estate_affidavit",
    }
)

STATE_OUTCOMES = {
    "permitted": "disclosure_allowed_to_extent_of_state_law",
    "required": "disclosure_allowed_to_extent_of_state_law",
    "prohibited": "must_not_disclose",
    "silent": "licensed_professional_decides",
}
"""What follows for a confidential service from what state law says (45 CFR 164.502(g)(3)(ii))."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingFacts:
    """The facts about who asks. Ages are in years; `state` is the two-letter code.

    `majority_age` overrides the state table.
    `minor_exception` is A, B or C of 45 CFR 164.502(g)(3)(i) for the service asked about, or None.
    `state_parent_access` is permitted, required, prohibited or silent. `authority_active` None: not said.
    """

    requester: str
    authority: str | None = None
    authority_active: bool | None = None
    subject_age: int | None = None
    subject_deceased: bool = False
    years_since_death: int | None = None
    emancipated: bool = False
    state: str | None = None
    majority_age: int | None = None
    minor_exception: str | None = None
    minor_asked_parent_to_act: bool = False
    state_parent_access: str = "silent"
    abuse_belief: bool = False
    professional_judgement_not_best_interest: bool = False
    involved_in_care: bool = False
    known_wish_against: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """In what place someone stands, and what follows.

    `standing` is individual, personal_representative, not_representative_for_service, declined or none.
    `decision` is proceed, authorization_needed, limited_disclosure_164_510_b_5,
    licensed_professional_decides, disclosure_allowed_to_extent_of_state_law, must_not_disclose,
    may_decline_to_treat_as_representative,
    treatment_disclosure_164_506_c or not_phi.
    """

    standing: str
    decision: str
    citation: Citation


def standing(facts: StandingFacts) -> Standing:
    """Say in what place the requester stands (45 CFR 164.502(g)).

    Raises LawInputError when a parent asks and the subject's age is not given.
    """
    if facts.years_since_death is not None and facts.years_since_death > 50:
        return Standing("none", "not_phi", cite("WHO-11"))
    if facts.requester in SELF:
        return Standing("individual", "proceed", cite("WHO-1"))
    if facts.requester in TREATING:
        return Standing("none", "treatment_disclosure_164_506_c", cite("RT-3"))
    rule = _representation(facts)
    if rule is None:
        return _outsider(facts)
    if facts.abuse_belief and facts.professional_judgement_not_best_interest:
        return Standing("declined", "may_decline_to_treat_as_representative", cite("WHO-7"))
    if rule == "WHO-3" and _exception_applies(facts):
        outcome = _state_outcome(facts.state_parent_access)
        return Standing("not_representative_for_service", outcome, cite("WHO-4"))
    return Standing("personal_representative", "proceed", cite(rule))


def _representation(facts: StandingFacts) -> str | None:
    """Return the rule that makes the requester a representative, or None."""
    if facts.subject_deceased:
        return "WHO-5" if _holds_estate(facts) else None
    if _is_parent_of_minor(facts):
        return "WHO-3"
    named = facts.authority in HEALTH_AUTHORITIES or (facts.authority is None and facts.requester in GUARDIANS)
    return "WHO-2" if named and facts.authority_active is True else None


def _holds_estate(facts: StandingFacts) -> bool:
    named = facts.requester in ESTATE_HOLDERS or facts.authority in ESTATE_AUTHORITIES
    return named and facts.authority_active is not False


def _is_parent_of_minor(facts: StandingFacts) -> bool:
    if facts.requester not in PARENTS:
        return False
    if facts.subject_age is None:
        raise LawInputError.of("subject_age", None, "the subject's age in whole years, because a parent asks")
    adult_from = majority_age(facts.state) if facts.majority_age is None else facts.majority_age
    return facts.subject_age < adult_from and not facts.emancipated


def _exception_applies(facts: StandingFacts) -> bool:
    """Say whether exception A, B or C holds; A ends when the minor asks the parent to act."""
    if facts.minor_exception == "A" and facts.minor_asked_parent_to_act:
        return False
    return facts.minor_exception is not None


def _state_outcome(state_parent_access: str) -> str:
    try:
        return STATE_OUTCOMES[state_parent_access]
    except KeyError:
        expected = f"one of {', '.join(STATE_OUTCOMES)}"
        raise LawInputError.of("state_parent_access", state_parent_access, expected) from None


def _outsider(facts: StandingFacts) -> Standing:
    if facts.subject_deceased and facts.involved_in_care and not facts.known_wish_against:
        return Standing("none", "limited_disclosure_164_510_b_5", cite("WHO-6"))
    if facts.requester in PARENTS:
        rule = "WHO-10"
    else:
        rule = "WHO-9" if facts.requester in INSTITUTIONS else "WHO-8"
    return Standing("none", "authorization_needed", cite(rule))
