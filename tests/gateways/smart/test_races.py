"""The same code or refresh token at two places at once: one token at most, and the family ends."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from chartpost.identity import app_models, tokens
from chartpost.kernel.db import raw
from tests.gateways.smart.support import Office, code_for, exchange, office, refresh, tokens_of
from tests.identity.support import browser

pytestmark = pytest.mark.django_db(transaction=True)
AT_ONCE = 4


def together(ask: Callable[[], Any]) -> list[Any]:
    """Ask several times at one moment."""
    start, answers = threading.Barrier(AT_ONCE), []

    def run() -> None:
        try:
            start.wait()
            answers.append(ask())
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(AT_ONCE)]
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
    from tests.gateways.smart.support import asserted

    app = where.apps["backend"]
    proof = {"grant_type": "client_credentials", "scope": "system/*.rs"} | asserted(app.client_id)
    answers = together(lambda: browser().post("/oauth/token", proof))
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]
