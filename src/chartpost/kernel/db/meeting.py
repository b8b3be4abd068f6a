"""Transactions that store the same at one moment: PostgreSQL tells only when it is written; they begin again."""

from collections.abc import Callable
from typing import TypeVar

from django.db import DatabaseError, IntegrityError, transaction

T = TypeVar("T")
TRIES = 6
_STATES = frozenset({"40001", "40P01"})
"""It cannot be told who came first; two wait for each other (https://www.postgresql.org/docs/current/mvcc.html)."""


def again(work: Callable[[], T], undone: Callable[[], None] = lambda: None) -> T:
    """What `work` returns, done in a transaction, and from its beginning where it met another; `undone` is called then.

    It is called whenever nothing was written, so that what was read meanwhile is forgotten.
    """
    tried = 0
    while True:
        tried += 1
        try:
            with transaction.atomic():
                return work()
        except BaseException as error:
            undone()
            if tried == TRIES or not _met_another(error):
                raise


def _met_another(error: BaseException) -> bool:
    if isinstance(error, IntegrityError):
        return True
    return isinstance(error, DatabaseError) and getattr(error.__cause__, "sqlstate", "") in _STATES
