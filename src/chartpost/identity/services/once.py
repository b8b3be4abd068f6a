"""What counts once: names of assertions, answers to requests of apps."""

import hashlib
from datetime import datetime

from chartpost.identity import app_models


def first_use(client_id: str, name: str, until: datetime) -> bool:
    """Whether this name of a client was not seen before; notes it until a moment (RFC 7523 3, `jti`).

    Of several at once the first to be written counts; a transaction that is undone gives the name back.
    """
    seen = hashlib.sha256(f"{client_id} {name}".encode()).hexdigest()
    _, new = app_models.JtiSeen.objects.get_or_create(jti_hash=seen, defaults={"expires_at": until})
    return new
