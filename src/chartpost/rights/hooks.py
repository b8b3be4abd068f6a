"""What other rooms tell this one."""

from django.db import transaction

from chartpost.delivery import queries as delivery
from chartpost.identity import queries as identity
from chartpost.identity.types import SYSTEM
from chartpost.rights import log, steps
from chartpost.rights.models import AccessRequest
from chartpost.rights.states import OPEN
from chartpost.rights.telling import tell

NAMES = {"arrived": "confirm", "problem": "delivery_failed", "handed_over": "confirm"}
STATES = {"confirm": {"delivered"}, "delivery_failed": {"delivered", "confirmed"}}


@transaction.atomic
def receipt_came(request_ref: str, _delivery_ref: str, kind: str) -> None:
    """Move a request on when its delivery arrived, or open it again when it did not; ask its people whether it did."""
    name = NAMES.get(kind)
    if not request_ref or (name is None and kind != "asked"):
        return
    request = AccessRequest.objects.select_for_update().filter(ref=request_ref).first()
    if request is None:
        return
    if name is None:
        tell(request, "arrived")
    elif request.state in STATES[name]:
        steps.step(request, name, SYSTEM, reason=f"receipt: {kind}")


def refile(from_id: int, to_id: int) -> None:
    """Move requests with their person when persons are merged or un-merged.

    Staff are told where copies went out, or would have, that hold the other person's record too.
    """
    rows = AccessRequest.objects.filter(person_id=from_id)
    filed = identity.belonging(rows.values_list("filed_person_id", flat=True).distinct(), to_id)
    rows.filter(filed_person_id__in=filed).update(person_id=to_id)
    if identity.mixed_since(from_id, to_id):
        for request in AccessRequest.objects.filter(person_id__in=(from_id, to_id)):
            _part_ways(request)


def _part_ways(request: AccessRequest) -> None:
    """Let go of a package that holds two persons' records, and leave staff a note."""
    if any(one.package.state == "withdrawn" for one in delivery.deliveries(request.ref)):
        log.note(
            request, "Copies went out while two persons were taken for one. Look whether that is a breach to tell."
        )
    package = delivery.package(request.package_ref) if request.package_ref else None
    if package is not None and package.state == "withdrawn" and request.state in OPEN:
        request.package_ref = ""
        request.save(update_fields=["package_ref"])
        log.note(request, "Two persons were separated again. Choose the scope and build the package again.")
