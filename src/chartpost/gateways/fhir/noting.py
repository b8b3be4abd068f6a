"""One ledger entry per request and person whose data left through the door, written before the answer leaves."""

from collections import Counter
from collections.abc import Iterable

from chartpost.identity.types import Access
from chartpost.ledger import services as ledger
from chartpost.records.app_events import event

__all__ = ["event", "noted", "noted_one"]
MOST_KEPT = 5_000
"""Forms kept by a process, in each of two halves: what is no longer asked for goes with the older one."""
_Key = tuple[int, str, int, str, int]
_Kept = dict[_Key, tuple[Access, ledger.Form]]


class _Forms:
    """What entries have in common, by token and what was read; each holds its token, so that no other has its id."""

    newer: _Kept = {}
    older: _Kept = {}


def noted(access: Access, action: str, persons: Iterable[int], thing: str, resource_type: str) -> None:
    """Write down that rows of these persons (0: nobody's, not written) were read; one per person, counted."""
    for person_id, count in Counter(persons).items():
        if person_id:
            noted_one(access, action, person_id, thing, resource_type, count)


def noted_one(access: Access, action: str, person_id: int, thing: str, resource_type: str, count: int = 1) -> None:
    """The same of one person; what the entries of a token have in common is worked out once."""
    key = (id(access), action, person_id, resource_type, count)
    kept = _Forms.newer.get(key)
    if kept is None:
        kept = _Forms.older.get(key)
        if kept is None:
            kept = access, ledger.form(event(access, action, person_id, thing, type=resource_type, count=count))
        if len(_Forms.newer) >= MOST_KEPT:
            _Forms.newer, _Forms.older = {}, _Forms.newer
        _Forms.newer[key] = kept
    ledger.note_read_like(kept[1], thing)
