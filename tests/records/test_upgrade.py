"""A home from before the terms of a row stood side by side: what is posted stays, and the worker makes the rest."""

from collections.abc import Iterator

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from chartpost.formats.fhirjson.index import DAY_BEFORE
from chartpost.identity.types import SYSTEM
from chartpost.kernel import facts
from chartpost.kernel.db import raw
from chartpost.records import postings, reindex, services
from chartpost.records.types import Incoming
from tests.records.test_reindex import Index, Rows, index
from tests.records.test_store import condition

pytestmark = pytest.mark.django_db(transaction=True)


def migrate(name: str) -> None:
    executor = MigrationExecutor(connection)
    executor.migrate([("records", name)])


@pytest.fixture
def newest() -> Iterator[str]:
    last: str = MigrationExecutor(connection).loader.graph.leaf_nodes("records")[0][1]
    yield last
    migrate(last)
    facts.forget(reindex.FACT)


def test_an_older_home_keeps_its_postings_and_gets_its_terms(newest: str) -> None:
    source = services.source_id("test", "Test")
    code = {"coding": [{"system": "http://snomed.info/sct", "code": "1"}]}
    given = [condition(f"c{n}", "2026-01-01", **({"code": code} if n else {})) for n in range(5)]
    services.save([Incoming(one, f"c{n}", n % 2) for n, one in enumerate(given)], source, SYSTEM)
    posted, terms = index()
    assert posted
    assert len(terms) == 5

    migrate("0014_scans")
    old = "INSERT INTO records_posting (person_id, h, d, rid) VALUES (?, ?, ?, ?)"
    here = "person_id = 0 AND rid IN (SELECT rid FROM records_resource)"
    assert sorted(raw.django().all(f"SELECT h, d, rid FROM records_posting WHERE {here}")) == posted
    own = [(person, h, d, rid) for person, _, d, rid, kept in terms for h in postings.split(kept) if person]
    raw.django().many(old, [*own, (1, 5, 6, 7)])  # and one of a row that is no more
    migrate(newest)
    assert plain(index()) == plain((posted, terms))
    reindex._looked.clear()
    assert not reindex.ready(raw.django())  # going back had asked for it
    assert reindex.go_on() == 5
    assert index() == (posted, terms)
    assert reindex.ready(raw.django())


def test_a_home_of_the_release_before_gets_its_index_anew(newest: str) -> None:
    late = {**condition("c", "2026-01-01"), "onsetDateTime": "2026-01-01T23:00:00-08:00"}
    services.save([Incoming(late, "c", 1)], services.source_id("test", "Test"), SYSTEM)
    [(*_, terms)] = index()[1]
    migrate("0018_relabelled")
    raw.django().run("UPDATE records_terms SET terms = ?", [b""])
    migrate(newest)
    reindex._looked.clear()
    assert not reindex.ready(raw.django())
    assert reindex.go_on() == 1
    assert postings.day_hash(DAY_BEFORE) in postings.split(terms)
    assert [row[-1] for row in index()[1]] == [terms]


def plain(found: Index) -> tuple[Rows, list[tuple[object, ...]]]:
    """The terms in the order of their numbers, without that of the type, which the rows of nobody had as well."""
    types = {postings.type_hash("Condition")}
    return found[0], [(*row[:4], sorted({*postings.split(row[4])} - types)) for row in found[1]]


def test_a_resources_source_has_no_index_of_its_own(newest: str) -> None:
    def indexed() -> bool:
        with connection.cursor() as cursor:
            known = connection.introspection.get_constraints(cursor, "records_resource")
        return any(each["columns"] == ["source_id"] and each["index"] for each in known.values())

    assert not indexed()
    migrate("0015_terms")
    assert indexed()
    migrate(newest)
    assert not indexed()
