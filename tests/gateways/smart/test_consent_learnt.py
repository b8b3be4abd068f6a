"""What the consent page says an app learns of whoever signed in."""

import pytest

from chartpost.identity import services
from chartpost.identity.types import SYSTEM
from tests.gateways.smart.pages import text
from tests.gateways.smart.support import Office, add_person
from tests.gateways.smart.test_pages_consent import asked


@pytest.mark.parametrize(
    ("scope", "learnt"),
    [
        ("launch/patient openid fhirUser patient/Observation.rs", "that you act for this person"),
        ("launch/patient openid fhirUser patient/Patient.rs", "that you act for this person"),
        ("openid fhirUser", "that it is you who signed in"),
    ],
)
def test_who_acts_for_a_child_is_told_what_the_app_learns_of_them(where: Office, scope: str, learnt: str) -> None:
    child = add_person("Kim", "pat-kim")
    parent = services.add_account("p@people.example", "Pat Parent", "pw-long-enough-1")
    services.represent(parent, child.id, "parent", SYSTEM)
    _client, _address, page = asked(where, parent, scope=scope)
    assert "your name, birth date, address and phone number" not in text(page)
    assert learnt in text(page)
