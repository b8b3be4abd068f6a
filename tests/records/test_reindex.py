"""The posting index is made anew in steps, and is then what it would have been."""

import pytest
from django.db import connection

from chartpost.identity.types import SYSTEM
from chartpost.kernel import facts
from chartpost.kernel.db import raw
from chartpost.records import reindex, services
from chartpost.records.types import Incoming
from tests.records.test_store import condition

pytestmark = pytest.mark.django_db


def postings() -> list[tuple[int, ...]]:
    return sorted(raw.django().all("SELECT person_id, h, d, rid FROM records_posting"))


def test_an_old_index_becomes_what_a_new_one_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reindex, "STEP", 3)
    source = services.source_id("test", "Test")
    services.save([Incoming(condition(f"c{n}", "2026-01-01"), f"c{n}", n % 2) for n in range(8)], source, SYSTEM)
    services.delete(1, "Condition", "c3", SYSTEM)
    whole = postings()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM records_posting WHERE rid IN (SELECT rid FROM records_resource LIMIT 4)")
        cursor.execute("INSERT INTO records_posting SELECT 1, 5, 5, max(rid) FROM records_resource")
    reindex._looked.clear()
    facts.record(reindex.FACT, "0")
    assert not reindex.ready(raw.django())
    assert reindex.go_on() == 7
    assert postings() == whole
    assert reindex.ready(raw.django())
    assert reindex.go_on() == 0
