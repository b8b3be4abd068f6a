"""Verbs of the rights room: a request from receipt to receipt, each step a row of the state table and of the ledger."""

from datetime import date, datetime
from typing import Any

from django.db import transaction

from chartpost.delivery import packages
from chartpost.delivery import services as delivery
from chartpost.identity import queries as identity
from chartpost.identity.services import event, notify
from chartpost.identity.types import Actor
from chartpost.kernel import clock
from chartpost.ledger import services as ledger
from chartpost.records.types import Selection
from chartpost.rights import clocks, fees, guards, items, states
from chartpost.rights.errors import Incomplete, NotNow
from chartpost.rights.models import AccessRequest, ItemDecision, Message, Note, Step
from chartpost.rights.types import SIGNATURE_VERSION, Ask, Intake

PORTAL = "portal"


@transaction.atomic
def submit(ask: Ask, actor: Actor) -> AccessRequest:
    """Receive a request from the portal: signed, numbered, its clock started. The same `key` twice is one request."""
    if ask.key:
        known = AccessRequest.objects.filter(idempotency_key=ask.key).first()
        if known:
            return known
    _check_signed(ask)
    return _receive(ask, Intake(PORTAL, clock.now(), signed=True), actor)


@transaction.atomic
def intake(ask: Ask, how: Intake, actor: Actor) -> AccessRequest:
    """Receive a request that came by paper, phone, fax, mail or in person; its clock starts the day it arrived.

    An unsigned one is still received (rulebook INT-11): the office asks for what is missing while the clock runs.
    """
    if how.received_at > clock.now():
        raise Incomplete("received_at", "a day in the future", "the day it arrived", "Correct the day.")
    return _receive(ask, how, actor)


def transition(ref: str, name: str, actor: Actor, **facts: Any) -> AccessRequest:
    """Take one step of the state table; raises NotNow or GuardFailed and changes nothing then."""
    with transaction.atomic():
        request = AccessRequest.objects.select_for_update().get(ref=ref)
        step(request, name, actor, **facts)
    if name in NOTICES and request.person_id:
        notify(request.person_id, NOTICES[name], f"/requests/{request.ref}/")
    return request


NOTICES = {
    "ask_info": "message",
    "extend": "letter",
    "quote_fee": "letter",
    "release": "package",
    "deny": "letter",
    "no_records": "letter",
    "redirect": "letter",
}


def step(request: AccessRequest, name: str, actor: Actor, **facts: Any) -> None:
    """The step itself, inside the caller's transaction, on a locked row."""
    row = states.find(name, request.state)
    if row is None:
        possible = ", ".join(states.events_from(request.state)) or "none"
        raise NotNow(seen=f"{name} while {request.state}", expected=f"one of: {possible}", todo="Reload the request.")
    for guard in row.guards:
        guards.check(guard, name, request, facts, actor)
    _EFFECTS.get(name, _no_effect)(request, facts, actor)
    before, after = request.state, request.state if row.target == states.SAME else row.target
    request.state = after
    if after in states.ENDS_CLOCK and request.acted_on is None:
        request.acted_on = clocks.local_day(request)
    if after in {"retrieving", "ready"} and before in {"review_requested", "delivery_failed"}:
        request.acted_on = None
    request.open = after in states.OPEN or after in {"delivered", "review_requested"}
    request.closed_at = clock.now() if after == "closed" else None
    request.save()
    _log(request, name, before, after, actor, str(facts.get("reason", "")))


# --- effects of steps ----------------------------------------------------------------------------------------


def _no_effect(_: AccessRequest, __: dict[str, Any], ___: Actor) -> None:
    return None


def _extend(request: AccessRequest, facts: dict[str, Any], actor: Actor) -> None:
    promised: date = facts["promised"]
    request.extension = {
        "sent_on": clocks.local_day(request).isoformat(),
        "reason": facts["reason"],
        "promised": promised.isoformat(),
        "by": actor.account_id,
    }
    state_due = request.due_state if request.due_state and request.due_state < request.due_federal else None
    request.due_on = promised if state_due is None else min(promised, state_due)


def _release(request: AccessRequest, _: dict[str, Any], actor: Actor) -> None:
    request.decision = {
        **request.decision,
        "outcome": "partly granted" if items.denied(request) else "granted",
        "decided_by": actor.account_id,
        "decided_at": clock.now().isoformat(),
    }
    recipient = {"name": request.requester_name, **request.delivery_address}
    request.delivery_ref = delivery.deliver(request.package_ref, request.delivery_channel, recipient, actor)
    now = clock.now()
    unsent = request.letters.filter(sent_at=None)
    unsent.update(sent_at=now, sent_by_channel=request.delivery_channel)


def _deny(request: AccessRequest, _: dict[str, Any], actor: Actor) -> None:
    request.decision = {
        **request.decision,
        "outcome": "refused",
        "decided_by": actor.account_id,
        "decided_at": clock.now().isoformat(),
    }
    request.letters.filter(sent_at=None).update(sent_at=clock.now(), sent_by_channel=request.delivery_channel)


def _send_letters(request: AccessRequest, _: dict[str, Any], __: Actor) -> None:
    request.letters.filter(sent_at=None).update(sent_at=clock.now(), sent_by_channel=request.delivery_channel)


def _waive(request: AccessRequest, _: dict[str, Any], __: Actor) -> None:
    request.fee = {**request.fee, "waived": True, "total_cents": 0}


_EFFECTS = {
    "extend": _extend,
    "release": _release,
    "deny": _deny,
    "no_records": _send_letters,
    "redirect": _send_letters,
    "quote_fee": _send_letters,
    "waive_fee": _waive,
}


# --- work between steps --------------------------------------------------------------------------------------


def _locked(ref: str) -> AccessRequest:
    return AccessRequest.objects.select_for_update().get(ref=ref)


@transaction.atomic
def verify_identity(ref: str, method: str, note: str, actor: Actor) -> None:
    """Record how identity and authority were checked (45 CFR 164.514(h)); no copy of a document is kept."""
    request = _locked(ref)
    request.identity_check = {
        "method": method,
        "note": note,
        "result": "verified",
        "by": actor.account_id,
        "by_name": actor.name,
        "at": clock.now().isoformat(),
    }
    step(request, "identity_verified", actor)


@transaction.atomic
def tie_person(ref: str, person_id: int, actor: Actor) -> None:
    """Say whose record a request that came by paper is about."""
    request = _locked(ref)
    request.person_id = person_id
    request.filed_person_id = person_id
    request.save()
    _log(request, "tie_person", request.state, request.state, actor)


@transaction.atomic
def choose_scope(ref: str, selection: Selection, actor: Actor) -> int:
    """Choose what part of the record the request covers; flags what the right leaves out. Returns how many entries."""
    request = _locked(ref)
    request.selection = selection.to_json()
    request.package_ref = ""
    step(request, "set_scope", actor)
    return items.flag(request, selection)


@transaction.atomic
def prepare(ref: str, actor: Actor) -> str:
    """Build the package of a request in the background; returns the package's reference."""
    request = _locked(ref)
    assert request.person_id is not None
    selection = Selection.from_json(request.selection)
    chosen = Selection(
        selection.categories, selection.date_from, selection.date_to, selection.exclude | items.left_out(request)
    )
    rows = items.release_rows(request)
    formats = request.formats or ["pdf"]
    withheld = sorted({row.ground for row in items.denied(request)})
    request.package_ref = packages.ask(
        request.ref, request.person_id, chosen, rows, formats, request.language, withheld, actor
    )
    request.prepared_by = actor.account_id
    if request.state == "retrieving":
        step(request, "records_chosen", actor)
    request.save()
    return request.package_ref


@transaction.atomic
def pass_qa(ref: str, checks: dict[str, bool], actor: Actor) -> None:
    """Quality check: every page is this person's, the dates fit, nothing that is held back is inside."""
    request = _locked(ref)
    missed = [name for name, done in checks.items() if not done]
    if missed:
        raise Incomplete(
            "checks", f"{len(missed)} check(s) not done", "every check done", "Look at each, then tick it."
        )
    request.qa = {"checks": checks, "by": actor.account_id, "at": clock.now().isoformat()}
    step(request, "qa_passed", actor)


@transaction.atomic
def quote(ref: str, facts: dict[str, Any], actor: Actor) -> dict[str, Any]:
    """Work out the fee and keep it with its rules; nothing is told to the person yet."""
    request = _locked(ref)
    kept = fees.keep(fees.quote(request, facts), facts)
    request.fee = kept
    request.save()
    _log(request, "fee_quoted", request.state, request.state, actor)
    return kept


@transaction.atomic
def set_ground(ref: str, ground: str, reviewable: bool, reason: str, actor: Actor) -> None:
    """Choose the ground of a full refusal."""
    request = _locked(ref)
    request.decision = {"ground": ground, "reviewable": reviewable, "reason": reason, "chosen_by": actor.account_id}
    request.save()
    _log(request, "ground_chosen", request.state, request.state, actor, reason)


@transaction.atomic
def decide_item(ref: str, key: str, facts: Any, reason: str, actor: Actor) -> ItemDecision:
    """A licensed professional's decision about one entry."""
    request = _locked(ref)
    row = items.decide(request, key, facts, reason, actor)
    _log(request, "item_decided", request.state, request.state, actor, reason)
    return row


@transaction.atomic
def assign(ref: str, account_id: int | None, actor: Actor) -> None:
    """Give a request to a member of staff, or to nobody."""
    request = _locked(ref)
    request.assigned_to = account_id
    request.save(update_fields=["assigned_to"])
    _log(request, "assigned", request.state, request.state, actor)


@transaction.atomic
def write_message(ref: str, text: str, actor: Actor) -> Message:
    """Add a message to the thread of a request."""
    request = _locked(ref)
    if not text.strip():
        raise Incomplete("text", "an empty message", "some words", "Write your message, then send it.")
    from_office = actor.kind == "staff"
    assert actor.account_id is not None
    row = Message.objects.create(
        request=request, from_office=from_office, by_account=actor.account_id, by_name=actor.name, text=text.strip()
    )
    ledger.append(event(actor, "message.send", request.person_id, f"request:{request.ref}"))
    if from_office and request.person_id:
        notify(request.person_id, "message", f"/requests/{request.ref}/")
    return row


@transaction.atomic
def read_messages(ref: str, actor: Actor) -> None:
    """Mark the other side's messages as read."""
    rows = Message.objects.filter(request__ref=ref, from_office=actor.kind != "staff", read_at=None)
    rows.update(read_at=clock.now())


@transaction.atomic
def write_note(ref: str, text: str, actor: Actor) -> None:
    """Add a note only staff see."""
    request = _locked(ref)
    if text.strip():
        assert actor.account_id is not None
        Note.objects.create(request=request, by_account=actor.account_id, by_name=actor.name, text=text.strip())


# --- receiving -----------------------------------------------------------------------------------------------


def _check_signed(ask: Ask) -> None:
    if " ".join(ask.signed_name.split()).casefold() != " ".join(ask.requester_name.split()).casefold():
        seen = "no signature" if not ask.signed_name.strip() else "a signature that is not your name"
        raise Incomplete("signed_name", seen, "your full name as you gave it", "Type your name to sign.")


def _receive(ask: Ask, how: Intake, actor: Actor) -> AccessRequest:
    facility = identity.facility(ask.facility_id)
    received_on = clock.local_date(how.received_at, facility.zone)
    request = AccessRequest(
        number=_next_number(received_on),
        facility_id=facility.id,
        person_id=ask.person_id,
        filed_person_id=ask.person_id,
        received_at=how.received_at,
        received_on=received_on,
        channel=how.channel,
        received_by=actor.account_id if actor.kind == "staff" else None,
        requester_account_id=actor.account_id if actor.kind == "person" else None,
        requester_name=ask.requester_name,
        requester_relation=ask.relation,
        requester_contact=ask.requester_contact,
        authority=dict(ask.authority),
        subject_name=ask.subject_name,
        former_names=ask.former_names,
        subject_birth_date=ask.birth_date,
        subject_contact=dict(ask.contact),
        categories=list(ask.categories),
        date_from=ask.date_from,
        date_to=ask.date_to,
        details=ask.details,
        mode=ask.mode,
        formats=list(ask.formats),
        delivery_channel=ask.delivery,
        delivery_address=dict(ask.delivery_address),
        language=ask.language,
        signature=_signature(ask, how),
        idempotency_key=ask.key,
        **clocks.start(received_on, facility.state, ask.mode),
    )
    request.save()
    _log(request, "received", "draft", "received", actor, how.note)
    return request


def _signature(ask: Ask, how: Intake) -> dict[str, Any]:
    if how.channel == PORTAL:
        return {
            "kind": "electronic",
            "name": ask.signed_name,
            "at": clock.now().isoformat(),
            "version": SIGNATURE_VERSION,
        }
    return {"kind": "on paper" if how.signed else "none", "name": ask.signed_name}


def _next_number(day: date) -> str:
    """A number people can say: R, the year, and a running count (R-2026-00042)."""
    prefix = f"R-{day.year}-"
    last = (
        AccessRequest.objects.filter(number__startswith=prefix)
        .order_by("-number")
        .values_list("number", flat=True)
        .first()
    )
    count = int(last.rsplit("-", 1)[1]) + 1 if last else 1
    return f"{prefix}{count:05d}"


def _log(request: AccessRequest, name: str, before: str, after: str, actor: Actor, reason: str = "") -> None:
    Step.objects.create(
        request=request,
        event=name,
        from_state=before,
        to_state=after,
        by_account=actor.account_id,
        by_name=actor.name or "Chartpost",
        reason=reason[:500],
    )
    ledger.append(
        event(actor, f"request.{name}", request.person_id, f"request:{request.ref}", request.number, state=after)
    )


def at(moment: datetime, request: AccessRequest) -> date:
    """The local date of a moment at a request's facility."""
    return clock.local_date(moment, identity.facility(request.facility_id).zone)
