"""Reads of this room."""

from chartpost.gateways.shl import models
from chartpost.gateways.shl.types import OPEN_STATES, TRIES, LinkView, UseView
from chartpost.kernel import clock

SHOWN = 100
USES_SHOWN = 5


def links_of(account_id: int) -> list[LinkView]:
    """The links an account made, newest first, ended ones included."""
    rows = models.Link.objects.filter(account_id=account_id).order_by("-made_at", "-pk")
    return [_view(row) for row in rows[:SHOWN]]


def link(ref: str, account_id: int) -> LinkView | None:
    """One link of an account, or None."""
    row = models.Link.objects.filter(ref=ref, account_id=account_id).first()
    return _view(row) if row else None


def _view(row: models.Link) -> LinkView:
    uses = row.used.order_by("-at")[:USES_SHOWN]
    return LinkView(
        ref=row.ref,
        person_id=row.person_id,
        label=row.label,
        state=_state(row),
        long_term=row.long_term,
        direct=row.direct,
        has_passcode=bool(row.passcode),
        failures=min(row.failures, TRIES),
        max_uses=row.max_uses,
        uses=row.uses,
        entries=row.entries,
        formats=tuple(row.formats),
        made_at=row.made_at,
        built_at=row.built_at,
        ends_at=row.ends_at,
        ended_at=row.ended_at,
        last_uses=tuple(UseView(use.at, use.recipient) for use in uses),
    )


def _state(row: models.Link) -> str:
    if row.state in OPEN_STATES:
        if row.locked_at is not None:
            return "locked"
        if row.ends_at <= clock.now():
            return "expired"
        if row.max_uses is not None and row.uses >= row.max_uses:
            return "used"
    return row.state
