"""A home of an earlier release: its grants learn as what they were given."""

from collections.abc import Iterator

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.migrations.executor import MigrationExecutor

from chartpost.identity import app_models, queries, services
from chartpost.identity.types import SYSTEM
from chartpost.kernel.db import raw
from tests.gateways.smart.support import add_person, code_for, office
from tests.identity.support import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)


def migrate(name: str) -> None:
    MigrationExecutor(connection).migrate([("identity", name)])


@pytest.fixture
def newest() -> Iterator[str]:
    last: str = MigrationExecutor(connection).loader.graph.leaf_nodes("identity")[0][1]
    yield last
    migrate(last)


def test_grants_of_before_tell_as_what_they_were_given(newest: str) -> None:
    where = office()
    agent = services.add_account("agent@people.example", "Hedy Helper", PASSWORD)
    services.represent(agent, where.person.id, "health_care_agent", SYSTEM)
    new = services.add_account("new@people.example", "Nobody Yet", PASSWORD)
    other = add_person("Ben", "pat-ben")
    public = where.apps["public"]
    code_for(where, public)
    code_for(where, public, actor=queries.actor_of(agent))
    code_for(where, public, actor=where.staff, person_id=other.id)
    code_for(where, public, "user/*.rs", actor=where.staff, person_id=None)
    code_for(where, public, "openid", actor=queries.actor_of(new), person_id=None)
    app = app_models.App.objects.get(kind="backend")
    app_models.AppGrant.objects.create(app=app, scopes="system/*.rs")
    as_given = ["person", "person", "staff", "staff", "person", "app"]

    migrate("0003_npi")
    for account in (where.account, agent):
        services.accept_invitation(
            services.invite("staff", SYSTEM, roles=["clerk"]), account, queries.actor_of(account)
        )
    migrate(newest)
    assert list(app_models.AppGrant.objects.order_by("pk").values_list("given_as", flat=True)) == as_given


def test_no_account_gives_anything_as_the_office(newest: str) -> None:
    where = office()
    code_for(where, where.apps["public"])
    with pytest.raises(IntegrityError), transaction.atomic():
        raw.django().run("UPDATE identity_appgrant SET given_as = 'app'")
