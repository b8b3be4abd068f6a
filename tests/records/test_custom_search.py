"""An office's own search parameters: refused when they cannot work, found by at once, posted by the worker."""

from typing import Any

import pytest
from django.db import connection, transaction

from chartpost.formats.fhirjson.search import parse
from chartpost.identity.types import SYSTEM, RowFilter
from chartpost.kernel.db import raw
from chartpost.records import preparing, reindex, services, store
from chartpost.records.search import custom, every, reach
from chartpost.records.types import Incoming, kind_of
from tests.gateways.fhir.door import access
from tests.records.test_store import condition

pytestmark = pytest.mark.django_db
PARAMETER: dict[str, Any] = {
    "resourceType": "SearchParameter",
    "id": "body-site-text",
    "url": "https://office.example.org/SearchParameter/body-site-text",
    "name": "BodySiteText",
    "status": "active",
    "description": "By the words of the body site",
    "code": "site-words",
    "base": ["Condition"],
    "type": "string",
    "expression": "Condition.bodySite.text",
}


@pytest.fixture(autouse=True)
def _fresh() -> None:
    custom.forget()


def save(*resources: dict[str, Any], person: int = 1) -> None:
    source = services.source_id("test", "Test source")
    services.save([Incoming(r, str(r["id"]), person) for r in resources], source, SYSTEM)
    custom.forget()


def found(text: str) -> list[str]:
    db = raw.django()
    reader = access("patient/*.rs", 1, "p1", {1: RowFilter()})
    query = parse("Condition", [("site-words", text)], custom=custom.definitions("Condition", db))
    within = reach(reader, "Condition", "s")
    assert within is not None
    return sorted(row.id for row in every(query, reader, within, db, 1000))


def posted() -> int:
    row = raw.django().one("SELECT sum(length(terms)) FROM records_terms")
    return int(row[0]) if row else 0


def test_it_finds_before_and_after_its_values_are_posted() -> None:
    save(condition("a", "2026-01-01", bodySite=[{"text": "Left knee"}]), condition("b", "2026-01-02"))
    save(PARAMETER, person=0)
    assert found("left") == ["a"]
    before = posted()
    assert reindex.post_custom() == 2
    assert posted() > before
    custom.forget()
    assert custom.definitions("Condition", raw.django())["site-words"].posted
    save(condition("c", "2026-01-03", bodySite=[{"text": "LEFT hip"}]))
    assert found("left") == ["a", "c"]
    assert reindex.post_custom() == 0


def test_a_changed_expression_counts_at_once() -> None:
    save(condition("a", "2026-01-01", bodySite=[{"text": "Left knee"}], note=[{"text": "Right now"}]))
    save(PARAMETER, person=0)
    reindex.post_custom()
    save({**PARAMETER, "expression": "Condition.note.text"}, person=0)
    assert found("left") == []
    assert found("right") == ["a"]


def test_what_was_prepared_before_the_values_were_posted_is_found() -> None:
    knee, hip = (condition(name, "2026-01-01", bodySite=[{"text": "Left side"}]) for name in ("first", "late"))
    save(knee)
    source = services.source_id("test", "Test source")
    ready = preparing.prepare([Incoming(hip, "late", 1)])
    store.warm(ready)
    save(PARAMETER, person=0)
    assert reindex.post_custom() == 1
    with transaction.atomic():
        store.write(ready, source)
    custom.forget()
    assert custom.definitions("Condition", raw.django())["site-words"].posted
    assert found("left") == ["first", "late"]


def test_a_parameter_of_two_types_counts_as_posted_once_both_are(monkeypatch: pytest.MonkeyPatch) -> None:
    save(condition("a", "2026-01-01", bodySite=[{"text": "Left knee"}]))
    save({**PARAMETER, "base": ["Procedure", "Condition"], "expression": "bodySite.text"}, person=0)
    with monkeypatch.context() as patched, pytest.raises(InterruptedError):
        patched.setattr(reindex, "kind_of", lambda name: _stopped() if name == "Condition" else kind_of(name))
        reindex.post_custom()
    custom.forget()
    assert found("left") == ["a"]
    assert reindex.post_custom() == 1
    custom.forget()
    assert custom.definitions("Condition", raw.django())["site-words"].posted
    assert found("left") == ["a"]


def _stopped() -> int:
    raise InterruptedError


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer")
def test_a_parameter_is_posted_once_nobody_writes_who_does_not_know_it() -> None:
    save(condition("a", "2026-01-01", bodySite=[{"text": "Left knee"}]))
    other = connection.copy()
    other.set_autocommit(False)
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT 1")
        save(PARAMETER, person=0)
        assert reindex.post_custom() == 0
        custom.forget()
        assert not custom.definitions("Condition", raw.django())["site-words"].posted
        other.commit()
        with other.cursor() as cursor:
            cursor.execute("SELECT 1")
        assert reindex.post_custom() == 1
    finally:
        other.rollback()
        other.close()


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"type": "special"}, "type"),
        ({"base": ["Nothing"]}, "base"),
        ({"base": "Condition"}, "base"),
        ({"code": "code"}, "code"),
        ({"code": "a b"}, "code"),
        ({"expression": "Condition.where("}, "expression"),
        ({"expression": "Condition.subject.where(resolve() is Patient)"}, "expression"),
        ({"expression": "'aaaa'.matches('(a+)+$')"}, "expression"),
        ({"expression": ""}, "expression"),
        ({"expression": "x" * 5000}, "expression"),
    ],
)
def test_one_that_cannot_work_is_told_where(change: dict[str, Any], path: str) -> None:
    assert [where for where, _ in custom.problems({**PARAMETER, **change})] == [f"SearchParameter.{path}"]
    assert custom.problems(PARAMETER) == []


def test_one_that_cannot_work_is_not_used() -> None:
    save({**PARAMETER, "expression": "Condition.where("}, {**PARAMETER, "id": "x", "status": "draft"}, person=0)
    assert custom.definitions("Condition", raw.django()) == {}
