"""Making a link: its address, its key, and the job that puts its file together."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction

from chartpost.formats.shlink import URL_LONGEST, Payload, render
from chartpost.gateways.shl import models
from chartpost.gateways.shl.errors import Refused
from chartpost.gateways.shl.services import building
from chartpost.gateways.shl.types import OPEN_STATES, Asked, Made
from chartpost.identity.services import event
from chartpost.identity.types import Actor
from chartpost.kernel import clock, keys
from chartpost.kernel.config import config
from chartpost.ledger import services as ledger

MOST_LINKS = 50
"""Links of one account that lead somewhere at the same time."""
MANIFEST, VIEWER = "/shl/m/", "/shl"
ENTROPY = 32
"""Bytes of chance in a manifest address; the guide asks for 256 bits."""


def make(asked: Asked, actor: Actor, where: str = "") -> Made:
    """Make a link; a job puts its file together. Raises Refused.

    The caller asked the policy. The one place that ever has address and key together is the answer.
    """
    token, key = secrets.token_urlsafe(ENTROPY), secrets.token_bytes(32)
    url = config().base_url + MANIFEST + token
    if len(url) > URL_LONGEST:
        raise Refused(
            seen="an office whose own address is too long for such links",
            expected=f"at most {URL_LONGEST} characters in all",
            todo="Give the office a shorter address (CHARTPOST_BASE_URL)",
        )
    ends_at = clock.now().replace(microsecond=0) + timedelta(days=asked.days)
    try:
        ref = _keep(asked, actor, token_hash(token), key, ends_at, where)
    except IntegrityError:
        raise Refused(
            seen="the same form sent twice", expected="one link for one form", todo="Look at your links"
        ) from None
    flag = {"L": asked.long_term, "P": bool(asked.passcode), "U": asked.direct}
    flags = frozenset(letter for letter, on in flag.items() if on)
    payload = Payload(url, key, int(ends_at.timestamp()), flags, asked.label)
    return Made(ref, render(payload, config().base_url + VIEWER), ends_at)


def token_hash(token: str) -> str:
    """What is kept of the last part of an address."""
    return hashlib.sha256(token.encode()).hexdigest()


@transaction.atomic
def _keep(asked: Asked, actor: Actor, hashed: str, key: bytes, ends_at: datetime, where: str) -> str:
    if models.Link.objects.filter(account_id=actor.account_id or 0, state__in=OPEN_STATES).count() >= MOST_LINKS:
        raise Refused(
            seen="many links already", expected=f"at most {MOST_LINKS} at once", todo="Stop one you do not need"
        )
    row = models.Link(
        token_hash=hashed,
        account_id=actor.account_id or 0,
        person_id=asked.person_id,
        filed_person_id=asked.person_id,
        once=asked.once,
        label=asked.label,
        selection=asked.selection.to_json(),
        formats=list(asked.formats),
        language=asked.language,
        long_term=asked.long_term,
        direct=asked.direct,
        passcode=make_password(asked.passcode) if asked.passcode else "",
        max_uses=asked.max_uses,
        ends_at=ends_at,
    )
    row.wrapped_key = keys.wrap(key, building.context(row.ref))
    row.save()
    kind = "long" if asked.long_term else "once" if asked.max_uses else "often"
    detail: dict[str, str | int] = {"kind": kind, "formats": ",".join(["fhir", *asked.formats])}
    ledger.append(event(actor, "shl.make", asked.person_id, f"shl:{row.ref}", "own access", where, **detail))
    building.ask(row.ref)
    return row.ref
