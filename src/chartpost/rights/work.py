"""Work of staff on a request between the steps of the state table."""

from typing import Any

from django.db import transaction

from chartpost.delivery import packages
from chartpost.delivery.boxes import CHANNEL_NAME
from chartpost.delivery.types import Referral
from chartpost.identity.types import Actor
from chartpost.kernel import clock
from chartpost.records.types import Selection
from chartpost.rights import fees, items, letters, log, standing
from chartpost.rights.errors import Incomplete, NotNow
from chartpost.rights.models import AccessRequest
from chartpost.rights.receive import repeat_words, repeats
from chartpost.rights.standing import StandingView
from chartpost.rights.states import OPEN
from chartpost.rights.steps import locked, step

BUILT_IN = frozenset({"retrieving", "qa"})
"""States in which a package is built: always before the quality check."""


@transaction.atomic
def verify_identity(ref: str, method: str, note: str, actor: Actor) -> None:
    """Record how identity and authority were checked (45 CFR 164.514(h)); no copy of a document is kept."""
    request = locked(ref)
    request.identity_check = {
        "method": method,
        "note": note,
        "result": "verified",
        "by": actor.account_id,
        "by_name": actor.name,
        "at": clock.now().isoformat(),
    }
    step(request, "identity_verified", actor, method=method)


@transaction.atomic
def tie_person(ref: str, person_id: int, actor: Actor) -> None:
    """Say whose record a request that came by paper is about; what was found and prepared for anyone else is dropped.

    Identity is checked anew then (45 CFR 164.514(h)). Raises NotNow for another person once the request was answered or
    a letter of it was sent, or where an account sent it: whoever the request is tied to sees all of it.
    """
    request = locked(ref)
    before = request.state
    if request.person_id != person_id:
        _check_may_move(request)
        _start_over(request)
    request.person_id = person_id
    request.filed_person_id = person_id
    standing.keep(request)
    request.save()
    log.write(request, "tie_person", before, request.state, actor)
    for earlier in repeats(request):
        log.note(request, repeat_words(earlier))


def _check_may_move(request: AccessRequest) -> None:
    """Raise NotNow where somebody else would see what was meant for the person a request is tied to now."""
    if request.person_id is None:
        return
    told = {
        "a request an account sent about this person": request.requester_account_id is not None,
        "a request that was answered": bool(request.delivery_ref) or request.state not in OPEN,
        "a request with a letter that was sent": request.letters.exclude(sent_at=None).exists(),
    }
    seen = next((words for words, so in told.items() if so), "")
    if seen:
        raise NotNow(
            seen=seen,
            expected="a request that came by paper, and nothing told about it yet",
            todo="Withdraw or close it, and enter the other person's request anew.",
        )


def _start_over(request: AccessRequest) -> None:
    """Drop what was found and prepared for the person a request was tied to; nothing to drop at the first one."""
    request.package_ref, request.selection = "", {}
    request.items.all().delete()
    if request.person_id is None:
        return
    request.identity_check, request.qa, request.decision, request.fee = {}, {}, {}, {}
    request.prepared_by = None
    letters.drop_unsent(request)
    request.state = "received" if request.state == "received" else "verifying"


FEE_ASKED = frozenset({"fee_estimated", "fee_accepted"})


@transaction.atomic
def change_way(ref: str, channel: str, address: dict[str, str], actor: Actor) -> None:
    """Another way of delivery, or what the way needs to reach the person; raises NotNow once a fee was told or it left.

    A quote for another way is dropped; a fee that was charged or paid stays as it is.

    `address` holds what the channel needs: an address to send to, or a telephone number to call.
    """
    request = locked(ref)
    if request.state not in OPEN or request.state in FEE_ASKED:
        raise NotNow(
            seen=f"another way of delivery while {request.state}",
            expected="a request in work, and no fee told for the present way",
            todo="Settle or drop the fee first, or send the copies once more.",
        )
    if channel != request.delivery_channel and not fees.settled(request):
        request.fee = {}
    request.delivery_channel, request.delivery_address = channel, dict(address)
    request.save()
    log.here(request, "way_changed", actor, channel=channel)


@transaction.atomic
def check_authority(ref: str, document: str, basis: str, ends_on: str, actor: Actor) -> StandingView:
    """Record the paper that lets somebody act for the person; returns the standing that follows.

    `basis` is a kind of paper as in `law.standing` (health_care_agent, guardian, executor, ...) or `authorization`, a
    form the person signed; `ends_on` is an ISO date or empty. Only what the paper is gets kept, no copy of it.
    """
    if not document.strip() or not basis.strip():
        raise Incomplete("document", "no paper named", "what it is and who made it", "Write what you saw.")
    request = locked(ref)
    shown: dict[str, Any] = {"document": document.strip()[:200], "basis": basis, "ends_on": ends_on}
    request.authority = {**request.authority, **shown, "checked_by": actor.account_id}
    found = standing.keep(request)
    request.save()
    log.here(request, "authority_checked", actor, basis=basis, decision=found.decision)
    return found


@transaction.atomic
def choose_scope(ref: str, selection: Selection, actor: Actor) -> int:
    """Choose what part of the record the request covers; flags what the right leaves out. Returns how many entries."""
    if not all(key.isprintable() for key in selection.exclude):
        raise Incomplete(
            "leave_out", "an entry with characters that name none", "entries of the list", "Tick entries of the page."
        )
    request = locked(ref)
    request.selection = selection.to_json()
    request.package_ref = ""
    step(request, "set_scope", actor)
    return items.flag(request, selection)


@transaction.atomic
def prepare(ref: str, actor: Actor, referral: Referral | None = None) -> str:
    """Build the package of a request in the background; returns the package's reference.

    `referral` is what a referral note or transfer summary says of why, and to whom, the person is sent on.
    Entries are flagged again first, so that what came into the record since is looked at too.
    """
    request = locked(ref)
    if request.state not in BUILT_IN:
        raise NotNow(
            seen=f"building while {request.state}", expected="before the check", todo="Choose the scope again."
        )
    if request.person_id is None:
        raise Incomplete("person", "a request tied to no person", "the person it is about", "Find the person first.")
    selection = Selection.from_json(request.selection)
    items.flag(request, selection)
    back = items.left_out(request)
    out = selection.exclude | back | items.telling_the_same(request, back)
    chosen = Selection(selection.categories, selection.date_from, selection.date_to, out)
    withheld = sorted({row.ground for row in items.denied(request)})
    formats = [*(request.formats or ["pdf"]), *(["summary"] if request.delivery_channel == CHANNEL_NAME else [])]
    request.package_ref = packages.ask(
        request.ref,
        request.person_id,
        chosen,
        items.release_rows(request),
        formats,
        request.language,
        withheld,
        actor,
        referral,
    )
    request.prepared_by = actor.account_id
    if request.state == "retrieving":
        step(request, "records_chosen", actor)
    request.save()
    return request.package_ref


@transaction.atomic
def pass_qa(ref: str, checks: dict[str, bool], actor: Actor, package_ref: str | None = None) -> None:
    """Quality check: every page is this person's, the dates fit, nothing that is held back is inside.

    `package_ref` names the package that was looked at, where a page showed one; raises NotNow for any other.
    """
    request = locked(ref)
    missed = [name for name, done in checks.items() if not done]
    if missed or not checks:
        raise Incomplete(
            "checks", f"{len(missed)} check(s) not done", "every check done", "Look at each, then tick it."
        )
    if package_ref is not None and package_ref != request.package_ref:
        raise NotNow(
            seen="a package that is not the one you looked at",
            expected="a check of the package that goes out",
            todo="Open the files below, then tick each line.",
        )
    request.qa = {"checks": checks, "by": actor.account_id, "at": clock.now().isoformat()}
    step(request, "qa_passed", actor)


@transaction.atomic
def assign(ref: str, account_id: int | None, actor: Actor) -> None:
    """Give a request to a member of staff, or to nobody."""
    request = locked(ref)
    request.assigned_to = account_id
    request.save(update_fields=["assigned_to"])
    log.here(request, "assigned", actor)
