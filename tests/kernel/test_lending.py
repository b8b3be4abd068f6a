"""What one request leaves on the connections of its turn, the next one never meets."""

import threading
import time
from collections.abc import Callable

import pytest
from django.db import DatabaseError, connection, connections, transaction

from chartpost.kernel import facts
from chartpost.kernel.db import raw
from chartpost.kernel.db.lending import Lent, close_own
from chartpost.kernel.transfers import Turns

pytestmark = pytest.mark.django_db(transaction=True)


def apart(work: Callable[[], object]) -> None:
    """Do it in a thread of its own, whose connections are its own."""
    raised: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:
            raised.append(error)
        finally:
            close_own()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if raised:
        raise raised[0]


def test_a_transaction_left_open_is_undone_and_given_to_nobody() -> None:
    turn = Lent()

    def leaves() -> None:
        turn.borrow()
        transaction.atomic().__enter__()
        facts.record("left", "open")
        turn.give_back()

    def comes() -> None:
        turn.borrow()
        assert not connection.in_atomic_block
        assert facts.recorded("left") is None
        facts.record("came", "later")
        turn.give_back()

    apart(leaves)
    apart(comes)
    assert facts.recorded("left") is None
    assert facts.recorded("came") is not None


def test_a_connection_whose_server_went_away_is_opened_anew() -> None:
    turn = Lent()

    def breaks() -> None:
        turn.borrow()
        facts.record("before", "yes")
        connection.connection.close()
        with pytest.raises(DatabaseError, match="closed"):
            facts.recorded("before")
        connection.is_usable = lambda: False  # type: ignore[method-assign]  # as PostgreSQL says; a file never goes
        turn.give_back()

    def comes() -> None:
        turn.borrow()
        assert facts.recorded("before") is not None
        turn.give_back()

    apart(breaks)
    apart(comes)


def test_who_gave_its_turn_away_meets_other_connections_than_who_has_it() -> None:
    turn = Lent()
    seen: list[object] = []

    def one() -> None:
        turn.borrow()
        seen.append(connections["default"])
        seen.append(raw.thread())
        turn.give_back()
        assert connections["default"] not in seen
        assert raw.thread() not in seen

    apart(one)


def test_django_is_lent_a_connection_only_when_it_asks() -> None:
    turn, seen = Lent(), []

    def reads() -> None:
        turn.borrow()
        seen.append(connections.all(initialized_only=True))
        turn.give_back()

    def asks() -> None:
        turn.borrow()
        facts.recorded("anything")
        seen.append(connections["default"])
        turn.give_back()
        seen.append(connections.all(initialized_only=True))
        facts.recorded("anything")
        seen.append(connections["default"])

    apart(reads)
    assert seen.pop() == []
    apart(asks)
    lent, left, own = seen
    assert left == []
    assert own is not lent, "outside of the turn a thread has a connection of its own"
    apart(asks)
    assert seen[3] is lent, "the turn keeps its connection"
    lent.close()


def test_turns_go_to_those_who_wait_in_the_order_they_came() -> None:
    """Whoever comes back at once does not overtake them, however fast it is."""
    turns, order = Turns(1), []
    held = turns.take()

    def come(number: int) -> None:
        mine = turns.take()
        order.append(number)
        turns.give(mine)

    threads = [threading.Thread(target=come, args=(number,)) for number in range(6)]
    for number, thread in enumerate(threads, 1):
        thread.start()
        while len(turns._waiting) < number:
            time.sleep(0.001)
    turns.give(held)
    held = turns.take()
    assert order == list(range(6))
    turns.give(held)
    for thread in threads:
        thread.join()
    assert len(turns._free) == 1
