"""What other rooms want to hear of: resources that were stored, changed or deleted, told after the commit."""

from collections.abc import Callable, Sequence
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


def register(listener: Listener) -> None:
    """Have `listener` called with the changes of each transaction, after it was committed."""
    _listeners.append(listener)


def heard() -> bool:
    """Whether anybody listens; nothing is gathered otherwise."""
    return bool(_listeners)


def tell(changes: Sequence[Changed]) -> None:
    """Tell every listener once the caller's transaction is committed."""
    if not changes:
        return
    for listener in _listeners:
        transaction.on_commit(partial(listener, changes))
