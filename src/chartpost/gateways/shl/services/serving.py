"""What others get by a link. Every answer of a link that ended is that of one that never was."""

import hashlib
import hmac
import struct
from datetime import timedelta

from django.contrib.auth.hashers import check_password
from django.db import transaction
from django.db.models import F, Q

from chartpost.formats.shlink.text import b64u, unb64u
from chartpost.gateways.shl import models
from chartpost.gateways.shl.errors import NotReady, NotThere, WrongPasscode
from chartpost.gateways.shl.services import building, telling
from chartpost.gateways.shl.services.making import token_hash
from chartpost.gateways.shl.types import TRIES, Served
from chartpost.identity.services import event
from chartpost.identity.types import Actor
from chartpost.kernel import clock, keys
from chartpost.ledger import services as ledger

LOCATION_LIFE = timedelta(minutes=10)
"""How long the address of a file works; the guide allows an hour."""
RECIPIENT_LONGEST = 120
_CLAIMS = struct.Struct(">QI")


def manifest(token: str, recipient: str, passcode: str, where: str = "") -> Served:
    """One use of a link by its manifest; raises NotThere, WrongPasscode, NotReady."""
    link = _find(token, direct=False)
    _check_passcode(link, passcode, where)
    return _use(link, recipient, where)


def direct(token: str, recipient: str, where: str = "") -> Served:
    """One use of a link that leads straight to its file (flag U); raises NotThere, NotReady."""
    return _use(_find(token, direct=True), recipient, where)


def located(location: str) -> Served:
    """The file behind a short-lived address; raises NotThere. It counts as no use of its own."""
    data = unb64u(location) or b""
    if len(data) != _CLAIMS.size + 16:
        raise gone()
    number, until = _CLAIMS.unpack(data[: _CLAIMS.size])
    link = models.Link.objects.filter(pk=number, state="ready", locked_at=None).first() if number < 2**63 else None
    good = link is not None and hmac.compare_digest(data, _location(link, until))
    if link is None or not good or until < clock.now().timestamp() or link.ends_at <= clock.now():
        raise gone()
    rows = building.rows_of(link)
    if rows is None or building.holds_more(link, rows):
        raise gone()
    return _served(link)


def gone() -> NotThere:
    """The one answer for links that are not there, or no longer."""
    return NotThere(seen="no such link, or no longer", expected="a link in use", todo="Ask for a new link")


def _find(token: str, *, direct: bool) -> models.Link:
    rows = models.Link.objects.filter(token_hash=token_hash(token), direct=direct, locked_at=None)
    link = rows.filter(state__in=("making", "ready"), ends_at__gt=clock.now()).first()
    if link is None or (link.max_uses is not None and link.uses >= link.max_uses):
        raise gone()
    return link


def _check_passcode(link: models.Link, passcode: str, where: str) -> None:
    """Each try is claimed before it is judged, so that tries at the same moment count too. Raises WrongPasscode."""
    if not link.passcode:
        return
    if not passcode:
        raise WrongPasscode(max(TRIES - link.failures, 0))
    rows = models.Link.objects.filter(pk=link.pk)
    if not rows.filter(failures__lt=TRIES, locked_at=None).update(failures=F("failures") + 1):
        raise gone()
    if _opens(passcode, link):
        rows.update(failures=F("failures") - 1)
        return
    raise WrongPasscode(_wrong(link, where))


def _opens(passcode: str, link: models.Link) -> bool:
    try:
        return check_password(passcode, link.passcode)
    except UnicodeEncodeError:  # half a surrogate pair (RFC 8259 8.2), which no passcode holds
        return False


@transaction.atomic
def _wrong(link: models.Link, where: str) -> int:
    """Note a wrong passcode, lock the link at the last one and tell its maker; returns how many tries are left."""
    row = models.Link.objects.select_for_update().get(pk=link.pk)
    left = max(TRIES - row.failures, 0)
    ledger.append(event(_holder(link), "shl.refuse", row.person_id, f"shl:{row.ref}", where=where, number=TRIES - left))
    if not left and row.locked_at is None:
        row.locked_at = clock.now()
        row.save(update_fields=["locked_at"])
        ledger.append(event(_holder(link), "shl.lock", row.person_id, f"shl:{row.ref}", where=where))
        telling.tell("locked", row.ref)
    return left


def _use(link: models.Link, recipient: str, where: str) -> Served:
    rows = building.rows_of(link)
    if rows is None or (not link.long_term and building.holds_more(link, rows)):
        raise gone()
    stale = link.long_term and link.state == "ready" and link.mark != building.mark(link, rows)
    if stale:
        building.ask(link.ref)
    if link.state == "making" or stale:
        raise NotReady(seen="files being put together", expected="a moment's patience", todo="Ask again in 3 seconds")
    return _served(_counted(link, recipient, where))


@transaction.atomic
def _counted(link: models.Link, recipient: str, where: str) -> models.Link:
    free = Q(max_uses=None) | Q(uses__lt=F("max_uses"))
    rows = models.Link.objects.filter(free, pk=link.pk, state="ready", locked_at=None)
    if not rows.update(uses=F("uses") + 1):
        raise gone()
    fresh = models.Link.objects.get(pk=link.pk)
    models.Use.objects.create(link=fresh, recipient=_tidy(recipient))
    entry = event(_holder(link), "shl.use", link.person_id, f"shl:{link.ref}", where=where, number=fresh.uses)
    ledger.append(entry)
    return fresh


def _served(link: models.Link) -> Served:
    assert link.built_at is not None
    until = int((clock.now() + LOCATION_LIFE).timestamp())
    location = b64u(_location(link, until))
    return Served(link.ref, link.blob, link.size, link.built_at, link.long_term, location)


def _location(link: models.Link, until: int) -> bytes:
    """A short-lived address: which link, until when, and a seal over both and the file it leads to."""
    claims = _CLAIMS.pack(link.pk, until)
    return claims + hmac.digest(keys.derive("shl/location"), claims + link.blob.encode(), hashlib.sha256)[:16]


def _holder(link: models.Link) -> Actor:
    """Somebody who holds a link; the ledger knows them by the link alone, never by what they call themselves."""
    return Actor(kind="anonymous", ref=link.ref, name="Health link")


def _tidy(recipient: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in recipient).split())[:RECIPIENT_LONGEST]
