"""A grant remembers as what it was given: what its giver becomes later opens no more by it."""

from typing import Any

import pytest

from chartpost.identity import models, queries, queries_apps, services, tokens
from chartpost.identity.errors import Denied
from chartpost.identity.types import SYSTEM, Access
from chartpost.kernel.db import raw
from tests.gateways.smart.support import (
    Office,
    add_person,
    asserted,
    basic,
    code_for,
    draft,
    refresh,
    tokens_of,
)
from tests.identity.support import PASSWORD, browser

WIDE = "launch/patient openid fhirUser offline_access user/*.rs"


def reached(token: str) -> Access | None:
    tokens.forget()
    return tokens.access(token, raw.django())


def hired(account: models.Account, *roles: str) -> None:
    code = services.invite("staff", SYSTEM, roles=list(roles))
    assert services.accept_invitation(code, account, queries.actor_of(account)) == "staff"
    account.refresh_from_db()


def own_alone(access: Access | None, where: Office) -> None:
    """The person's own record, by them as a person."""
    assert access is not None
    assert access.everyone is None
    assert set(access.persons) == {where.person.id}
    assert access.actor.kind == "person"
    assert not access.actor.roles


@pytest.mark.parametrize("role", ["clerk", "privacy", "imaging", "admin"])
def test_an_app_of_a_patient_does_not_get_the_office_when_the_patient_starts_to_work_there(
    where: Office, role: str
) -> None:
    where.apps["own"], _ = services.register_app(draft("public", name="Stranger"), SYSTEM, reviewed=False)
    add_person("Ben", "pat-ben")
    found = tokens_of(where, "own", WIDE)
    own_alone(reached(found["access_token"]), where)
    hired(where.account, role)
    own_alone(reached(found["access_token"]), where)
    again = refresh(browser(), where, where.apps["own"], found["refresh_token"])
    assert again.json()["patient"] == "pat-ana"
    own_alone(reached(again.json()["access_token"]), where)


def test_a_patients_app_goes_on_without_the_second_step_of_staff(
    where: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = tokens_of(where)
    hired(where.account, "clerk")
    monkeypatch.setattr(queries, "has_second_factor", lambda _: False)
    again = refresh(browser(), where, where.apps["public"], found["refresh_token"])
    own_alone(reached(again.json()["access_token"]), where)


def test_what_a_person_gave_keeps_its_scopes_when_they_start_to_work_here(where: Office) -> None:
    found = tokens_of(where, "symmetric", "launch/patient offline_access patient/*.rs")
    hired(where.account, "clerk")
    services.edit_app(where.apps["symmetric"].ref, draft("symmetric", scopes=("patient/Patient.rs",)), SYSTEM)
    proof: dict[str, Any] = basic(where.apps["symmetric"].client_id, where.secret)
    told = browser().post("/oauth/introspect", {"token": found["access_token"]}, **proof).json()
    assert "patient/*.rs" in told["scope"]
    again = refresh(browser(), where, where.apps["symmetric"], found["refresh_token"]).json()
    assert "patient/*.rs" in again["scope"]


def test_what_staff_gave_ends_with_their_last_role_though_they_act_for_somebody(where: Office) -> None:
    child = add_person("Cleo", "pat-cleo")
    services.represent(where.clerk, child.id, "health_care_agent", SYSTEM)
    scope = "launch/patient offline_access patient/*.rs"
    found = tokens_of(where, scope=scope, actor=where.staff, person_id=child.id)
    assert reached(found["access_token"]) is not None
    services.end_role(where.clerk.ref, "clerk", SYSTEM)
    assert reached(found["access_token"]) is None
    assert queries_apps.grants_of_account(where.clerk.pk) == []
    assert refresh(browser(), where, where.apps["public"], found["refresh_token"]).status_code == 400


def test_who_works_here_no_more_lets_no_app_in_as_staff(where: Office) -> None:
    services.represent(where.clerk, where.person.id, "health_care_agent", SYSTEM)
    services.end_role(where.clerk.ref, "clerk", SYSTEM)
    with pytest.raises(Denied):
        code_for(where, where.apps["public"], actor=where.staff)


def test_a_grant_says_as_what_it_was_given(where: Office) -> None:
    helper = services.add_account("helper@people.example", "Hedy Helper", PASSWORD)
    services.represent(helper, where.person.id, "health_care_agent", SYSTEM)
    for actor in (where.actor, queries.actor_of(helper), where.staff):
        tokens_of(where, actor=actor)
    asked: dict[str, Any] = {"grant_type": "client_credentials", "scope": "system/*.rs"}
    assert browser().post("/oauth/token", asked | asserted(where.apps["backend"].client_id)).status_code == 200
    given = {grant.account_name: grant.given_as for grant in queries_apps.grants_in_force().grants}
    assert given == {"Ana Quill": "person", "Hedy Helper": "person", "Clara Clerk": "staff", "": "app"}
