"""An office's own search parameters: refused when they cannot work, found by at once, posted by the worker."""

from typing import Any

import pytest

from chartpost.formats.fhirjson.search import parse
from chartpost.identity.types import SYSTEM, RowFilter
from chartpost.kernel.db import raw
from chartpost.records import reindex, services
from chartpost.records.search import custom, every, reach
from chartpost.records.types import Incoming
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
