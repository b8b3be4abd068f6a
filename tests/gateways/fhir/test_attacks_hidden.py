"""Ways to learn of an entry that is kept from the app: counts, orders, links, histories, conditions, messages."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from chartpost.formats.fhirjson.canonical import dump
from chartpost.formats.fhirjson.terms import Label
from chartpost.identity.types import SYSTEM, RowFilter
from chartpost.records import services as records
from tests.gateways.fhir.conftest import Pair
from tests.gateways.fhir.door import Answer, Door, access
from tests.gateways.fhir.test_writes import PATCH, Json, condition, entry, everyone, rows, transaction

HIV = {"coding": [{"system": "http://snomed.info/sct", "code": "86406008"}], "text": "zebra"}
HIDING = RowFilter(hidden_labels=int(Label.HIV | Label.MINOR_CONFIDENTIAL))
QUERIES = [
    "Condition?_total=accurate",
    "Condition?_summary=count",
    "Condition?_count=0",
    "Condition?code=86406008&_total=accurate",
    "Condition?_sort=-_lastUpdated&_count=1",
    "Condition?_sort=code&_count=1000",
    "Condition?code:text=zebra",
    "Condition?_text=zebra",
    "Condition?_content=zebra",
    "Condition?_id=NAME",
    "Condition?_id=NAME&_total=accurate",
    "Condition?code:not=1&_total=accurate&_count=1000",
    "Condition?code:missing=false&_total=accurate&_count=1000",
    "Condition?identifier=urn:x|secret",
    "Condition?_elements=id&_count=1000",
    "Condition?_summary=text&_count=1000",
    "Condition?_lastUpdated=ge2020&_count=1000&_total=accurate",
    "Condition?patient=MINE&category=encounter-diagnosis&_total=accurate",
    "Patient?_id=MINE&_revinclude=Condition:patient",
    "Patient?_id=MINE&_revinclude=Condition:subject",
    "Patient?_id=MINE&_revinclude=*",
    "Patient?_has:Condition:patient:code=86406008",
    "Patient?_has:Condition:patient:_id=NAME",
    "Patient?_has:Condition:patient:identifier=urn:x|secret",
    "Encounter?_has:Condition:encounter:code=86406008",
    "Observation?patient._has:Condition:patient:code=86406008&_total=accurate",
    "Provenance?target=Condition/NAME&_include=Provenance:target",
    "Provenance?target:Condition.code=86406008",
    "Observation?focus:Condition.code=86406008",
    "Observation?_id=POINTER&_include=Observation:focus",
    "Observation?_id=POINTER&_include=*",
    "Condition/_history?_count=500",
    "_history?_count=500",
    "Patient/MINE/$everything?_count=1000",
    "Patient/MINE/$everything?_type=Condition&_since=2020-01-01",
]


@pytest.fixture
def hidden(pair: Pair) -> tuple[str, str]:
    """Ids of a condition kept from the app and of an observation that points at it."""
    office = everyone()
    made = office.post("Condition", condition(pair.mine, code=HIV, identifier=[{"system": "urn:x", "value": "secret"}]))
    assert made.status == 201, made.body
    name = made.json["id"]
    pointer = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": "points"},
        "subject": {"reference": f"Patient/{pair.mine}"},
        "focus": [{"reference": f"Condition/{name}"}],
    }
    return name, office.post("Observation", pointer).json["id"]


def facts(answer: Answer) -> Any:
    body = answer.json
    return answer.status, body.get("total"), len(body.get("entry", ())), answer.ids


@pytest.mark.parametrize("query", QUERIES)
def test_a_hidden_entry_changes_no_answer(pair: Pair, hidden: tuple[str, str], query: str) -> None:
    name, pointer = hidden
    part = pair.door(persons={pair.me.id: HIDING})
    address = query.replace("NAME", name).replace("MINE", pair.mine).replace("POINTER", pointer)
    answer = part.get(address)
    assert answer.status in (200, 400), answer.body
    assert f"Condition/{name}" not in answer.ids
    entries = dump(answer.json.get("entry", []))
    assert b"zebra" not in entries
    assert b"secret" not in entries
    before = facts(answer)
    everyone().send("DELETE", f"Condition/{name}")
    after = facts(part.get(address))
    assert before == after


@pytest.mark.parametrize("end", [lambda d, n: d.send("DELETE", f"Condition/{n}"), lambda d, n: None])
def test_versions_of_a_hidden_entry_stay_hidden(
    pair: Pair, hidden: tuple[str, str], end: Callable[[Door, str], object]
) -> None:
    name, _ = hidden
    end(everyone(), name)
    part = pair.door(persons={pair.me.id: HIDING})
    for address in ("", "/_history", "/_history/1", "/_history/2", "/_history/99"):
        answer = part.get(f"Condition/{name}{address}")
        nothing = part.get(f"Condition/nobody{address}")
        assert (answer.status, answer.body) == (nothing.status, nothing.body)


def test_labels_of_staff_outlive_changes_and_deletion(pair: Pair) -> None:
    office = everyone()
    made = office.post("Condition", condition(pair.mine)).json
    name = made["id"]
    part = pair.door(persons={pair.me.id: HIDING})
    assert part.get(f"Condition/{name}").status == 200
    records.label(pair.me.id, "Condition", name, Label.MINOR_CONFIDENTIAL, SYSTEM)
    assert part.get(f"Condition/{name}").status == 404
    office.send("PUT", f"Condition/{name}", {**made, "recordedDate": "2020-01-01"})
    office.send("PATCH", f"Condition/{name}", [{"op": "remove", "path": "/recordedDate"}], PATCH)
    assert part.get(f"Condition/{name}").status == 404
    for version in ("1", "2", "3"):
        assert part.get(f"Condition/{name}/_history/{version}").status == 404
    office.send("DELETE", f"Condition/{name}")
    assert part.get(f"Condition/{name}").status == 404
    office.send("PUT", f"Condition/{name}", made)
    assert part.get(f"Condition/{name}").status == 404
    assert part.get(f"Condition/{name}/_history/1").status == 404


def test_conditions_of_writes_tell_nothing(pair: Pair, hidden: tuple[str, str]) -> None:
    name, _ = hidden
    hiding = Door(access("system/*.cruds", everyone=HIDING))
    by = "Condition?identifier=" + quote("urn:x|secret")
    other = condition(pair.mine, identifier=[{"system": "urn:y", "value": "1"}])
    made = hiding.send("POST", "Condition", other, {"If-None-Exist": "identifier=urn:x|secret"})
    assert made.status == 201
    assert hiding.send("DELETE", by).status == 204
    assert everyone().get(f"Condition/{name}").status == 200
    assert hiding.send("PATCH", f"Condition/{name}", [], PATCH).status == 404
    refused = hiding.send("PUT", f"Condition/{name}", {**other, "id": name}).status
    assert refused in (403, 404, 409, 422)
    assert hiding.send("DELETE", f"Condition/{name}").status in (204, 403, 404)
    assert everyone().get(f"Condition/{name}").json["identifier"][0]["value"] == "secret"


def whole() -> Door:
    """A program of the office from which labels are kept."""
    return Door(access("system/*.cruds", everyone=HIDING))


@pytest.mark.parametrize("headers", [{}, {"If-Match": 'W/"1"'}, {"If-Match": 'W/"2"'}, {"If-None-Match": "*"}])
@pytest.mark.parametrize("deleted", [False, True])
def test_a_deletion_tells_nothing(pair: Pair, hidden: tuple[str, str], headers: dict[str, str], deleted: bool) -> None:
    name, _ = hidden
    if deleted:
        everyone().send("DELETE", f"Condition/{name}")
    before = rows()
    answer, nothing = (whole().send("DELETE", f"Condition/{each}", b"", headers) for each in (name, "nobody"))
    assert (answer.status, answer.body, answer.headers) == (nothing.status, nothing.body, nothing.headers)
    told = [entry("DELETE", f"Condition/{each}") for each in (name, "nobody")]
    one, other = whole().post("", transaction(*told)).json["entry"]
    assert one == other
    assert rows() == before


def test_what_was_deleted_out_of_reach_is_not_written_anew(pair: Pair) -> None:
    name = everyone().post("Condition", condition(pair.mine)).json["id"]
    records.label(pair.me.id, "Condition", name, Label.HIV, SYSTEM)
    everyone().send("DELETE", f"Condition/{name}")
    assert whole().send("PUT", f"Condition/{name}", condition(pair.mine, id=name)).status == 404
    assert everyone().send("PUT", f"Condition/{name}", condition(pair.mine, id=name)).status == 201


def pointing(pair: Pair, name: str) -> list[Json]:
    """Resources that point at a Condition, each in its way."""
    observed = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}}
    target = [{"reference": f"Condition/{name}"}]
    who = [{"who": {"display": "x"}}]
    return [
        {**observed, "subject": {"reference": f"Patient/{pair.mine}"}, "focus": target},
        {"resourceType": "Binary", "contentType": "text/plain", "data": "QUJD", "securityContext": target[0]},
        {"resourceType": "Provenance", "target": target, "recorded": "2024-01-01T00:00:00Z", "agent": who},
    ]


def test_references_tell_nothing(pair: Pair, hidden: tuple[str, str]) -> None:
    name, pointer = hidden
    for one, other in zip(pointing(pair, name), pointing(pair, "nobody"), strict=True):
        kind = one["resourceType"]
        answer, nothing = whole().post(kind, one), whole().post(kind, other)
        assert (answer.status, answer.body) == (nothing.status, nothing.body) and answer.status == 422
        within = [whole().post("", transaction(entry("POST", kind, each))) for each in (one, other)]
        assert within[0].body == within[1].body
        assert everyone().post(kind, one).status == 201
    mine = whole().get(f"Observation/{pointer}").json
    assert whole().send("PUT", f"Observation/{pointer}", {**mine, "issued": "2024-01-01T00:00:00Z"}).status == 200


def test_a_program_that_only_writes_points_at_whatever_is_stored(pair: Pair, hidden: tuple[str, str]) -> None:
    """It was told of it by somebody: it could not read the others either."""
    door = Door(access("system/Observation.c", everyone=HIDING))
    one, _, _ = pointing(pair, hidden[0])
    assert door.post("Observation", one).status == 201
    assert door.post("Observation", pointing(pair, "nobody")[0]).status == 422


def test_a_stranger_learns_of_nobody(pair: Pair) -> None:
    door = pair.door()
    for address in (
        f"Patient/{pair.others}",
        f"Patient/{pair.others}/$everything",
        f"Patient/{pair.others}/_history",
        f"Patient/{pair.others}/_history/1",
    ):
        unknown = door.get(address.replace(pair.others, "nobody"))
        answer = door.get(address)
        assert (answer.status, answer.body) == (unknown.status, unknown.body) and answer.status == 404
    for address in (
        f"Observation?patient={pair.others}&_total=accurate",
        f"Observation?subject=Patient/{pair.others}&_summary=count",
        f"Patient?_id={pair.others}&_total=accurate",
        f"DocumentReference/$docref?patient={pair.others}",
        f"AuditEvent?patient={pair.others}",
        f"RelatedPerson?patient={pair.others}&_total=accurate",
        f"Provenance?patient={pair.others}",
        f"Practitioner?_has:Encounter:participant:patient={pair.others}",
        f"Location?_has:Encounter:location:patient={pair.others}&_total=accurate",
        f"Organization?_has:Encounter:service-provider:patient={pair.others}",
        f"Group?member={pair.others}&_total=accurate",
        f"List?subject={pair.others}&_total=accurate",
    ):
        answer = door.get(address)
        assert answer.ids == [] and not answer.json.get("total"), address
