"""Somebody with full rights in the database changes the ledger; the check names the first bad row."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chartpost.kernel import clock
from chartpost.ledger import services
from chartpost.ledger.merkle import Growing, leaf_hash
from chartpost.ledger.note import Checkpoint, Signer
from chartpost.ledger.sequencer import checkpoint_file
from chartpost.ledger.types import Event
from chartpost.ledger.verify import VerifyReport, verify
from tests.support.ledger import unguard

from .support import rows, run

pytestmark = pytest.mark.django_db


@pytest.fixture
def ledger(event: Event, sequence: Callable[[], int]) -> None:
    """Nine entries under checkpoints of 3, 6 and 9; the triggers are gone."""
    for _ in range(3):
        for _ in range(3):
            services.append(event)
        sequence()
    assert verify().ok
    unguard()


def first(report: VerifyReport) -> tuple[str, str]:
    assert report.first is not None
    return report.first.row, report.first.text


def entry_of(seq: int) -> tuple[int, bytes]:
    (row,) = rows("SELECT e.id, e.body FROM ledger_leaf l JOIN ledger_entry e ON e.id = l.entry_id WHERE seq = %s", seq)
    return row[0], bytes(row[1])


def rehash() -> None:
    """Bring leaf hashes and the sequencer's state in step with the entries, as a careful forger would."""
    tree = Growing()
    for seq, body in rows("SELECT seq, body FROM ledger_leaf l JOIN ledger_entry e ON e.id = l.entry_id ORDER BY seq"):
        tree.add(leaf_hash(bytes(body)))
        run("UPDATE ledger_leaf SET hash = %s WHERE seq = %s", leaf_hash(bytes(body)), seq)
    run("UPDATE ledger_tree SET size = %s, peaks = %s", tree.size, tree.peaks)


@pytest.mark.usefixtures("ledger")
class TestTampering:
    def test_whole(self) -> None:
        report = verify()
        assert (report.size, report.signed_size, report.waiting, report.ok) == (9, 9, 0, True)
        assert report.checkpoints == 6, "three rows and their copies in the file"

    def test_a_changed_entry(self) -> None:
        number, body = entry_of(4)
        run("UPDATE ledger_entry SET body = %s WHERE id = %s", body.replace(b"Ana", b"Eva"), number)
        row, text = first(verify())
        assert row == "leaf 4" and "changed" in text and f"row {number}" in text

    def test_a_changed_column(self) -> None:
        number, _ = entry_of(4)
        run("UPDATE ledger_entry SET person_id = 8 WHERE id = %s", number)
        row, text = first(verify())
        assert row == "leaf 4" and "columns" in text

    def test_a_changed_entry_with_its_hashes_made_to_fit(self) -> None:
        number, body = entry_of(4)
        run("UPDATE ledger_entry SET body = %s WHERE id = %s", body.replace(b"Ana", b"Eva"), number)
        rehash()
        row, text = first(verify())
        assert row == "leaf 3" and "leaves 3 to 5" in text

    def test_a_removed_entry(self) -> None:
        number, _ = entry_of(4)
        run("DELETE FROM ledger_entry WHERE id = %s", number)
        row, text = first(verify())
        assert row == "leaf 4" and "gone" in text

    def test_a_removed_leaf(self) -> None:
        run("DELETE FROM ledger_leaf WHERE seq = 4")
        report = verify()
        assert first(report)[0] == "leaf 4" and "missing" in first(report)[1]
        assert any("has no leaf" in problem.text for problem in report.problems)

    def test_a_removed_row_with_the_rest_moved_up(self) -> None:
        number, _ = entry_of(4)
        run("DELETE FROM ledger_leaf WHERE seq = 4")
        run("DELETE FROM ledger_entry WHERE id = %s", number)
        for seq in range(5, 9):
            run("UPDATE ledger_leaf SET seq = %s WHERE seq = %s", seq - 1, seq)
        rehash()
        report = verify()
        assert first(report)[0] == "leaf 3"
        assert any("the end is cut" in problem.text for problem in report.problems)

    def test_rows_in_another_order(self) -> None:
        run("UPDATE ledger_leaf SET seq = -1 WHERE seq = 4")
        run("UPDATE ledger_leaf SET seq = 4 WHERE seq = 5")
        run("UPDATE ledger_leaf SET seq = 5 WHERE seq = -1")
        rehash()
        row, text = first(verify())
        assert row == "leaf 3" and "not those that were signed" in text

    def test_an_inserted_row(self, event: Event) -> None:
        services.append(event)
        ((number,),) = rows("SELECT entry_id FROM ledger_waiting")
        run("DELETE FROM ledger_waiting")
        row, text = first(verify())
        assert row == f"entry {number}" and "no leaf" in text
        for seq in range(8, 3, -1):
            run("UPDATE ledger_leaf SET seq = %s WHERE seq = %s", seq + 1, seq)
        run("INSERT INTO ledger_leaf (seq, entry_id, hash) VALUES (4, %s, %s)", number, b"")
        rehash()
        assert first(verify())[0] == "leaf 3"

    def test_the_end_cut_off(self) -> None:
        for seq in (7, 8):
            number, _ = entry_of(seq)
            run("DELETE FROM ledger_leaf WHERE seq = %s", seq)
            run("DELETE FROM ledger_entry WHERE id = %s", number)
        rehash()
        row, text = first(verify())
        assert row == "checkpoint 9" and "7 are there" in text

    def test_the_end_cut_off_with_its_checkpoint_row(self) -> None:
        self.cut_to_six()
        assert first(verify())[0] == "checkpoint 9", "the copy in the file still says nine"

    def test_the_end_cut_off_with_both_copies_shows_against_a_copy_from_elsewhere(self, tmp_path: Path) -> None:
        elsewhere = tmp_path / "elsewhere"
        elsewhere.write_text(checkpoint_file().read_text())
        self.cut_to_six()
        checkpoint_file().write_text("\n\n".join(checkpoint_file().read_text().split("\n\n")[:4]) + "\n")
        assert verify().ok
        assert first(verify(elsewhere))[0] == "checkpoint 9"

    def test_a_forged_checkpoint(self) -> None:
        number, body = entry_of(4)
        run("UPDATE ledger_entry SET body = %s WHERE id = %s", body.replace(b"Ana", b"Eva"), number)
        rehash()
        tree = Growing()
        for (digest,) in rows("SELECT hash FROM ledger_leaf ORDER BY seq"):
            tree.add(bytes(digest))
        other = Signer(Ed25519PrivateKey.from_private_bytes(bytes(32)))
        genuine = rows("SELECT note FROM ledger_checkpoint WHERE size = 9")[0][0]
        own = genuine.split("\n")[0]
        forged = other.sign(Checkpoint(9, tree.root())).replace(other.verifier.name, own)
        run("UPDATE ledger_checkpoint SET note = %s WHERE size = 9", forged)
        row, text = first(verify())
        assert row == "checkpoint 9" and "another key" in text

    def test_a_checkpoint_changed_under_its_signature(self) -> None:
        ((note,),) = rows("SELECT note FROM ledger_checkpoint WHERE size = 9")
        run("UPDATE ledger_checkpoint SET note = %s WHERE size = 9", note.replace("\n9\n", "\n8\n"))
        row, text = first(verify())
        assert row == "checkpoint 9" and "does not fit" in text

    def test_a_checkpoint_under_another_size(self) -> None:
        run("UPDATE ledger_checkpoint SET size = 8 WHERE size = 9")
        assert first(verify())[0] == "checkpoint 8"

    def test_a_changed_state_of_the_sequencer(self) -> None:
        run("UPDATE ledger_tree SET peaks = %s", b"\x00" * 64)
        assert first(verify())[0] == "tree"

    @staticmethod
    def cut_to_six() -> None:
        for seq in (6, 7, 8):
            number, _ = entry_of(seq)
            run("DELETE FROM ledger_leaf WHERE seq = %s", seq)
            run("DELETE FROM ledger_entry WHERE id = %s", number)
        run("DELETE FROM ledger_checkpoint WHERE size = 9")
        rehash()


def test_entries_that_wait_are_counted_and_no_problem(event: Event) -> None:
    services.append(event)
    report = verify()
    assert report.ok and report.waiting == 1


def test_entries_that_wait_too_long_are_a_problem(event: Event) -> None:
    with clock.at(datetime(2026, 1, 1, tzinfo=UTC)):
        services.append(event)
    row, text = first(verify())
    assert row == "queue" and "more than a minute" in text
