"""An app can read the user it was told of: the representative or the member of staff who let it in."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from chartpost.formats.fhirjson.terms import Label
from chartpost.identity import aliases, fhir_users, models, queries, services, tokens
from chartpost.identity.types import SYSTEM
from chartpost.kernel import clock
from chartpost.kernel.db import raw
from chartpost.ledger import queries as ledger
from chartpost.records import services as records
from chartpost.records.models import Resource
from chartpost.records.types import Incoming
from tests.gateways.fhir.door import Door
from tests.gateways.smart.support import Office, add_person, office, tokens_of
from tests.identity.support import PASSWORD


@pytest.fixture
def where(db: None, monkeypatch: pytest.MonkeyPatch) -> Office:
    """The office."""
    from chartpost.identity.services import signing

    monkeypatch.setattr(signing, "RSA_BITS", 2048)
    return office()


def test_the_user_of_an_app_is_there_to_read(where: Office) -> None:
    account = services.add_account("helper@people.example", "Hedy Helper", PASSWORD)
    row = services.represent(account, where.person.id, "caregiver", SYSTEM)
    helper = queries.actor_of(account)
    cases = (
        (helper, where.person.id, "patient/RelatedPerson.rs fhirUser", f"RelatedPerson/{row.ref}", "Helper"),
        (where.staff, None, "user/Practitioner.rs fhirUser", f"Practitioner/{where.clerk.ref}", "Clerk"),
    )
    for actor, person_id, scope, reference, family in cases:
        for _ in range(2):
            found = tokens_of(where, scope=scope, actor=actor, person_id=person_id)
        access = tokens.access(found["access_token"], raw.django())
        assert access is not None
        assert access.fhir_user == reference
        answer = Door(access).get(reference)
        assert answer.status == 200
        assert answer.json["name"][0]["family"] == family
        assert answer.json["meta"]["versionId"] == "1", "what did not change is not kept again"


def patient(where: Office, fhir_id: str) -> None:
    """A stored Patient of the person."""
    resource = {"resourceType": "Patient", "id": fhir_id, "name": [{"family": "Quill"}], "gender": "female"}
    records.save([Incoming(resource, fhir_id, where.person.id)], records.source_id("test", "Test"), SYSTEM)


def door(where: Office, scope: str, hidden: int = 0) -> Door:
    """The door for an app that was let in with nobody in context, with its token as it stands now."""
    found = tokens_of(where, scope=scope, person_id=None, hidden_labels=hidden)
    return again(found["access_token"])


def again(token: str) -> Door:
    tokens.forget()
    return Door(tokens.access(token, raw.django()))


def test_a_user_who_is_a_patient_is_there_to_read_and_nothing_else(where: Office) -> None:
    patient(where, "pat-ana")
    other = add_person("Bo", "pat-bo")
    services.represent(where.account, other.id, "caregiver", SYSTEM)
    found = door(where, "openid fhirUser")
    answer = found.get("Patient/pat-ana")
    assert (answer.status, answer.json["name"]) == (200, [{"family": "Quill"}])
    newest = ledger.for_person(where.person.id)[0]
    assert (newest.action, newest.object) == ("record.read", "Patient/pat-ana")
    for address in ("Patient/pat-bo", "Patient/pat-ana/_history/1", "Patient/pat-ana/_history", "Patient?_id=pat-ana"):
        assert found.get(address).status in (403, 404), address
    for address in ("Patient/pat-ana/$everything", "Observation?patient=pat-ana", "Patient"):
        assert found.get(address).status == 403, address


def test_a_user_is_read_by_the_name_the_app_was_told_first(where: Office) -> None:
    patient(where, "pat-ana")
    token = tokens_of(where, scope="openid fhirUser", person_id=None)["access_token"]
    ben, bo = add_person("Ben", "pat-ben"), add_person("Bo", "pat-bo")
    for person, name in ((ben, "pat-ben"), (bo, "pat-bo")):
        resource = {"resourceType": "Patient", "id": name, "gender": "male"}
        records.save([Incoming(resource, name, person.id)], records.source_id("test", "Test"), SYSTEM)
    services.merge(ben.id, where.person.id, "same", where.staff)
    aliases.forget()
    for name in ("pat-ana", "pat-ben"):
        assert again(token).get(f"Patient/{name}").json["id"] == "pat-ben"
    assert again(token).get("Patient/pat-bo").status == 403


def test_without_the_scope_no_user_is_read(where: Office) -> None:
    patient(where, "pat-ana")
    assert door(where, "openid").get("Patient/pat-ana").status == 403


def test_what_the_grant_hides_stays_hidden_of_the_user(where: Office) -> None:
    patient(where, "pat-ana")
    records.label(where.person.id, "Patient", "pat-ana", Label.HIV, SYSTEM)
    assert door(where, "openid fhirUser").get("Patient/pat-ana").status == 200
    assert door(where, "openid fhirUser", hidden=int(Label.HIV)).get("Patient/pat-ana").status == 404


def test_who_is_that_person_no_more_reads_nothing(where: Office) -> None:
    patient(where, "pat-ana")
    token = tokens_of(where, scope="openid fhirUser", person_id=None)["access_token"]
    assert again(token).get("Patient/pat-ana").status == 200
    models.OwnLink.objects.filter(account=where.account).update(ended_at=clock.now())
    tokens._kept.clear()
    assert again(token).get("Patient/pat-ana").status == 403


def helper_in(where: Office, basis: str = "caregiver", **terms: Any) -> tuple[models.Account, models.Representation]:
    """Somebody who acts for the person, and let an app in."""
    account = services.add_account("helper@people.example", "Hedy Helper", PASSWORD)
    row = services.represent(account, where.person.id, basis, SYSTEM, **terms)
    tokens_of(where, actor=queries.actor_of(account))
    return account, row


def read(where: Office, reference: str) -> Any:
    """A user of apps as another app of the person reads it."""
    answer = again(tokens_of(where, scope="launch/patient patient/*.rs")["access_token"]).get(reference)
    assert answer.status == 200
    return answer.json


def test_who_acts_for_a_person_no_more_is_not_active(where: Office) -> None:
    _, row = helper_in(where)
    assert "end" not in read(where, f"RelatedPerson/{row.ref}")["period"]
    services.end_representation(row.ref, where.actor)
    found = read(where, f"RelatedPerson/{row.ref}")
    today = clock.today(queries.office_zone()).isoformat()
    assert (found["active"], found["period"]) == (False, {"start": today, "end": today})
    assert found["meta"]["versionId"] == "2"


def test_of_a_closed_account_nobody_is_active(where: Office) -> None:
    account, row = helper_in(where)
    services.disable_account(account.email, SYSTEM)
    assert read(where, f"RelatedPerson/{row.ref}")["active"] is False


def test_who_works_here_no_more_is_not_active(where: Office) -> None:
    tokens_of(where, scope="openid fhirUser user/*.rs", actor=where.staff, person_id=None)
    seen = []
    for change in (
        lambda: services.end_role(where.clerk.ref, "clerk", SYSTEM),
        lambda: services.give_role(where.clerk, "reviewer", SYSTEM),
        lambda: services.disable_account(where.clerk.email, SYSTEM),
    ):
        change()
        seen.append(read(where, f"Practitioner/{where.clerk.ref}")["active"])
    assert seen == [False, True, False]


def test_a_user_no_app_was_told_of_is_not_kept(where: Office) -> None:
    account = services.add_account("helper@people.example", "Hedy Helper", PASSWORD)
    row = services.represent(account, where.person.id, "caregiver", SYSTEM)
    services.end_representation(row.ref, where.actor)
    services.end_role(where.clerk.ref, "clerk", SYSTEM)
    assert not Resource.objects.filter(fhir_id__in=[row.ref, where.clerk.ref]).exists()


def test_a_parent_acts_until_the_child_is_of_age(where: Office) -> None:
    services.edit_person(where.person.id, {"birth_date": date(2016, 5, 9)}, SYSTEM)
    with clock.at(datetime(2026, 11, 2, 18, tzinfo=UTC)):
        _, row = helper_in(where, "parent")
        assert read(where, f"RelatedPerson/{row.ref}")["period"] == {"start": "2026-11-02", "end": "2034-05-08"}
        services.edit_person(where.person.id, {"birth_date": date(2017, 5, 9)}, SYSTEM)
        assert read(where, f"RelatedPerson/{row.ref}")["period"]["end"] == "2035-05-08"


def test_who_acted_until_a_day_is_not_active_after_it(where: Office) -> None:
    with clock.at(datetime(2026, 11, 2, 18, tzinfo=UTC)):
        _, row = helper_in(where, ends_on=date(2026, 11, 30))
    days, seen = fhir_users.Days(), []
    for hour in (7, 9):  # midnight in California is at eight
        with clock.at(datetime(2026, 12, 1, hour, tzinfo=UTC)):
            assert days.tick() == 1
            assert days.tick() == 0, "once a day"
            seen.append(read(where, f"RelatedPerson/{row.ref}"))
    assert [one["active"] for one in seen] == [True, False]
    assert [one["meta"]["versionId"] for one in seen] == ["1", "2"]


def test_who_acts_for_a_person_goes_with_them_when_records_are_parted(where: Office) -> None:
    """An app let in while records were one: its user is filed with whom the right was recorded for."""
    account = services.add_account("helper@people.example", "Hedy Helper", PASSWORD)
    row = services.represent(account, where.person.id, "caregiver", SYSTEM)
    cleo, dora = add_person("Cleo", "pat-cleo"), add_person("Dora", "pat-dora")
    merges = [services.merge(cleo.id, where.person.id, "same", where.staff)]
    merges.append(services.merge(dora.id, cleo.id, "same", where.staff))
    tokens_of(where, actor=queries.actor_of(account), person_id=dora.id)
    for ref in reversed(merges):
        services.unmerge(ref, where.staff)
    fhir_users.Days().tick()
    services.end_representation(row.ref, where.actor)
    kept = Resource.objects.get(fhir_id=row.ref)
    assert (kept.person_id, kept.filed_person_id) == (where.person.id, where.person.id)
    found = read(where, f"RelatedPerson/{row.ref}")
    assert (found["active"], found["patient"]) == (False, {"reference": "Patient/pat-ana"})
