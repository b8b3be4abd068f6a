"""Copies people make for themselves: kept a week, then gone, with the ledger saying so."""

from datetime import timedelta
from typing import Any

import pytest

from chartpost.delivery import models, packages, queries
from chartpost.delivery.errors import NotThere
from chartpost.kernel import blobs, clock
from chartpost.kernel.blobs import stores
from chartpost.ledger import queries as ledger
from tests.delivery import support
from tests.support import world as worlds

pytestmark = pytest.mark.django_db

WHO = "edith-marsh"


def test_own_copies_go_after_a_week_and_those_of_a_request_stay(django_capture_on_commit_callbacks: Any) -> None:
    world = worlds.build(WHO)
    person = world.people[WHO]
    own = support.make(world, WHO, "fhir")
    asked_for = support.make(world, WHO, "fhir", request="r1")
    assert own.ready_at is not None
    assert own.expires_at == own.ready_at + timedelta(days=7)
    assert asked_for.expires_at is None
    ids = [queries.part(p.ref)[2] for p in own.parts]
    with clock.at(own.ready_at + timedelta(days=6, hours=23)):
        assert packages.expire_own() == 0
    assert queries.packages_of(person.id) == [own]
    with clock.at(own.ready_at + timedelta(days=7, hours=1)), django_capture_on_commit_callbacks(execute=True):
        assert packages.expire_own() == 1
        assert packages.expire_own() == 0
    assert queries.packages_of(person.id) == []
    gone = support.known(own.ref)
    assert (gone.state, gone.parts) == ("expired", ())
    assert not any(blobs.exists(i) for i in ids)
    assert not set(ids) & {name for name, _ in stores.store().stored()}, "the bytes are gone too"
    with pytest.raises(NotThere):
        queries.part(own.parts[0].ref)
    kept = models.Part.objects.filter(package__ref=own.ref).order_by("pk")
    assert [(p.name, p.sha256) for p in kept] == [(p.name, p.sha256) for p in own.parts], "what it was stays known"
    assert support.known(asked_for.ref) == asked_for
    assert "package.expire" in {e.action for e in ledger.for_person(person.id, limit=500)}
    packages.build(own.ref)
    assert support.known(own.ref).state == "expired", "a late job does not bring it back"
