"""Making a letter: texts of its kind, a check against `law.letters`, one tagged PDF kept as a blob."""

from datetime import date
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from chartpost.delivery.channels import post
from chartpost.formats.pdf.sandbox import render_apart
from chartpost.formats.pdf.types import LetterDocument, Office, Signature
from chartpost.identity import queries as identity
from chartpost.identity.services import event
from chartpost.identity.types import Actor
from chartpost.kernel import blobs, clock
from chartpost.kernel.config import config
from chartpost.law import letters as law
from chartpost.ledger import services as ledger
from chartpost.rights import items, said
from chartpost.rights.errors import LetterIncomplete, NotNow
from chartpost.rights.letters.texts import KINDS, TEMPLATE_VERSION, Text
from chartpost.rights.models import AccessRequest, Letter
from chartpost.rights.telling import tell


@transaction.atomic
def make(ref: str, kind: str, language: str, actor: Actor, **facts: Any) -> Letter:
    """Make a letter of a request and keep it; the newest of a kind is the one that counts until it is sent.

    Raises LetterIncomplete when it lacks an element the law asks for. `facts`: reason and promised (extension),
    holder and holder_contact (redirect), needed (acknowledgement, more_information), outcome (review_outcome:
    upheld or granted).
    """
    request = AccessRequest.objects.select_for_update().get(ref=ref)
    if kind not in KINDS:
        raise NotNow(seen=f"a letter {kind}", expected=f"one of {', '.join(KINDS)}", todo="Choose a kind of letter.")
    if kind == "fee_estimate" and not request.fee.get("allowed"):
        raise LetterIncomplete(seen="no fee that may be charged", expected="a quote", todo="Work out the fee first.")
    with translation.override(language):
        text = KINDS[kind](request, facts)
        _check(kind, text, request)
        document = _document(request, text, language)
        data = render_apart(
            "letter", document.to_json(), lang=document.lang, created=clock.now().replace(microsecond=0)
        )
    drop_unsent(request, kind)
    owner = f"person:{request.person_id}" if request.person_id else "office"
    stored = blobs.put(data, owner=owner, media_type="application/pdf")
    row = Letter.objects.create(
        request=request,
        kind=kind,
        language=language,
        template_version=TEMPLATE_VERSION,
        values=_stated(kind, request, facts),
        blob=stored.id,
        sha256=stored.sha256,
        made_by=actor.account_id,
    )
    ledger.append(event(actor, "letter.make", request.person_id, f"letter:{row.ref}", request.number, letter=kind))
    return row


def drop_unsent(request: AccessRequest, *among: str) -> None:
    """Drop letters (of some kinds, or all) that never left the office, in the caller's transaction; sent ones stay."""
    for row in request.letters.filter(sent_at=None, kind__in=among or tuple(KINDS)):
        transaction.on_commit(partial(blobs.delete, row.blob))
        row.delete()


def mark_sent(row: Letter, request: AccessRequest, actor: Actor) -> None:
    """Say that a letter left the office by the way the person chose; in the caller's transaction."""
    row.sent_at, row.sent_by_channel = clock.now(), request.delivery_channel
    row.save(update_fields=["sent_at", "sent_by_channel"])
    ledger.append(event(actor, "letter.send", request.person_id, f"letter:{row.ref}", request.number, letter=row.kind))


@transaction.atomic
def send(ref: str, actor: Actor) -> None:
    """Send a letter that no step sends, such as an acknowledgement; once. `ref` is the letter's. Raises NotNow."""
    row = Letter.objects.select_for_update().select_related("request").filter(ref=ref).first()
    if row is None or row.kind not in SENT_ALONE:
        raise NotNow(seen="a letter that a step sends", expected="an acknowledgement", todo="Take the step instead.")
    if row.sent_at is None:
        mark_sent(row, row.request, actor)
        tell(row.request, "letter")


SENT_ALONE = frozenset({"acknowledgement"})


def open_letter(row: Letter) -> bytes:
    """The PDF of a letter, byte for byte as it was made."""
    return blobs.read(row.blob)


def preview_elements(kind: str, ground: str | None = None) -> tuple[law.Element, ...]:
    """What a letter of a kind must say, with the rule behind each element."""
    return law.required(kind, ground)


def _check(kind: str, text: Text, request: AccessRequest) -> None:
    ground = request.decision.get("ground") if kind == "denial" else None
    if kind == "partial_denial":
        reviewable = [row.ground for row in items.denied(request) if row.reviewable]
        ground = reviewable[0] if reviewable else next((row.ground for row in items.denied(request)), None)
    missing = law.missing(kind, text.contains, ground)
    if missing:
        raise LetterIncomplete(
            seen=f"a {kind} letter without: {', '.join(missing)}",
            expected="every element the rule asks for",
            todo="Fill in what is missing (office settings, ground or reason), then make it again.",
        )


def _document(request: AccessRequest, text: Text, language: str) -> LetterDocument:
    office = identity.office()
    assert office is not None
    facility = identity.facility(request.facility_id)
    address = tuple(line for line in (request.requester_name, *_address_lines(request)) if line)
    signer = office.complaint_name or office.name
    return LetterDocument(
        office=Office(
            office.name, ", ".join(office.address.splitlines()), office.phone or facility.phone, email=office.email
        ),
        address=address,
        date=clock.today(facility.zone),
        subject=text.subject,
        body=text.blocks,
        reference=request.number,
        greeting=_("Dear %(name)s,") % {"name": request.requester_name},
        signature=Signature(
            _("Records office"), office.name, contact=f"{signer}, {office.complaint_phone or office.phone}"
        ),
        enclosures=text.enclosures,
        lang="es" if language == "es" else "en",
        demo=config().demo,
    )


def _address_lines(request: AccessRequest) -> list[str]:
    for given in (request.delivery_address, request.subject_contact):
        lines = post.address_lines({**given, "name": ""})[1:]
        if lines:
            return list(lines[:4])
    if request.person_id is None or request.requester_relation != "self":
        return []
    return list(identity.person_by_id(request.person_id).address)


def _stated(kind: str, request: AccessRequest, facts: dict[str, Any]) -> dict[str, Any]:
    """What a letter states, kept beside it so that the step that sends it can compare."""
    return {**_plain(facts), **said.now(kind, request)}


def _plain(facts: dict[str, Any]) -> dict[str, Any]:
    return {k: v.isoformat() if isinstance(v, date) else v for k, v in facts.items()}
