"""What the consent page says to those who let the same app in before: their earlier yes still counts."""

from chartpost.identity import queries_apps, services
from chartpost.identity.types import SYSTEM
from tests.gateways.smart.pages import fields, text
from tests.gateways.smart.support import Office, add_person
from tests.gateways.smart.test_pages_consent import asked
from tests.identity.support import PASSWORD
from tests.support.reading import grade


def test_who_let_the_app_in_before_is_told_that_it_goes_on(where: Office) -> None:
    told = "You let this app in before"
    client, address, page = asked(where)
    assert told not in text(page)
    client.post(address, fields(page) | {"allow": "1"})
    shown = asked(where, scope="launch/patient patient/Patient.rs")[2]
    assert told in text(shown)
    assert 'href="/apps/"' in shown.content.decode()
    assert grade(text(shown)) <= 8
    assert told not in text(asked(where, kind="symmetric")[2]), "another app"
    (grant,) = queries_apps.grants_for_person(where.person.id)
    services.end_grant(grant.ref, where.actor)
    assert told not in text(asked(where)[2])


def test_an_earlier_yes_for_another_person_is_not_told(where: Office) -> None:
    helper = services.add_account("helper@people.example", "Hal Helper", PASSWORD)
    for person in (where.person, add_person("Zoe", "pat-zoe")):
        authority = services.represent(helper, person.id, "caregiver", SYSTEM)
        client, address, page = asked(where, account=helper)
        assert "You let this app in before" not in text(page)
        client.post(address, fields(page) | {"allow": "1"})
        assert "You let this app in before" in text(asked(where, account=helper)[2])
        services.end_representation(authority.ref, SYSTEM)


def test_staff_are_told_of_an_earlier_yes_too(where: Office) -> None:
    scope = "openid user/Patient.rs"
    client, address, page = asked(where, account=where.clerk, scope=scope)
    client.post(address, fields(page) | {"allow": "1"})
    shown = asked(where, account=where.clerk, scope=scope)[2]
    assert "You let this app in before" in text(shown)
    assert 'href="/desk/grants/mine/"' in shown.content.decode()
