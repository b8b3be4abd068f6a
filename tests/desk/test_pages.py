"""Every page of the desk opens for the roles that may see it, and for nobody else."""

import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from chartpost.desk import words
from chartpost.identity import services
from chartpost.identity.types import ROLES, SYSTEM
from chartpost.ledger import queries as ledger
from chartpost.ledger.types import Filter
from chartpost.portal.views import words as portal_words
from chartpost.rights import states
from chartpost.rights.models import AccessRequest
from tests.desk.conftest import World

pytestmark = pytest.mark.django_db
WORKERS = {"clerk", "approver", "privacy"}
DESK = WORKERS | {"reviewer"}
ALL = set(ROLES)

OFFICE_PAGES = {
    "queue": DESK,
    "intake": WORKERS,
    "inbox": WORKERS,
    "people": DESK | {"imaging"},
    "letters": DESK,
    "ledger": {"privacy", "admin"},
    "rules": ALL,
    "settings": {"admin"},
    "office": {"admin"},
    "facility_new": {"admin"},
    "invite_staff": {"admin"},
}
REQUEST_PAGES = {
    "request": DESK,
    "tie": WORKERS,
    "way": WORKERS,
    "identity": WORKERS,
    "standing": DESK,
    "ask_info": WORKERS,
    "scope": WORKERS,
    "entries": WORKERS,
    "exclusions": DESK,
    "ask_review": WORKERS,
    "package": WORKERS,
    "qa": WORKERS,
    "fee": WORKERS,
    "make_letter": WORKERS,
    "release": WORKERS,
    "deliveries": WORKERS,
    "sheet": WORKERS,
    "extend": WORKERS,
    "deny": DESK,
    "denial_review": WORKERS,
    "redirect": WORKERS,
    "no_records": WORKERS,
    "withdraw": WORKERS,
    "delivery_failed": WORKERS,
}
PERSON_PAGES = {
    "person": DESK | {"imaging"},
    "representative": WORKERS,
    "merge_choose": {"clerk", "privacy"},
    "upload": WORKERS | {"imaging"},
}


def opens(world: World, address: str, allowed: set[str]) -> None:
    """The page answers 200 for the allowed roles (or asks to sign in again), 403 for the others."""
    for role in ROLES:
        answer = world.get(role, address)
        wanted = {200} if role in allowed else {403}
        assert answer.status_code in wanted, (address, role, answer.status_code)


@pytest.mark.parametrize("name", [n for n in OFFICE_PAGES if n not in {"office", "facility_new", "invite_staff"}])
def test_office_page_by_role(world: World, name: str) -> None:
    world.request()
    opens(world, reverse(f"desk:{name}"), OFFICE_PAGES[name])


@pytest.mark.parametrize("name", ["office", "facility_new", "invite_staff"])
def test_dangerous_page_asks_to_sign_in_again(world: World, name: str, fresh: Callable[[str], Client]) -> None:
    address = reverse(f"desk:{name}")
    stale = world.get("admin", address)
    assert stale.status_code == 302
    assert "reauthenticate" in stale["Location"]
    assert fresh("admin").get(address, secure=True).status_code == 200
    assert world.get("clerk", address).status_code == 403


@pytest.mark.parametrize("name", list(REQUEST_PAGES))
def test_request_page_by_role(world: World, name: str) -> None:
    row = world.request(delivery="post")
    opens(world, world.url(row, name), REQUEST_PAGES[name])


@pytest.mark.parametrize("name", list(PERSON_PAGES))
def test_person_page_by_role(world: World, name: str) -> None:
    opens(world, reverse(f"desk:{name}", args=[world.person.ref]), PERSON_PAGES[name])


def test_patient_and_stranger_get_nothing_of_the_desk(world: World) -> None:
    row = world.request()
    patient = services.add_account("ana@example.test", "Ana Ruiz", "correct horse battery")
    services.link_own(patient, world.person.id, "invitation_code", SYSTEM)
    client = Client()
    client.force_login(patient)
    for address in (reverse("desk:queue"), world.url(row), reverse("desk:person", args=[world.person.ref])):
        assert client.get(address, secure=True).status_code in {403, 404}, address
        assert Client().get(address, secure=True).status_code == 302
    assert client.get(world.url(row, "identity"), secure=True).status_code in {403, 404}


def test_unknown_request_and_person_are_not_found(world: World) -> None:
    for name in ("request", "identity", "person"):
        assert world.get("clerk", reverse(f"desk:{name}", args=["nothing"])).status_code == 404


def test_queue_shows_due_soonest_first_and_searches_by_post(world: World) -> None:
    late = world.request(days_ago=40, subject_name="Late Lena")
    world.request(subject_name="New Nora")
    text = world.get("clerk", reverse("desk:queue")).content.decode()
    assert text.index("Late Lena") < text.index("New Nora")
    found = world.client("clerk").post(reverse("desk:queue"), {"text": "Lena"}, secure=True).content.decode()
    assert "Late Lena" in found
    assert "New Nora" not in found
    overdue = world.get("clerk", reverse("desk:queue") + "?show=overdue").content.decode()
    assert late.number in overdue
    assert "New Nora" not in overdue


def test_queue_pages_by_cursor_and_ignores_a_broken_one(world: World) -> None:
    for number in range(53):
        world.request(subject_name=f"Person {number:02d}")
    first = world.get("clerk", reverse("desk:queue"))
    assert len(first.context["rows"]) == 50
    second = world.get("clerk", first.context["more_url"])
    shown = {line.request.pk for line in first.context["rows"]} | {line.request.pk for line in second.context["rows"]}
    assert len(shown) == 53
    assert world.get("clerk", reverse("desk:queue") + "?after=nonsense_7").status_code == 200


def test_queue_costs_the_same_number_of_queries_for_more_rows(
    world: World, django_assert_max_num_queries: Callable[..., object]
) -> None:
    for _ in range(40):
        world.request()
    world.get("clerk", reverse("desk:queue"))
    with django_assert_max_num_queries(40):  # type: ignore[attr-defined]
        world.get("clerk", reverse("desk:queue"))


def test_assignment_in_the_queue(world: World) -> None:
    row = world.request()
    world.post("clerk", row, "assign", {"to": world.staff["approver"].ref})
    row.refresh_from_db()
    assert row.assigned_to == world.staff["approver"].pk
    mine = world.get("approver", reverse("desk:queue") + "?show=mine").content.decode()
    assert row.number in mine
    world.post("clerk", row, "assign", {"to": ""})
    row.refresh_from_db()
    assert row.assigned_to is None


def test_names_shown_in_the_queue_are_one_ledger_entry(world: World) -> None:
    world.request()
    world.get("clerk", reverse("desk:queue") + "?show=unassigned")
    entry = ledger.search(Filter(action="queue.read"))[0]
    assert entry.detail == {"filter": "unassigned", "count": 1}


def test_every_figure_of_the_clock_links_to_a_rule_that_is_there(world: World) -> None:
    row: AccessRequest = world.request()
    page = world.get("clerk", world.url(row)).content.decode()
    rules = world.get("clerk", reverse("desk:rules")).content.decode()
    assert "the state gives no more time" in page, "California knows no extension"
    for rule in ("CLK-1", "CLK-6", "CLK-11"):
        assert f"/desk/rules/#{rule}" in page
        assert f'id="{rule}"' in rules
    assert "45 CFR 164.524(b)(2)(i)" in page


def test_administrators_begin_at_the_settings_and_everybody_at_work(world: World) -> None:
    starts = {role: world.get(role, "/welcome/")["Location"] for role in ROLES}
    assert starts["admin"] == "/desk/settings/"
    assert {role for role, start in starts.items() if start == "/desk/"} >= {"clerk", "approver", "privacy"}
    assert not {"/desk/ledger/", "/desk/rules/", "/desk/apps/"} & set(starts.values())


def test_both_sides_of_a_request_use_one_word_for_one_state() -> None:
    inner = {"in_scope_check", "retrieving", "clinical_review", "qa", "ready"}
    two_sided = {"needs_info": ("Waiting for the person", "Waiting for you")}
    for state in set(states.STATES) - inner:
        desk, portal = str(words.STATES[state][0]), str(portal_words.STATUS[state].label)
        assert (desk, portal) == two_sided.get(state, (desk, desk)), state


def test_the_desk_is_in_english_throughout_for_a_browser_that_asks_for_spanish(world: World) -> None:
    row = world.request()
    client = world.client("clerk")
    for address in (reverse("desk:queue"), world.url(row), world.url(row, "identity")):
        answer = client.get(address, headers={"Accept-Language": "es"}, secure=True)
        page = answer.content.decode()
        assert answer["Content-Language"] == "en"
        assert '<html lang="en"' in page
        assert not {"Solicitudes", "Guardar", "Cerrar", "Cuenta", "Fecha"} & set(re.findall(r"\w+", page))
    assert '<html lang="es"' in client.get("/help/", headers={"Accept-Language": "es"}, secure=True).content.decode()
