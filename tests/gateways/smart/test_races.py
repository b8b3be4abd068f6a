"""Tokens asked for at two places at once, or while somebody ends them: one token at most; what ended is over, once."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction

from chartpost.gateways.smart import consent, validator
from chartpost.identity import app_models, queries, services, tokens
from chartpost.identity.app_types import AuthorizeRequest
from chartpost.identity.errors import NotFound
from chartpost.identity.services import _epoch, accounts, app_tokens, apps, grants
from chartpost.identity.types import SYSTEM
from chartpost.kernel.db import raw
from tests.gateways.smart.pages import fields
from tests.gateways.smart.support import (
    REDIRECT,
    Office,
    ask,
    asserted,
    authorize,
    code_for,
    exchange,
    office,
    refresh,
    sent,
    signed_in,
    tokens_of,
)
from tests.identity.support import PASSWORD, browser, entries

pytestmark = pytest.mark.django_db(transaction=True)
AT_ONCE = 4


def together(ask: Callable[[], Any], *others: Callable[[], Any]) -> list[Any]:
    """Ask several times at one moment; or once, beside others."""
    asked = [ask, *others] if others else [ask] * AT_ONCE
    start, answers = threading.Barrier(len(asked)), []

    def run(one: Callable[[], Any]) -> None:
        try:
            start.wait()
            answers.append(one())
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[one]) for one in asked]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def judge(answers: list[Any]) -> None:
    given = [answer.json()["access_token"] for answer in answers if answer.status_code == 200]
    assert len(answers) == AT_ONCE
    assert len(given) <= 1
    assert {answer.status_code for answer in answers} <= {200, 400}
    tokens.forget()
    assert all(tokens.access(token, raw.django()) is None for token in given)
    assert app_models.AppGrant.objects.get().ended_why == "reuse"


@pytest.fixture
def where() -> Office:
    """The office, its rows really written."""
    return office()


def test_one_code_at_several_places(where: Office) -> None:
    app = where.apps["public"]
    code = code_for(where, app, "launch/patient patient/Patient.rs")
    judge(together(lambda: exchange(browser(), where, app, code)))


def test_one_refresh_token_at_several_places(where: Office) -> None:
    app = where.apps["public"]
    found = tokens_of(where, scope="launch/patient offline_access patient/Patient.rs")
    judge(together(lambda: refresh(browser(), where, app, found["refresh_token"])))


def test_one_assertion_at_several_places(where: Office) -> None:
    app = where.apps["backend"]
    proof = {"grant_type": "client_credentials", "scope": "system/*.rs"} | asserted(app.client_id)
    answers = together(lambda: browser().post("/oauth/token", proof))
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]


def test_a_client_asks_for_a_token_while_it_is_blocked(where: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    app, end_all, blocking = where.apps["backend"], apps.end_all, threading.Event()

    def slowly(*values: Any, **named: Any) -> int:
        blocking.set()
        time.sleep(0.3)
        return end_all(*values, **named)

    issue = app_tokens.issue_backend

    def late(*values: Any) -> app_tokens.Refusal:
        blocking.wait(5)
        return issue(*values)

    monkeypatch.setattr(apps, "end_all", slowly)
    monkeypatch.setattr(validator.app_tokens, "issue_backend", late)
    proof = {"grant_type": "client_credentials", "scope": "system/*.rs"} | asserted(app.client_id)
    answers = together(
        lambda: browser().post("/oauth/token", proof).status_code, lambda: services.disable_app(app.ref, SYSTEM)
    )
    assert set(answers) == {401, None}
    assert not app_models.AppGrant.objects.exists()


def test_the_first_two_who_take_something_away_at_once() -> None:
    app_models.TokenEpoch.objects.all().delete()

    def take() -> int:
        with transaction.atomic():
            _epoch.bump()
            time.sleep(0.3)
        return app_models.TokenEpoch.objects.get().value

    assert sorted(together(take, take))[-1] == 2
    assert app_models.TokenEpoch.objects.get().pk == 1


def test_one_answer_at_several_times(where: Office) -> None:
    client = signed_in(where.account)
    address = authorize(client, ask(where.apps["public"]))["Location"]
    form = fields(client.get(address)) | {"allow": "1"}

    def answer() -> Any:
        again = browser()
        again.cookies = client.cookies.copy()
        return again.post(address, form)

    statuses = sorted(answer.status_code for answer in together(answer))
    assert len(statuses) == AT_ONCE
    assert statuses[0] == 303
    assert set(statuses[1:]) == {400}, "the others are told that an answer was given"
    assert app_models.AppGrant.objects.count() == app_models.AuthCode.objects.count() == 1


TAKEN: dict[str, Callable[[Office], Any]] = {
    "reset": lambda where: services.reset_account(where.account.email),
    "account": lambda where: services.disable_account(where.account.email, SYSTEM),
}


@pytest.mark.parametrize("why", TAKEN)
def test_a_yes_that_comes_after_its_account_was_taken_back_lets_nothing_in(
    where: Office, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    """The session was looked at before, as whoever is in the account may arrange."""
    client, decide, checked, over = signed_in(where.account), consent._decide, threading.Event(), threading.Event()
    address = authorize(client, ask(where.apps["public"]))["Location"]
    form = fields(client.get(address)) | {"allow": "1"}

    def late(*values: Any) -> Any:
        checked.set()
        over.wait(5)
        return decide(*values)

    def take() -> None:
        checked.wait(5)
        TAKEN[why](where)
        over.set()

    monkeypatch.setattr(consent, "_decide", late)
    answers = together(lambda: client.post(address, form), take)
    assert [answer.status_code for answer in answers if answer is not None] == [422]
    assert not app_models.AppGrant.objects.exists()


@pytest.mark.parametrize("why", TAKEN)
def test_a_yes_that_comes_first_ends_with_its_account(where: Office, monkeypatch: pytest.MonkeyPatch, why: str) -> None:
    client, code, writing = signed_in(where.account), grants._code, threading.Event()
    address = authorize(client, ask(where.apps["public"]))["Location"]
    form = fields(client.get(address)) | {"allow": "1"}

    def slowly(*values: Any) -> str:
        writing.set()
        time.sleep(0.3)
        return code(*values)

    def take() -> None:
        writing.wait(5)
        TAKEN[why](where)

    monkeypatch.setattr(grants, "_code", slowly)
    back = next(answer for answer in together(lambda: client.post(address, form), take) if answer is not None)
    assert exchange(browser(), where, where.apps["public"], sent(back)["code"]).status_code == 400
    assert app_models.AppGrant.objects.get().ended_why == why


@pytest.mark.parametrize("by", ["right", "role"])
def test_a_yes_that_comes_first_ends_with_its_right_or_role(
    where: Office, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    helper = services.add_account("helper@people.example", "Hedy Helper", PASSWORD)
    right = services.represent(helper, where.person.id, "caregiver", SYSTEM)
    account, person_id = (helper, where.person.id) if by == "right" else (where.clerk, None)
    scopes = ("patient/*.rs" if by == "right" else "user/*.rs",)
    request = AuthorizeRequest("", where.apps["public"].client_id, REDIRECT, scopes, "", "", "c" * 43, "")
    code, writing = grants._code, threading.Event()

    def slowly(*values: Any) -> str:
        writing.set()
        time.sleep(0.3)
        return code(*values)

    def take() -> None:
        writing.wait(5)
        if by == "right":
            services.end_representation(right.ref, SYSTEM)
        else:
            services.end_role(where.clerk.ref, "clerk", SYSTEM)

    monkeypatch.setattr(grants, "_code", slowly)
    together(lambda: services.approve(request, queries.actor_of(account), person_id, scopes), take)
    assert app_models.AppGrant.objects.get().ended_why == "right"


def stop(where: Office) -> Any:
    ref = app_models.AppGrant.objects.get(account=where.account).ref
    return signed_in(where.account).post(f"/apps/{ref}/stop/")


ENDINGS: dict[str, Callable[[Office], Any]] = {
    "person": stop,
    "office": lambda where: services.disable_app(where.apps["public"].ref, SYSTEM),
    "reset": lambda where: services.reset_account(where.account.email),
}


@pytest.mark.parametrize("why", ENDINGS)
@pytest.mark.parametrize("way", ["code", "refresh"])
def test_an_app_is_ended_while_it_asks_for_tokens(
    where: Office, monkeypatch: pytest.MonkeyPatch, why: str, way: str
) -> None:
    app, scope, keep = where.apps["public"], "launch/patient offline_access patient/Patient.rs", app_tokens._keep
    code = code_for(where, app, scope)
    first = exchange(browser(), where, app, code).json()["refresh_token"] if way == "refresh" else ""
    asking = threading.Event()

    def slowly(*values: Any, **named: Any) -> None:
        asking.set()
        time.sleep(0.3)
        keep(*values, **named)

    def come() -> Any:
        client = browser()
        return refresh(client, where, app, first) if first else exchange(client, where, app, code)

    def end() -> Any:
        asking.wait(5)
        return ENDINGS[why](where)

    monkeypatch.setattr(app_tokens, "_keep", slowly)
    answers = together(come, end)
    assert len(answers) == 2, "one of them failed"
    given = next(answer for answer in answers if "access_token" in str(getattr(answer, "content", "")))
    tokens.forget()
    assert tokens.access(given.json()["access_token"], raw.django()) is None
    assert app_models.AppGrant.objects.get().ended_why == why


def test_who_ended_an_app_first_leaves_nothing_for_a_token_that_was_good_before(
    where: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, found = where.apps["public"], tokens_of(where)
    held = app_tokens._held

    def ended_first(grant_id: int) -> app_models.AppGrant | None:
        services.end_grant(app_models.AppGrant.objects.get(pk=grant_id).ref, where.actor)
        return held(grant_id)

    monkeypatch.setattr(app_tokens, "_held", ended_first)
    assert refresh(browser(), where, app, found["refresh_token"]).status_code == 400
    assert not app_models.AccessToken.objects.exists()
    assert app_models.AppGrant.objects.get().ended_why == "person"


@pytest.mark.parametrize("action", ["representative.end", "account.disable"])
def test_what_lets_apps_in_is_ended_once(where: Office, monkeypatch: pytest.MonkeyPatch, action: str) -> None:
    helper = services.add_account("helper@people.example", "Hedy Helper", PASSWORD)
    row = services.represent(helper, where.person.id, "caregiver", SYSTEM)
    end_all = accounts.end_all

    def slowly(*values: Any) -> int:
        time.sleep(0.3)
        return end_all(*values)

    def end() -> bool:
        if action == "account.disable":
            return services.disable_account(helper.email, SYSTEM)
        try:
            services.end_representation(row.ref, SYSTEM)
        except NotFound:
            return False
        return True

    monkeypatch.setattr(accounts, "end_all", slowly)
    assert sorted(together(end, end)) == [False, True]
    assert len(entries(action)) == 1


def test_staff_take_up_a_right_over_a_merged_person_while_that_is_undone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both end well: rows first, the number of tokens last (docs/adr/0009)."""
    where = office()
    other = services.add_person({"given": "Anna", "family": "Quill"}, [], SYSTEM)
    merge = services.merge(where.person.id, other.id, "same", where.staff)
    code, follow = services.invite("caregiver", SYSTEM, other.id), accounts.follow_merges
    begun = threading.Event()

    def slowly(*values: Any) -> None:
        begun.set()
        time.sleep(0.5)
        follow(*values)

    monkeypatch.setattr(accounts, "follow_merges", slowly)

    def undo() -> bool:
        begun.wait(20)
        services.unmerge(merge, where.staff)
        return True

    answers = together(lambda: services.accept_invitation(code, where.clerk, where.staff), undo)
    assert sorted(map(str, answers)) == ["True", "caregiver"]
