"""Conditions of the state table: each looks at a request, the facts of the step and who takes it."""

from collections.abc import Callable
from datetime import date
from typing import Any

from chartpost.delivery import queries as delivery
from chartpost.identity import policies
from chartpost.identity import queries as identity
from chartpost.identity.types import Actor, Subject
from chartpost.kernel import clock
from chartpost.kernel.money import dollars
from chartpost.law import clock as law
from chartpost.law.access import GROUNDS
from chartpost.rights import clocks, items, said, standing
from chartpost.rights.errors import GuardFailed
from chartpost.rights.models import AccessRequest

Facts = dict[str, Any]
Guard = Callable[[AccessRequest, Facts, Actor], None]

LETTER_OF = {
    "extend": "extension",
    "deny": "denial",
    "no_records": "not_held",
    "redirect": "redirect",
    "quote_fee": "fee_estimate",
}
"""The letter a step sends: it must be made, not yet sent, and say what the step does."""


def check(name: str, event: str, request: AccessRequest, facts: Facts, actor: Actor) -> None:
    """Raise GuardFailed when the condition does not hold."""
    GUARDS[name](request, {**facts, "event": event}, actor)


def subject(request: AccessRequest) -> Subject:
    """A request as policies see it."""
    office = identity.office()
    return Subject(
        kind="request",
        person_id=request.person_id,
        owner_id=request.requester_account_id,
        prepared_by=request.prepared_by,
        decided_by=request.decision.get("decided_by"),
        two_person=bool(office and office.two_person_release),
        state=request.state,
    )


def _reason(_: AccessRequest, facts: Facts, __: Actor) -> None:
    if not str(facts.get("reason", "")).strip():
        raise GuardFailed("reason", "no reason", "a reason in plain words", "Write why, then try again.")


def _person_known(request: AccessRequest, _: Facts, __: Actor) -> None:
    if request.person_id is None:
        raise GuardFailed(
            "person_known", "a request tied to no person", "the person it is about", "Find the person first."
        )


def _identity_recorded(request: AccessRequest, _: Facts, __: Actor) -> None:
    if request.identity_check.get("result") != "verified":
        raise GuardFailed(
            "identity_recorded",
            "no verified identity",
            "a recorded identity check (45 CFR 164.514(h))",
            "Record how you checked who is asking.",
        )


def _letter_ready(request: AccessRequest, facts: Facts, _: Actor) -> None:
    kind = LETTER_OF[facts["event"]]
    letter = request.letters.filter(kind=kind, sent_at=None).order_by("-pk").first()
    if letter is None:
        raise GuardFailed("letter_ready", f"no {kind} letter", "the letter made and checked", "Make the letter first.")
    promised = facts.get("promised")
    named = {"promised": promised.isoformat() if isinstance(promised, date) else ""} if kind == "extension" else {}
    if not said.says(letter.values, {**said.now(kind, request), **named}):
        raise GuardFailed(
            "letter_ready",
            f"a {kind} letter that says something else",
            "a letter that says what this step does",
            "Make the letter again.",
        )


def _letters_ready(request: AccessRequest, _: Facts, __: Actor) -> None:
    missing = ", ".join(said.owed(request))
    if missing:
        raise GuardFailed(
            "letters_ready",
            f"no {missing} letter that says what is so today",
            "a cover letter, and a letter for what is held back (45 CFR 164.524(d)(2))",
            "Make the missing letter, then release.",
        )


def _licensed(_: AccessRequest, __: Facts, actor: Actor) -> None:
    if "reviewer" not in actor.roles:
        raise GuardFailed(
            "licensed",
            "a review by somebody who is not a licensed professional",
            "a licensed reviewer's own judgement (45 CFR 164.524(a)(3))",
            "Ask a licensed reviewer to take this step.",
        )


def _may_receive(request: AccessRequest, _: Facts, __: Actor) -> None:
    found = standing.of(request)
    if not found.may_receive:
        raise GuardFailed(
            "may_receive",
            f"a requester who may not get these records yet ({found.rule}, {found.cite})",
            "the person, a representative, or somebody with the person's authorization",
            found.needs or "Record the paper that lets them ask.",
        )


def _qa_done(request: AccessRequest, _: Facts, __: Actor) -> None:
    checks = request.qa.get("checks")
    if not checks or not all(checks.values()):
        raise GuardFailed("qa_done", "copies nobody checked", "every check done", "Check the copies, then release.")


def _record_unchanged(request: AccessRequest, _: Facts, __: Actor) -> None:
    if items.unflagged(request):
        raise GuardFailed(
            "record_unchanged",
            "entries that came into the record since the package was built and may have to stay back",
            "a package of the record as it is",
            "Choose the scope again, then build the package again.",
        )


def _items_decided(request: AccessRequest, _: Facts, __: Actor) -> None:
    if request.items.filter(decision="review").exists():
        raise GuardFailed("items_decided", "entries not decided", "a decision on each", "Decide each marked entry.")


def _package_ready(request: AccessRequest, _: Facts, __: Actor) -> None:
    package = delivery.package(request.package_ref) if request.package_ref else None
    if package is None or package.state != "ready":
        raise GuardFailed(
            "package_ready", "no finished package", "a package that is built", "Build it, or wait until it is done."
        )


def _package_is_theirs(request: AccessRequest, _: Facts, __: Actor) -> None:
    package = delivery.package(request.package_ref)
    if package is None or package.person_id != request.person_id:
        raise GuardFailed(
            "package_is_theirs", "a package of another person", "a package of the person asked about", "Build it again."
        )


def _second_person(request: AccessRequest, _: Facts, actor: Actor) -> None:
    verdict = policies.decide(actor, "request.release", subject(request))
    if not verdict.allow:
        raise GuardFailed(
            "second_person",
            "a release by somebody who may not release, or who prepared it",
            "an approver other than the one who prepared it",
            "Ask another approver to release it.",
        )


def _fee_allowed(request: AccessRequest, _: Facts, __: Actor) -> None:
    if not request.fee.get("allowed"):
        reasons = ", ".join(request.fee.get("reasons", ())) or "no quote"
        raise GuardFailed(
            "fee_allowed", f"a fee that may not be charged ({reasons})", "a fee the rules allow", "Change the quote."
        )


def _fee_as_seen(request: AccessRequest, facts: Facts, _: Actor) -> None:
    """Who agrees on a page agrees to the sum that stood there (rulebook FEE-11)."""
    seen, now = facts.get("total_cents"), int(request.fee.get("total_cents") or 0)
    if seen is not None and seen != now:
        raise GuardFailed(
            "fee_as_seen",
            f"a fee of {dollars(now)}, not the {dollars(int(seen))} that was seen",
            "the fee as it is now",
            "Look at the fee again, then answer.",
        )


def _ground_given(request: AccessRequest, _: Facts, __: Actor) -> None:
    ground = request.decision.get("ground")
    if ground not in GROUNDS or not request.decision.get("chosen_by"):
        raise GuardFailed(
            "ground_given",
            "no ground, or nobody who chose it",
            "one of the grounds of 45 CFR 164.524(a)(2)-(3)",
            "Choose the ground.",
        )


def may_be_reviewed(request: AccessRequest) -> bool:
    """Whether a refusal on a ground of harm was told and not reviewed yet (45 CFR 164.524(a)(4)).

    A review that upheld it is the last one; what was refused since may be looked at again.
    """
    decision, kept, since = request.decision, request.items.filter(decision="deny", reviewable=True), ""
    if request.review.get("outcome") == "upheld":
        since = str(request.review.get("decided_at") or clock.now().isoformat())
        kept = kept.filter(decided_at__gt=since)
    if decision.get("outcome") == "refused" and decision.get("reviewable"):
        return str(decision.get("decided_at", "")) >= since
    return decision.get("outcome") in {"refused", "partly granted"} and kept.exists()


def _reviewable(request: AccessRequest, _: Facts, __: Actor) -> None:
    if not may_be_reviewed(request):
        raise GuardFailed(
            "reviewable",
            "a refusal that cannot be reviewed, or was reviewed",
            "a refusal on a ground of 45 CFR 164.524(a)(3), not reviewed yet",
            "Complain to the office or HHS instead.",
        )


DECIDING = ("ground_chosen", "item_decided", "deny")
"""Steps of those who took part in a refusal; a later choice by somebody else does not undo that."""


def _other_reviewer(request: AccessRequest, _: Facts, actor: Actor) -> None:
    deciders = set(request.items.exclude(decided_by=None).values_list("decided_by", flat=True))
    deciders |= set(request.steps.filter(event__in=DECIDING).values_list("by_account", flat=True))
    deciders |= {request.decision.get("decided_by"), request.decision.get("chosen_by")}
    if "reviewer" not in actor.roles or actor.account_id in deciders:
        raise GuardFailed(
            "other_reviewer",
            "a reviewer who took part in the refusal, or no licensed reviewer",
            "a licensed reviewer who did not take part (45 CFR 164.524(a)(4))",
            "Ask another reviewer.",
        )


def _extension_allowed(request: AccessRequest, facts: Facts, _: Actor) -> None:
    promised = facts.get("promised")
    result = law.extension_check(
        request.received_on,
        clocks.local_day(request),
        promised if isinstance(promised, date) else date.max,
        bool(str(facts.get("reason", "")).strip()),
        1 if request.extension else 0,
    )
    faults = [*result.errors, *_state_faults(request, promised)]
    if faults:
        raise GuardFailed(
            "extension_allowed",
            "an extension the law does not allow: " + ", ".join(EXTENSION_WORDS[fault] for fault in faults),
            f"one extension, told in writing by {clocks.notice_until(request).isoformat()}, to a day after "
            f"{request.due_on.isoformat()} and not after {clocks.last_day(request).isoformat()} "
            "(45 CFR 164.524(b)(2)(ii), 160.203(b))",
            f"Act by {request.due_on.isoformat()}.",
        )


def _state_faults(request: AccessRequest, promised: object) -> list[str]:
    """What stands against an extension beside the federal rule: an earlier limit of the state (45 CFR 160.203(b))."""
    last, faults = clocks.last_day(request), []
    if isinstance(promised, date):
        faults += ["NO_LATER_THAN_NOW"] if promised <= request.due_on else []
        faults += ["STATE_GIVES_LESS"] if promised > last else []
    faults += ["STATE_NOTICE_LATE"] if clocks.local_day(request) > clocks.notice_until(request) else []
    faults += ["STATE_GIVES_NO_MORE"] if not request.extension and last <= request.due_on else []
    return faults


EXTENSION_WORDS = {
    "ONLY_ONE_EXTENSION": "it was extended before",
    "NOTICE_LATE": "the first 30 days are over",
    "REASON_MISSING": "no reason is given",
    "PROMISED_DATE_TOO_LATE": "the new date is after day 60",
    "STATE_GIVES_LESS": "the new date is after the last day state law allows",
    "STATE_GIVES_NO_MORE": "state law gives no more time",
    "STATE_NOTICE_LATE": "the first limit of the law has passed",
    "NO_LATER_THAN_NOW": "the new date is not after the day it is due now",
}

GUARDS: dict[str, Guard] = {
    "reason": _reason,
    "person_known": _person_known,
    "identity_recorded": _identity_recorded,
    "letter_ready": _letter_ready,
    "letters_ready": _letters_ready,
    "items_decided": _items_decided,
    "package_ready": _package_ready,
    "package_is_theirs": _package_is_theirs,
    "second_person": _second_person,
    "licensed": _licensed,
    "may_receive": _may_receive,
    "qa_done": _qa_done,
    "record_unchanged": _record_unchanged,
    "fee_allowed": _fee_allowed,
    "fee_as_seen": _fee_as_seen,
    "ground_given": _ground_given,
    "reviewable": _reviewable,
    "other_reviewer": _other_reviewer,
    "extension_allowed": _extension_allowed,
}
