"""One ledger entry per request and person whose data left through the door, written before the answer leaves."""

from collections import Counter
from collections.abc import Iterable

from chartpost.identity.types import Access
from chartpost.ledger import services as ledger
from chartpost.records.app_events import event

__all__ = ["event", "noted", "noted_one"]
MOST_KEPT = 1_000
"""What is kept with a token, which may reach very many people."""


def noted(access: Access, action: str, persons: Iterable[int], thing: str, resource_type: str) -> None:
    """Write down that rows of these persons (0: nobody's, not written) were read; one per person, counted."""
    for person_id, count in Counter(persons).items():
        if person_id:
            noted_one(access, action, person_id, thing, resource_type, count)


def noted_one(access: Access, action: str, person_id: int, thing: str, resource_type: str, count: int = 1) -> None:
    """The same of one person; what the entries of a token have in common is worked out once."""
    key = f"noted {action} {person_id} {resource_type} {count}"
    common = access.worked_out.get(key)
    if not isinstance(common, ledger.Form):
        common = ledger.form(event(access, action, person_id, thing, type=resource_type, count=count))
        if len(access.worked_out) < MOST_KEPT:
            access.worked_out[key] = common
    ledger.note_read_like(common, thing)
