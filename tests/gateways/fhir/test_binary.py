"""Binaries: whose they are, and who reads them (https://hl7.org/fhir/R4/binary.html#security)."""

from collections import Counter
from typing import Any

import pytest

from chartpost.formats.fhirjson.terms import Label
from chartpost.identity import services as identity
from chartpost.identity.types import SYSTEM, Actor, RowFilter
from chartpost.kernel.db import raw
from chartpost.ledger import queries as ledger
from chartpost.ledger.types import Filter
from chartpost.records import services as records
from chartpost.records.types import kind_of
from tests.gateways.fhir.conftest import Pair
from tests.gateways.fhir.door import Door, access
from tests.gateways.fhir.test_bulk_merges import clerk as clerk
from tests.gateways.fhir.test_writes import condition, entry, everyone, transaction

Json = dict[str, Any]
URN = "urn:uuid:31111111-1111-1111-1111-111111111111"
PSY = {"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "PSY"}]}
LISTS = (
    "Binary?_count=500",
    "Binary?_id={}",
    "Patient/{me}/$everything",
)


def binary(context: str = "", **more: Any) -> Json:
    """A Binary of three letters that belongs to what `context` names."""
    found: Json = {"resourceType": "Binary", "contentType": "text/plain", "data": "QUJD", **more}
    return {**found, "securityContext": {"reference": context}} if context else found


def hiding(pair: Pair, labels: Label = Label.MENTAL_HEALTH) -> Door:
    """My app, from which labels are kept."""
    return Door(access("patient/*.rs", pair.me.id, pair.mine, {pair.me.id: RowFilter(hidden_labels=int(labels))}))


def facts(resource_type: str, name: str) -> tuple[Any, ...]:
    sql = "SELECT person_id, category, labels, date_ms, deleted FROM records_resource WHERE kind = ? AND fhir_id = ?"
    row = raw.django().one(sql, [kind_of(resource_type), name])
    assert row is not None
    return row


def in_step() -> bool:
    """Whether the tallies are what the rows are."""
    rows = "SELECT person_id, category, labels, count(*) FROM records_resource WHERE deleted = ? GROUP BY 1, 2, 3"
    told = "SELECT person_id, category, labels, count FROM records_tally WHERE count <> 0"
    return sorted(raw.django().all(rows, [False])) == sorted(raw.django().all(told))


def reads(door: Door, name: str, me: str) -> list[bool]:
    """By which ways a door sees a Binary: alone as it is and as FHIR, and in each list."""
    alone = [door.get(f"Binary/{name}", Accept=kind).status == 200 for kind in ("*/*", "application/fhir+json")]
    told = f'"id":"{name}"'.encode()
    return alone + [told in door.get(each.format(name, me=me)).body for each in LISTS]


def test_a_binary_of_a_patient_is_that_persons(pair: Pair) -> None:
    document = {
        "resourceType": "DocumentReference",
        "status": "current",
        "type": {"coding": [{"system": "http://loinc.org", "code": "11506-3"}]},
        "subject": {"reference": f"Patient/{pair.mine}"},
        "content": [{"attachment": {"contentType": "text/plain", "url": URN}}],
    }
    made = everyone().post(
        "",
        transaction(
            entry("POST", "Binary", binary(f"Patient/{pair.mine}"), URN), entry("POST", "DocumentReference", document)
        ),
    )
    assert made.status == 200
    place = made.json["entry"][0]["response"]["location"].split("/fhir/")[1].split("/_history")[0]
    answer = pair.door().get(place, Accept="*/*")
    assert (answer.status, answer.body) == (200, b"ABC")
    assert pair.door().get(f"Patient/{pair.mine}/$everything?_type=Binary").ids == [place]
    other = Door(access("patient/*.rs", pair.other.id, pair.others))
    assert other.get(place, Accept="*/*").status == 404


def test_a_binary_follows_what_its_context_names(pair: Pair) -> None:
    whole, low = everyone(), hiding(pair)
    kept = whole.post("Condition", condition(pair.mine, onsetDateTime="2011-02-03")).json
    name = whole.post("Binary", binary(f"Condition/{kept['id']}/_history/1")).json["id"]
    assert facts("Binary", name) == facts("Condition", kept["id"])
    assert facts("Binary", name)[0] == pair.me.id
    assert all(reads(low, name, pair.mine))
    records.label(pair.me.id, "Condition", kept["id"], Label.MENTAL_HEALTH, SYSTEM)
    assert not any(reads(low, name, pair.mine))
    assert all(reads(pair.door(), name, pair.mine))
    records.label(pair.me.id, "Condition", kept["id"], Label(0), SYSTEM)
    assert (
        whole.send("PUT", f"Condition/{kept['id']}", {**kept, "meta": PSY, "onsetDateTime": "2015-01-01"}).status == 200
    )
    assert facts("Binary", name) == facts("Condition", kept["id"])
    assert not any(reads(low, name, pair.mine))
    assert in_step()
    assert whole.send("DELETE", f"Condition/{kept['id']}").status == 204
    assert whole.get(f"Binary/{name}", Accept="*/*").status == 410
    assert f"Binary/{name}" not in whole.get("Binary?_count=500").ids
    assert in_step()


def test_a_binary_is_written_with_the_labels_of_its_context(pair: Pair) -> None:
    kept = everyone().post("Condition", condition(pair.mine, meta=PSY)).json["id"]
    name = everyone().post("Binary", binary(f"Condition/{kept}")).json["id"]
    assert not any(reads(hiding(pair), name, pair.mine))
    full = "urn:uuid:41111111-1111-1111-1111-111111111111"
    made = everyone().post(
        "",
        transaction(
            entry("POST", "Binary", binary(full), URN), entry("POST", "Condition", condition(pair.mine, meta=PSY), full)
        ),
    )
    name, kept = (one["response"]["location"].split("/")[-3] for one in made.json["entry"])
    assert facts("Binary", name) == facts("Condition", kept)
    assert not any(reads(hiding(pair), name, pair.mine))


KEPT_ALONE = "patient/Patient.rs patient/Binary.rs"
PROBLEMS = "http://terminology.hl7.org/CodeSystem/condition-category|problem-list-item"


@pytest.mark.parametrize(
    ("scopes", "alone", "listed"),
    [
        (KEPT_ALONE, False, False),
        (f"{KEPT_ALONE} patient/Observation.rs", False, False),
        (f"{KEPT_ALONE} patient/Condition.rs", True, True),
        (f"{KEPT_ALONE} user/Condition.rs", True, True),
        ("patient/Patient.rs user/Binary.rs patient/Condition.rs", True, True),
        (f"{KEPT_ALONE} patient/Condition.rs?category={PROBLEMS}", True, False),
        (f"{KEPT_ALONE} patient/Condition.rs?category={PROBLEMS.replace('problem', 'other')}", False, False),
        ("patient/*.rs", True, True),
    ],
)
def test_a_binary_is_for_a_token_that_reads_its_context(pair: Pair, scopes: str, alone: bool, listed: bool) -> None:
    system, _, code = PROBLEMS.partition("|")
    kept = whole_condition(pair, category=[{"coding": [{"system": system, "code": code}]}])
    name = everyone().post("Binary", binary(f"Condition/{kept}")).json["id"]
    mine = everyone().post("Binary", binary(f"Patient/{pair.mine}")).json["id"]
    theirs = everyone().post("Binary", binary(f"Patient/{pair.others}")).json["id"]
    door = pair.door(scopes)
    assert reads(door, name, pair.mine) == [alone] * 2 + [listed] * len(LISTS)
    assert door.get(f"Binary/{name}/_history/1").status == (200 if listed else 404)
    assert all(reads(door, mine, pair.mine))
    assert not any(reads(door, theirs, pair.mine))


def test_a_program_without_a_scope_for_the_context_sees_no_version_of_a_binary(pair: Pair) -> None:
    kept = whole_condition(pair)
    made = everyone().post("Binary", binary(f"Condition/{kept}")).json
    place = f"Binary/{made['id']}"
    assert everyone().send("PUT", place, {**made, "data": "REVG"}).status == 200
    for scopes, seen in (("system/Binary.rs", False), ("system/Binary.rs system/Condition.rs", True)):
        door = Door(access(scopes, everyone=RowFilter()))
        assert [door.get(f"{place}/_history/{n}").status for n in (1, 2)] == [200 if seen else 404] * 2
        assert (b'"data"' in door.get("Binary?_count=500").body) == seen


def test_a_binary_moved_while_persons_were_one_is_parted_with_what_it_names(pair: Pair, clerk: Actor) -> None:
    kept = whole_condition(pair)
    made = everyone().post("Binary", binary(f"Patient/{pair.others}")).json
    merge = identity.merge(pair.other.id, pair.me.id, "same person", clerk)
    moved = {**made, "securityContext": {"reference": f"Condition/{kept}"}, "data": "REVG"}
    assert everyone().send("PUT", f"Binary/{made['id']}", moved).status == 200
    identity.unmerge(merge, clerk)
    assert facts("Binary", made["id"]) == facts("Condition", kept)
    assert facts("Binary", made["id"])[0] == pair.me.id
    assert Door(access("patient/*.rs", pair.other.id, pair.others)).get(f"Binary/{made['id']}").status == 404


def test_a_binary_whose_context_was_nobodys_is_merged_with_it(pair: Pair, clerk: Actor) -> None:
    result = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}}
    made = everyone().post("Observation", result).json
    name = everyone().post("Binary", binary(f"Observation/{made['id']}")).json["id"]
    assert facts("Binary", name)[0] == 0
    whose = {**made, "subject": {"reference": f"Patient/{pair.mine}"}}
    assert everyone().send("PUT", f"Observation/{made['id']}", whose).status == 200
    merge = identity.merge(pair.other.id, pair.me.id, "same person", clerk)
    assert facts("Binary", name) == facts("Observation", made["id"])
    assert facts("Binary", name)[0] == pair.other.id
    identity.unmerge(merge, clerk)
    assert facts("Binary", name)[0] == facts("Observation", made["id"])[0] == pair.me.id
    assert in_step()


def deletions() -> Counter[tuple[str, int | None]]:
    """What the ledger says was deleted, and whose it was."""
    return Counter((str(e.object), e.person_id) for e in ledger.search(Filter(action="record.delete"), None, 50))


def test_what_is_deleted_with_something_else_has_its_entry_in_the_ledger(pair: Pair) -> None:
    whole, before = everyone(), deletions()
    contexts = [whole_condition(pair) for _ in range(3)]
    names = [whole.post("Binary", binary(f"Condition/{kept}")).json["id"] for kept in contexts]
    assert whole.send("DELETE", f"Condition/{contexts[0]}").status == 204
    both = transaction(entry("DELETE", f"Condition/{contexts[1]}"), entry("DELETE", f"Binary/{names[1]}"))
    assert whole.post("", both).status == 200
    records.delete(pair.me.id, "Condition", contexts[2], SYSTEM)
    there = [f"{kind}/{some[n]}" for n in (0, 2) for kind, some in (("Condition", contexts), ("Binary", names))]
    assert deletions() - before == Counter((thing, pair.me.id) for thing in [*there, "bundle"])


def test_a_parameter_of_the_offices_own_makes_no_context(pair: Pair) -> None:
    kept = whole_condition(pair)
    parameter = {
        "resourceType": "SearchParameter",
        "url": "http://office.example/context",
        "name": "Context",
        "status": "active",
        "description": "x",
        "code": "security-context",
        "base": ["Binary"],
        "type": "reference",
        "expression": "Binary.securityContext | Binary.meta.extension.value",
    }
    assert everyone().post("SearchParameter", parameter).status == 201
    named = {"url": "http://office.example/x", "valueReference": {"reference": f"Condition/{kept}"}}
    name = everyone().post("Binary", binary(f"Patient/{pair.mine}", meta={"extension": [named]})).json["id"]
    records.label(pair.me.id, "Condition", kept, Label.HIV, SYSTEM)
    assert facts("Binary", name)[2] == 0
    records.delete(pair.me.id, "Condition", kept, SYSTEM)
    assert not facts("Binary", name)[4]


def test_a_deleted_binary_is_gone_for_who_could_read_it(pair: Pair) -> None:
    name = everyone().post("Binary", binary(f"Condition/{whole_condition(pair)}")).json["id"]
    assert everyone().send("DELETE", f"Binary/{name}").status == 204
    assert pair.door("patient/Binary.rs").get(f"Binary/{name}").status == 404
    assert pair.door("patient/Binary.rs patient/Condition.rs").get(f"Binary/{name}").status == 410


@pytest.mark.parametrize(
    "context",
    [{"reference": "https://elsewhere.example/fhir/Condition/1"}, {"reference": "Binary/{}"}, {"display": "x"}],
)
def test_a_context_whose_rules_are_not_known_is_refused(pair: Pair, context: Json) -> None:
    there = everyone().post("Binary", binary(f"Patient/{pair.mine}")).json["id"]
    named = {key: text.format(there) for key, text in context.items()}
    answer = everyone().post("Binary", {**binary(), "securityContext": named})
    assert answer.status == 422
    assert "securityContext" in answer.body.decode()


def whole_condition(pair: Pair, **more: Any) -> str:
    """A Condition of mine; its id."""
    return str(everyone().post("Condition", condition(pair.mine, **more)).json["id"])


def test_a_binary_without_a_context_is_nobodys(pair: Pair) -> None:
    name = everyone().post("Binary", binary()).json["id"]
    assert facts("Binary", name)[0] == 0
    assert pair.door().get(f"Binary/{name}").status == 404


def test_a_binary_cannot_be_moved_to_another_person(pair: Pair) -> None:
    made = everyone().post("Binary", binary(f"Patient/{pair.mine}")).json
    other = everyone().post("Condition", condition(pair.others)).json["id"]
    for context in (f"Patient/{pair.others}", f"Condition/{other}"):
        moved = {**made, "securityContext": {"reference": context}}
        assert everyone().send("PUT", f"Binary/{made['id']}", moved).status == 422


def test_a_deleted_binary_is_gone_as_it_is_too(pair: Pair) -> None:
    name = everyone().post("Binary", binary(f"Patient/{pair.mine}")).json["id"]
    assert everyone().send("DELETE", f"Binary/{name}").status == 204
    assert everyone().get(f"Binary/{name}", Accept="*/*").status == 410


PNG = b"\x89PNG\r\n\x00\xff"


def test_a_file_is_sent_and_given_as_it_is(pair: Pair) -> None:
    about = {"Content-Type": "image/png", "X-Security-Context": f"Patient/{pair.mine}"}
    made = everyone().post("Binary", PNG, **about)
    assert made.status == 201
    assert (made.json["contentType"], made.json["securityContext"]) == (
        "image/png",
        {"reference": f"Patient/{pair.mine}"},
    )
    place = f"Binary/{made.json['id']}"
    answer = pair.door().get(place, Accept="*/*")
    assert (answer.body, answer.headers["Content-Type"]) == (PNG, "image/png")
    assert everyone().post("Binary", b"", **about).status == 201
    changed = everyone().send("PUT", place, b"as text", {**about, "Content-Type": "text/plain; charset=utf-8"})
    assert changed.status == 200
    assert pair.door().get(place, Accept="*/*").body == b"as text"


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("application/fhir+xml", b"<Binary/>", 415),
        ("nonsense", PNG, 415),
        ("application/json", b'{"resourceType":"Patient"}', 400),
    ],
)
def test_what_is_no_file_is_not_taken_for_one(pair: Pair, kind: str, body: bytes, status: int) -> None:
    assert everyone().post("Binary", body, **{"Content-Type": kind}).status == status


def test_line_breaks_in_base64_are_no_data(pair: Pair) -> None:
    name = everyone().post("Binary", binary(f"Patient/{pair.mine}", data="QUJD\r\nREVG\n")).json["id"]
    assert pair.door().get(f"Binary/{name}", Accept="*/*").body == b"ABCDEF"


def test_any_media_type_but_those_of_fhir_gets_the_file(pair: Pair) -> None:
    name = everyone().post("Binary", binary(f"Patient/{pair.mine}")).json["id"]
    assert pair.door().get(f"Binary/{name}", Accept="application/xml").body == b"ABC"
    assert pair.door().get(f"Binary/{name}", Accept="application/fhir+xml").body.startswith(b"<")
