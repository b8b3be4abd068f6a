"""Undoing a merge gives back what the other person had, and nothing of what the person kept has."""

from datetime import date, timedelta
from typing import Any

import pytest

from chartpost.delivery import queries as delivery
from chartpost.delivery.models import AccessCode, Delivery, Package, Part
from chartpost.gateways.shl.models import Link
from chartpost.identity import services as identity
from chartpost.identity.types import PersonView
from chartpost.kernel import blobs, clock
from chartpost.rights import services as rights
from chartpost.rights.models import AccessRequest
from chartpost.shares.models import Share
from tests.rights import office

pytestmark = pytest.mark.django_db
TABLES = (AccessRequest, Package, Delivery, Share, Link)


def belongings(person: PersonView) -> list[list[Any]]:
    """What is filed under a person, table by table."""
    return [list(table.objects.filter(person_id=person.id).order_by("pk").values_list("pk")) for table in TABLES]


def give(small: office.Small, person: PersonView, name: str) -> None:
    """A request with a built package and a delivery, a share, a health link; all older than a day."""
    asked = office.asked(small, person_id=person.id, subject_name=name)
    row = AccessRequest.objects.get(pk=rights.submit(asked, small.actor("person")).pk)
    package = built(person, row.ref)
    AccessRequest.objects.filter(pk=row.pk).update(package_ref=package.ref)
    Delivery.objects.create(package=package, person_id=person.id, channel="portal")
    send(small, person, name)


def built(person: PersonView, request_ref: str, ago: timedelta = timedelta(days=1)) -> Package:
    package = Package.objects.create(
        request_ref=request_ref, person_id=person.id, filed_person_id=person.id, state="ready", formats=["pdf"],
        made_at=clock.now() - ago, ready_at=clock.now() - ago,
    )  # fmt: skip
    kept = blobs.put(b"copy", owner=f"person:{person.id}", media_type="application/pdf")
    Part.objects.create(
        package=package, format="pdf", name="r.pdf", media_type="application/pdf", blob=kept.id, sha256="", size=4
    )
    return package


def send(small: office.Small, person: PersonView, name: str, ago: timedelta = timedelta(days=1)) -> None:
    assert small.account is not None
    both: dict[str, Any] = {"account_id": small.account.pk, "person_id": person.id, "filed_person_id": person.id}
    moment, later = clock.now() - ago, clock.now() + timedelta(days=9)
    Share.objects.create(
        id=name, token_hash=name.encode(), state="ready", made_at=moment, touched_at=moment, expires_at=later, **both
    )
    Link.objects.create(
        token_hash=name, once=name, label="", selection={}, formats=[], language="en", state="ready",
        made_at=moment, built_at=moment, ends_at=later, **both,
    )  # fmt: skip


@pytest.fixture
def small() -> office.Small:
    return office.build()


@pytest.fixture
def other() -> PersonView:
    return office.add_person("Rose", "Alvarado", date(1968, 4, 2))


@pytest.mark.parametrize("absorbed_has", [False, True])
def test_each_person_gets_back_their_own(small: office.Small, other: PersonView, absorbed_has: bool) -> None:
    give(small, small.person, "kept")
    if absorbed_has:
        give(small, other, "other")
    before = belongings(small.person), belongings(other)
    merge = identity.merge(small.person.id, other.id, "Same", small.actor("clerk"))
    assert belongings(other) == [[] for _ in TABLES]
    identity.unmerge(merge, small.actor("clerk"))
    assert (belongings(small.person), belongings(other)) == before


def test_a_chain_comes_apart_whole(small: office.Small, other: PersonView) -> None:
    third = office.add_person("Rosie", "Alvarado", date(1968, 4, 2))
    for person, name in ((small.person, "kept"), (other, "other"), (third, "third")):
        give(small, person, name)
    before = belongings(small.person), belongings(other), belongings(third)
    inner = identity.merge(other.id, third.id, "Same", small.actor("clerk"))
    outer = identity.merge(small.person.id, other.id, "Same", small.actor("clerk"))
    identity.unmerge(outer, small.actor("clerk"))
    assert belongings(small.person) == before[0]
    identity.unmerge(inner, small.actor("clerk"))
    assert (belongings(small.person), belongings(other), belongings(third)) == before


def test_what_was_made_of_both_records_is_taken_back(small: office.Small, other: PersonView) -> None:
    give(small, small.person, "old")
    merge = identity.merge(small.person.id, other.id, "Same", small.actor("clerk"))
    asked = office.submit(small)
    released = built(small.person, asked.ref, timedelta(0))
    AccessRequest.objects.filter(pk=asked.pk).update(package_ref=released.ref)
    handed = Delivery.objects.create(package=released, person_id=small.person.id, channel="access_code")
    AccessCode.objects.create(delivery=handed, code_hash="c", ends_at=clock.now() + timedelta(days=1))
    own = built(small.person, "", timedelta(0))
    send(small, small.person, "new", timedelta(0))
    identity.unmerge(merge, small.actor("clerk"))
    states = dict(Package.objects.values_list("ref", "state"))
    assert (states[released.ref], states[own.ref]) == ("withdrawn", "expired")
    assert sorted(states.values()) == ["expired", "ready", "withdrawn"], "what was built before stays"
    found = delivery.package(released.ref)
    assert found is not None
    assert found.parts == ()
    assert blobs.exists(Part.objects.get(package=released).blob), "what went out can still be told"
    assert not Part.objects.get(package=own).blob
    assert AccessCode.objects.get().state == "ended"
    asked.refresh_from_db()
    assert asked.package_ref == ""
    assert "breach" in "\n".join(asked.notes.values_list("text", flat=True))
    now = clock.now()
    assert set(Share.objects.filter(expires_at__gt=now).values_list("pk", flat=True)) == {"old"}
    assert set(Link.objects.filter(ends_at__gt=now).values_list("once", flat=True)) == {"old"}
