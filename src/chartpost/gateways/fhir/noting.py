"""One ledger entry per request and person whose data left through the door, written before the answer leaves."""

from collections import Counter
from collections.abc import Iterable

from chartpost.identity.types import Access
from chartpost.ledger import services as ledger
from chartpost.records.app_events import event

__all__ = ["event", "noted"]


def noted(access: Access, action: str, persons: Iterable[int], thing: str, resource_type: str) -> None:
    """Write down that rows of these persons (0: nobody's, not written) were read; one per row, counted."""
    for person_id, count in Counter(persons).items():
        if person_id:
            ledger.note_read(event(access, action, person_id, thing, type=resource_type, count=count))
