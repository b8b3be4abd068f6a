"""Entries of the log about reads: what they have in common is kept for a while, in one bounded place of a process."""

from typing import Any

import pytest

from chartpost.gateways.fhir import noting
from chartpost.identity.types import RowFilter
from chartpost.ledger import services as ledger
from chartpost.ledger.types import Event
from tests.gateways.fhir.door import access


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was worked out, in order; nothing is kept at the beginning, and little later."""
    found: list[Any] = []
    real = ledger.form

    def form(event: Event) -> ledger.Form:
        found.append(event)
        return real(event)

    monkeypatch.setattr(ledger, "form", form)
    monkeypatch.setattr(ledger, "note_read_like", lambda *_: None)
    monkeypatch.setattr(noting, "MOST_KEPT", 10)
    monkeypatch.setattr(noting._Forms, "newer", {})
    monkeypatch.setattr(noting._Forms, "older", {})
    return found


def read(token: Any, person: int) -> None:
    noting.noted_one(token, "record.read", person, f"Observation/{person}", "Observation")


def test_what_is_read_often_is_worked_out_once(made: list[Any]) -> None:
    token = access("system/*.rs", everyone=RowFilter())
    for person in range(1, 100):
        read(token, 1_000)
        read(token, person)
    assert len([one for one in made if one.person_id == 1_000]) == 1
    assert len(made) == 100


def test_very_many_persons_of_very_many_tokens_take_little_room(made: list[Any]) -> None:
    for _ in range(5):
        token = access("system/*.rs", everyone=RowFilter())
        for person in range(1, 50):
            read(token, person)
        assert token.worked_out == {}
    assert len(noting._Forms.newer) + len(noting._Forms.older) <= 20


def test_one_token_never_takes_what_another_has(made: list[Any]) -> None:
    for client in ("a", "b", "a"):
        token = access("system/*.rs", everyone=RowFilter())
        object.__setattr__(token, "client_id", client)
        read(token, 1)
    assert [one.actor for one in made] == ["app:a", "app:b", "app:a"]
