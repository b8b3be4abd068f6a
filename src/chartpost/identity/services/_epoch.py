"""The number that tells every process to look at its tokens again."""

from django.db import transaction

from chartpost.identity import tokens
from chartpost.kernel.db import raw

_NEXT = (
    "INSERT INTO identity_tokenepoch (id, value) VALUES (1, 1)"
    " ON CONFLICT (id) DO UPDATE SET value = identity_tokenepoch.value + 1"
)
"""One statement, so that of two that are the first in a home neither fails (PostgreSQL)."""


def bump() -> None:
    """Have every process forget what it knows of tokens; call it in the transaction that takes something away."""
    raw.django().run(_NEXT)
    tokens.forget()
    transaction.on_commit(tokens.forget)
