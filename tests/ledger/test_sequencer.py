"""Sequencers and writers at the same time; steps that fit in a short transaction."""

import threading
import time
from pathlib import Path

import pytest
from django.db import connection

from chartpost.ledger import services
from chartpost.ledger.sequencer import Pace, Sequencer, checkpoint_file, run_sequencer
from chartpost.ledger.types import Event
from chartpost.ledger.verify import verify

from .support import rows

EACH = 40


def work(event: Event, failures: list[Exception]) -> None:
    try:
        for _ in range(EACH):
            services.append(event)
            services.note_read(event)
    except Exception as error:
        failures.append(error)
    finally:
        connection.close()


def file(stop: threading.Event) -> None:
    """A sequencer in a thread of its own, whose connection ends with it, and not when memory is tidied."""
    try:
        run_sequencer(stop)
    finally:
        connection.close()


@pytest.mark.usefixtures("committed")
def test_two_sequencers_and_four_writers_file_each_entry_once(event: Event, home: Path) -> None:
    failures: list[Exception] = []
    stop = threading.Event()
    writers = [threading.Thread(target=work, args=(event, failures)) for _ in range(4)]
    sequencers = [threading.Thread(target=file, args=(stop,)) for _ in range(2)]
    for thread in writers + sequencers:
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    for thread in sequencers:
        thread.join()
    assert failures == []
    services.sequence()
    report = verify()
    assert (report.ok, report.size, report.signed_size, report.waiting) == (True, 8 * EACH, 8 * EACH, 0)
    assert rows("SELECT count(DISTINCT ref) FROM ledger_entry") == [(8 * EACH,)]
    assert str(8 * EACH) in checkpoint_file().read_text()


@pytest.mark.usefixtures("committed")
def test_an_entry_is_in_the_tree_within_seconds(event: Event) -> None:
    stop = threading.Event()
    thread = threading.Thread(target=file, args=(stop,))
    thread.start()
    services.note_read(event)
    services.append(event)
    began = time.monotonic()
    while rows("SELECT size FROM ledger_tree") != [(2,)] and time.monotonic() - began < 10:
        time.sleep(0.02)
    stop.set()
    thread.join()
    assert rows("SELECT size FROM ledger_tree") == [(2,)]


@pytest.mark.django_db
def test_checkpoints_are_signed_at_most_every_ten_seconds(event: Event) -> None:
    sequencer = Sequencer()
    for _ in range(5):
        services.append(event)
        assert sequencer.tick() == 1
    assert rows("SELECT size FROM ledger_checkpoint") == [(1,)]
    sequencer.next_checkpoint = 0.0
    sequencer.tick()
    assert rows("SELECT size FROM ledger_checkpoint ORDER BY size") == [(1,), (5,)]


def test_the_batch_follows_the_time_a_transaction_takes() -> None:
    pace = Pace(rows=400)
    pace.after(400, 0.120)
    assert pace.rows == 100
    pace.after(100, 0.001)
    assert pace.rows == 200
    pace.after(3, 0.0001)
    assert pace.rows == 200, "a batch that was not full says nothing"
    pace.after(200, 60)
    assert pace.rows == 20
