"""An office with one sender, and a door that sends in their name."""

from collections.abc import Iterator

import pytest
from django.core.cache import cache

from chartpost.identity import queries, services
from chartpost.identity.types import SYSTEM, Actor
from chartpost.shares import services as shares
from tests.shares.door import Door
from tests.support.world import OFFICE, PASSWORD


@pytest.fixture(autouse=True)
def _no_counts(request: pytest.FixtureRequest) -> Iterator[None]:
    """No test inherits what an earlier one used up of an address's share."""
    yield
    if "db" in request.fixturenames or "transactional_db" in request.fixturenames:
        cache.clear()


@pytest.fixture
def actor(db: None) -> Actor:
    """A signed-in member of staff."""
    services.save_office(OFFICE, SYSTEM)
    account = services.add_account("sender@office.example.org", "Sam Sender", PASSWORD, staff=True)
    services.give_role(account, "clerk", SYSTEM)
    return queries.actor_of(account)


@pytest.fixture
def shell(actor: Actor) -> Door:
    """A program with a shell token of the sender."""
    return Door(shares.make_token(actor, "test"))
