"""The index is made anew in steps, and is then what it would have been."""

import pytest
from django.db import connection

from chartpost.identity.types import SYSTEM
from chartpost.kernel import facts
from chartpost.kernel.db import raw
from chartpost.records import reindex, services
from chartpost.records.types import Incoming
from tests.records.test_store import condition

pytestmark = pytest.mark.django_db


Rows = list[tuple[int, int, int]]
Index = tuple[Rows, list[tuple[int, int, int, int, bytes]]]


def index() -> Index:
    """The postings across persons, and the terms of each row."""
    db = raw.django()
    here = "rid IN (SELECT rid FROM records_resource)"  # tests that commit leave rows of the index behind
    terms = db.all(f"SELECT person_id, kind, d, rid, terms FROM records_terms WHERE {here}")
    return sorted(db.all(f"SELECT h, d, rid FROM records_posting WHERE {here}")), sorted(
        (*row[:4], bytes(row[4])) for row in terms
    )


def test_an_old_index_becomes_what_a_new_one_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reindex, "STEP", 3)
    source = services.source_id("test", "Test")
    services.save([Incoming(condition(f"c{n}", "2026-01-01"), f"c{n}", n % 2) for n in range(8)], source, SYSTEM)
    services.delete(1, "Condition", "c3", SYSTEM)
    whole = index()
    assert len(whole[1]) == 7
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM records_posting WHERE rid IN (SELECT rid FROM records_resource LIMIT 4)")
        cursor.execute("INSERT INTO records_posting SELECT 1, 5, max(rid) FROM records_resource")
        cursor.execute("DELETE FROM records_terms WHERE rid IN (SELECT rid FROM records_resource LIMIT 2)")
        cursor.execute("UPDATE records_terms SET terms = 'x' WHERE rid = (SELECT max(rid) FROM records_resource)")
    reindex._looked.clear()
    facts.record(reindex.FACT, "0")
    assert not reindex.ready(raw.django())
    assert reindex.go_on() == 7
    assert index() == whole
    assert reindex.ready(raw.django())
    assert reindex.go_on() == 0
