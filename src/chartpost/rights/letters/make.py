"""Making a letter: texts of its kind, a check against `law.letters`, one tagged PDF kept as a blob."""

from datetime import date
from typing import Any

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from chartpost.formats.pdf.types import LetterDocument, Office, Signature
from chartpost.formats.pdf.sandbox import render_apart
from chartpost.identity import queries as identity
from chartpost.identity.services import event
from chartpost.identity.types import Actor
from chartpost.kernel import blobs, clock
from chartpost.kernel.config import config
from chartpost.law import letters as law
from chartpost.ledger import services as ledger
from chartpost.rights import items
from chartpost.rights.errors import LetterIncomplete
from chartpost.rights.letters.texts import KINDS, TEMPLATE_VERSION, Text
from chartpost.rights.models import AccessRequest, Letter


@transaction.atomic
def make(ref: str, kind: str, language: str, actor: Actor, **facts: Any) -> Letter:
    """Make a letter of a request and keep it; the newest of a kind is the one that counts until it is sent.

    Raises LetterIncomplete when it lacks an element the law asks for. `facts`: reason and promised (extension),
    holder and holder_contact (redirect), needed (acknowledgement).
    """
    request = AccessRequest.objects.select_for_update().get(ref=ref)
    with translation.override(language):
        text = KINDS[kind](request, facts)
        _check(kind, text, request)
        document = _document(request, text, language)
        data = render_apart(
            "letter", document.to_json(), lang=document.lang, created=clock.now().replace(microsecond=0)
        )
    request.letters.filter(kind=kind, sent_at=None).delete()
    owner = f"person:{request.person_id}" if request.person_id else "office"
    stored = blobs.put(data, owner=owner, media_type="application/pdf")
    row = Letter.objects.create(
        request=request,
        kind=kind,
        language=language,
        template_version=TEMPLATE_VERSION,
        values=_plain(facts),
        blob=stored.id,
        sha256=stored.sha256,
        made_by=actor.account_id,
    )
    ledger.append(event(actor, "letter.make", request.person_id, f"letter:{row.ref}", request.number, letter=kind))
    return row


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
    given = request.delivery_address.get("address") or request.subject_contact.get("address")
    if given:
        return [line.strip() for line in str(given).splitlines()][:4]
    if request.person_id is None or request.requester_relation != "self":
        return []
    return list(identity.person_by_id(request.person_id).address)


def _plain(facts: dict[str, Any]) -> dict[str, Any]:
    return {k: v.isoformat() if isinstance(v, date) else v for k, v in facts.items()}
