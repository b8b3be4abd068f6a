"""Two people with records, and doors for them."""

from dataclasses import dataclass

import pytest

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

    def door(self, scopes: str = "patient/*.rs", **more: object) -> Door:
        """A door for my app."""
        return Door(access(scopes, self.me.id, self.mine, **more))


@pytest.fixture
def pair(db: None) -> Pair:
    """Two synthetic people with their records."""
    from chartpost.demo.generator import generate

    keys = [person.key for person in generate(7, world.TODAY)][:2]
    built = world.build(*keys)
    me, other = (built.people[key] for key in keys)
    ids = [canonical_patient(person.id, raw.django()) for person in (me, other)]
    return Pair(built, me, ids[0], other, ids[1])
