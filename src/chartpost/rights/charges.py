"""The fee of a request: quoted with its rules, told, charged at release, marked as paid (45 CFR 164.524(c)(4)).

Nothing waits for payment (rulebook FEE-17): a release needs no payment, and the clock never stops for one.
"""

from typing import Any

from django.db import transaction

from chartpost.identity.types import Actor
from chartpost.kernel import clock
from chartpost.rights import fees, log
from chartpost.rights.errors import Incomplete, NotNow
from chartpost.rights.steps import locked

TOLD = frozenset({"fee_estimated", "fee_accepted"})


@transaction.atomic
def quote(ref: str, facts: dict[str, Any], actor: Actor) -> dict[str, Any]:
    """Work out the fee and keep it with its rules; nothing is told to the person yet.

    Raises NotNow once a fee was told: it can only be dropped then.
    """
    request = locked(ref)
    if request.state in TOLD or request.fee.get("charged_cents"):
        raise NotNow(seen="a fee that was told", expected="a fee not told yet", todo="Drop the fee, then quote again.")
    kept = fees.keep(fees.quote(request, facts), facts)
    request.fee = kept
    request.save()
    log.here(request, "fee_quoted", actor)
    return kept


@transaction.atomic
def mark_paid(ref: str, cents: int, how: str, actor: Actor) -> None:
    """Record a payment of a charged fee; `how` is a word such as cash, check or card. Raises Incomplete."""
    request = locked(ref)
    left = fees.unpaid(request)
    if not 0 < cents <= left:
        raise Incomplete("cents", f"{cents} cents", f"an amount from 1 to {left} cents", "Correct the amount.")
    paid = {"cents": cents, "how": how, "at": clock.now().isoformat(), "by": actor.account_id}
    request.fee = {**request.fee, "payments": [*request.fee.get("payments", []), paid]}
    request.save()
    log.here(request, "charge_paid", actor, cents=cents, how=how)
