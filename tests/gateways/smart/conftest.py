"""An office with apps for each test; signing keys of a size that is quick to make."""

import pytest
from django.core.cache import cache

from chartpost.gateways.smart import keysets
from chartpost.identity import tokens
from chartpost.identity.services import signing
from tests.gateways.smart.support import Office, office


@pytest.fixture(autouse=True)
def _quick_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signing, "RSA_BITS", 2048)
    keysets._sets.clear()
    tokens.forget()


@pytest.fixture
def where(db: None) -> Office:
    """The office."""
    cache.clear()
    return office()
