"""Receiving a request: from the portal or by staff, numbered, its clock started, its requester's standing noted."""

from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.utils import translation

from chartpost.identity import queries as identity
from chartpost.identity.types import Actor, FacilityView
from chartpost.kernel import clock
from chartpost.rights import clocks, log, numbers, standing
from chartpost.rights.errors import Incomplete
from chartpost.rights.models import AccessRequest
from chartpost.rights.types import CHANNELS, DELIVERY_CHANNELS, FORMATS, MODES, SIGNATURE_VERSION, Ask, Intake

PORTAL = "portal"
REPEAT_DAYS = 30
OLDEST_DAYS = 366


@transaction.atomic
def submit(ask: Ask, actor: Actor) -> AccessRequest:
    """Receive a request from the portal: signed, numbered, its clock started. The same `key` twice is one request.

    Raises Incomplete for a missing signature or an answer the form does not know.
    """
    known = (
        AccessRequest.objects.filter(idempotency_key=ask.key, requester_account_id=actor.account_id).first()
        if ask.key
        else None
    )
    if known:
        return known
    _check_signed(ask)
    _check_answers(ask)
    return _receive(ask, Intake(PORTAL, clock.now(), signed=True), actor)


@transaction.atomic
def intake(ask: Ask, how: Intake, actor: Actor) -> AccessRequest:
    """Receive a request that came by paper, phone, fax, mail or in person; its clock starts the day it arrived.

    An unsigned one is still received (rulebook INT-11): the office asks for what is missing while the clock runs.
    Raises Incomplete for a day that cannot be right or an answer the form does not know.
    """
    _check_answers(ask)
    _check_arrival(how, identity.facility(ask.facility_id))
    return _receive(ask, how, actor)


def _check_signed(ask: Ask) -> None:
    if " ".join(ask.signed_name.split()).casefold() != " ".join(ask.requester_name.split()).casefold():
        seen = "no signature" if not ask.signed_name.strip() else "a signature that is not your name"
        raise Incomplete("signed_name", seen, "your full name as you gave it", "Type your name to sign.")


def _check_answers(ask: Ask) -> None:
    for field, known in (("mode", MODES), ("delivery", DELIVERY_CHANNELS)):
        if getattr(ask, field) not in known:
            raise Incomplete(field, f"an unknown {field}", f"one of {', '.join(known)}", "Choose one of them.")
    if set(ask.formats) - set(FORMATS) or not ask.formats:
        raise Incomplete("formats", "no known format", f"some of {', '.join(FORMATS)}", "Choose a format.")
    for field in ("requester_name", "subject_name"):
        if not getattr(ask, field).strip():
            raise Incomplete(field, "no name", "a first and last name", "Write the name.")
    if ask.date_from and ask.date_to and ask.date_from > ask.date_to:
        raise Incomplete("date_to", "an end before the start", "a later or equal day", "Correct the days.")


def _check_arrival(how: Intake, facility: FacilityView) -> None:
    if how.channel not in CHANNELS or how.channel == PORTAL:
        expected = ", ".join(c for c in CHANNELS if c != PORTAL)
        raise Incomplete("channel", "an unknown way", f"one of {expected}", "Choose how it came.")
    if how.received_at.tzinfo is None:
        raise Incomplete("received_at", "a time without a zone", "an aware time", "Give the time with its zone.")
    today = clock.today(facility.zone)
    days = [("received_at", clock.local_date(how.received_at, facility.zone))]
    days += [("vendor_received_on", how.vendor_received_on)] if how.vendor_received_on else []
    for field, day in days:
        if day > today or how.received_at > clock.now():
            raise Incomplete(field, "a day in the future", "the day it arrived", "Correct the day.")
        if day < today - timedelta(days=OLDEST_DAYS):
            raise Incomplete(field, "a day over a year ago", "the day it arrived", "Correct the day.")


def _receive(ask: Ask, how: Intake, actor: Actor) -> AccessRequest:
    facility = identity.facility(ask.facility_id)
    received_on = clock.local_date(how.received_at, facility.zone)
    request = AccessRequest(
        number=numbers.following(received_on),
        facility_id=facility.id,
        received_at=how.received_at,
        channel=how.channel,
        received_by=actor.account_id if actor.kind == "staff" else None,
        requester_account_id=actor.account_id if actor.kind == "person" else None,
        signature=_signature(ask, how),
        **_asked(ask),
        **clocks.start(received_on, facility.state, ask.mode, how.vendor_received_on),
    )
    request.authority = standing.from_actor(actor, ask.person_id, dict(ask.authority))
    standing.keep(request)
    request.save()
    log.write(request, "received", "draft", "received", actor, how.note, channel=how.channel)
    for text in flags(request):
        log.note(request, text)
    return request


def _asked(ask: Ask) -> dict[str, Any]:
    """The answers of the form as fields of the row."""
    same = (
        "requester_name requester_contact subject_name former_names date_from date_to details mode language person_id"
    )
    return {
        **{name: getattr(ask, name) for name in same.split()},
        "filed_person_id": ask.person_id,
        "requester_relation": ask.relation,
        "subject_birth_date": ask.birth_date,
        "subject_contact": dict(ask.contact),
        "categories": list(ask.categories),
        "formats": list(ask.formats),
        "delivery_channel": ask.delivery,
        "delivery_address": dict(ask.delivery_address),
        "idempotency_key": ask.key,
    }


def _signature(ask: Ask, how: Intake) -> dict[str, Any]:
    if how.channel == PORTAL:
        at = clock.now().isoformat()
        return {"kind": "electronic", "name": ask.signed_name, "at": at, "version": SIGNATURE_VERSION}
    return {"kind": "on paper" if how.signed else "none", "name": ask.signed_name}


def flags(request: AccessRequest) -> list[str]:
    """What staff should know of a new request at once: signature, standing, repeats; in English, for notes."""
    found = []
    if request.signature.get("kind") == "none":
        found.append("It is not signed. Ask for a signature; the clock runs (rulebook INT-11).")
    with translation.override("en"):
        needed = standing.needs(str(request.standing.get("decision", "")))
    if needed:
        found.append(f"Before a release is needed: {needed} ({request.standing['rule']})")
    return found + [repeat_words(earlier) for earlier in repeats(request)]


def repeat_words(earlier: AccessRequest) -> str:
    """What staff are told of an earlier request for the same (rulebook DATE-9)."""
    day = earlier.received_on.isoformat()
    return f"The same was asked in {earlier.number}, received {day}: the earliest unanswered receipt counts."


def repeats(request: AccessRequest) -> list[AccessRequest]:
    """Unanswered requests for the same records of the same person, at most 30 days apart, earliest first."""
    since: date = request.received_on - timedelta(days=REPEAT_DAYS)
    rows = AccessRequest.objects.filter(acted_on=None, received_on__gte=since, received_on__lte=request.received_on)
    rows = rows.exclude(pk=request.pk).filter(date_from=request.date_from, date_to=request.date_to)
    if request.person_id:
        rows = rows.filter(person_id=request.person_id)
    else:
        rows = rows.filter(subject_name__iexact=request.subject_name, subject_birth_date=request.subject_birth_date)
    wanted = sorted(request.categories)
    return [row for row in rows.order_by("received_on", "pk") if sorted(row.categories) == wanted]
