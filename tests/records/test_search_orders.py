"""Pages of a search follow in the order asked for, each row once, also where many rows are equal in it."""

from typing import Any

import pytest

from chartpost.formats.fhirjson.search import parse
from chartpost.identity.types import SYSTEM, Access, RowFilter
from chartpost.kernel.db import raw
from chartpost.records import services
from chartpost.records.errors import TooCostly
from chartpost.records.search import reach, run, search
from chartpost.records.types import Incoming
from tests.gateways.fhir.door import access

pytestmark = pytest.mark.django_db
MINE = access("patient/*.rs", 1, "p1", {1: RowFilter()})
EVERYONE = access("system/*.rs", everyone=RowFilter())


def patient(name: str, born: str, family: str) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": name, "birthDate": born, "name": [{"family": family}]}


def save(*resources: dict[str, Any], person: int = 1) -> None:
    services.save([Incoming(r, r["id"], person) for r in resources], services.source_id("test", "Test"), SYSTEM)


def pages(reader: Access, kind: str, limit: int, *asked: tuple[str, str]) -> list[str]:
    """The ids of all pages of a search, one page after another."""
    within, found, after = reach(reader, kind, "s"), list[str](), None
    assert within is not None
    for _ in range(1000):
        page = search(parse(kind, asked), reader, within, limit, after, raw.django())
        assert len(page.rows) <= limit
        found += [row.id for row in page.rows]
        after = page.after
        if after is None:
            return found
    raise AssertionError("the pages do not end")


def test_rows_of_one_date_are_put_in_order_by_the_further_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "_AT_ONCE", 3)
    families = ["Zed", "Abel", "Moro", "Bell", "Young"]
    save(*(patient(f"{family}-{year}", f"{year}-05-01", family) for family in families for year in (1980, 1990)))
    save({"resourceType": "Patient", "id": "nameless", "birthDate": "1980-05-01"})
    up, down = sorted(families), sorted(families, reverse=True)
    for reader in (MINE, EVERYONE):
        for limit in (1, 2, 4, 100):
            by_name = pages(reader, "Patient", limit, ("_sort", "birthdate,family"))
            assert by_name == [*(f"{n}-1980" for n in up), "nameless", *(f"{n}-1990" for n in up)]
            backwards = pages(reader, "Patient", limit, ("_sort", "-birthdate,-family"))
            assert backwards == [*(f"{n}-1990" for n in down), *(f"{n}-1980" for n in down), "nameless"]
            checked = pages(reader, "Patient", limit, ("_sort", "birthdate,-family"), ("family:contains", "e"))
            wanted = [name for name in down if "e" in name.lower()]
            assert checked == [*(f"{n}-1980" for n in wanted), *(f"{n}-1990" for n in wanted)]


def test_rows_stored_at_once_are_put_in_order_by_the_further_keys() -> None:
    save(*(patient(f"p{n}", f"19{n:02d}-01-01", f"F{n % 3}") for n in range(20, 40)))
    wanted = sorted((f"p{n}" for n in range(20, 40)), key=lambda name: (int(name[1:]) % 3, -int(name[1:])))
    assert pages(MINE, "Patient", 7, ("_sort", "_lastUpdated,family,-birthdate")) == wanted
    assert pages(MINE, "Patient", 7, ("_sort", "-_lastUpdated,family,-birthdate")) == wanted


def test_pages_go_on_where_a_page_ended_early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "_AT_ONCE", 2)
    monkeypatch.setattr(run, "SCANNED_AT_MOST", 4)
    save(*(patient(f"p{n:02d}", f"19{n // 3 + 20}-01-01", f"F{n}") for n in range(30)))
    wanted = [f"p{n:02d}" for n in range(30)]
    assert pages(MINE, "Patient", 100, ("_sort", "birthdate,_id")) == wanted
    found = pages(MINE, "Patient", 100, ("_sort", "birthdate,_id"), ("family:contains", "2"))
    assert found == [name for name in wanted if "2" in str(int(name[1:]))]


def test_more_equal_rows_than_can_be_sorted_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "SORTED_AT_MOST", 5)
    save(*(patient(f"p{n}", "1980-01-01", f"F{n}") for n in range(6)))
    with pytest.raises(TooCostly):
        pages(MINE, "Patient", 2, ("_sort", "birthdate,family"))
    assert len(pages(MINE, "Patient", 2, ("_sort", "birthdate"))) == 6
