"""Writing entries: with the caller's change, insert-only, and without free text."""

import dataclasses
import json
from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, transaction

from chartpost.kernel import clock
from chartpost.ledger import encoding, services
from chartpost.ledger.encoding import canonical, entry
from chartpost.ledger.errors import EventRefusedError
from chartpost.ledger.types import Event

from .support import rows, run

pytestmark = pytest.mark.django_db


def test_an_entry_says_who_what_whose_when_why_and_from_where(event: Event) -> None:
    services.append(dataclasses.replace(event, detail={"count": 3}))
    ((body,),) = rows("SELECT body FROM ledger_entry")
    values = json.loads(bytes(body))
    assert values["actor_name"] == "Ana Ruiz" and values["action"] == "record.read" and values["person"] == 7
    assert values["why"] == "treatment" and values["where"] == "10.0.0.9" and values["detail"] == {"count": 3}
    assert rows("SELECT ref, at_ms, person_id FROM ledger_entry") == [(values["ref"], values["at"], 7)]


def test_canonical_bytes_are_sorted_json_without_spaces(event: Event) -> None:
    values = entry(event)
    assert canonical(values) == json.dumps(values, sort_keys=True, separators=(",", ":")).encode()


def test_an_entry_goes_with_a_change_that_is_undone(event: Event) -> None:
    def change() -> None:
        with transaction.atomic():
            services.append(event)
            assert rows("SELECT count(*) FROM ledger_entry") == [(1,)]
            raise ValueError

    with pytest.raises(ValueError):
        change()
    assert rows("SELECT count(*) FROM ledger_entry") == [(0,)]
    assert rows("SELECT count(*) FROM ledger_waiting") == [(0,)]


@pytest.mark.parametrize("table", ["ledger_entry", "ledger_leaf", "ledger_checkpoint"])
@pytest.mark.parametrize("statement", ["DELETE FROM {}", "UPDATE {} SET {} = {}"])
def test_the_database_refuses_to_change_or_remove_rows(table: str, statement: str, event: Event) -> None:
    services.append(event)
    services.sequence()
    column = {"ledger_entry": "action", "ledger_leaf": "entry_id", "ledger_checkpoint": "note"}[table]
    before = rows(f"SELECT * FROM {table}")
    assert len(before) == 1
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        run(statement.format(table, column, column))
    assert rows(f"SELECT * FROM {table}") == before


@pytest.mark.parametrize(
    "change",
    [
        {"detail": {"filter": "Maria Lopez"}},
        {"detail": {"name": "Lopez"}},
        {"detail": {"entries": "Maria Lopez"}},
        {"detail": {"entries": "Observation/1,Maria Lopez"}},
        {"detail": {"entries": ",".join(f"Observation/{n}" for n in range(51))}},
        {"detail": {"code": "x" * 65}},
        {"detail": {"count": 2**60}},
        {"detail": {"count": 1.5}},
        {"object": "Maria Lopez"},
        {"action": "Read the record"},
        {"action": "read"},
    ],
)
def test_free_text_is_refused(change: dict[str, object], event: Event) -> None:
    with pytest.raises(EventRefusedError) as caught:
        services.append(dataclasses.replace(event, **change))  # type: ignore[arg-type]
    assert "Lopez" not in str(caught.value)
    assert rows("SELECT count(*) FROM ledger_entry") == [(0,)]


def test_a_name_too_long_is_cut_and_still_written(event: Event) -> None:
    services.append(dataclasses.replace(event, actor_name="n" * 999))
    ((body,),) = rows("SELECT body FROM ledger_entry")
    assert json.loads(bytes(body))["actor_name"] == "n" * 200


def test_an_entry_made_from_a_form_is_the_same_as_one_made_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Byte for byte, whatever names hold: the leaf of the tree is the hash of these bytes."""
    moment = datetime(2026, 11, 21, 12, tzinfo=UTC)
    monkeypatch.setattr(encoding, "new_id", lambda *_: "01m7zfzwsd26mjq576zd5k7e35")
    for name in ("An app", 'Zoë "Z" \\ Ünïcode\n\u2028', "x" * 300):
        for person, detail in ((7, {"type": "Observation", "count": 3}), (None, {})):
            event = Event("app:a-b", name, "app", "record.read", person, "Patient/1", "own access", "fhir", detail)
            with clock.at(moment):
                common = encoding.form(event)
                for thing in ("Patient/1", "Observation/abc.def-9", ""):
                    whole = encoding.canonical(encoding.entry(dataclasses.replace(event, object=thing)))
                    assert common.filled(thing) == whole
    with pytest.raises(EventRefusedError):
        common.filled('Patient/1","person":8')
