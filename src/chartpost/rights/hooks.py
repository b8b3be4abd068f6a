"""What other rooms tell this one."""

from django.db import transaction

from chartpost.identity.types import SYSTEM
from chartpost.rights import steps
from chartpost.rights.models import AccessRequest

NAMES = {"arrived": "confirm", "problem": "delivery_failed", "handed_over": "confirm"}
STATES = {"confirm": {"delivered"}, "delivery_failed": {"delivered", "confirmed"}}


@transaction.atomic
def receipt_came(request_ref: str, _delivery_ref: str, kind: str) -> None:
    """Move a request on when its delivery arrived, or open it again when it did not."""
    name = NAMES.get(kind)
    if name is None or not request_ref:
        return
    request = AccessRequest.objects.select_for_update().filter(ref=request_ref).first()
    if request is not None and request.state in STATES[name]:
        steps.step(request, name, SYSTEM, reason=f"receipt: {kind}")


def refile(from_id: int, to_id: int) -> None:
    """Move requests with their person when persons are merged or un-merged."""
    rows = AccessRequest.objects.filter(person_id=from_id)
    back = rows.filter(filed_person_id=to_id)
    moving = back if back.exists() else rows
    moving.update(person_id=to_id)
