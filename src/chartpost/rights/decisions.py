"""Decisions to hold something back: one entry, or everything; always on a ground of the closed list."""

from django.db import transaction

from chartpost.identity.types import Actor
from chartpost.law import access
from chartpost.rights import items, log
from chartpost.rights.errors import GuardFailed, NotNow
from chartpost.rights.models import AccessRequest, ItemDecision
from chartpost.rights.steps import locked

DECIDED_IN = ("in_scope_check", "retrieving", "clinical_review", "qa")


@transaction.atomic
def set_ground(ref: str, ground: str, reviewable: bool, reason: str, actor: Actor) -> None:
    """Choose the ground of a full refusal; a ground of harm needs a licensed reviewer (45 CFR 164.524(a)(3)).

    Whether it can be reviewed follows from the ground; `reviewable` must say the same. Raises GuardFailed, and NotNow
    where the request is not decided any more.
    """
    if ground not in access.GROUNDS or access.is_reviewable(ground) != reviewable:
        raise GuardFailed(
            "ground_given",
            "a ground that is not on the list, or said to be reviewable when it is not",
            f"one of {', '.join(access.GROUNDS)}",
            "Choose the ground from the list.",
        )
    if reviewable:
        _licensed(actor)
    if not reason.strip():
        raise GuardFailed("reason", "no reason", "a reason in plain words", "Write why, then try again.")
    request = locked(ref)
    _undecided(request)
    request.decision = {
        "ground": ground,
        "reviewable": reviewable,
        "rule": access.GROUNDS[ground],
        "reason": reason,
        "chosen_by": actor.account_id,
    }
    request.save()
    log.here(request, "ground_chosen", actor, reason, ground=ground)


@transaction.atomic
def decide_item(ref: str, key: str, facts: access.ItemFacts, reason: str, actor: Actor) -> ItemDecision:
    """A licensed professional's decision about one entry, by the rule table; a package built before is dropped.

    Raises GuardFailed for anyone else, and NotNow once the copies passed their check.
    """
    _licensed(actor)
    request = locked(ref)
    _undecided(request)
    row = items.decide(request, key, facts, reason, actor)
    request.package_ref = ""
    request.save()
    if request.package_ref:  # it was built before this decision
        request.package_ref = ""
        request.save()
    log.here(request, "item_decided", actor, reason, decision=row.decision, ground=row.ground)
    return row


def _undecided(request: AccessRequest) -> None:
    """Raise NotNow where nothing is decided any more: what was told stays as it was told."""
    if request.state not in DECIDED_IN:
        expected = f"one of: {', '.join(DECIDED_IN)}"
        raise NotNow(seen=f"a decision while {request.state}", expected=expected, todo="Choose the scope again first.")


def _licensed(actor: Actor) -> None:
    if "reviewer" not in actor.roles:
        raise GuardFailed(
            "licensed",
            "a decision by somebody who is not a licensed professional",
            "a licensed reviewer's own judgement (45 CFR 164.524(a)(3))",
            "Ask a licensed reviewer.",
        )
