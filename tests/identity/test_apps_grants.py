"""Who may let an app in, to what, and how it ends."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from chartpost.formats.fhirjson.terms import Category
from chartpost.identity import app_models, fhir_users, models, queries, queries_apps, services
from chartpost.identity.app_types import AuthorizeRequest
from chartpost.identity.errors import AppRefused, Denied, GrantRefused, NotFound
from chartpost.identity.services import app_tokens, once
from chartpost.identity.services.grants import hashed
from chartpost.identity.types import ANONYMOUS, SYSTEM
from chartpost.kernel import clock
from tests.gateways.smart.support import CHALLENGE, REDIRECT, Office, add_person, code_for, draft, office
from tests.identity.support import PASSWORD, entries


@pytest.fixture
def where(db: None) -> Office:
    """The office."""
    return office()


def asking(where: Office, scope: str, **changes: Any) -> AuthorizeRequest:
    facts: dict[str, Any] = {"key": "", "client_id": where.apps["public"].client_id, "redirect_uri": REDIRECT}
    facts |= {"state": "s", "nonce": "", "code_challenge": CHALLENGE, "aud": "", "scopes": tuple(scope.split())}
    return AuthorizeRequest(**facts | changes)


def helper_of(person_id: int) -> tuple[models.Account, models.Representation]:
    account = services.add_account("helper@people.example", "Hedy Helper", PASSWORD)
    return account, services.represent(account, person_id, "caregiver", SYSTEM)


def only_grant() -> app_models.AppGrant:
    return app_models.AppGrant.objects.get()


def test_of_two_rights_an_app_is_let_in_by_the_wider(where: Office) -> None:
    helper, narrow = helper_of(where.person.id)
    models.Representation.objects.filter(pk=narrow.pk).update(categories=Category.RESULTS.bit)
    wide = services.represent(helper, where.person.id, "health_care_agent", SYSTEM)
    actor = queries.actor_of(helper)
    services.approve(asking(where, "patient/*.rs"), actor, where.person.id, ["patient/*.rs"])
    assert only_grant().fhir_user == f"RelatedPerson/{wide.ref}"
    services.end_representation(narrow.ref, where.actor)
    assert only_grant().ended_at is None
    services.end_representation(wide.ref, where.actor)
    assert only_grant().ended_why == "right"


def test_another_right_revives_no_app_of_one_whose_last_day_passed(where: Office) -> None:
    """Though nobody looked yet whose last day it was."""
    helper, right = helper_of(where.person.id)
    services.approve(asking(where, "patient/*.rs"), queries.actor_of(helper), where.person.id, ["patient/*.rs"])
    passed = clock.today(queries.office_zone()) - timedelta(days=1)
    models.Representation.objects.filter(pk=right.pk).update(starts_on=passed, ends_on=passed)
    assert only_grant().ended_at is None
    services.represent(helper, where.person.id, "caregiver", SYSTEM)
    assert only_grant().ended_why == "right"
    assert [one.detail["reason"] for one in entries("app.revoke")] == ["right"]


def test_a_yes_by_a_right_or_a_role_that_ended_meanwhile_is_refused(where: Office) -> None:
    """The page had passed its look; written down, a later right or role would bring the app back."""
    helper, right = helper_of(where.person.id)
    acting, working = queries.actor_of(helper), queries.actor_of(where.clerk)
    services.end_representation(right.ref, SYSTEM)
    services.end_role(where.clerk.ref, "clerk", SYSTEM)
    with pytest.raises((Denied, GrantRefused)):
        services.approve(asking(where, "patient/*.rs"), acting, where.person.id, ["patient/*.rs"])
    with pytest.raises((Denied, GrantRefused)):
        services.approve(asking(where, "user/*.rs"), working, None, ["user/*.rs"])
    assert not app_models.AppGrant.objects.exists()


def test_a_yes_of_a_person_who_came_to_work_here_meanwhile_is_refused(where: Office) -> None:
    actor = queries.actor_of(where.account)
    services.accept_invitation(services.invite("staff", SYSTEM, roles=["clerk"]), where.account, actor)
    with pytest.raises(GrantRefused):
        services.approve(asking(where, "patient/*.rs"), actor, where.person.id, ["patient/*.rs"])


def test_what_was_ticked_is_what_is_granted(where: Office) -> None:
    ask = asking(where, "launch/patient openid offline_access patient/*.rs")
    granted = ["launch/patient", "patient/Condition.rs", "patient/Observation.rs?category=http://x|lab"]
    services.approve(ask, where.actor, where.person.id, granted, 64, False)
    grant = queries_apps.grants_of_account(where.account.pk)[0]
    assert grant.scopes == tuple(granted)
    assert grant.hidden_labels == 64
    assert not grant.offline
    assert grant.account_name == "Ana Quill"


@pytest.mark.parametrize(
    "granted",
    [["patient/Condition.rs"], ["patient/*.rs"], ["user/Observation.rs"], ["openid"], ["patient/Observation.cruds"]],
)
def test_no_more_than_was_asked_for_is_granted(where: Office, granted: list[str]) -> None:
    with pytest.raises(GrantRefused):
        services.approve(asking(where, "patient/Observation.rs"), where.actor, where.person.id, granted)
    assert not app_models.AppGrant.objects.exists()


def test_nobody_lets_an_app_into_somebody_elses_record(where: Office) -> None:
    ben = add_person("Ben", "pat-ben")
    ask = asking(where, "patient/Patient.rs")
    admin = services.add_account("admin@office.example", "Ad Min", PASSWORD, staff=True)
    services.give_role(admin, "admin", SYSTEM)
    bare = queries.actor_of(where.clerk, second_factor=False)
    for actor in (where.actor, queries.actor_of(admin), bare, ANONYMOUS, SYSTEM):
        with pytest.raises(Denied):
            services.approve(ask, actor, ben.id, ["patient/Patient.rs"])
    assert not app_models.AuthCode.objects.exists()


def test_a_person_must_be_chosen_where_the_app_reads_a_record(where: Office) -> None:
    for scope in ("patient/Patient.rs", "launch/patient", "user/Patient.rs"):
        with pytest.raises(GrantRefused):
            services.approve(asking(where, scope), where.actor, None, [scope])
    assert services.approve(asking(where, "openid fhirUser"), where.actor, None, ["openid", "fhirUser"])
    assert only_grant().fhir_user == "Patient/pat-ana"


def test_a_launch_binds_its_person(where: Office) -> None:
    ben = add_person("Ben", "pat-ben")
    app_id = where.apps["public"].client_id
    opened = services.open_launch(services.make_launch(where.staff, app_id, where.person.id), where.staff, app_id)
    assert opened is not None
    ask = asking(where, "launch patient/Patient.rs", launch=opened[0], person_id=where.person.id)
    with pytest.raises(GrantRefused):
        services.approve(ask, where.staff, ben.id, ["patient/Patient.rs"])
    with pytest.raises(GrantRefused):
        services.approve(ask, where.actor, where.person.id, ["patient/Patient.rs"])
    assert services.approve(ask, where.staff, where.person.id, ["patient/Patient.rs"])


def test_a_launch_is_for_the_app_it_was_made_for(where: Office) -> None:
    mine, other = where.apps["public"].client_id, where.apps["symmetric"].client_id
    launch = services.make_launch(where.staff, mine, where.person.id)
    assert services.open_launch(launch, where.staff, other) is None
    assert services.open_launch(launch, where.staff, mine) is not None


def test_what_the_app_may_ask_for_no_more_is_left_out(where: Office) -> None:
    ask = asking(where, "openid offline_access patient/Patient.rs patient/Condition.rs")
    changed = draft("public", scopes=("patient/Patient.r", "patient/Goal.r"))
    services.edit_app(where.apps["public"].ref, changed, SYSTEM)
    services.approve(ask, where.actor, where.person.id, ask.scopes, 0, True)
    assert (only_grant().scopes, only_grant().offline) == ("openid patient/Patient.r", False)
    with pytest.raises(GrantRefused, match="may still ask for"):
        services.approve(ask, where.actor, where.person.id, ["patient/Condition.rs"])


def test_staff_let_in_only_what_an_administrator_looked_at(where: Office) -> None:
    app, _ = services.register_app(draft("public"), SYSTEM, reviewed=False)
    ask = asking(where, "openid", client_id=app.client_id)
    with pytest.raises(GrantRefused, match="looked at"):
        services.approve(ask, where.staff, None, ["openid"])
    services.review_app(app.ref, SYSTEM)
    assert services.approve(ask, where.staff, None, ["openid"])


def test_no_code_is_made_for_an_address_taken_away(where: Office) -> None:
    changed = draft("public", redirect_uris=("https://new.example/back",))
    services.edit_app(where.apps["public"].ref, changed, SYSTEM)
    with pytest.raises(GrantRefused, match="taken away"):
        services.approve(asking(where, "openid"), where.actor, None, ["openid"])
    assert not app_models.AppGrant.objects.exists()


def test_only_who_may_open_the_record_starts_an_app_on_it(where: Office) -> None:
    ben = add_person("Ben", "pat-ben")
    for actor in (where.actor, ANONYMOUS, SYSTEM):
        with pytest.raises(Denied):
            services.make_launch(actor, where.apps["public"].client_id, ben.id)


def test_who_the_user_is(where: Office) -> None:
    account, row = helper_of(where.person.id)
    helper = queries.actor_of(account)
    assert fhir_users.fhir_user(where.actor, where.person.id) == "Patient/pat-ana"
    assert fhir_users.fhir_user(helper, where.person.id) == f"RelatedPerson/{row.ref}"
    assert fhir_users.fhir_user(where.staff, where.person.id) == f"Practitioner/{where.clerk.ref}"
    assert fhir_users.fhir_user_resource("Patient/pat-ana") is None
    assert fhir_users.fhir_user_resource("RelatedPerson/nobody") is None
    related = fhir_users.fhir_user_resource(f"RelatedPerson/{row.ref}")
    assert related is not None
    assert related["patient"] == {"reference": "Patient/pat-ana"}
    assert related["active"] is True
    assert related["name"][0] == {"text": "Hedy Helper", "family": "Helper", "given": ["Hedy"]}
    staff = fhir_users.fhir_user_resource(f"Practitioner/{where.clerk.ref}")
    assert staff is not None
    assert staff["name"][0]["family"] == "Clerk"


def test_the_resources_of_users_pass_the_schema(where: Office) -> None:
    from chartpost.formats.fhirjson.validate import validate

    _, row = helper_of(where.person.id)
    for reference in (f"RelatedPerson/{row.ref}", f"Practitioner/{where.clerk.ref}"):
        found = fhir_users.fhir_user_resource(reference)
        assert found is not None
        assert validate(found["resourceType"], found) == []


def test_a_right_over_before_it_began_has_no_period(where: Office) -> None:
    """FHIR R4 Period, per-1: the end is not before the start."""
    _, row = helper_of(where.person.id)
    models.Representation.objects.filter(pk=row.pk).update(starts_on=row.starts_on + timedelta(days=9))
    services.end_representation(row.ref, where.actor)
    found = fhir_users.fhir_user_resource(f"RelatedPerson/{row.ref}")
    assert found is not None
    assert found["active"] is False
    assert "period" not in found


def test_the_resource_of_a_user_is_kept_when_an_app_is_let_in(where: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[tuple[str, int | None]] = []
    monkeypatch.setattr(fhir_users, "_keepers", [])
    fhir_users.on_fhir_user(lambda resource, person_id: kept.append((resource["resourceType"], person_id)))
    account, _ = helper_of(where.person.id)
    code_for(where, where.apps["public"])
    code_for(where, where.apps["public"], actor=queries.actor_of(account))
    code_for(where, where.apps["public"], "user/*.rs fhirUser", actor=where.staff, person_id=None)
    assert kept == [("RelatedPerson", where.person.id), ("Practitioner", None)]


def test_an_ended_grant_is_over_for_good(where: Office) -> None:
    code = code_for(where, where.apps["public"])
    ref = queries_apps.grants_for_person(where.person.id)[0].ref
    services.end_grant(ref, where.actor)
    assert queries_apps.grants_for_person(where.person.id) == []
    assert queries_apps.grants_for_person(where.person.id, ended=True)[0].ended_why == "person"
    assert app_tokens.find_code(code, where.apps["public"].client_id) is None
    with pytest.raises(NotFound):
        services.end_grant(ref, where.actor)
    assert len(entries("app.revoke")) == 1


def test_a_blocked_app_can_be_let_in_again_but_has_nothing_left(where: Office) -> None:
    app = where.apps["public"]
    code_for(where, app)
    services.disable_app(app.ref, SYSTEM)
    with pytest.raises(GrantRefused):
        code_for(where, app)
    services.enable_app(app.ref, SYSTEM)
    assert queries_apps.grants_of_app(app.ref) == []
    assert code_for(where, app)
    assert [len(entries(action)) for action in ("app.disable", "app.enable")] == [1, 1]


def test_an_app_is_reviewed_once(where: Office) -> None:
    app, _ = services.register_app(draft("public"), SYSTEM, reviewed=False)
    for _ in range(2):
        services.review_app(app.ref, where.staff)
    assert queries_apps.app_by_ref(app.ref).reviewed
    assert len(entries("app.review")) == 1


def test_what_staff_gave_ends_when_an_app_counts_as_looked_at_no_more(where: Office) -> None:
    app = where.apps["public"]
    for actor, person_id, scope in ((where.actor, where.person.id, "patient/*.rs"), (where.staff, None, "user/*.rs")):
        services.approve(asking(where, scope), actor, person_id, [scope])
    for _ in range(2):
        services.unreview_app(app.ref, SYSTEM)
    assert not queries_apps.app_by_ref(app.ref).reviewed
    assert len(entries("app.unreview")) == 1
    (left,) = queries_apps.grants_of_app(app.ref)
    assert left.given_as == "person"
    with pytest.raises(GrantRefused):
        services.approve(asking(where, "user/*.rs"), where.staff, None, ["user/*.rs"])


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("backend", {"scopes": ()}),
        ("backend", {"scopes": ("patient/*.rs",)}),
        ("backend", {"scopes": ("system/*.rs", "openid")}),
        ("backend", {"redirect_uris": (REDIRECT,)}),
        ("backend", {"jwks": {}}),
        ("public", {"scopes": ("system/*.rs",)}),
        ("public", {"scopes": ("nonsense",)}),
        ("symmetric", {"jwks_uri": "https://app.example/jwks"}),
        ("asymmetric", {"jwks": {}}),
        ("other", {}),
    ],
)
def test_an_app_that_makes_no_sense_is_refused(where: Office, kind: Any, changes: dict[str, Any]) -> None:
    with pytest.raises(AppRefused):
        services.register_app(draft(kind, **changes), SYSTEM, reviewed=True)


def test_a_secret_is_kept_as_a_hash_and_only_symmetric_apps_have_one(where: Office) -> None:
    row = app_models.App.objects.get(ref=where.apps["symmetric"].ref)
    assert row.client_secret == hashed(where.secret)
    for kind in ("public", "asymmetric", "backend"):
        assert app_models.App.objects.get(ref=where.apps[kind].ref).client_secret == ""
        if kind != "symmetric":
            with pytest.raises(AppRefused):
                services.new_app_secret(where.apps[kind].ref, SYSTEM)


def test_a_name_of_an_assertion_is_new_once_even_within_a_transaction(where: Office) -> None:
    from chartpost.kernel import clock

    with transaction.atomic():
        assert once.first_use("c", "j", clock.now())
        assert not once.first_use("c", "j", clock.now())
        assert once.first_use("d", "j", clock.now())
