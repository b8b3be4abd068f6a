"""The store keeps what it is given, once, in versions, and finds it again."""

from datetime import UTC, datetime

import pytest

from chartpost.formats.fhirjson.canonical import parse
from chartpost.formats.fhirjson.terms import Category, Label
from chartpost.identity.types import SYSTEM, RowFilter
from chartpost.records import queries, services, store
from chartpost.records.errors import NotStored, Refused
from chartpost.records.types import Incoming, Selection

pytestmark = pytest.mark.django_db

OPEN = RowFilter()


def condition(name: str, day: str, **more: object) -> dict[str, object]:
    return {
        "resourceType": "Condition",
        "id": name,
        "subject": {"reference": "Patient/p1"},
        "code": {"text": name},
        "recordedDate": day,
        **more,
    }


def save(*resources: dict[str, object], person: int = 1) -> store.SaveResult:
    source = services.source_id("test", "Test source")
    return services.save([Incoming(r, str(r["id"]), person) for r in resources], source, SYSTEM)


def test_same_content_twice_is_stored_once() -> None:
    first = save(condition("a", "2026-01-01"))
    again = save(condition("a", "2026-01-01"))
    assert (first.created, again.created, again.unchanged) == (1, 0, 1)
    assert queries.counts(1, OPEN) == {Category.PROBLEMS: 1}


def test_other_content_makes_a_new_version_and_keeps_the_old_one() -> None:
    save(condition("a", "2026-01-01"))
    result = save(condition("a", "2026-02-01"))
    assert result.updated == 1
    found = queries.item(1, "Condition", "a", OPEN)
    assert found.stored.version == 2
    assert parse(found.stored.body)["recordedDate"] == "2026-02-01"
    assert queries.counts(1, OPEN) == {Category.PROBLEMS: 1}


def test_pages_run_newest_first_without_gap_or_double() -> None:
    save(*(condition(f"c{n:03d}", f"2026-01-{n % 28 + 1:02d}") for n in range(120)))
    seen: list[str] = []
    cursor = ""
    while True:
        page = queries.section(1, Category.PROBLEMS, OPEN, limit=50, before=cursor)
        seen += [i.key for i in page.items]
        cursor = page.next
        if not cursor:
            break
    assert len(seen) == len(set(seen)) == 120
    dates = [queries.item(1, *k.split("/"), OPEN).stored.date_ms for k in seen[:3]]
    assert dates == sorted(dates, reverse=True)


def test_a_hidden_label_hides_everywhere() -> None:
    secret = {"meta": {"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "PSYTHPN"}]}}
    save(condition("plain", "2026-01-01"), condition("secret", "2026-01-02", **secret))
    narrow = RowFilter(hidden_labels=int(Label.PSYCHOTHERAPY))
    assert [i.stored.id for i in queries.section(1, Category.PROBLEMS, narrow).items] == ["plain"]
    assert queries.counts(1, narrow) == {Category.PROBLEMS: 1}
    assert queries.search_text(1, "secret", narrow).items == ()
    assert [s.id for s in queries.select(1, Selection(), narrow)] == ["plain"]
    with pytest.raises(NotStored):
        queries.item(1, "Condition", "secret", narrow)
    assert queries.search_text(1, "secret", OPEN).items[0].stored.id == "secret"


def test_one_person_never_sees_another() -> None:
    save(condition("mine", "2026-01-01"), person=1)
    save(condition("theirs", "2026-01-01"), person=2)
    assert [i.stored.id for i in queries.timeline(1, OPEN).items] == ["mine"]
    assert queries.search_text(1, "theirs", OPEN).items == ()


def test_wrong_fhir_is_refused_and_nothing_is_stored() -> None:
    broken = condition("bad", "2026-01-01", onsetAge="forty")
    with pytest.raises(Refused) as caught:
        save(condition("good", "2026-01-01"), broken)
    assert "Condition" in caught.value.seen
    assert queries.counts(1, OPEN) == {}


def test_staff_label_survives_a_new_version() -> None:
    save(condition("a", "2026-01-01"))
    services.label(1, "Condition", "a", Label.HIV, SYSTEM)
    save(condition("a", "2026-03-01"))
    found = queries.item(1, "Condition", "a", OPEN)
    assert found.stored.labels == int(Label.HIV)
    assert queries.counts(1, RowFilter(hidden_labels=int(Label.HIV))) == {}


def test_search_takes_any_text_as_words() -> None:
    save(condition("Diabetes mellitus", "2026-01-01") | {"id": "d"})
    for asked in ('"', "diab OR x", "a AND", "foo:bar", "-x", "*", "diabetes NEAR", "'; drop"):
        queries.search_text(1, asked, OPEN)
    assert len(queries.search_text(1, "diab", OPEN).items) == 1


def test_moment_is_stamped() -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    source = services.source_id("test")
    store.save([Incoming(condition("t", "2026-01-01"), "t", 1)], source, moment)
    assert (
        parse(queries.item(1, "Condition", "t", OPEN).stored.body)["meta"]["lastUpdated"] == "2026-01-02T03:04:05.000Z"
    )


def test_a_word_that_is_no_r4_type_is_simply_not_there() -> None:
    save(condition("a", "2026-01-01"))
    with pytest.raises(NotStored):
        queries.item(1, "Nonsense", "a", OPEN)


def test_provenance_stands_in_no_list_count_or_search_but_can_be_had_by_name() -> None:
    trace = {
        "resourceType": "Provenance",
        "id": "t",
        "target": [{"reference": "Condition/a"}],
        "recorded": "2026-01-02T10:00:00Z",
        "agent": [{"who": {"display": "Lakeside"}}],
    }
    other = {"resourceType": "Basic", "id": "b", "subject": {"reference": "Patient/p1"}, "code": {"text": "Lakeside"}}
    save(condition("a", "2026-01-01"), trace, other)
    assert queries.counts(1, OPEN) == {Category.PROBLEMS: 1, Category.OTHER: 1}
    assert [i.key for i in queries.section(1, Category.OTHER, OPEN).items] == ["Basic/b"]
    assert [i.key for i in queries.timeline(1, OPEN, categories=frozenset({Category.OTHER})).items] == ["Basic/b"]
    assert [i.key for i in queries.search_text(1, "Lakeside", OPEN).items] == ["Basic/b"]
    assert queries.item(1, "Provenance", "t", OPEN).stored.type == "Provenance"
    assert {s.type for s in queries.select(1, Selection(), OPEN)} == {"Condition", "Provenance", "Basic"}
