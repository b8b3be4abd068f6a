"""Search through the door finds what the language says it should, no more and no less, and nobody else's."""

import random
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import orjson
import pytest

from chartpost.formats.fhirjson.search import definitions, parse
from chartpost.identity import aliases
from chartpost.identity import services as identity
from chartpost.identity.types import SYSTEM, RowFilter
from chartpost.kernel.db import raw
from chartpost.records import services as records
from chartpost.records.types import Incoming, type_of
from tests.gateways.fhir.conftest import Pair
from tests.gateways.fhir.door import Door, access

LABORATORY = "http://terminology.hl7.org/CodeSystem/observation-category|laboratory"


def stored(person_id: int | None = None) -> list[dict[str, Any]]:
    """Every current resource, of one person or of all."""
    rows = raw.django().all("SELECT kind, person_id, body FROM records_resource WHERE deleted = ?", [False])
    return [orjson.loads(body) for _, person, body in rows if person_id is None or person == person_id]


def everyone(scopes: str = "system/*.cruds") -> Door:
    return Door(access(scopes, everyone=RowFilter()))


def every_id(door: Door, address: str) -> list[str]:
    found: list[str] = []
    following: str | None = address
    while following:
        answer = door.get(following)
        assert answer.status == 200, (address, answer.body)
        found += answer.ids
        following = answer.link("next")
    return found


def expected(resources: list[dict[str, Any]], kind: str, *pairs: tuple[str, str]) -> list[str]:
    """What a search should find, by looking at every resource."""
    query = parse(kind, pairs)
    of_kind = [r for r in resources if r["resourceType"] == kind]
    return sorted(f"{kind}/{r['id']}" for r in of_kind if all(c.matches(r) for c in query.criteria))


def values(resource: dict[str, Any], name: str, kind: str) -> Iterator[str]:
    """Texts to search by that a resource offers for a parameter."""
    from chartpost.formats.fhirjson.search.extract import values as found_in

    known = definitions(resource["resourceType"])[name]
    for value in found_in(resource, known)[:3]:
        if isinstance(value, dict):
            for coding in value.get("coding", [value]):
                code = coding.get("code", coding.get("value"))
                if kind == "token" and isinstance(code, str):
                    yield code
                    yield f"{coding.get('system', '')}|{code}"
            if kind == "reference" and "reference" in value:
                yield value["reference"]
            if kind == "date":
                yield from (f"ge{value[end][:10]}" for end in ("start", "end") if end in value)
            if kind == "string":
                yield from (part[:4] for part in (value.get("family"), value.get("city")) if part)
            if kind == "quantity" and "value" in value:
                yield f"{value['value']}|{value.get('system', '')}|{value.get('code', '')}"
        elif isinstance(value, str):
            yield {"date": f"le{value[:10]}", "string": value[:5]}.get(kind, value)
            if kind == "date":
                yield value[:7]
        elif isinstance(value, bool):
            yield "true" if value else "false"


def cases(resources: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    """(type, parameter, value) of every parameter that some resource has a value for, a few of each."""
    seen: dict[tuple[str, str], set[str]] = {}
    for resource in resources:
        kind = resource["resourceType"]
        for name, known in definitions(kind).items():
            if known.type in ("composite", "special"):
                continue
            for text in values(resource, name, known.type):
                seen.setdefault((kind, name), set()).add(text.replace(",", "\\,").replace("$", "\\$"))
    chosen = random.Random(7)
    return [
        (kind, name, text)
        for (kind, name), texts in sorted(seen.items())
        for text in chosen.sample(sorted(texts), min(2, len(texts)))
    ]


def test_every_parameter_finds_what_a_look_at_every_resource_finds(pair: Pair) -> None:
    mine, whole = stored(pair.me.id), stored()
    door, system = pair.door(), everyone()
    tried = 0
    for kind, name, text in cases(mine):
        wanted = expected(mine, kind, (name, text))
        assert wanted, (kind, name, text)
        got = every_id(door, f"{kind}?{name}={quote(text)}&_count=500")
        assert sorted(got) == wanted, (kind, name, text)
        got = every_id(system, f"{kind}?{name}={quote(text)}&_count=500")
        assert sorted(got) == expected(whole, kind, (name, text)), (kind, name, text)
        tried += 1
    assert tried > 150


def test_several_parameters_must_all_hold_and_several_values_one(pair: Pair) -> None:
    mine, door = stored(pair.me.id), pair.door()
    pairs = [
        ("Observation", [("category", LABORATORY), ("status", "final,amended")]),
        ("Observation", [("category", "laboratory,vital-signs"), ("date", "ge2020-01-01"), ("date", "lt2030-01-01")]),
        ("Condition", [("category", "problem-list-item,encounter-diagnosis"), ("clinical-status", "active")]),
        ("Observation", [("category:not", "laboratory")]),
        ("Observation", [("code:text", "heart")]),
        ("Patient", [("name", pair.me.family[:3]), ("gender", "male,female")]),
        ("MedicationRequest", [("intent", "order"), ("status:not", "stopped")]),
        ("Encounter", [("date", "sa2015-06-01"), ("class", "AMB")]),
        ("Observation", [("value-quantity", "gt0")]),
        ("Observation", [("value-quantity:missing", "true")]),
        ("Observation", [("code-value-quantity", "http://loinc.org|8867-4$gt10")]),
    ]
    for kind, asked in pairs:
        address = f"{kind}?" + "&".join(f"{name}={quote(text)}" for name, text in asked)
        assert sorted(every_id(door, address)) == expected(mine, kind, *asked), address


def test_pages_follow_without_gap_or_double_in_every_order(pair: Pair) -> None:
    door = pair.door()
    for order in ("", "&_sort=date", "&_sort=-date", "&_sort=_lastUpdated", "&_sort=-_lastUpdated", "&_sort=code"):
        whole = door.get(f"Observation?patient={pair.mine}&_count=1000{order}").ids
        assert every_id(door, f"Observation?patient={pair.mine}&_count=7{order}") == whole, order
        assert len(set(whole)) == len(whole) > 20
    dates = [e["resource"].get("birthDate") for e in door.get("Patient?_sort=birthdate").json["entry"]]
    assert dates == sorted(dates)


def test_the_patient_is_named_in_any_form(pair: Pair) -> None:
    door = pair.door()
    whole = every_id(door, f"Condition?patient={pair.mine}")
    assert whole
    for form in (
        f"patient=Patient/{pair.mine}",
        f"subject=Patient/{pair.mine}",
        f"subject:Patient={pair.mine}",
        f"patient=https%3A//localhost%3A8443/fhir/Patient/{pair.mine}",
        f"patient.identifier={quote(pair.me.identifiers[0][1])}",
        f"patient.family={quote(pair.me.family)}",
        f"subject:Patient.name={quote(pair.me.family)}",
    ):
        assert every_id(door, f"Condition?{form}") == whole, form


def test_no_search_reaches_another_person(pair: Pair) -> None:
    theirs = {f"{r['resourceType']}/{r['id']}" for r in stored(pair.other.id)}
    door = pair.door()
    some = next(r for r in stored(pair.other.id) if r["resourceType"] == "Condition")
    for address in (
        f"Condition?patient={pair.others}",
        f"Condition?_id={some['id']}",
        f"Patient?_id={pair.others}",
        f"Patient?identifier={quote(pair.other.identifiers[0][1])}",
        f"Patient?name={quote(pair.other.family)}",
        f"Condition?subject=Patient/{pair.mine},Patient/{pair.others}",
        f"Condition?patient.family={quote(pair.other.family)}",
        f"Patient?_has:Condition:patient:code={quote(some['code']['coding'][0]['code'])}",
        f"Patient?_id={pair.mine},{pair.others}&_revinclude=Condition:patient&_revinclude=Observation:subject",
        "Provenance?_include=Provenance:target&_count=1000",
        "Condition?_include=*",
        f"Encounter?patient={pair.others}&_revinclude=Observation:encounter",
    ):
        assert not theirs & set(every_id(door, address)), address


def test_includes_bring_what_is_pointed_at_and_what_points(pair: Pair) -> None:
    door = pair.door()
    answer = door.get(f"Patient?_id={pair.mine}&_revinclude=Condition:patient")
    modes = {e["search"]["mode"] for e in answer.json["entry"]}
    assert modes == {"match", "include"}
    assert {i for i in answer.ids if i.startswith("Condition/")} == set(every_id(door, "Condition?_count=500"))
    encounters = door.get("Observation?_count=20&_include=Observation:encounter").json["entry"]
    included = {f"Encounter/{e['resource']['id']}" for e in encounters if e["search"]["mode"] == "include"}
    named = {e["resource"]["encounter"]["reference"] for e in encounters if "encounter" in e["resource"]}
    assert included == named
    assert named
    found = door.get(f"Condition?patient={pair.mine}&_revinclude=Provenance:target").json["entry"]
    assert [e for e in found if e["resource"]["resourceType"] == "Provenance"]


def test_a_cycle_of_includes_ends(pair: Pair) -> None:
    door = pair.door()
    address = (
        f"Encounter?patient={pair.mine}&_revinclude:iterate=Observation:encounter"
        "&_include:iterate=Observation:encounter&_include:iterate=Encounter:service-provider"
    )
    answer = door.get(address)
    assert answer.status == 200
    assert len(answer.ids) == len(set(answer.ids)) <= 1050


def test_has_and_chains(pair: Pair) -> None:
    door = pair.door()
    code = next(r for r in stored(pair.me.id) if r["resourceType"] == "Condition")["code"]["coding"][0]["code"]
    assert every_id(door, f"Patient?_has:Condition:patient:code={code}") == [f"Patient/{pair.mine}"]
    assert every_id(door, "Patient?_has:Condition:patient:code=nothing") == []
    linked = [r for r in stored(pair.me.id) if r["resourceType"] == "Observation" and "encounter" in r]
    kind = next(r for r in stored(pair.me.id) if r["resourceType"] == "Encounter")["class"]["code"]
    visits = {
        f"Encounter/{r['id']}"
        for r in stored(pair.me.id)
        if r["resourceType"] == "Encounter" and r["class"]["code"] == kind
    }
    wanted = {f"Observation/{r['id']}" for r in linked if r["encounter"]["reference"] in visits}
    assert set(every_id(door, f"Observation?encounter.class={kind}&_count=500")) == wanted


def test_a_chain_needs_the_scope_of_what_it_goes_through(pair: Pair) -> None:
    door = pair.door("patient/Condition.rs")
    assert door.get(f"Condition?patient.family={quote(pair.me.family)}").status == 403
    assert door.get("Condition?_has:Observation:patient:code=1").status in (400, 403)


def test_granular_scopes_filter_search_include_and_count(pair: Pair) -> None:
    whole = {f"Observation/{r['id']}": r for r in stored(pair.me.id) if r["resourceType"] == "Observation"}
    labs = {k for k, r in whole.items() if r["category"][0]["coding"][0]["code"] == "laboratory"}
    door = pair.door(f"patient/Observation.rs?category={LABORATORY} patient/Patient.rs patient/Encounter.rs")
    assert set(every_id(door, f"Observation?patient={pair.mine}&_count=500")) == labs
    assert door.get("Observation?_summary=count").json["total"] == len(labs)
    assert door.get(f"Observation?_id={','.join(k[12:] for k in list(whole)[:40])}").status == 200
    assert set(every_id(door, f"Observation?_id={','.join(k[12:] for k in list(whole)[:150])}")) <= labs
    extra = door.get(f"Patient?_id={pair.mine}&_revinclude=Observation:patient").ids
    assert {i for i in extra if i.startswith("Observation/")} <= labs
    assert every_id(door, "Observation?category=vital-signs") == []
    vital = LABORATORY.replace("laboratory", "vital-signs")
    two = pair.door(f"patient/Observation.rs?category={LABORATORY} patient/Observation.rs?category={vital}")
    assert set(every_id(two, "Observation?_count=500")) > labs


def test_counts_and_summaries(pair: Pair) -> None:
    door = pair.door()
    whole = every_id(door, "Observation?_count=500")
    assert "total" not in door.get("Observation").json
    assert door.get("Observation?_total=accurate&_count=3").json["total"] == len(whole)
    counted = door.get("Observation?_summary=count").json
    assert (counted["total"], counted.get("entry")) == (len(whole), None)
    dated = every_id(door, "Observation?date=ge2024&_count=500")
    assert door.get("Observation?date=ge2024&_summary=count").json["total"] == len(dated)
    short = door.get("Observation?_elements=status&_count=1").json["entry"][0]["resource"]
    assert "status" in short
    assert "category" not in short
    assert short["meta"]["tag"][-1]["code"] == "SUBSETTED"
    text = door.get("Patient?_summary=text").json["entry"][0]["resource"]
    assert "name" not in text


def test_search_by_post_is_the_same(pair: Pair) -> None:
    door = pair.door()
    form = f"patient={pair.mine}&category=laboratory".encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    posted = door.send("POST", "Observation/_search", form, headers)
    assert posted.ids == door.get(f"Observation?patient={pair.mine}&category=laboratory").ids
    assert door.send("POST", "Observation/_search", b"{}", {"Content-Type": "application/json"}).status == 415


def test_what_is_not_known_is_refused_or_left_out_and_said(pair: Pair) -> None:
    door = pair.door()
    refused = door.get("Observation?colour=red")
    assert refused.status == 400
    assert "colour" in refused.json["issue"][0]["diagnostics"]
    lenient = door.get("Observation?colour=red&status=final", Prefer="handling=lenient")
    assert lenient.status == 200
    assert "colour" not in (lenient.link("self") or "")
    assert "status=final" in (lenient.link("self") or "")
    assert lenient.json["entry"][-1]["search"]["mode"] == "outcome"


@pytest.mark.parametrize(
    "query",
    [
        "date=yesterday",
        "date=zz2020",
        "_count=-1",
        "_sort=nothing",
        "_include=Nothing:x",
        "_revinclude=*",
        "status:wrong=x",
        "code=" + ",".join(str(n) for n in range(1000)),
        "&".join("code=1" for _ in range(150)),
        "value-quantity=one",
        "_summary=perhaps",
        "patient.name.given=x",
        "_has:Observation=1",
        "_cursor=AAAA",
        "subject.subject.subject.subject.subject.name=x",
        "%ff=1",
    ],
)
def test_searches_that_make_no_sense_are_told_so(pair: Pair, query: str) -> None:
    answer = pair.door().get(f"Observation?{query}")
    assert answer.status == 400
    assert answer.json["resourceType"] == "OperationOutcome"


def test_shared_resources_are_found_with_their_scope(pair: Pair) -> None:
    places = [r for r in stored() if r["resourceType"] == "Organization"]
    door = pair.door()
    name = places[0]["name"]
    assert f"Organization/{places[0]['id']}" in every_id(door, f"Organization?name={quote(name)}")
    assert pair.door("patient/Patient.rs").get("Organization?name=a").status == 403


def test_types_have_rows_in_the_test(pair: Pair) -> None:
    rows = raw.django().all("SELECT DISTINCT kind FROM records_resource")
    assert len({type_of(kind) for (kind,) in rows}) > 15


def test_two_patients_of_one_person_are_one_to_apps(pair: Pair) -> None:
    twin = {"resourceType": "Patient", "id": "twin", "name": [{"family": "Twin"}]}
    said = {"resourceType": "Basic", "id": "of-twin", "code": {"text": "x"}, "subject": {"reference": "Patient/twin"}}
    source = records.source_id("test")
    records.save([Incoming(twin, "twin", pair.me.id), Incoming(said, "of-twin", pair.me.id)], source, SYSTEM)
    identity.add_source(pair.me.id, "other", "twin", [])
    aliases._kept = None
    door = pair.door()
    assert door.get("Patient").ids == [f"Patient/{pair.mine}"]
    assert door.get("Patient?name=twin").ids == []
    assert door.get("Patient/twin").json["id"] == pair.mine
    assert door.get("Basic/of-twin").json["subject"]["reference"] == f"Patient/{pair.mine}"
    for asked in (pair.mine, "twin"):
        assert (
            door.get(f"Basic?patient={asked}").json["entry"][0]["resource"]["subject"]["reference"].endswith(pair.mine)
        )
    assert "Basic/of-twin" in door.get(f"Patient/{pair.mine}/$everything?_count=1000").ids
    aliases._kept = None
