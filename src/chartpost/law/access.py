"""Decide what happens to one item of a request for access (45 CFR 164.524(a), (d); rulebook 1.2 and 1.8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .citation import Citation
from .rules import cite

Decision = Literal["release", "deny", "suspend", "redirect", "tell_not_held", "outside_right"]

GROUNDS: dict[str, str] = {
    "524(a)(2)(i)": "DEN-1",
    "524(a)(2)(ii)": "DEN-2",
    "524(a)(2)(iii)": "DEN-3",
    "524(a)(2)(iv)": "DEN-4",
    "524(a)(2)(v)": "DEN-5",
    "524(a)(3)(i)": "DEN-6",
    "524(a)(3)(ii)": "DEN-7",
    "524(a)(3)(iii)": "DEN-8",
}
"""The closed list of grounds for refusal, with the rule that explains each (rulebook 1.8)."""

NOT_PHI = frozenset({"ferpa_education_record", "education_record", "employment_record", "decedent_over_50_years"})
NOT_COPIES = frozenset({"physical_specimen", "specimen", "glass_slide", "pathology_slide"})
USUALLY_OUTSIDE = frozenset({"peer_review", "quality_review", "quality", "business_planning", "audit_log"})
REPRESENTATIVES = frozenset({"personal_representative", "representative", "parent", "guardian", "agent", "executor"})


@dataclass(frozen=True, slots=True)
class Harm:
    """A finding of likely harm: who made it, of what type, to whom, and whether that other is a provider.

    `type` is life_or_physical_safety or substantial (anything else, such as emotional, is no ground).
    `target` is individual, other_person or other_person_mentioned.
    """

    determined_by: str
    type: str
    target: str
    other_is_provider: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFacts:
    """The facts about one item that the law asks for; anything else about it is no ground (rulebook DEN-9).

    `item` names the kind of item (psychotherapy_notes, litigation_compilation, clia_lab_report,
    research_data, confidential_source, or any other record). `in_designated_record_set` None means: as
    usual for its kind.
    """

    item: str
    requester: str = "individual"
    mode: str = "copy"
    profile: str = "current"
    held: bool = True
    holder_known: bool = False
    in_designated_record_set: bool | None = None
    kept_separate: bool = True
    inmate: bool = False
    safety_risk: bool = False
    correctional_institution: bool = True
    research_active: bool = False
    includes_treatment: bool = True
    agreed_at_consent: bool = False
    told_reinstated: bool = False
    privacy_act_denial: bool = False
    federal_agency: bool = True
    source_is_provider: bool = False
    promise: bool = False
    would_reveal: bool = False
    harm: Harm | None = None


@dataclass(frozen=True, slots=True)
class ItemDecision:
    """What happens to the item. `ground` and `reviewable` are None unless it is denied or suspended."""

    decision: Decision
    ground: str | None
    reviewable: bool | None
    citation: Citation


def decide_item(facts: ItemFacts) -> ItemDecision:
    """Decide one item of a request for access (45 CFR 164.524(a)(1)-(3), (d)(3)).

    A denial is a ground the office may use, never one it must (rulebook DEN-10), and touches this item alone.
    """
    if not facts.held:
        return _plain("redirect", "REV-4") if facts.holder_known else _plain("tell_not_held", "REV-5")
    outside = _outside(facts)
    if outside:
        return _plain("outside_right", outside)
    ground = _unreviewable(facts)
    if ground:
        decision: Decision = "suspend" if ground == "524(a)(2)(iii)" else "deny"
        return ItemDecision(decision, ground, False, cite(GROUNDS[ground]))
    ground = _reviewable(facts)
    if ground:
        return ItemDecision("deny", ground, True, cite(GROUNDS[ground]))
    return _plain("release", _release_rule(facts))


def is_reviewable(ground: str) -> bool:
    """Say whether a denial on this ground gives a right to review (45 CFR 164.524(a)(3)-(4))."""
    return "(a)(3)" in ground or ground in {"DEN-6", "DEN-7", "DEN-8"}


def _plain(decision: Decision, rule: str) -> ItemDecision:
    return ItemDecision(decision, None, None, cite(rule))


def _outside(facts: ItemFacts) -> str | None:
    """Return the rule that puts the item outside the right, or None."""
    if facts.item in NOT_PHI:
        return "SCOPE-11"
    if facts.item in NOT_COPIES:
        return "SCOPE-12"
    inside = facts.in_designated_record_set
    if inside is None:
        inside = facts.item not in USUALLY_OUTSIDE
    return None if inside else "SCOPE-10"


def _unreviewable(facts: ItemFacts) -> str | None:
    tests = {
        "524(a)(2)(i)": _is_excepted(facts),
        "524(a)(2)(ii)": _endangers_custody(facts),
        "524(a)(2)(iii)": _is_running_study(facts),
        "524(a)(2)(iv)": facts.privacy_act_denial and facts.federal_agency,
        "524(a)(2)(v)": _reveals_source(facts),
    }
    return next((ground for ground, met in tests.items() if met), None)


def _is_excepted(facts: ItemFacts) -> bool:
    if facts.item == "clia_lab_report":
        return facts.profile == "pre_2014_clia"
    if facts.item == "psychotherapy_notes":
        return facts.kept_separate
    return facts.item == "litigation_compilation"


def _endangers_custody(facts: ItemFacts) -> bool:
    copied = facts.mode != "inspect"
    return facts.inmate and facts.safety_risk and facts.correctional_institution and copied


def _is_running_study(facts: ItemFacts) -> bool:
    warned = facts.agreed_at_consent and facts.told_reinstated
    return facts.research_active and facts.includes_treatment and warned


def _reveals_source(facts: ItemFacts) -> bool:
    confided = facts.item == "confidential_source" and not facts.source_is_provider
    return confided and facts.promise and facts.would_reveal


def _reviewable(facts: ItemFacts) -> str | None:
    harm = facts.harm
    if harm is None or harm.determined_by != "licensed_professional":
        return None
    if harm.type == "life_or_physical_safety":
        return "524(a)(3)(i)"
    if harm.type != "substantial":
        return None
    if harm.target == "other_person_mentioned" and not harm.other_is_provider:
        return "524(a)(3)(ii)"
    return "524(a)(3)(iii)" if facts.requester in REPRESENTATIVES else None


def _release_rule(facts: ItemFacts) -> str:
    rules = {
        "clia_lab_report": "SCOPE-6",
        "psychotherapy_excluded_content": "SCOPE-8",
        "psychotherapy_notes": "SCOPE-8",
        "part2_record": "P2-15",
    }
    return rules.get(facts.item, "DEN-9" if facts.harm else "SCOPE-14")
