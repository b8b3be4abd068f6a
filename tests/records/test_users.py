"""An app can read the user it was told of: the representative or the member of staff who let it in."""

import pytest

from chartpost.identity import queries, services, tokens
from chartpost.identity.types import SYSTEM
from chartpost.kernel.db import raw
from tests.gateways.fhir.door import Door
from tests.gateways.smart.support import Office, office, tokens_of
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
