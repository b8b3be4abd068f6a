"""Codes that tie accounts to people: once, in time, for the right account."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from chartpost.identity import models, policies, queries, services
from chartpost.identity.errors import IdentityError, InvitationRefused, NotFound
from chartpost.identity.types import SYSTEM, PersonView, Subject
from chartpost.kernel import clock
from tests.identity.support import PASSWORD, entries


@pytest.fixture
def ben(office: None) -> PersonView:
    return services.add_person({"given": "Ben", "family": "Okoro", "birth_date": date(2012, 1, 2)}, [], SYSTEM)


def use(code: str, account: models.Account) -> str:
    return services.accept_invitation(code, account, queries.actor_of(account))


def reads(account: models.Account, person_id: int) -> bool:
    actor = queries.actor_of(models.Account.objects.get(pk=account.pk))
    return policies.decide(actor, "record.read", Subject("record", person_id=person_id)).allow


def test_a_code_ties_an_account_to_its_person(ana: models.Account, ben: PersonView) -> None:
    code = services.invite("self", SYSTEM, ben.id)
    assert not reads(ana, ben.id)
    assert use(code, ana) == "self"
    assert reads(ana, ben.id)
    assert [e.person_id for e in entries("invitation.use")] == [ben.id]


def test_a_code_can_be_typed_any_way(ana: models.Account, ben: PersonView) -> None:
    code = services.invite("self", SYSTEM, ben.id)
    assert use(code.lower().replace("-", " "), ana) == "self"


def test_only_the_hash_of_a_code_is_kept(ben: PersonView) -> None:
    code = services.invite("self", SYSTEM, ben.id)
    row = models.Invitation.objects.get()
    assert code not in str(vars(row))
    assert code.replace("-", "") not in str(vars(row))


def test_a_code_works_once(ana: models.Account, clerk: models.Account, ben: PersonView) -> None:
    code = services.invite("self", SYSTEM, ben.id)
    use(code, ana)
    eve = services.add_account("eve@people.example", "Eve", PASSWORD)
    for account in (eve, ana):
        with pytest.raises(InvitationRefused):
            use(code, account)
    assert not reads(eve, ben.id)


@pytest.mark.parametrize(("days", "works"), [(29, True), (31, False)])
def test_a_code_works_for_thirty_days(ana: models.Account, ben: PersonView, days: int, works: bool) -> None:
    code = services.invite("self", SYSTEM, ben.id)
    with clock.at(clock.now() + timedelta(days=days)):
        if not works:
            with pytest.raises(InvitationRefused):
                use(code, ana)
        else:
            use(code, ana)
    assert reads(ana, ben.id) is works


@pytest.mark.parametrize("code", ["", "AAAA-AAAA-AAAA-AAAA", "' OR 1=1 --", "\x00"])
def test_a_wrong_code_says_what_to_do(ana: models.Account, ben: PersonView, code: str) -> None:
    services.invite("self", SYSTEM, ben.id)
    with pytest.raises(InvitationRefused, match="ask the office for a new code"):
        use(code, ana)


def test_a_code_for_one_address_is_refused_to_others(ana: models.Account, office: None) -> None:
    code = services.invite("staff", SYSTEM, roles=["clerk"], email="Kim@Office.example")
    with pytest.raises(InvitationRefused):
        use(code, ana)
    assert not models.Account.objects.get(pk=ana.pk).is_staff_account
    kim = services.add_account("kim@office.example", "Kim", PASSWORD)
    assert use(code, kim) == "staff"
    actor = queries.actor_of(models.Account.objects.get(pk=kim.pk))
    assert actor.kind == "staff"
    assert actor.roles == {"clerk"}


def test_a_representative_gets_the_terms_of_the_code(ana: models.Account, ben: PersonView) -> None:
    last = clock.today(queries.office_zone()) + timedelta(days=10)
    code = services.invite("representative", SYSTEM, ben.id, basis="parent", ends_on=last, email=ana.email)
    use(code, ana)
    [authority] = queries.actor_of(ana).authorities
    assert (authority.basis, authority.ends_on, authority.hides_minor_confidential) == ("parent", last, True)
    assert reads(ana, ben.id)
    with clock.at(clock.now() + timedelta(days=12)):
        assert not reads(ana, ben.id)


def test_a_caregiver_sees_only_what_the_person_shares(ana: models.Account, ben: PersonView) -> None:
    code = services.invite("caregiver", SYSTEM, ben.id, categories=6, may_request=False)
    use(code, ana)
    actor = queries.actor_of(ana)
    assert policies.scope(actor, "record.read", ben.id).categories == 6
    assert not policies.decide(actor, "request.submit", Subject("request", person_id=ben.id)).allow


@pytest.mark.parametrize("zone", ["", "Pacific/Honolulu", "Pacific/Kiritimati"])
def test_a_right_ends_by_the_day_of_the_office_wherever_an_account_says_it_is(
    ana: models.Account, ben: PersonView, zone: str
) -> None:
    services.represent(ana, ben.id, "caregiver", SYSTEM, starts_on=date(2026, 1, 1), ends_on=date(2026, 11, 20))
    models.Account.objects.filter(pk=ana.pk).update(zone=zone)
    midnight = datetime(2026, 11, 21, tzinfo=ZoneInfo("America/Los_Angeles"))
    for moment, sees in ((midnight - timedelta(minutes=1), True), (midnight, False)):
        with clock.at(moment):
            assert reads(ana, ben.id) is sees


@pytest.mark.parametrize("kind", ["self", "caregiver"])
def test_codes_an_account_gave_end_when_it_is_reset(ana: models.Account, ben: PersonView, kind: str) -> None:
    eve = services.add_account("eve@people.example", "Eve", PASSWORD)
    code = services.invite(kind, queries.actor_of(eve), ben.id)
    services.reset_account(eve.email)
    with pytest.raises(InvitationRefused):
        use(code, ana)


def test_codes_for_helpers_end_with_the_account_that_gave_them(ana: models.Account, ben: PersonView) -> None:
    eve = services.add_account("eve@people.example", "Eve", PASSWORD)
    code = services.invite("caregiver", queries.actor_of(eve), ben.id)
    services.disable_account(eve.email, SYSTEM)
    with pytest.raises(InvitationRefused):
        use(code, ana)


def test_codes_of_patients_outlast_the_staff_who_gave_them(
    ana: models.Account, clerk: models.Account, ben: PersonView
) -> None:
    code = services.invite("self", queries.actor_of(clerk), ben.id)
    services.disable_account(clerk.email, SYSTEM)
    assert use(code, ana) == "self"


def test_a_reset_leaves_used_codes_and_those_of_others(ana: models.Account, ben: PersonView) -> None:
    eve = services.add_account("eve@people.example", "Eve", PASSWORD)
    code = services.invite("self", SYSTEM, ben.id)
    use(services.invite("caregiver", queries.actor_of(eve), ben.id), ana)
    services.reset_account(eve.email)
    assert reads(ana, ben.id)
    assert use(code, ana) == "self"


def test_an_ended_representative_sees_nothing_from_then_on(ana: models.Account, ben: PersonView) -> None:
    row = services.represent(ana, ben.id, "caregiver", SYSTEM)
    assert reads(ana, ben.id)
    services.end_representation(row.ref, SYSTEM)
    assert not reads(ana, ben.id)
    assert queries.accounts_of(ben.id) == []
    with pytest.raises(NotFound):
        services.end_representation(row.ref, SYSTEM)


def test_a_basis_outside_the_law_is_refused(ana: models.Account, ben: PersonView) -> None:
    with pytest.raises(IdentityError, match="friend"):
        services.represent(ana, ben.id, "friend", SYSTEM)
    with pytest.raises(IdentityError, match="owner"):
        services.give_role(ana, "owner", SYSTEM)


WHO: dict[str, Any] = {"given": "Ben", "family": "Okoro", "birth_date": date(2012, 1, 2)}


def test_a_self_sign_up_sees_nothing_until_staff_settle_it(
    ana: models.Account, clerk: models.Account, ben: PersonView
) -> None:
    services.ask_match(ana, WHO, queries.actor_of(ana))
    assert not reads(ana, ben.id), "the same name and birth date prove nothing"
    [row] = queries.waiting_matches()
    services.settle_match(row.ref, ben.id, queries.actor_of(clerk))
    assert reads(ana, ben.id)
    assert list(queries.waiting_matches()) == []
    with pytest.raises(NotFound):
        services.settle_match(row.ref, None, queries.actor_of(clerk))


def test_a_refused_sign_up_still_sees_nothing(ana: models.Account, clerk: models.Account, ben: PersonView) -> None:
    services.ask_match(ana, WHO, queries.actor_of(ana))
    services.settle_match(queries.waiting_matches()[0].ref, None, queries.actor_of(clerk))
    assert not reads(ana, ben.id)
    assert entries("account.match_settle")[0].detail["state"] == "refused"


def test_asking_again_replaces_the_first(ana: models.Account, office: None) -> None:
    for _ in range(2):
        services.ask_match(ana, WHO, queries.actor_of(ana))
    assert queries.waiting_matches().count() == 1


def test_roles_can_be_given_twice_and_taken_away(clerk: models.Account) -> None:
    services.give_role(clerk, "clerk", SYSTEM)
    services.give_role(clerk, "privacy", SYSTEM)
    assert queries.actor_of(clerk).roles == {"clerk", "privacy"}
    assert models.StaffRole.objects.filter(account=clerk).count() == 2
    services.end_role(clerk.ref, "privacy", SYSTEM)
    assert queries.actor_of(clerk).roles == {"clerk"}
    services.give_role(clerk, "privacy", SYSTEM)
    assert queries.actor_of(clerk).roles == {"clerk", "privacy"}


@pytest.mark.parametrize("kind", ["self", "caregiver"])
def test_a_code_for_somebody_merged_since_leads_to_the_record_kept_until_that_is_undone(
    ana: models.Account, clerk: models.Account, ben: PersonView, kind: str
) -> None:
    actor = queries.actor_of(clerk)
    code = services.invite(kind, SYSTEM, ben.id)
    kept, last = (services.add_person({"given": "Ben", "family": name}, [], SYSTEM) for name in ("Ruis", "Ruys"))
    first = services.merge(kept.id, ben.id, "same person", actor)
    second = services.merge(last.id, kept.id, "same person", actor)
    use(code, ana)

    def tied() -> set[int]:
        found = queries.actor_of(ana)
        return {*found.own_persons, *(a.person_id for a in found.authorities)}

    assert tied() == {last.id}
    services.unmerge(second, actor)
    assert tied() == {kept.id}
    services.unmerge(first, actor)
    assert tied() == {ben.id}
