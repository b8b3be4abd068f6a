"""Persons: found, merged and separated again."""

from datetime import date

import pytest

from chartpost.identity import models, queries, services
from chartpost.identity.errors import NotFound, NotOnePerson
from chartpost.identity.types import SYSTEM, Actor, PersonView
from tests.identity.support import PASSWORD, entries

pytestmark = pytest.mark.usefixtures("office")


@pytest.fixture
def pair() -> tuple[PersonView, PersonView]:
    fields = {"given": "José", "family": "Núñez-Ortiz", "birth_date": date(1970, 5, 1)}
    kept = services.add_person(fields, [("urn:mrn", "100")], SYSTEM)
    other = services.add_person({**fields, "given": "Jose"}, [("urn:mrn", "200")], SYSTEM)
    services.add_source(kept.id, "a", "p-a", [])
    services.add_source(other.id, "b", "p-b", [("urn:mrn", "201")])
    return kept, other


@pytest.fixture
def actor(clerk: models.Account) -> Actor:
    return queries.actor_of(clerk)


def everything() -> list[object]:
    """All rows that say who belongs to whom."""
    return [
        list(models.Person.objects.order_by("pk").values_list("pk", "merged_into")),
        list(models.OwnLink.objects.order_by("pk").values_list("pk", "person")),
        list(models.Representation.objects.order_by("pk").values_list("pk", "person")),
        list(models.PersonIdentifier.objects.order_by("pk").values_list("value", "person")),
        list(models.PersonSource.objects.order_by("pk").values_list("patient_id", "person")),
    ]


def test_people_are_found_as_they_are_typed(pair: tuple[PersonView, PersonView]) -> None:
    for text in ("nunez", "NÚÑEZ jose", "ortiz", "jos", "1970-05-01"):
        assert {p.id for p in queries.find_people(text)} == {p.id for p in pair}, text
    assert [p.id for p in queries.find_people("201")] == [pair[1].id]
    assert queries.find_people("unez") == []
    assert queries.find_people("  ") == []
    assert queries.find_people("nun\0ez") == []


def test_a_merged_person_answers_with_the_one_kept(pair: tuple[PersonView, PersonView], actor: Actor) -> None:
    kept, other = pair
    services.merge(kept.id, other.id, "same birth date and address", actor)
    assert queries.person(other.ref).id == kept.id
    assert queries.person_by_id(other.id).id == kept.id
    assert queries.by_source("p-b") == kept.id
    found = queries.by_identifier("urn:mrn", "201")
    assert found is not None
    assert found.id == kept.id
    assert [p.id for p in queries.find_people("nunez")] == [kept.id]


def test_merge_moves_who_may_see_and_unmerge_gives_it_back(
    pair: tuple[PersonView, PersonView], actor: Actor, ana: models.Account
) -> None:
    kept, other = pair
    helper = services.add_account("helper@people.example", "Helper", PASSWORD)
    services.link_own(ana, other.id, "invitation_code", SYSTEM)
    services.represent(helper, other.id, "caregiver", SYSTEM)
    before = everything()
    moved: list[tuple[int, int]] = []
    services.on_refile(lambda old, new: moved.append((old, new)))
    ref = services.merge(kept.id, other.id, "same person", actor)
    assert queries.actor_of(ana).own_persons == {kept.id}
    assert [a.person_id for a in queries.actor_of(helper).authorities] == [kept.id]
    services.unmerge(ref, actor)
    assert everything() == before
    assert moved == [(other.id, kept.id), (kept.id, other.id)]
    assert {e.person_id for e in entries("person.merge")} == {kept.id, other.id}
    assert {e.person_id for e in entries("person.unmerge")} == {kept.id, other.id}


def test_unmerge_leaves_alone_what_came_later(
    pair: tuple[PersonView, PersonView], actor: Actor, ana: models.Account
) -> None:
    kept, other = pair
    ref = services.merge(kept.id, other.id, "same person", actor)
    services.link_own(ana, kept.id, "invitation_code", SYSTEM)
    services.unmerge(ref, actor)
    assert queries.actor_of(ana).own_persons == {kept.id}


def test_what_cannot_be_merged(pair: tuple[PersonView, PersonView], actor: Actor) -> None:
    kept, other = pair
    third = services.add_person({"given": "X", "family": "Y"}, [], SYSTEM)
    with pytest.raises(NotOnePerson, match="same person twice"):
        services.merge(kept.id, kept.id, "", actor)
    with pytest.raises(NotOnePerson, match="signed-in"):
        services.merge(kept.id, other.id, "", SYSTEM)
    ref = services.merge(kept.id, other.id, "same person", actor)
    for pair_again in ((third.id, other.id), (other.id, third.id)):
        with pytest.raises(NotOnePerson, match="already merged"):
            services.merge(*pair_again, "", actor)
    services.unmerge(ref, actor)
    with pytest.raises(NotOnePerson):
        services.unmerge(ref, actor)


def test_merges_are_undone_from_the_last_one(
    pair: tuple[PersonView, PersonView], actor: Actor, ana: models.Account
) -> None:
    kept, other = pair
    third = services.add_person({"given": "X", "family": "Y"}, [], SYSTEM)
    services.link_own(ana, other.id, "invitation_code", SYSTEM)
    before = everything()
    first = services.merge(kept.id, other.id, "same person", actor)
    second = services.merge(third.id, kept.id, "same person", actor)
    assert queries.actor_of(ana).own_persons == {third.id}
    with pytest.raises(NotOnePerson, match="later merge"):
        services.unmerge(first, actor)
    services.unmerge(second, actor)
    services.unmerge(first, actor)
    assert everything() == before


def test_an_account_of_both_keeps_one_way_in(
    pair: tuple[PersonView, PersonView], actor: Actor, ana: models.Account
) -> None:
    kept, other = pair
    for person in pair:
        services.link_own(ana, person.id, "invitation_code", SYSTEM)
    services.merge(kept.id, other.id, "same person", actor)
    services.link_own(ana, kept.id, "matched_by_staff", SYSTEM)
    assert queries.actor_of(ana).own_persons == {kept.id}


def test_an_unknown_person_is_not_found() -> None:
    with pytest.raises(NotFound):
        queries.person("0" * 26)
    with pytest.raises(NotFound):
        queries.person_by_id(999_999)
