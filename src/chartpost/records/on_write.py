"""What other rooms want to hear of: resources that were stored, changed or deleted, and labels that hide some.

Most are told after the commit. What must not be lost when the process ends between commit and telling is told
within the transaction, and undone with it.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from django.db import transaction


class Changed(NamedTuple):
    """One resource that is another now."""

    rid: int
    type: str
    id: str
    person_id: int
    version: int
    deleted: bool


Listener = Callable[[Sequence[Changed]], None]
_listeners: list[Listener] = []
_within: list[Listener] = []
_on_label: list[Callable[[int, int], None]] = []


def register(listener: Listener) -> None:
    """Have `listener` called with the changes of each transaction, after it was committed."""
    _listeners.append(listener)


def register_within(listener: Listener) -> None:
    """Have `listener` called inside the transaction; it must be quick, and what it raises undoes the transaction."""
    _within.append(listener)


def heard() -> bool:
    """Whether anybody listens; nothing is gathered otherwise."""
    return bool(_listeners or _within)


def tell(changes: Sequence[Changed]) -> None:
    """Tell every listener, now or once the caller's transaction is committed."""
    if not changes:
        return
    for listener in _within:
        listener(changes)
    for listener in _listeners:
        transaction.on_commit(partial(listener, changes))


def on_label(listener: Callable[[int, int], None]) -> None:
    """Have `listener(person_id, labels)` called in the transaction that gives entries labels they did not have.

    Whether staff give them or a new version brings them: what was made of the entries before may show too much.
    """
    _on_label.append(listener)


def tell_labels(given: Mapping[int, int]) -> None:
    """Tell of the labels, a mask by person, that some entries have and did not have before."""
    for person_id, labels in sorted(given.items()):
        for listener in _on_label if labels else ():
            listener(person_id, labels)
