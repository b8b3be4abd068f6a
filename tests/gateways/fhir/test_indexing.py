"""While the index is made anew, what goes by it waits: nothing is answered, stored or exported in part."""

from collections.abc import Iterator

import pytest

from chartpost.formats.fhirjson.terms import Label
from chartpost.identity.app_models import App, AppGrant
from chartpost.identity.types import SYSTEM
from chartpost.kernel import facts, jobs
from chartpost.kernel.db import raw
from chartpost.records import notice_events, notices, reindex
from chartpost.records import services as records
from tests.gateways.fhir.conftest import Pair
from tests.gateways.fhir.door import Answer, Door
from tests.gateways.fhir.test_binary import binary
from tests.gateways.fhir.test_binary import facts as facts_of
from tests.gateways.fhir.test_bulk import begun
from tests.gateways.fhir.test_bulk_stops import door, lines, run
from tests.gateways.fhir.test_conditions import OBSERVED, observation
from tests.gateways.fhir.test_writes import PATCH, condition, entry, everyone, transaction

PART = f"system/Patient.rs system/Observation.cruds?category={OBSERVED}|laboratory"


@pytest.fixture
def name(pair: Pair) -> str:
    """An Observation of the laboratory."""
    return str(everyone().post("Observation", observation(pair.mine, "laboratory", "i1")).json["id"])


@pytest.fixture
def nightly(db: None) -> Door:
    """A client that exports what a granular scope gives."""
    app = App.objects.create(client_id="nightly", name="Nightly", kind="backend")
    return door(AppGrant.objects.create(app=app, scopes=PART))


@pytest.fixture
def empty() -> Iterator[None]:
    """Nothing is indexed, as after an upgrade, until the worker made the index; it is made at the end."""
    begin()
    yield
    reindex._looked.clear()
    facts.forget(reindex.FACT)


def begin() -> None:
    raw.django().run("DELETE FROM records_terms WHERE rid > 0")
    facts.record(reindex.FACT, "0")
    reindex._looked.clear()


def waits(answer: Answer) -> bool:
    return (answer.status, answer.headers.get("Retry-After")) == (503, "30")


def test_what_asks_for_searches_waits(pair: Pair, name: str, empty: None) -> None:
    every, here = everyone(), observation(pair.mine, "laboratory", "i1")
    assert waits(every.send("POST", "Observation", here, {"If-None-Exist": f"identifier=i1&patient={pair.mine}"}))
    assert waits(every.send("PUT", "Observation?identifier=i1", here))
    assert waits(every.send("DELETE", "Observation?identifier=i1"))
    assert waits(every.post("Observation", {**here, "performer": [{"reference": "Practitioner?identifier=1"}]}))
    assert waits(every.post("", transaction(entry("POST", "Observation", here, ifNoneExist="identifier=i1"))))
    assert waits(every.get("Patient?_has:Observation:patient:identifier=i1"))
    assert waits(every.get(f"Patient/{pair.mine}/$everything"))
    assert every.get(f"Observation/{name}").status == 200
    assert every.post("Observation", here).status == 201


def test_a_granular_scope_waits_for_what_the_index_must_say(pair: Pair, name: str, empty: None) -> None:
    part, place = everyone(PART), f"Observation/{name}"
    assert waits(part.get(place))
    assert waits(part.send("PATCH", place, [], PATCH))
    assert waits(part.send("PUT", place, {**observation(pair.mine, "laboratory", "i1"), "id": name}))
    assert waits(part.send("DELETE", place))
    assert part.post("Observation", observation(pair.mine, "laboratory", "i2")).status == 201


def test_exports_wait(pair: Pair, name: str, nightly: Door) -> None:
    where = begun(nightly, "$export?_type=Observation")
    begin()
    assert waits(nightly.get("$export"))
    with pytest.raises(jobs.Later):
        run(where)
    assert nightly.get(where).status == 202
    reindex.go_on()
    run(where)
    assert name in {one["id"] for one in lines(nightly, where, "Observation")}


def test_notices_wait(pair: Pair, name: str, nightly: Door) -> None:
    asked = {
        "resourceType": "Subscription",
        "status": "requested",
        "reason": "x",
        "criteria": "Observation?",
        "channel": {"type": "rest-hook", "endpoint": "https://example.org/x", "payload": "application/fhir+json"},
    }
    made = nightly.post("Subscription", asked)
    assert made.status == 201, made.body
    ref = made.json["id"]
    raw.django().run("UPDATE records_subscription SET state = 'active' WHERE ref = ?", [ref])
    begin()
    with pytest.raises(jobs.Later):
        notice_events.match(ref, "1")
    with pytest.raises(jobs.Later):
        notices.deliver(ref)
    assert waits(nightly.get(f"Subscription/{ref}/$events"))
    reindex.go_on()


def test_binaries_follow_what_they_belong_to_all_the_same(pair: Pair, empty: None) -> None:
    kept = everyone().post("Condition", condition(pair.mine)).json["id"]
    name = everyone().post("Binary", binary(f"Condition/{kept}")).json["id"]
    begin()
    records.label(pair.me.id, "Condition", kept, Label.MENTAL_HEALTH, SYSTEM)
    assert facts_of("Binary", name) == facts_of("Condition", kept)
    everyone().send("DELETE", f"Condition/{kept}")
    assert everyone().get(f"Binary/{name}", Accept="application/fhir+json").status == 410
