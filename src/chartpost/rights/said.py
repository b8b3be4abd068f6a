"""What a letter rests on: kept beside it when it is made, compared when a step sends it, so that none tells what was.

A letter without these facts, made by an earlier version, is asked for anew; sent ones stay as they are.
"""

from datetime import datetime
from typing import Any

from chartpost.rights import fees, items
from chartpost.rights.models import AccessRequest, Letter


def now(kind: str, request: AccessRequest) -> dict[str, Any]:
    """The facts a letter of this kind rests on today, as plain values."""
    if kind == "fee_estimate":
        return {"total_cents": int(request.fee.get("total_cents") or 0)}
    if kind == "denial":
        return {"ground": request.decision.get("ground", "")}
    if kind not in {"grant", "partial_denial"}:
        return {}
    denied = sorted([row.key, row.ground] for row in items.denied(request))
    way = {"way": request.delivery_channel, "to": dict(request.delivery_address), "denied": denied}
    if kind == "partial_denial":
        return way
    held = sorted([row.key, str(row.release_on)] for row in items.held(request))
    return {**way, "package": request.package_ref, "fee_cents": fees.agreed_cents(request), "held": held}


def owed(request: AccessRequest) -> list[str]:
    """The kinds of letter a release still needs: not made yet, or saying what is not so any more."""
    return [kind for kind in with_copies(request) if not _fits(kind, request)]


def with_copies(request: AccessRequest) -> list[str]:
    """The kinds of letter that go with the copies (45 CFR 164.524(d)(2) for a part held back)."""
    return ["grant", *(["partial_denial"] if items.denied(request) else [])]


def beside_copies(request: AccessRequest, released_at: datetime) -> list[Letter]:
    """The letters that lie in the envelope with the copies released at a moment: of each kind the newest.

    An acknowledgement lies with them when it had not left before.
    """
    going = [_newest(kind, request) for kind in with_copies(request)]
    receipts = request.letters.filter(kind="acknowledgement", sent_at__gte=released_at).order_by("pk")
    return [*receipts, *(letter for letter in going if letter is not None)]


def _newest(kind: str, request: AccessRequest) -> Letter | None:
    return request.letters.filter(kind=kind).order_by("-pk").first()


def _fits(kind: str, request: AccessRequest) -> bool:
    newest = _newest(kind, request)
    return newest is not None and says(newest.values, now(kind, request))


def says(stated: dict[str, Any], facts: dict[str, Any]) -> bool:
    """Whether what a letter stated holds each of these facts."""
    return all(name in stated and stated[name] == fact for name, fact in facts.items())
