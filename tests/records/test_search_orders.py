"""Pages of a search follow in the order asked for, each row once, also where many rows are equal in it."""

import random
from itertools import pairwise
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chartpost.formats.fhirjson.canonical import parse as parse_json
from chartpost.formats.fhirjson.search import definition, parse, sort_value
from chartpost.identity.types import SYSTEM, Access, RowFilter
from chartpost.kernel.db import raw
from chartpost.records import services
from chartpost.records.errors import TooCostly
from chartpost.records.search import COLUMNS, Found, Place, found, reach, run, search
from chartpost.records.types import Incoming, kind_of
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
    within, names = reach(reader, kind, "s"), list[str]()
    after: Place | None = None
    assert within is not None
    for _ in range(1000):
        page = search(parse(kind, asked), reader, within, limit, after, raw.django())
        assert len(page.rows) <= limit
        names += [row.id for row in page.rows]
        if page.after is None:
            return names
        after = tuple(orjson.loads(orjson.dumps(page.after)))  # as a sealed link keeps it
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
    some = pages(MINE, "Patient", 100, ("_sort", "birthdate,_id"), ("family:contains", "2"))
    assert some == [name for name in wanted if "2" in str(int(name[1:]))]


def test_more_equal_rows_than_can_be_sorted_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "SORTED_AT_MOST", 5)
    save(*(patient(f"p{n}", "1980-01-01", f"F{n}") for n in range(6)))
    with pytest.raises(TooCostly):
        pages(MINE, "Patient", 2, ("_sort", "birthdate,family"))
    assert len(pages(MINE, "Patient", 2, ("_sort", "birthdate"))) == 6
    monkeypatch.setattr(run, "SORTED_AT_MOST", 100)
    monkeypatch.setattr(run, "SCANNED_AT_MOST", 6)
    with pytest.raises(TooCostly):
        pages(MINE, "Patient", 2, ("_sort", "birthdate,family"))


def test_a_place_in_an_order_of_an_earlier_release_leads_nowhere() -> None:
    save(*(patient(f"p{n}", "1980-01-01", f"F{n}") for n in range(3)))
    within = reach(MINE, "Patient", "s")
    assert within is not None
    counted: list[tuple[tuple[str, str], Place]] = [
        (("_sort", "birthdate,family"), (5000, 1031)),
        (("_sort", "birthdate,family"), (5000, -1)),
        (("_sort", "family"), (1, 0)),
        (("_id", "p0,p1,p2"), (1, 0)),
    ]
    for asked, place in counted:
        with pytest.raises(TooCostly, match="Begin the search again"):
            search(parse("Patient", [asked]), MINE, within, 1, place, raw.django())


@pytest.mark.parametrize(
    "asked",
    [
        [("_sort", "value-string")],
        [("_sort", "-value-quantity,value-string")],
        [("_sort", "value-quantity")],
        [("_sort", "date,value-string")],
        [("_sort", "-_lastUpdated,-value-string")],
        [("_sort", "date"), ("_id", ",".join(f"o{n}" for n in range(12)))],
        [("_id", ",".join(f"o{n}" for n in range(12)))],
        [("date", "2026-01-01")],
    ],
)
@pytest.mark.parametrize("at", [0, 3, 4, 11])
def test_a_row_deleted_between_two_pages_makes_no_other_row_lost(asked: list[tuple[str, str]], at: int) -> None:
    def valued(number: int) -> dict[str, Any]:
        words = {} if number == 7 else {"valueString": f"w{number * 5 % 12:02d}"}
        value = {"valueQuantity": {"value": orjson.Fragment("0.3330" if number % 2 else "2"), "unit": "kg"}}
        named = {"resourceType": "Observation", "id": f"o{number}", "subject": {"reference": "Patient/p1"}}
        about = {"status": "final", "code": {"text": "x"}, "effectiveDateTime": "2026-01-01"}
        return {**named, **about, **(value if number % 3 else words)}

    save(*(parse_json(orjson.dumps(valued(n))) for n in range(12)))
    whole = pages(MINE, "Observation", 100, *asked)
    assert len(whole) == 12
    within, query = reach(MINE, "Observation", "s"), parse("Observation", asked)
    assert within is not None
    first = search(query, MINE, within, 4, None, raw.django())
    assert [row.id for row in first.rows] == whole[:4]
    services.delete(1, "Observation", whole[at], SYSTEM)
    rest, after = list[str](), first.after
    while after is not None:
        page = search(query, MINE, within, 4, after, raw.django())
        rest, after = [*rest, *(row.id for row in page.rows)], page.after
    assert rest == [name for name in whole[4:] if name != whole[at]]


def measured(name: str, day: str, status: str, value: int | None) -> dict[str, Any]:
    quantity = {} if value is None else {"valueQuantity": {"value": value, "unit": "kg"}}
    code = {"coding": [{"system": "http://loinc.org", "code": f"c-{status}-{value}"}]}
    said = {"code": code, "subject": {"reference": "Patient/p1"}, **quantity}
    dated = {"effectiveDateTime": day} if day else {}
    return {"resourceType": "Observation", "id": name, "status": status, **dated, **said}


@pytest.fixture
def many() -> dict[str, Found]:
    """Rows of two persons and of nobody, of few dates, values and moments, some without any."""
    drawn = random.Random(5)
    for step in range(6):
        names = [f"o{step}-{n}" for n in range(drawn.randrange(1, 12))]
        days = ("2024-01-01", "2024-01-01T00:00:00Z", "2024-02", "2024-02-01", "2025-03-04T05:06:07Z", "")
        some = [
            measured(name, drawn.choice(days), drawn.choice(("final", "amended")), drawn.choice((None, 1, 2)))
            for name in names
        ]
        save(*some, person=step % 3)
    rows = raw.django().all(f"SELECT {COLUMNS} FROM records_resource r WHERE r.kind = ?", [kind_of("Observation")])
    return {row[3]: found(row) for row in rows}


def test_rows_named_by_id_stand_as_they_do_among_all(many: dict[str, Found]) -> None:
    named = ("_id", ",".join(many))
    for sort in ("date,_id", "-date,_id", "_lastUpdated,_id", "-_lastUpdated,-_id"):
        whole = pages(EVERYONE, "Observation", 10, ("_sort", sort))
        assert pages(EVERYONE, "Observation", 10, ("_sort", sort), named) == whole


def ordered(row: Found, key: str, first: bool) -> Any:
    """What a row is put in order by; what the index knows, where it is the first key."""
    if first and key.lstrip("-") in ("date", "_lastUpdated"):
        return row.date_ms if key.lstrip("-") == "date" else row.updated_ms
    known = definition("Observation", key.lstrip("-"))
    assert known is not None
    return sort_value(parse_json(bytes(row.body)), known, key.startswith("-"))


def stands(before: Found, then: Found, keys: list[str]) -> bool:
    """Whether two rows may follow each other."""
    for place, key in enumerate(keys):
        one, other = (ordered(row, key, place == 0) for row in (before, then))
        if one != other:
            if one is None or other is None:
                return other is None
            return bool(one > other) == key.startswith("-")
    return True


KEYS = st.sampled_from(["date", "_lastUpdated", "status", "code", "value-quantity", "_id"])
SORTS = st.lists(st.tuples(st.sampled_from(["", "-"]), KEYS).map("".join), max_size=3)
PREFIXES = ("", "eq", "ne", "gt", "ge", "lt", "le", "sa", "eb")
DATES = ("2024-01-01", "2024-01-01T00:00:00Z", "2024-02", "2025", "2025-03-04T05:06:07Z")
DATED = st.builds("{}{}".format, st.sampled_from(PREFIXES), st.sampled_from(DATES))
SOME = ",".join(f"o{step}-{n}" for step in range(6) for n in range(3))
ASKED = st.lists(
    st.one_of(
        st.tuples(st.just("date"), st.lists(DATED, min_size=1, max_size=2).map(",".join)),
        st.tuples(st.just("_lastUpdated"), st.tuples(st.sampled_from(PREFIXES), st.integers(0, 5))),
        st.sampled_from([("status", "final"), ("status:not", "amended"), ("value-quantity", "gt1"), ("_id", SOME)]),
        st.sampled_from([("date:missing", "false"), ("code", "c-final-1"), ("code", "c-final-1,c-amended-2")]),
        st.sampled_from([("code", "http://loinc.org|c-final-None"), ("code", "http://snomed.info/sct|c-final-1")]),
    ),
    max_size=3,
    unique_by=str,
)


def moments(many: dict[str, Found], asked: list[tuple[str, Any]]) -> list[tuple[str, str]]:
    """What is asked, with moments at which rows were stored in place of their numbers."""
    stored = [parse_json(bytes(many[f"o{step}-0"].body))["meta"]["lastUpdated"] for step in range(6)]
    return [(n, value if isinstance(value, str) else value[0] + stored[value[1]]) for n, value in asked]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(keys=SORTS, asked=ASKED, limit=st.integers(1, 12), portion=st.integers(1, 9), everyone=st.booleans())
def test_any_order_gives_each_row_once_in_its_place(
    many: dict[str, Found], keys: list[str], asked: list[tuple[str, Any]], limit: int, portion: int, everyone: bool
) -> None:
    reader, asked = EVERYONE if everyone else MINE, moments(many, asked)
    criteria = parse("Observation", asked).criteria
    bodies = {name: parse_json(bytes(row.body)) for name, row in many.items() if everyone or row.person_id == 1}
    wanted = [name for name, body in bodies.items() if all(one.matches(body) for one in criteria)]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(run, "_AT_ONCE", portion)
        got = pages(reader, "Observation", limit, *asked, *([("_sort", ",".join(keys))] if keys else []))
    assert sorted(got) == sorted(wanted)
    keys = keys or ["-date"]
    assert all(stands(many[one], many[other], keys) for one, other in pairwise(got))
