"""Database connections that go with a turn, not with a thread.

Many threads wait for slow networks and few are at work (`kernel.transfers`). A connection for each thread would be
hundreds, each with a page cache of its own; so each turn has one of Django's and those of the raw doors, which its
thread borrows while it lasts.
"""

import logging
import threading
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections

from chartpost.kernel.db import raw

log = logging.getLogger(__name__)


class _Here(threading.local):
    """The turn of this thread, if it has one."""

    lent: "Lent | None" = None


_here = _Here()


class Lent:
    """The connections of one turn; used by one thread at a time.

    Django's is put before the thread only when it asks for it: most reads of the raw doors never do.
    """

    def __init__(self) -> None:
        self._django: Any = None
        self._asked_for = False
        self._raw = raw.Held()

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction of Django's is open, so that nobody else may borrow these now."""
        return self._django is not None and bool(self._django.in_atomic_block)

    def borrow(self) -> None:
        """Make them this thread's."""
        _here.lent = self
        raw.hold(self._raw)

    def give_back(self) -> None:
        """Leave this thread without connections; a transaction left open goes to nobody else, but is undone."""
        _here.lent = None
        if self._asked_for:
            self._asked_for = False
            del connections[DEFAULT_DB_ALIAS]
        if self.in_transaction:
            log.error("a turn ended inside a transaction; it is undone")
            held, self._django = self._django.connection, None
            held.close()
        raw.hold(None)

    def django(self) -> Any:
        """Django's connection of this turn, from now on the thread's; opened anew when its server went away."""
        if self._django is None:
            self._django = _create(DEFAULT_DB_ALIAS)
            self._django.inc_thread_sharing()
        self._django.close_if_unusable_or_obsolete()
        self._asked_for = True
        return self._django


def _connection_of(alias: str) -> Any:
    """What Django gets when a thread has no connection yet: that of its turn, else one of its own."""
    lent = _here.lent
    return _create(alias) if lent is None or alias != DEFAULT_DB_ALIAS else lent.django()


_create = connections.create_connection
connections.create_connection = _connection_of  # type: ignore[method-assign]  # it has no other place to say so


def close_own() -> None:
    """Close what this thread opened for itself, outside of a turn."""
    for one in connections.all(initialized_only=True):
        one.close()
        del connections[one.alias]
    raw.hold(None)
