"""How a bulk export reads: each stretch of the table once, bounded in memory, by an index where that is less."""

import tracemalloc
from typing import Any

import orjson
import pytest
from django.db import transaction

from chartpost.kernel import clock
from chartpost.kernel.db import raw
from chartpost.records import bulk_moment, bulk_rows, bulk_spans, store
from chartpost.records.bulk_types import Asked, kept
from chartpost.records.models import BulkExport, Source
from chartpost.records.types import Incoming
from tests.gateways.fhir.conftest import Pair
from tests.gateways.fhir.test_attacks_bulk import exported, run
from tests.gateways.fhir.test_binary import binary
from tests.gateways.fhir.test_bulk import begun, door
from tests.gateways.fhir.test_writes import condition, everyone

EVERY = ("Condition", "Observation", "Patient", "Practitioner")


def asked(*types: str, scopes: str = "system/*.rs", **more: Any) -> Asked:
    reach = door(scopes).access
    assert reach is not None
    return Asked("https://localhost/fhir/$export", "system", types or EVERY, kept(reach), {}, **more)


def read(one: Asked) -> list[bytes]:
    """Every line, in the order read; each portion ends behind the one before."""
    lines, last = [], 0
    for portion in bulk_rows.portions(one, 0, clock.now_ms() + 1000, raw.django()):
        assert portion.last > last
        last = portion.last
        lines += [line for some in portion.lines.values() for *_, line in (one[:4] for one in some)]
    return sorted(lines)


def ways(one: Asked) -> list[Any]:
    return [span.rids for span in bulk_spans.spans(one, list(one.types), 0, raw.django())]


@pytest.mark.parametrize(
    ("more", "found"),
    [("", 0), ("system/Observation.rs", 0), ("system/Condition.rs", 1), ("system/Condition.rs?category=a|b", 0)],
)
def test_binaries_are_read_within_the_scopes_for_their_contexts(pair: Pair, more: str, found: int) -> None:
    kept = everyone().post("Condition", condition(pair.mine)).json["id"]
    assert everyone().post("Binary", binary(f"Condition/{kept}")).status == 201
    lines = read(asked("Binary", scopes=f"system/Binary.rs {more}"))
    assert [orjson.loads(line)["securityContext"] for line in lines] == [{"reference": f"Condition/{kept}"}] * found


def test_few_rows_are_looked_up_by_an_index_and_many_read_through(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    few, many = asked("Patient"), asked(*bulk_spans.held(raw.django()))
    assert None not in ways(few)
    assert set(ways(many)) == {None}
    assert len(read(few)) == 2
    whole = read(many)
    monkeypatch.setattr(bulk_spans, "FEW", 0)
    assert read(asked("Patient")) == [line for line in whole if b'"resourceType":"Patient"' in line]


def test_persons_and_time_are_looked_up_too(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = Asked(**{**vars(asked()), "level": "patient", "persons": (pair.me.id,)})
    late = asked(since_ms=clock.now_ms() + 60_000)
    monkeypatch.setattr(bulk_spans, "FEW", 1)
    assert None not in ways(mine)
    assert ways(late) == []
    by_index = read(mine)
    monkeypatch.setattr(bulk_spans, "FEW", 10**9)
    assert read(mine) == by_index
    monkeypatch.setattr(bulk_moment, "MOST_NAMED", 0)
    assert read(mine) == by_index
    assert f'"id":"{pair.others}"'.encode() not in b"".join(by_index)


@pytest.mark.parametrize("few", [1, 10**9])
def test_stretches_with_many_bytes_are_read_in_parts(pair: Pair, monkeypatch: pytest.MonkeyPatch, few: int) -> None:
    monkeypatch.setattr(bulk_spans, "FEW", few)
    whole = read(asked())
    monkeypatch.setattr(bulk_rows, "BYTES_AT_ONCE", 2_000)
    monkeypatch.setattr(bulk_rows, "ROWS_FETCHED", 3)
    portions = list(bulk_rows.portions(asked(), 0, clock.now_ms() + 1000, raw.django()))
    assert max(sum(len(some) for some in one.lines.values()) for one in portions) < 20
    assert read(asked()) == whole


def test_memory_does_not_grow_with_what_is_exported(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    with transaction.atomic():
        source, _ = Source.objects.get_or_create(key="office", defaults={"name": "Office"})
        notes = [{"resourceType": "Basic", "id": f"b{n}", "code": {"text": str(n) * 100_000}} for n in range(10, 99)]
        store.save([Incoming(note, note["id"], 0) for note in notes], source.id)  # type: ignore[arg-type]
    monkeypatch.setattr(bulk_rows, "BYTES_AT_ONCE", 1_000_000)
    monkeypatch.setattr(bulk_rows, "ROWS_FETCHED", 5)
    exported(door(), "$export?_type=Patient")
    client = door()
    tracemalloc.start()
    try:
        _, (url,) = exported(client, "$export?_type=Basic")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    body = client.get(url).body
    assert {orjson.loads(line)["id"] for line in body.splitlines()} == {note["id"] for note in notes}
    assert len(body) > 15_000_000
    assert peak < 9_000_000


def test_an_export_begun_by_an_earlier_release_is_told_to_have_failed(pair: Pair) -> None:
    client = door()
    where = begun(client)
    BulkExport.objects.filter(ref=where.rpartition("/")[2]).update(place=[3, 1200])
    run(client)
    assert client.get(where).status == 500
