"""Two versions of one C-CDA document that come at the same moment: as if they had come one after the other."""

from collections.abc import Callable
from functools import partial, reduce
from typing import Any

import pytest
from django.db import connection

from chartpost.formats.ccda import INTAKE_VERSION
from chartpost.records import models
from chartpost.records.ingest import clinical, editions, rebuild
from tests.records.test_at_once import beside, between
from tests.records.test_clinical import bodies, bring, codes, paper_of, rows, the_person

pytestmark = pytest.mark.django_db
BOTH = ("44054006", "38341003")
OLDER = paper_of(*BOTH, version=1, identity="a")
NEWER = paper_of("44054006", version=2, identity="b").replace('value="20200102"', 'value="20190909"')


def newer() -> None:
    bring(NEWER, "newer.xml")


def older() -> None:
    bring(OLDER, "older.xml")


def check(onset: str = "2019-09-09") -> None:
    """The newer version alone is current, and what is in the record is what it says."""
    assert codes() == ["44054006"]
    assert [body["onsetDateTime"] for body in bodies("Condition")] == [onset]
    documents = {body["status"]: body for body in bodies("DocumentReference")}
    assert set(documents) == {"superseded", "current"}
    link = {"code": "replaces", "target": {"reference": f"DocumentReference/{documents['superseded']['id']}"}}
    assert documents["current"]["relatesTo"] == [link]
    first, second = models.ClinicalDocument.objects.order_by("number")
    assert ((first.replaced, first.made), second.replaced) == ((True, []), False)
    held = models.Tally.objects.filter(person_id=the_person()).values_list("count", flat=True)
    assert sum(held) == sum(row.person_id != 0 for kind in KINDS for row in rows(kind))


KINDS = ("Patient", "Condition", "DocumentReference", "Provenance", "Composition", "Encounter")


@pytest.mark.parametrize(("mine", "other"), [(older, newer), (newer, older)])
@pytest.mark.parametrize("place", [(editions, "compare", True), (clinical, "_store", True), (clinical, "store", False)])
def test_a_version_that_comes_while_another_is_stored(
    mine: Callable[[], None],
    other: Callable[[], None],
    place: tuple[Any, str, bool],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    between(monkeypatch, place[0], place[1], other, after=place[2])
    mine()
    rebuild.go_on()
    check()
    assert set(models.ClinicalDocument.objects.values_list("intake_version", flat=True)) == {INTAKE_VERSION}


def test_the_report_of_a_version_that_was_outdated_meanwhile_counts_its_original_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    between(monkeypatch, editions, "compare", newer, after=True)
    report = bring(OLDER, "older.xml")
    assert (report.created, report.updated, report.refused) == (1, 0, [])


def test_a_version_that_comes_while_the_older_is_read_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    older()
    between(monkeypatch, rebuild, "store", newer, after=True)
    rebuild.rebuild(rebuild.SYSTEM, everything=True)
    rebuild.go_on()
    check()


@pytest.mark.django_db(transaction=True)
def test_two_versions_brought_by_two_at_the_same_moment() -> None:
    for number in range(3):
        own = {'extension="s1"': f'extension="s{number}"', 'extension="a"': f'extension="a{number}"'}
        own['extension="b"'] = f'extension="b{number}"'
        one, two = (reduce(lambda text, to: text.replace(*to), own.items(), text) for text in (OLDER, NEWER))
        assert beside(partial(bring, one, "older.xml"), partial(bring, two, "newer.xml")) == []
    rebuild.go_on()
    found = models.ClinicalDocument.objects.values_list("number", "replaced")
    assert sorted(found) == [(1, True)] * 3 + [(2, False)] * 3
    assert sorted(body["status"] for body in bodies("DocumentReference")) == ["current"] * 3 + ["superseded"] * 3
    assert set(codes()) == {"44054006"}, connection.vendor
