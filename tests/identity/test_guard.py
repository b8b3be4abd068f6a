"""Staff need a second factor before the desk; dangerous steps need a fresh proof."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path

from chartpost.identity import guard, models, policies, queries, services
from chartpost.identity.types import SYSTEM, Actor, Subject
from chartpost.kernel import clock
from chartpost.kernel.config import config
from tests.identity.support import PASSWORD, browser, sign_in


def desk_page(request: HttpRequest) -> HttpResponse:
    """A page for staff."""
    guard.require(request, "queue.read", Subject("office"))
    return HttpResponse("the queue")


def dangerous_page(request: HttpRequest) -> HttpResponse:
    """A page that asks for a fresh proof."""
    guard.require_fresh(request, "portal.open", Subject("portal"))
    return HttpResponse("done")


urlpatterns = [
    path("page/desk/", desk_page),
    path("page/dangerous/", dangerous_page),
    path("", include("chartpost.urls")),
]
pytestmark = pytest.mark.urls(__name__)


@pytest.fixture
def strict() -> Iterator[None]:
    """The rule for staff as it is outside tests."""
    with patch.object(queries, "config", lambda: replace(config(), staff_second_factor=True)):
        yield


@pytest.fixture
def staff(clerk: models.Account) -> Client:
    client = browser()
    sign_in(client, clerk.email, PASSWORD)
    return client


@pytest.mark.usefixtures("strict")
def test_staff_without_a_second_factor_are_asked_to_add_one(staff: Client, clerk: models.Account) -> None:
    answer = staff.get("/page/desk/")
    assert answer["Location"] == "/account/2fa/"
    assert "second sign-in step" in staff.get("/account/2fa/").content.decode()
    TOTP.activate(clerk, "JBSWY3DPEHPK3PXP")
    assert staff.get("/page/desk/").content == b"the queue"


@pytest.mark.usefixtures("strict")
def test_a_demo_asks_for_none(staff: Client) -> None:
    with patch.object(queries, "config", lambda: replace(config(), staff_second_factor=True, demo=True)):
        assert staff.get("/page/desk/").status_code == 200


@pytest.mark.parametrize("action", sorted(set(policies.RULES) - policies.ACCOUNT_ONLY))
def test_no_work_is_allowed_to_staff_without_a_second_factor(action: str) -> None:
    actor = Actor(kind="staff", account_id=1, roles=frozenset({"clerk", "approver", "reviewer", "privacy", "admin"}))
    subject = Subject("record", person_id=5, owner_id=1)
    assert not policies.decide(replace(actor, second_factor=False), action, subject).allow


@pytest.mark.usefixtures("strict")
def test_people_need_none(ana: models.Account) -> None:
    assert queries.has_second_factor(ana)


def test_a_dangerous_step_asks_for_the_password_and_comes_back(ana: models.Account) -> None:
    client = browser()
    sign_in(client, ana.email, PASSWORD)
    assert client.get("/page/dangerous/").content == b"done", "just signed in"
    with clock.at(clock.now() + timedelta(seconds=queries.FRESH_SECONDS + 1)):
        answer = client.get("/page/dangerous/")
        assert answer["Location"] == "/account/reauthenticate/?next=/page/dangerous/"
        page = client.get(answer["Location"])
        assert "password" in page.content.decode()
        wrong = client.post(answer["Location"], {"password": "not it", "next": "/page/dangerous/"})
        assert wrong.status_code == 200
    proved = client.post(answer["Location"], {"password": PASSWORD, "next": "/page/dangerous/"})
    assert proved["Location"] == "/page/dangerous/"
    assert client.get("/page/dangerous/").content == b"done"


def request_of(account: models.Account | None) -> HttpRequest:
    request: Any = HttpRequest()
    request.user, request.session = account, {}
    return request  # type: ignore[no-any-return]


def test_the_guard_says_as_little_as_it_can(ana: models.Account, clerk: models.Account) -> None:
    ben = services.add_person({"given": "Ben", "family": "Other"}, [], SYSTEM)
    record = Subject("record", person_id=ben.id)
    with pytest.raises(guard.SignInFirst):
        guard.require(request_of(None), "record.read", record)
    with pytest.raises(Http404):
        guard.require(request_of(ana), "record.read", record)
    with pytest.raises(PermissionDenied):
        guard.require(request_of(clerk), "ledger.search", Subject("ledger"))
    assert guard.require(request_of(clerk), "record.read", record).ref == clerk.ref


def test_after_sign_in_people_come_to_the_page_they_wanted(ana: models.Account) -> None:
    client = browser()
    answer = client.get("/page/dangerous/?a=1")
    assert answer["Location"] == "/account/login/?next=/page/dangerous/%3Fa%3D1"
    values = {"login": ana.email, "password": PASSWORD, "next": "/page/dangerous/?a=1"}
    assert client.post("/account/login/", values)["Location"] == "/page/dangerous/?a=1"
    values["next"] = "https://evil.example/"
    assert browser().post("/account/login/", values)["Location"] == "/welcome/"
