"""The number that tells every process to look at its tokens again."""

from django.db import transaction
from django.db.models import F

from chartpost.identity import app_models, tokens


def bump() -> None:
    """Have every process forget what it knows of tokens; call it in the transaction that takes something away."""
    if not app_models.TokenEpoch.objects.filter(pk=1).update(value=F("value") + 1):
        app_models.TokenEpoch.objects.create(pk=1, value=1)
    tokens.forget()
    transaction.on_commit(tokens.forget)
