"""Who the user of an app is today: the same in id tokens, in introspection and at the door (SMART 2.2 `fhirUser`)."""

from typing import Any

from joserfc import jwt
from joserfc.jwk import KeySet

from chartpost.gateways.smart.addresses import fhir_base
from chartpost.identity import queries, services, tokens
from chartpost.identity.types import SYSTEM, Actor
from chartpost.kernel.db import raw
from chartpost.records import services as records
from chartpost.records.types import Incoming
from tests.gateways.fhir.test_writes import everyone
from tests.gateways.smart.support import Office, add_person, basic, refresh, tokens_of
from tests.identity.support import PASSWORD, browser

ONLY_WHO = "openid fhirUser offline_access"
IN_CONTEXT = "launch/patient openid fhirUser offline_access patient/*.rs"


class App:
    """An app that goes on by itself, and what it is told of its user at each refresh."""

    def __init__(self, where: Office, scope: str, actor: Actor | None = None, **more: Any) -> None:
        self.where = where
        self.found = tokens_of(where, "symmetric", scope, actor=actor or where.actor, **more)

    def user(self) -> str:
        """The user, everywhere the same: a relative reference, empty when there is none."""
        app = self.where.apps["symmetric"]
        answer = refresh(browser(), self.where, app, self.found["refresh_token"])
        assert answer.status_code == 200, answer.content
        self.found = answer.json()
        keys = KeySet.import_key_set(browser().get("/oauth/jwks.json").json())
        said = jwt.decode(self.found["id_token"], keys, algorithms=["RS256"]).claims.get("fhirUser", "")
        asked = {"token": self.found["access_token"]}
        told = browser().post("/oauth/introspect", asked, **basic(app.client_id, self.where.secret)).json()
        tokens.forget()
        access = tokens.access(self.found["access_token"], raw.django())
        assert access is not None
        reference = said.removeprefix(f"{fhir_base()}/")
        assert told.get("fhirUser", "") == said
        assert access.fhir_user == reference
        return str(reference)


def test_the_user_is_followed_through_a_merge_and_back(where: Office) -> None:
    ben = add_person("Ben", "pat-ben")
    apps = App(where, IN_CONTEXT), App(where, ONLY_WHO, person_id=None)
    assert [app.user() for app in apps] == ["Patient/pat-ana"] * 2
    ref = services.merge(ben.id, where.person.id, "same", where.staff)
    assert [app.user() for app in apps] == ["Patient/pat-ben"] * 2
    assert apps[0].found["patient"] == "pat-ben"
    services.unmerge(ref, where.staff)
    assert [app.user() for app in apps] == ["Patient/pat-ana"] * 2


def test_the_user_is_nobody_else_when_records_are_parted(where: Office) -> None:
    """Ben had no Patient, so the app was told of Ana's while both were one."""
    ben = services.add_person({"given": "Ben", "family": "Quill"}, [], SYSTEM)
    bens = services.add_account("ben@people.example", "Ben Other", PASSWORD)
    services.link_own(bens, ben.id, "invitation_code", SYSTEM)
    ref = services.merge(ben.id, where.person.id, "same", where.staff)
    app = App(where, ONLY_WHO, queries.actor_of(bens), person_id=None)
    assert app.user() == "Patient/pat-ana"
    services.unmerge(ref, where.staff)
    assert app.user() == f"Patient/{ben.ref}"


def test_a_user_without_a_patient_gets_one(where: Office) -> None:
    ben = services.add_person({"given": "Ben", "family": "Quill"}, [], SYSTEM)
    services.link_own(where.account, ben.id, "invitation_code", SYSTEM)
    ana, both = App(where, ONLY_WHO, person_id=None), App(where, IN_CONTEXT, person_id=ben.id)
    assert (ana.user(), both.user()) == ("Patient/pat-ana", f"Patient/{ben.ref}")
    services.add_source(ben.id, "test", "pat-ben", [])
    assert (ana.user(), both.user()) == ("Patient/pat-ana", "Patient/pat-ben")


def test_the_user_is_named_by_a_patient_that_lives(where: Office) -> None:
    services.add_source(where.person.id, "test", "pat-ana2", [])
    for name in ("pat-ana", "pat-ana2"):
        resource = {"resourceType": "Patient", "id": name, "name": [{"family": "Quill"}]}
        records.save([Incoming(resource, name, where.person.id)], records.source_id("test", "Test"), SYSTEM)
    app = App(where, IN_CONTEXT)
    assert app.user() == "Patient/pat-ana"
    assert everyone().send("DELETE", "Patient/pat-ana").status == 204
    assert app.user() == "Patient/pat-ana2"
    assert app.found["patient"] == "pat-ana2"
