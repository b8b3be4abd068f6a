"""What programs of others get by a link: the record, as the guide says it; and nothing once a link is over."""

import json
from datetime import date, timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from chartpost.formats.fhirjson.terms import Category
from chartpost.gateways.shl import models, queries, services
from chartpost.gateways.shl.services import ending
from chartpost.kernel import blobs, clock, jobs
from chartpost.ledger import queries as ledger
from chartpost.records.types import Selection
from tests.gateways.shl.asking import JSON, ask, body_of, bundle_of, get, path_of
from tests.gateways.shl.conftest import Make, World

pytestmark = pytest.mark.django_db
GONE = (404, {"error", "expected", "todo"})


def kinds(bundle: dict[str, Any]) -> set[str]:
    return {entry["resource"]["resourceType"] for entry in bundle["entry"]}


def entries(world: World, action: str) -> list[Any]:
    found = ledger.for_person(world.ana.id, limit=200)
    return [entry for entry in found if entry.action == action]


def test_a_link_leads_to_the_record(api: Client, make: Make) -> None:
    link = make()
    bundle = bundle_of(api, link)
    assert (bundle["resourceType"], bundle["type"]) == ("Bundle", "collection")
    assert {"Patient", "Condition", "MedicationRequest", "Observation"} <= kinds(bundle)
    assert link.url.startswith("https://localhost:8443/shl/m/")
    assert len(link.url) <= 128
    assert len(link.url.rpartition("/")[2]) == 43
    assert link.flag == frozenset()


def test_the_manifest_is_as_the_guide_says(api: Client, make: Make) -> None:
    answer = ask(api, make())
    assert answer["Content-Type"] == "application/json"
    (file,) = answer.json()["files"]
    assert file["contentType"] == "application/fhir+json"
    assert file["fhirVersion"] == "4.0.1"
    assert file["status"] == "finalized"
    assert ("embedded" in file) != ("location" in file)


def test_only_chosen_parts_go_in(api: Client, make: Make) -> None:
    bundle = bundle_of(api, make(selection=Selection(frozenset({Category.ALLERGIES}))))
    assert "Patient" in kinds(bundle)
    assert "AllergyIntolerance" in kinds(bundle)
    assert not {"Condition", "MedicationRequest", "Observation", "Encounter"} & kinds(bundle)


def test_only_chosen_dates_go_in(api: Client, make: Make) -> None:
    bundle = bundle_of(api, make(selection=Selection(date_from=date(2024, 1, 1), date_to=date(2025, 12, 31))))
    assert kinds(bundle) == {"Patient", "MedicationRequest"}


@pytest.mark.parametrize("most", [0, 10, 5_000_000])
def test_nothing_longer_than_asked_for_is_embedded(api: Client, make: Make, most: int) -> None:
    (file,) = ask(api, make(), embeddedLengthMax=most).json()["files"]
    if "embedded" in file:
        assert len(file["embedded"]) <= most
    else:
        assert most < 5_000_000
        answer = get(api, file["location"])
        assert answer.status_code == 200
        assert answer["Content-Type"] == "application/jose"
        assert body_of(answer).count(b".") == 4


def test_a_location_ends_after_minutes(api: Client, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    (file,) = ask(api, make(), embeddedLengthMax=0).json()["files"]
    later = clock.now() + timedelta(minutes=11)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert get(api, file["location"]).status_code == 404


def test_a_location_cannot_be_made_up(api: Client, make: Make) -> None:
    (file,) = ask(api, make(), embeddedLengthMax=0).json()["files"]
    start, _, seal = file["location"].rpartition("/")
    bent = seal[:-4] + ("AAAA" if not seal.endswith("AAAA") else "BBBB")
    for other in (bent, seal[:20], "A" * 38, "A" * 37, "*"):
        assert api.get(f"{path_of(start)}/{other}", secure=True).status_code == 404


def test_one_time_is_one_time(api: Client, make: Make, world: World) -> None:
    link = make(max_uses=1)
    (file,) = ask(api, link, embeddedLengthMax=0).json()["files"]
    assert ask(api, link).status_code == 404
    assert get(api, file["location"]).status_code == 200, "the file of the one use can still be fetched"
    assert queries.links_of(world.ana_account.pk)[0].state == "used"


def test_the_simple_link_is_one_file(api: Client, make: Make) -> None:
    link = make(direct=True)
    assert link.flag == {"U"}
    answer = get(api, link.url, recipient="An app")
    assert answer["Content-Type"] == "application/jose"
    assert body_of(answer).count(b".") == 4
    assert ask(api, link).status_code == 404
    assert get(api, link.url).status_code == 400, "the guide wants a recipient"


def test_every_end_looks_like_nothing(api: Client, make: Make, world: World) -> None:
    unknown, used, stopped, over, locked = (make(max_uses=1) for _ in range(5))
    models.Link.objects.filter(pk=models.Link.objects.order_by("pk")[0].pk).delete()
    ask(api, used)
    services.stop(models.Link.objects.order_by("pk")[1].ref, world.actor)
    last = list(models.Link.objects.order_by("pk")[2:])
    models.Link.objects.filter(pk=last[0].pk).update(ends_at=clock.now())
    models.Link.objects.filter(pk=last[1].pk).update(locked_at=clock.now())
    answers = [ask(api, one) for one in (unknown, used, stopped, over, locked)]
    answers += [get(api, one.url, recipient="x") for one in (unknown, used, stopped, over, locked)]
    assert {(a.status_code, a.content) for a in answers} == {(404, answers[0].content)}
    assert set(answers[0].json()) == GONE[1]


def test_wrong_passcodes_are_counted_for_life(api: Client, make: Make, world: World) -> None:
    link = make(passcode="river7")
    assert link.flag == {"P"}
    for left in range(9, -1, -1):
        answer = ask(api, link, passcode="guess")
        assert (answer.status_code, answer.json()["remainingAttempts"]) == (401, left)
    assert ask(api, link, passcode="river7").status_code == 404
    jobs.run_waiting()
    assert [m.subject for m in mail.outbox] == ["A health link you made is locked"]
    assert queries.links_of(world.ana_account.pk)[0].state == "locked"
    assert len(entries(world, "shl.refuse")) == 10
    assert len(entries(world, "shl.lock")) == 1
    assert entries(world, "shl.use") == []


def test_half_a_character_is_a_wrong_passcode(api: Client, make: Make, world: World) -> None:
    link = make(passcode="river7?")
    for left in range(9, -1, -1):
        answer = ask(api, link, passcode="river7\ud800")  # half of a pair: no text can hold it
        assert (answer.status_code, answer.json()["remainingAttempts"]) == (401, left)
    jobs.run_waiting()
    assert models.Link.objects.get().locked_at is not None
    assert len(entries(world, "shl.refuse")) == 10
    assert [m.subject for m in mail.outbox] == ["A health link you made is locked"]


def test_the_right_passcode_opens_and_costs_no_try(api: Client, make: Make) -> None:
    link = make(passcode="river7")
    answer = ask(api, link)
    assert (answer.status_code, answer.json()["remainingAttempts"]) == (401, 10)
    for _ in range(12):
        assert bundle_of(api, link, passcode="river7")
    assert models.Link.objects.get().failures == 0


@pytest.mark.usefixtures("program_hashes")
def test_a_passcode_is_kept_as_a_hash(make: Make) -> None:
    make(passcode="river7")
    assert models.Link.objects.get().passcode.startswith("argon2$argon2id$")


def test_the_key_is_forgotten_once_the_files_are_made(make: Make) -> None:
    link = make(built=False)
    row = models.Link.objects.get()
    assert row.wrapped_key
    assert link.key not in bytes(row.wrapped_key)
    jobs.run_waiting()
    row = models.Link.objects.get()
    assert not row.wrapped_key
    assert blobs.read(row.blob).startswith(b"ey"), "a file is kept as the JWE it leaves as"
    assert link.url.rpartition("/")[2] not in row.token_hash


def test_before_the_files_are_made_the_answer_is_to_wait(api: Client, make: Make) -> None:
    link = make(built=False, max_uses=1)
    answer = ask(api, link)
    assert (answer.status_code, answer["Retry-After"]) == (503, "3")
    jobs.run_waiting()
    assert bundle_of(api, link), "waiting used nothing up"


def test_each_use_is_in_the_ledger_without_the_words_of_its_reader(api: Client, make: Make, world: World) -> None:
    link = make()
    ask(api, link, recipient="Dr.\n<b>Green</b> " + "x" * 200)
    (entry,) = entries(world, "shl.use")
    assert "Green" not in repr(entry)
    (shown,) = queries.links_of(world.ana_account.pk)
    assert shown.last_uses[0].recipient == ("Dr. <b>Green</b> " + "x" * 200)[:120]
    assert shown.uses == 1


@pytest.mark.parametrize(
    "body",
    [
        "",
        "no json",
        "[]",
        "{}",
        '{"recipient": ""}',
        '{"recipient": 5}',
        '{"recipient": "x", "embeddedLengthMax": "1"}',
    ],
)
def test_a_request_against_the_guide_is_told_so(api: Client, make: Make, body: str) -> None:
    answer = api.post(path_of(make().url), body, content_type=JSON, secure=True)
    assert answer.status_code == 400
    assert answer.json()["todo"]


def test_a_huge_request_is_refused(api: Client, make: Make) -> None:
    body = json.dumps({"recipient": "x" * 20_000})
    assert api.post(path_of(make().url), body, content_type=JSON, secure=True).status_code == 400


def test_every_answer_may_be_read_by_pages_of_others_and_sets_no_cookie(api: Client, make: Make) -> None:
    link = make(passcode="river7")
    path = path_of(link.url)
    answers = [
        api.options(path, secure=True),
        ask(api, link),
        ask(api, link, passcode="river7"),
        api.get(path, secure=True),
        api.post(path, "x", content_type=JSON, secure=True),
        api.get("/shl/f/nothing", secure=True),
        api.delete(path, secure=True),
    ]
    for answer in answers[:-1]:
        assert answer["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in answer
        assert not answer.cookies
        assert answer["Cache-Control"] == "no-store"
    assert "content-type" in answers[0]["Access-Control-Allow-Headers"]
    assert answers[-1].status_code == 405


def test_one_address_cannot_ask_without_end(api: Client, make: Make) -> None:
    link = make()
    answers = [get(api, f"/shl/m/{'b' * 42}{n % 10}", recipient="x").status_code for n in range(31)]
    assert answers[:30] == [404] * 30
    late = ask(api, link)
    assert (late.status_code, late["Access-Control-Allow-Origin"]) == (429, "*")
    assert 0 < int(late["Retry-After"]) <= 600


def test_a_link_ends_with_its_day_and_its_file_goes(api: Client, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    link = make(days=1)
    blob = models.Link.objects.get().blob
    later = clock.now() + timedelta(days=1, seconds=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert ask(api, link).status_code == 404
    assert ending.expire() == 1
    assert not blobs.exists(blob)
    assert ending.expire() == 0
    assert (link.exp or 0) <= later.timestamp()
