"""Two people with records, made once a module, and doors for them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction

from chartpost.identity.aliases import canonical_patient
from chartpost.identity.types import PersonView
from chartpost.kernel.db import raw
from tests.gateways.fhir.door import Door, access
from tests.support import world
from tests.support.world import World


@dataclass
class Pair:
    """Two people: `me` with a Patient id `mine`, and `other`."""

    world: World
    me: PersonView
    mine: str
    other: PersonView
    others: str

    def door(self, scopes: str = "patient/*.rs", **more: Any) -> Door:
        """A door for my app."""
        return Door(access(scopes, self.me.id, self.mine, **more))


@pytest.fixture(scope="module")
def _people(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[Pair]:
    """Two synthetic people with their records, in a transaction around all tests of the module."""
    with django_db_blocker.unblock(), transaction.atomic():  # type: ignore[attr-defined]
        keys = world.everybody()[:2]
        built = world.build(*keys)
        me, other = (built.people[key] for key in keys)
        ids = [canonical_patient(person.id, raw.django()) for person in (me, other)]
        yield Pair(built, me, ids[0], other, ids[1])
        transaction.set_rollback(True)


@pytest.fixture
def pair(_people: Pair, db: None) -> Pair:
    """The two people; what a test changes is undone after it."""
    return _people
