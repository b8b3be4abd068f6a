"""What a token may do, and that it may do nothing more the moment somebody takes it away."""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from datetime import time as time_of_day
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from chartpost.identity import app_models, models, queries, queries_apps, scopes, services, tokens
from chartpost.identity.services import app_tokens
from chartpost.identity.types import SYSTEM, Access
from chartpost.kernel import clock
from chartpost.kernel.db import raw
from tests.gateways.smart.support import Office, add_person, draft, office, refresh, tokens_of
from tests.identity.support import browser

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def where(monkeypatch: pytest.MonkeyPatch) -> Office:
    """The office, its rows really written, so that another connection sees them."""
    from chartpost.identity.services import signing

    monkeypatch.setattr(signing, "RSA_BITS", 2048)
    return office()


def look(token: str) -> Access | None:
    return tokens.access(token, raw.django())


def gone_elsewhere(token: str, change: Callable[[], object]) -> float:
    """Seconds until a thread that keeps asking, with a connection of its own, no longer gets anything."""
    seen, ended = threading.Event(), []

    def ask() -> None:
        try:
            until = time.monotonic() + 5
            while time.monotonic() < until:
                if tokens.access(token, raw.django()) is None:
                    ended.append(time.monotonic())
                    return
                seen.set()
                time.sleep(0.01)
        finally:
            connection.close()

    thread = threading.Thread(target=ask)
    thread.start()
    assert seen.wait(5)
    change()
    start = time.monotonic()
    thread.join()
    assert ended, "still good after five seconds"
    return ended[0] - start


def end_of_the_grant(where: Office) -> None:
    services.end_grant(queries_apps.grants_of_account(where.account.pk)[0].ref, where.actor)


def another_process_ends_it(where: Office) -> None:
    """Only the number in the database tells: this process's own notice is not used."""
    grants = app_models.AppGrant.objects.filter(account=where.account)
    grants.update(ended_at=clock.now())
    app_models.TokenEpoch.objects.update_or_create(pk=1, defaults={"value": 1_000_000})


def account_closed(where: Office) -> None:
    assert services.disable_account(where.account.email, SYSTEM)


def app_blocked(where: Office) -> None:
    services.disable_app(where.apps["public"].ref, SYSTEM)


@pytest.mark.parametrize("change", [end_of_the_grant, another_process_ends_it, account_closed, app_blocked])
def test_what_is_taken_away_is_gone_within_a_second(where: Office, change: Callable[[Office], None]) -> None:
    token = tokens_of(where)["access_token"]
    assert gone_elsewhere(token, lambda: change(where)) < 1.0


def helper_of(where: Office) -> tuple[models.Account, models.Representation]:
    account = services.add_account("helper@people.example", "Hedy Helper", "correct horse battery staple")
    return account, services.represent(account, where.person.id, "caregiver", SYSTEM)


def test_an_ended_representation_ends_its_apps(where: Office) -> None:
    account, row = helper_of(where)
    token = tokens_of(where, actor=queries.actor_of(account))["access_token"]
    found = look(token)
    assert found is not None
    assert found.fhir_user == f"RelatedPerson/{row.ref}"
    assert gone_elsewhere(token, lambda: services.end_representation(row.ref, where.actor)) < 1.0


def test_an_ended_role_ends_what_staff_let_an_app_do(where: Office) -> None:
    token = tokens_of(where, scope="user/*.rs openid", actor=where.staff, person_id=None)["access_token"]
    found = look(token)
    assert found is not None
    assert found.everyone is not None
    services.end_role(where.clerk.ref, "clerk", SYSTEM)
    again = look(token)
    assert again is None or (again.everyone is None and not again.persons)


def test_a_representation_that_runs_out_at_midnight_ends_without_anybody_doing_anything(where: Office) -> None:
    account, row = helper_of(where)
    row.ends_on = clock.today("America/Los_Angeles")
    row.save()
    token = tokens_of(where, actor=queries.actor_of(account))["access_token"]
    assert look(token) is not None
    row.ends_on -= timedelta(days=1)
    row.save()
    with clock.at(clock.now() + timedelta(seconds=tokens.KEPT_SECONDS + 1)):
        assert look(token) is None


@pytest.mark.parametrize("zone", ["Pacific/Honolulu", "Pacific/Kiritimati"])
def test_a_time_zone_of_the_account_neither_shortens_nor_prolongs_what_an_app_may_do(where: Office, zone: str) -> None:
    account, row = helper_of(where)
    token = tokens_of(where, actor=queries.actor_of(account))["access_token"]
    models.Account.objects.filter(pk=account.pk).update(zone=zone)
    row.ends_on = clock.today("America/Los_Angeles") + timedelta(days=1)
    row.save()
    midnight = datetime.combine(row.ends_on + timedelta(days=1), time_of_day.min, ZoneInfo("America/Los_Angeles"))
    app_models.AccessToken.objects.update(expires=midnight + timedelta(days=1))
    for moment, sees in ((midnight - timedelta(minutes=5), True), (midnight, False)):
        with clock.at(moment):
            assert (look(token) is not None) is sees


def test_a_token_expires_though_it_is_kept(where: Office) -> None:
    token = tokens_of(where)["access_token"]
    assert look(token) is not None
    with clock.at(clock.now() + timedelta(seconds=3599)):
        assert look(token) is not None
    with clock.at(clock.now() + timedelta(seconds=3601)):
        assert look(token) is None


def test_a_finding_that_counts_no_longer_is_forgotten(where: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    token = tokens_of(where)["access_token"]
    found = look(token)
    assert found
    over, good = (0, 0.0, found), (0, clock.now_ms() + 60_000.0, found)
    monkeypatch.setattr(tokens, "_kept", {"over": over, "good": good})
    monkeypatch.setattr(tokens._Epoch, "tidy_at", 0.0)
    assert look(token)
    assert set(tokens._kept) == {"good", tokens._key(token)}
    tokens._kept.clear()
    tokens._kept["over"] = over
    assert look(token)
    assert "over" in tokens._kept, "they are gone through once a minute"


def test_an_unknown_token_is_nothing(where: Office) -> None:
    assert look("nonsense") is None
    assert look("") is None
    assert look("\udce9") is None


def test_no_token_code_or_secret_lies_in_the_database(where: Office) -> None:
    found = tokens_of(where, "symmetric")
    for table in (app_models.AccessToken, app_models.RefreshToken, app_models.AuthCode, app_models.App):
        for row in table.objects.values():
            text = str(row)
            assert found["access_token"] not in text
            assert found["refresh_token"] not in text
            assert where.secret not in text


def birth_date_corrected(person_id: int) -> None:
    born = clock.today(queries.office_zone()) - timedelta(days=8000)
    services.edit_person(person_id, {"birth_date": born}, SYSTEM)


def office_elsewhere(person_id: int) -> None:
    """Where a child of eighteen is of age."""
    facility = queries.facilities()[0]
    services.save_facility({"state": "CA"}, SYSTEM, facility.ref)


@pytest.mark.parametrize(("change", "state", "years"), [(birth_date_corrected, "CA", 8), (office_elsewhere, "MS", 19)])
def test_what_says_when_a_child_is_of_age_counts_within_a_second(
    where: Office, change: Callable[[int], None], state: str, years: int
) -> None:
    services.save_facility({"state": state}, SYSTEM, queries.facilities()[0].ref)
    born = clock.today(queries.office_zone()) - timedelta(days=years * 366)
    child = services.add_person({"given": "Ben", "family": "Quill", "birth_date": born}, [], SYSTEM)
    parent = services.add_account("parent@people.example", "Pa Rent", "correct horse battery staple")
    services.represent(parent, child.id, "parent", SYSTEM)
    found = tokens_of(where, actor=queries.actor_of(parent), person_id=child.id)
    assert gone_elsewhere(found["access_token"], lambda: change(child.id)) < 1.0


def test_a_merged_person_stays_the_one_the_app_reaches(where: Office) -> None:
    token = tokens_of(where)["access_token"]
    kept = add_person("Anna", "pat-anna")
    services.merge(kept.id, where.person.id, "twice", where.staff)
    found = look(token)
    assert found is not None
    assert set(found.persons) == {kept.id}
    assert found.patient_id == "pat-anna"


def test_labels_kept_from_the_app_are_hidden_from_it(where: Office) -> None:
    found = look(tokens_of(where, hidden_labels=64)["access_token"])
    assert found is not None
    assert found.persons[where.person.id].hidden_labels & 64


def backend_token(where: Office, scope: str, token: str) -> str:
    """The grant of a token the backend client was given."""
    app_tokens.issue_backend(where.apps["backend"].client_id, scope, token, 300)
    found = look(token)
    assert found is not None
    return found.grant_ref


def edit(where: Office, *allowed: str) -> None:
    services.edit_app(where.apps["backend"].ref, draft("backend", scopes=allowed), SYSTEM)


def types_of(found: Access | None) -> list[str]:
    assert found is not None
    return [scopes.render(scope) for scope in found.scopes]


def test_what_a_backend_app_may_do_no_more_its_tokens_and_grant_do_not(where: Office) -> None:
    grant = backend_token(where, "system/*.rs", "first")
    edit(where, "system/Condition.rs", "system/Goal.cr")
    left = ["system/Condition.rs", "system/Goal.r"]
    assert types_of(look("first")) == types_of(tokens.access_of_grant(grant, raw.django())) == left
    facts = queries_apps.token_facts("first")
    assert facts is not None
    assert facts.scope.split() == left


def test_what_a_backend_app_may_do_anew_its_next_token_and_its_grant_do(where: Office) -> None:
    grant = backend_token(where, "system/*.rs", "before")
    edit(where, "system/*.rs", "system/Goal.cud")
    assert types_of(look("before")) == ["system/*.rs"]
    assert backend_token(where, "system/Goal.cud", "after") == grant
    assert types_of(look("after")) == ["system/Goal.cud"]
    assert types_of(tokens.access_of_grant(grant, raw.django())) == ["system/*.rs", "system/Goal.cud"]


def test_what_the_office_takes_back_is_gone_from_what_staff_gave(where: Office) -> None:
    scope = "openid offline_access user/Patient.rs user/Condition.cruds"
    found = tokens_of(where, scope=scope, actor=where.staff, person_id=None)
    changed = draft("public", scopes=("user/Condition.rs", "offline_access"))
    services.edit_app(where.apps["public"].ref, changed, SYSTEM)
    access = look(found["access_token"])
    assert access is not None
    assert types_of(access) == types_of(tokens.access_of_grant(access.grant_ref, raw.django())) == ["user/Condition.rs"]
    answer = refresh(browser(), where, where.apps["public"], found["refresh_token"])
    assert answer.json()["scope"].split() == ["openid", "offline_access", "user/Condition.rs"]
    assert types_of(look(answer.json()["access_token"])) == ["user/Condition.rs"]
    services.edit_app(where.apps["public"].ref, draft("public", scopes=("user/Condition.rs",)), SYSTEM)
    over = refresh(browser(), where, where.apps["public"], answer.json()["refresh_token"])
    assert (over.status_code, over.json()["error"]) == (400, "invalid_grant")


def test_what_a_person_gave_an_app_stays_as_they_gave_it(where: Office) -> None:
    found = tokens_of(where)["access_token"]
    before = types_of(look(found))
    changed = draft("public", scopes=("patient/Patient.rs",))
    services.edit_app(where.apps["public"].ref, changed, SYSTEM)
    assert types_of(look(found)) == before


def test_the_answer_from_memory_is_quick(where: Office) -> None:
    token, db = tokens_of(where)["access_token"], raw.django()
    tokens.access(token, db)
    rounds = []
    for _ in range(5):
        start = time.thread_time()
        for _ in range(20_000):
            tokens.access(token, db)
        rounds.append((time.thread_time() - start) / 20_000)
    assert min(rounds) < 3e-6, f"{min(rounds) * 1e6:.1f} microseconds"


def test_a_use_is_noted_once_a_minute(where: Office) -> None:
    found = look(tokens_of(where)["access_token"])
    assert found is not None
    app_models.AppGrant.objects.update(last_used_at=None)
    tokens.touch(found.grant_ref)
    first = app_models.AppGrant.objects.get(ref=found.grant_ref).last_used_at
    assert first is not None
    app_models.AppGrant.objects.update(last_used_at=None)
    tokens.touch(found.grant_ref)
    assert app_models.AppGrant.objects.get(ref=found.grant_ref).last_used_at is None


def test_what_is_over_is_cleaned_away(where: Office) -> None:
    tokens_of(where)
    with clock.at(clock.now() + timedelta(days=200)):
        app_tokens.forget_expired()
    assert not app_models.AccessToken.objects.exists()
    assert not app_models.RefreshToken.objects.exists()
    assert queries_apps.grants_of_account(where.account.pk) == []


def test_tokens_of_an_ended_grant_go_after_ninety_days(where: Office) -> None:
    tokens_of(where)
    end_of_the_grant(where)
    for days, left in ((89, 1), (91, 0)):
        with clock.at(clock.now() + timedelta(days=days)):
            app_tokens.forget_expired()
        assert app_models.RefreshToken.objects.count() == left


def test_the_same_app_on_a_second_device_leaves_the_first_one_in(where: Office) -> None:
    first, second = tokens_of(where), tokens_of(where)
    tokens.forget()
    assert look(first["access_token"]) is not None
    assert look(second["access_token"]) is not None


def test_a_reset_of_the_account_ends_its_apps(where: Office) -> None:
    issued = tokens_of(where)
    assert services.reset_account(where.account.email)
    tokens.forget()
    assert look(issued["access_token"]) is None
    over = queries_apps.grants_of_account(where.account.pk, ended=True)
    assert [grant.ended_why for grant in over] == ["reset"]
