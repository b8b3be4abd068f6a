"""Several Patients of one person: who stores them means each by its id, who reads sees one that lives."""

from base64 import b64encode
from collections.abc import Iterator

import pytest

from chartpost.formats.fhirjson.canonical import dump, parse
from chartpost.identity import aliases, services
from chartpost.identity.aliases import canonical_patient
from chartpost.identity.types import SYSTEM, Actor
from chartpost.kernel.db import raw
from chartpost.records.types import kind_of
from tests.gateways.fhir.conftest import Pair
from tests.gateways.fhir.test_bulk_merges import clerk as clerk
from tests.gateways.fhir.test_transaction_links import observation, place
from tests.gateways.fhir.test_writes import PATCH, Json, condition, entry, everyone, transaction

CONDITION = kind_of("Condition")


@pytest.fixture
def second(pair: Pair) -> Iterator[tuple[Pair, str, Json]]:
    """Me with a second Patient, which a backend stored: its id and what is written of it."""
    own = {
        key: value for key, value in everyone().get(f"Patient/{pair.mine}").json.items() if key not in ("id", "meta")
    }
    name = everyone().post("Patient", {**own, "language": "es"}).json["id"]
    aliases.forget()
    yield pair, name, {**own, "id": name}
    aliases.forget()


def test_who_writes_patients_reads_the_one_it_stored(second: tuple[Pair, str, Json]) -> None:
    pair, name, own = second
    door = everyone()
    there = door.get(f"Patient/{name}")
    assert (there.json["id"], there.json["language"], there.headers["ETag"]) == (name, "es", 'W/"1"')
    changed = door.send("PUT", f"Patient/{name}", {**own, "language": "fr"}, {"If-Match": there.headers["ETag"]})
    assert (changed.status, door.get(f"Patient/{name}").json["language"]) == (200, "fr")
    assert door.send("DELETE", f"Patient/{name}").status == 204
    assert door.get(f"Patient/{name}").status == 410
    assert door.get(f"Patient/{pair.mine}").status == 200


@pytest.mark.parametrize("scopes", ["system/*.rs", "system/Patient.rs system/Condition.cud"])
def test_who_only_reads_patients_sees_one(second: tuple[Pair, str, Json], scopes: str) -> None:
    pair, name, _ = second
    for door in (everyone(scopes), pair.door()):
        assert door.get(f"Patient/{name}").json["id"] == pair.mine
        assert door.get("Patient").ids.count(f"Patient/{name}") == 0


def test_a_person_is_known_by_a_patient_that_lives(second: tuple[Pair, str, Json]) -> None:
    pair, name, _ = second
    first = {key: value for key, value in everyone().get(f"Patient/{pair.mine}").json.items() if key != "meta"}
    filed = everyone().post("Condition", condition(name)).json["id"]
    epoch = raw.django().one("SELECT value FROM identity_tokenepoch")
    assert everyone().send("DELETE", f"Patient/{pair.mine}").status == 204
    assert raw.django().one("SELECT value FROM identity_tokenepoch") != epoch
    aliases.forget()
    assert canonical_patient(pair.me.id, raw.django()) == name
    mine = pair.door()
    assert mine.get("Patient").ids == [f"Patient/{name}"]
    assert mine.get(f"Patient/{pair.mine}").json["id"] == name
    assert mine.get(f"Patient/{pair.mine}/$everything?_count=1").ids[0] == f"Patient/{name}"
    assert mine.get(f"Condition/{filed}").json["subject"] == {"reference": f"Patient/{name}"}
    assert everyone().get(f"Patient/{pair.mine}").status == 410
    assert everyone().send("PUT", f"Patient/{pair.mine}", first).status == 201
    aliases.forget()
    assert mine.get("Patient").ids == [f"Patient/{pair.mine}"]


def test_the_last_patient_of_a_person_is_gone_when_it_is_deleted(second: tuple[Pair, str, Json]) -> None:
    pair, name, _ = second
    for each in (name, pair.mine):
        assert everyone().send("DELETE", f"Patient/{each}").status == 204
        aliases.forget()
    assert canonical_patient(pair.me.id, raw.django()) == pair.mine
    assert [pair.door().get(f"Patient/{each}").status for each in (pair.mine, name)] == [410, 410]


def by_number(own: Json) -> str:
    number = own["identifier"][0]
    return f"identifier={number['system']}|{number['value']}"


@pytest.mark.parametrize("whole", [True, False])
def test_a_condition_by_id_changes_that_patient_and_no_other(second: tuple[Pair, str, Json], whole: bool) -> None:
    pair, name, own = second
    body, where = {k: v for k, v in own.items() if k != "id"} | {"language": "fr"}, f"Patient?_id={name}"

    def asked(method: str, content: Json | None = None) -> int:
        if whole:
            return everyone().send(method, where, content or b"").status
        return everyone().post("", transaction(entry(method, where, content))).status

    assert asked("PUT", body) == 200
    languages = [everyone().get(f"Patient/{each}").json.get("language") for each in (name, pair.mine)]
    assert languages == ["fr", None]
    assert asked("DELETE") == (204 if whole else 200)
    assert [everyone().get(f"Patient/{each}").status for each in (name, pair.mine)] == [410, 200]


@pytest.mark.parametrize("how", ["_has", "_list"])
def test_a_condition_by_what_points_at_a_patient_changes_that_one(second: tuple[Pair, str, Json], how: str) -> None:
    pair, name, own = second
    door, them = everyone(), {"reference": f"Patient/{name}"}
    listed = {"resourceType": "List", "status": "current", "mode": "working", "entry": [{"item": them}]}
    pointing = listed if how == "_list" else observation(f"Patient/{name}", performer=[them])
    made = door.post(str(pointing["resourceType"]), pointing).json["id"]
    where = f"_list={made}" if how == "_list" else f"_has:Observation:performer:_id={made}"
    assert door.get(f"Patient?{where}").ids == [f"Patient/{pair.mine}"]
    assert door.send("PUT", f"Patient?{where}", {**own, "language": "fr"}).status == 200
    assert door.get(f"Patient/{name}").json["language"] == "fr"


def test_a_condition_by_a_number_names_a_person_once(second: tuple[Pair, str, Json]) -> None:
    pair, _, own = second
    door, asked = everyone(), by_number(own)
    assert door.get(f"Patient?{asked}").ids == [f"Patient/{pair.mine}"]
    about = condition("x", subject={"reference": f"Patient?{asked}"})
    alone = door.post("Condition", about)
    assert (alone.status, alone.json["subject"]["reference"]) == (201, f"Patient/{pair.mine}")
    both = transaction(
        entry("POST", "Condition", about),
        entry("PUT", f"Patient/{pair.mine}", {**own, "id": pair.mine}),
    )
    answer = door.post("", both)
    assert answer.status == 200, answer.body
    assert door.get(place(answer, 0)).json["subject"]["reference"] == f"Patient/{pair.mine}"
    assert door.post("Condition/$validate?mode=create", about).json["issue"][0]["severity"] == "information"
    new = {k: v for k, v in own.items() if k != "id"}
    again = door.post("Patient", new, if_none_exist=asked)
    assert (again.status, again.json["id"]) == (200, pair.mine)
    answer = door.post("", transaction(entry("POST", "Patient", new, ifNoneExist=asked)))
    assert place(answer, 0) == f"Patient/{pair.mine}"


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_person_is_named_by_a_number_beside_a_second_patient(pair: Pair, method: str) -> None:
    door = everyone()
    own = {k: v for k, v in door.get(f"Patient/{pair.mine}").json.items() if k not in ("id", "meta")}
    named = {**condition(pair.mine), "subject": {"reference": f"Patient?{by_number(own)}"}}
    new = (
        entry("POST", "Patient", own) if method == "POST" else entry("PUT", "Patient/brought", {**own, "id": "brought"})
    )
    answer = door.post(
        "",
        transaction(
            new,
            new | {"request": {"method": "POST", "url": "Patient"}, "resource": own},
            entry("POST", "Condition", named),
        ),
    )
    assert answer.status == 200, answer.body
    aliases.forget()
    filed = door.get(answer.json["entry"][2]["response"]["location"].split("/fhir/")[1].partition("/_h")[0]).json
    assert filed["subject"]["reference"] == f"Patient/{pair.mine}"
    assert canonical_patient(pair.me.id, raw.django()) == pair.mine


def test_a_number_that_somebody_else_brings_names_nobody(pair: Pair) -> None:
    door = everyone()
    own = {k: v for k, v in door.get(f"Patient/{pair.mine}").json.items() if k not in ("id", "meta")}
    named = {**condition(pair.mine), "subject": {"reference": f"Patient?{by_number(own)}"}}
    another = {**own, "name": [{"family": "Quite", "given": ["Other"]}], "birthDate": "1931-12-03"}
    assert (
        door.post("", transaction(entry("POST", "Patient", another), entry("POST", "Condition", named))).status == 412
    )
    unfit = {**own, "name": [7], "identifier": own["identifier"]}
    assert door.post("", transaction(entry("POST", "Patient", unfit), entry("POST", "Condition", named))).status in (
        400,
        422,
    )


def test_a_number_of_several_patients_of_a_person_changes_none(second: tuple[Pair, str, Json]) -> None:
    pair, name, own = second
    door, asked = everyone(), by_number(own)
    body = {k: v for k, v in own.items() if k != "id"}
    for method, content in (("PUT", body), ("DELETE", None)):
        assert door.send(method, f"Patient?{asked}", content or b"").status == 412
        assert door.post("", transaction(entry(method, f"Patient?{asked}", content))).status == 412
    assert door.send("DELETE", f"Patient/{pair.mine}").status == 204
    assert door.send("PUT", f"Patient?{asked}", {**body, "language": "fr"}).json["id"] == name


def test_a_number_names_the_patient_that_is_left_beside_a_deletion(second: tuple[Pair, str, Json]) -> None:
    pair, name, own = second
    about = condition("x", subject={"reference": f"Patient?{by_number(own)}"})
    both = transaction(entry("POST", "Condition", about), entry("DELETE", f"Patient/{pair.mine}"))
    answer = everyone().post("", both)
    assert answer.status == 200, answer.body
    assert everyone().get(f"Condition?patient={name}").ids.count(place(answer, 0)) == 1


def of_second(name: str) -> tuple[str, Json]:
    """A Condition that was stored with the second Patient: its address, and what is read of it."""
    where = f"Condition/{everyone().post('Condition', condition(name)).json['id']}"
    return where, everyone().get(where).json


def stored(where: str) -> Json:
    name = where.partition("/")[2]
    row = raw.django().one("SELECT body FROM records_resource WHERE kind = ? AND fhir_id = ?", [CONDITION, name])
    assert row is not None
    return parse(bytes(row[0]))


@pytest.mark.parametrize("whole", [True, False])
def test_what_was_read_and_is_sent_back_makes_no_version(second: tuple[Pair, str, Json], whole: bool) -> None:
    pair, name, _ = second
    where, seen = of_second(name)
    assert seen["subject"]["reference"] == f"Patient/{pair.mine}"
    seen.pop("meta")
    if whole:
        answer = everyone().send("PUT", where, seen)
    else:
        answer = everyone().post("", transaction(entry("PUT", where, seen)))
    assert answer.status == 200, answer.body
    assert everyone().get(where).json["meta"]["versionId"] == "1"
    changed = everyone().send("PUT", where, {**seen, "language": "es"})
    assert (changed.status, changed.json["subject"]) == (200, seen["subject"])
    assert (stored(where)["subject"]["reference"], stored(where)["language"]) == (f"Patient/{name}", "es")


@pytest.mark.parametrize("whole", [True, False])
def test_a_patch_is_of_what_was_read(second: tuple[Pair, str, Json], whole: bool) -> None:
    pair, name, _ = second
    where, seen = of_second(name)
    test = {"op": "test", "path": "/subject/reference", "value": seen["subject"]["reference"]}
    operations = [test, {"op": "add", "path": "/language", "value": "es"}]
    if whole:
        answer = everyone().send("PATCH", where, operations, PATCH)
    else:
        content = {"resourceType": "Binary", "contentType": PATCH["Content-Type"]}
        data = b64encode(dump(operations)).decode()
        answer = everyone().post("", transaction(entry("PATCH", where, {**content, "data": data})))
    assert answer.status == 200, answer.body
    assert everyone().get(where).json["subject"]["reference"] == f"Patient/{pair.mine}"
    assert (stored(where)["subject"]["reference"], stored(where)["language"]) == (f"Patient/{name}", "es")


def test_the_first_patient_of_a_person_kept_is_the_one_apps_know(
    pair: Pair, clerk: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whom it absorbed has a Patient already: every process looks anew."""
    monkeypatch.setattr(aliases, "POLL_SECONDS", 0)
    kept = services.add_person({"given": "Some", "family": "Body"}, [("urn:z", "1")], SYSTEM)
    services.merge(kept.id, pair.me.id, "same person", clerk)
    reader = everyone("system/*.rs")
    assert f"Patient/{pair.mine}" in reader.get("Patient?_count=500").ids
    said = {"identifier": [{"system": "urn:z", "value": "1"}], "name": [{"given": ["Some"], "family": "Body"}]}
    name = everyone().post("Patient", {"resourceType": "Patient", "gender": "male", **said}).json["id"]
    found = reader.get("Patient?_count=500").ids
    assert (f"Patient/{name}" in found, f"Patient/{pair.mine}" in found) == (True, False)


def test_a_person_merged_twice_is_known_by_one_patient(pair: Pair, clerk: Actor) -> None:
    """Tokens and the log name the one that searches find, deleted or not."""
    kept = services.add_person({"given": "Some", "family": "Body"}, [], SYSTEM)
    services.merge(pair.other.id, pair.me.id, "same person", clerk)
    services.merge(kept.id, pair.other.id, "same person", clerk)
    for known in (pair.mine, pair.others):
        aliases.forget()
        assert canonical_patient(kept.id, raw.django()) == known
        assert aliases.aliases(raw.django()).names(pair.others)[0] == known
        everyone().send("DELETE", f"Patient/{known}")
    aliases.forget()


def test_a_person_is_named_by_a_number_beside_both_their_patients(pair: Pair) -> None:
    door = everyone()
    own = {k: v for k, v in door.get(f"Patient/{pair.mine}").json.items() if k not in ("id", "meta")}
    named = {**condition(pair.mine), "subject": {"reference": f"Patient?{by_number(own)}"}}
    known = entry("PUT", f"Patient/{pair.mine}", {**own, "id": pair.mine, "language": "fr"})
    answer = door.post("", transaction(known, entry("POST", "Patient", own), entry("POST", "Condition", named)))
    assert answer.status == 200, answer.body
    aliases.forget()
    assert door.get(place(answer, 2)).json["subject"]["reference"] == f"Patient/{pair.mine}"
