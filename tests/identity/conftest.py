"""An office and two accounts: a person's and one of staff."""

import pytest

from chartpost.identity import models, services
from chartpost.identity.types import SYSTEM
from tests.identity.support import PASSWORD


@pytest.fixture
def office(db: None) -> None:
    """An office that is set up."""
    services.save_office({"name": "Lakeside Clinic"}, SYSTEM)
    services.save_facility({"name": "Main Street", "state": "CA", "zone": "America/Los_Angeles"}, SYSTEM)


@pytest.fixture
def ana(office: None) -> models.Account:
    """A person's account."""
    return services.add_account("ana@people.example", "Ana Ruiz", PASSWORD)


@pytest.fixture
def clerk(office: None) -> models.Account:
    """A records clerk's account."""
    account = services.add_account("clerk@office.example", "Kim Clerk", PASSWORD, staff=True)
    services.give_role(account, "clerk", SYSTEM)
    return account
