"""What a person unticks on the consent page stays out of the app's reach, and what the page says of it is so."""

import io
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from chartpost.formats.fhirjson.terms import Category, Label
from chartpost.gateways.fhir import auth
from chartpost.gateways.fhir.http import FhirError
from chartpost.identity import app_words, queries_apps, services, tokens
from chartpost.identity.types import SYSTEM, Access
from chartpost.kernel import clock
from chartpost.kernel.db import raw
from chartpost.records import services as records
from tests.gateways.fhir.door import Door
from tests.gateways.smart.pages import fields, text
from tests.gateways.smart.support import Office, add_person, code_for, exchange, sent
from tests.gateways.smart.test_pages_consent import WIDE, asked
from tests.identity.support import browser
from tests.support.reading import grade


def given(where: Office, scope: str, *left_out: str) -> dict[str, Any]:
    """The token response when these lines are unticked and nothing else."""
    client, address, page = asked(where, scope=scope)
    return answered(where, client, address, page, *left_out)


def answered(where: Office, client: Client, address: str, page: Any, *left_out: str, **more: str) -> dict[str, Any]:
    """The token response of an answer with these lines unticked."""
    form = fields(page) | {"allow": "1"} | more
    ticked = form.get("see", [])
    assert set(left_out) <= set(ticked)
    form["see"] = [key for key in ticked if key not in left_out]
    back = client.post(address, form)
    found: dict[str, Any] = exchange(browser(), where, where.apps["public"], sent(back)["code"]).json()
    return found


def access(found: dict[str, Any]) -> Access:
    """What the token may do."""
    kept = tokens.access(found["access_token"], raw.django())
    assert kept is not None
    return kept


def hours(where: Office) -> float:
    """How long the newest grant of the person lasts."""
    grant = queries_apps.grants_of_account(where.account.pk)[0]
    assert grant.expires_at is not None
    return round((grant.expires_at - clock.now()) / timedelta(hours=1), 2)


@pytest.mark.parametrize(("scope", "told", "length"), [("", "1 hour", 1), (" online_access", "12 hours", 12)])
def test_the_page_says_how_long_an_app_can_look(where: Office, scope: str, told: str, length: int) -> None:
    wanted = f"launch/patient patient/Patient.rs{scope}"
    client, address, page = asked(where, scope=wanted)
    assert f"For {told}. Then it must ask you again." in text(page)
    answered(where, client, address, page)
    assert hours(where) == length
    client, address, page = asked(where, scope=f"{wanted} offline_access")
    assert f"Without the tick it can look for {told}, and then must ask you again." in text(page)
    found = answered(where, client, address, page, "offline_access")
    assert hours(where) == length
    assert ("refresh_token" in found) == bool(scope)


def test_name_and_contact_left_out_is_not_read_as_the_user_of_the_app(where: Office) -> None:
    scope = "launch/patient openid fhirUser patient/Patient.rs patient/Condition.rs"
    found = given(where, scope, "Patient")
    assert set(found["scope"].split()) == {"launch/patient", "openid", "patient/Condition.rs"}
    with pytest.raises(FhirError):
        auth.require_read(access(found), "Patient", "pat-ana")
    assert auth.require_read(access(given(where, scope)), "Patient", "pat-ana")


def test_family_and_contacts_left_out_is_not_read_as_the_user_of_the_app(where: Office) -> None:
    mother = add_person("Rosa", "pat-rosa")
    authority = services.represent(where.account, mother.id, "health_care_agent", SYSTEM)
    scope = "launch/patient openid fhirUser patient/Patient.rs patient/RelatedPerson.rs"
    client, address, page = asked(where, scope=scope)
    found = answered(where, client, address, page, "RelatedPerson", person=mother.ref)
    with pytest.raises(FhirError):
        auth.require_read(access(found), "RelatedPerson", authority.ref)
    client, address, page = asked(where, scope=scope)
    found = answered(where, client, address, page, "Patient", person=mother.ref)
    assert auth.require_read(access(found), "RelatedPerson", authority.ref)


@pytest.mark.parametrize("scope", ["fhirUser", "openid fhirUser", "launch/patient fhirUser patient/Condition.rs"])
def test_an_app_that_only_wants_to_know_who_you_are_is_said_to_read_it(where: Office, scope: str) -> None:
    client, address, page = asked(where, scope=scope)
    assert "It can read your name, birth date, address and phone number." in text(page)
    assert grade(text(page)) <= 8
    assert auth.require_read(access(answered(where, client, address, page)), "Patient", "pat-ana")


def test_an_app_that_wants_no_name_is_not_said_to_read_it(where: Office) -> None:
    for scope, said in (("openid", True), ("fhirUser patient/Patient.rs", True), ("patient/Patient.rs", False)):
        _client, _address, page = asked(where, scope=f"launch/patient {scope}")
        assert ("it is you who signed in" in text(page)) == said
        assert "It can read your name" not in text(page)


def note(where: Office) -> str:
    """The address of the file of a note that was filed."""
    source = records.source_id("test", "Test")
    content = io.BytesIO(b"secret words of the note")
    today = clock.today("UTC")
    records.file_document(
        where.person.id, "Note", "text/plain", content, today, Label(0), source, SYSTEM, Category.DOCUMENTS
    )
    door = Door(access(given(where, "launch/patient patient/DocumentReference.rs")))
    (entry,) = door.get("DocumentReference?patient=pat-ana").json["entry"]
    return str(entry["resource"]["content"][0]["attachment"]["url"]).rpartition("/fhir/")[2]


def test_notes_and_their_files_are_given_or_kept_together(where: Office) -> None:
    file = note(where)
    scope = "launch/patient patient/DocumentReference.rs patient/Binary.rs patient/Goal.rs"
    _client, _address, page = asked(where, scope=scope)
    assert "Notes and documents" in text(page)
    assert "The files of notes and documents" not in text(page)
    found = given(where, scope, "DocumentReference")
    assert set(found["scope"].split()) == {"launch/patient", "patient/Goal.rs"}
    assert Door(access(found)).get(file).status == 403
    found = given(where, scope, "Goal")
    assert set(found["scope"].split()) == {"launch/patient", "patient/DocumentReference.rs", "patient/Binary.rs"}
    assert Door(access(found)).get(file).status == 200


def test_files_without_the_notes_are_a_line_of_their_own(where: Office) -> None:
    _client, _address, page = asked(where, scope="launch/patient patient/Binary.rs")
    assert "The files of notes and documents" in text(page)


@pytest.mark.parametrize("left_out", [[], ["Immunization"]])
def test_all_other_types_have_a_line_of_their_own(where: Office, left_out: list[str]) -> None:
    client, address, page = asked(where, scope=WIDE)
    assert "Everything else in the record" in text(page)
    reach = access(answered(where, client, address, page, *left_out))
    for kind in ("Communication", "Consent", "MolecularSequence", "RiskAssessment", "HealthcareService", "Condition"):
        assert auth.require(reach, kind, "s"), kind


def test_all_other_types_can_be_left_out(where: Office) -> None:
    found = given(where, WIDE, "rest")
    assert "patient/*.rs" not in found["scope"].split()
    assert auth.require(access(found), "Condition", "s")
    for kind in ("Communication", "Consent", "MolecularSequence", "RiskAssessment"):
        with pytest.raises(FhirError):
            auth.require(access(found), kind, "s")


def test_a_type_named_beside_everything_has_its_own_tick(where: Office) -> None:
    found = given(where, f"{WIDE} patient/Communication.rs", "Communication")
    assert "patient/Communication.rs" not in found["scope"].split()
    assert "patient/RiskAssessment.rs" in found["scope"].split()


def test_a_grant_of_all_other_types_is_told_in_one_line(where: Office) -> None:
    granted = given(where, WIDE, "Immunization")["scope"].split()
    told = app_words.seen(granted)
    assert told[-1] == "Everything else in the record"
    assert "Vaccines" not in told
    assert not [line for line in told if line.startswith("Other entries")]
    assert code_for(where, where.apps["public"], WIDE, granted=" ".join(granted))
