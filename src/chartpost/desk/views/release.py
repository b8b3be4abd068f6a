"""Letters, release and delivery of a request."""

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from chartpost.delivery import boxes, codes
from chartpost.delivery import queries as delivery
from chartpost.delivery import services as deliveries
from chartpost.delivery.channels import media, post
from chartpost.delivery.types import REFERRING, DeliveryView
from chartpost.desk import words
from chartpost.desk.forms.steps import HandOverForm, LetterForm, PostedForm
from chartpost.desk.pages import REFUSED, Step, attempt, done, find, not_there, note_read, request_page, staff
from chartpost.desk.tasks import owed
from chartpost.desk.views.way import address
from chartpost.desk.views.workbench import work_of
from chartpost.formats.pdf.types import AddressSheet, Office
from chartpost.formats.pdf.typeset import render_address_sheet
from chartpost.identity import policies
from chartpost.identity import queries as identity
from chartpost.identity.types import Subject
from chartpost.kernel.config import config
from chartpost.rights import guards, letters, queries, said, services
from chartpost.rights.errors import RightsError
from chartpost.shares import sealing

BY_HAND = ("acknowledgement", "grant", "partial_denial")
"""Letters made on their own; the others are made with the step they belong to."""


class MakeLetterPage(Step):
    """Make an acknowledgement, a cover letter or the letter for a part held back."""

    title = _("Make a letter")
    lead = _("A letter is checked for what the law asks, made as PDF and kept. A newer one replaces one not yet sent.")
    button = _("Make the letter")
    said = _("The letter is made. Open it and read it.")
    template = "desk/steps/make_letter.html"

    def form(self, data: Any = None) -> forms.Form:
        """The kinds of letter that fit now."""
        initial = {"kind": self._first(), "language": self.row.language}
        return LetterForm(data, initial=initial, kinds=list(BY_HAND))

    def context(self) -> dict[str, Any]:
        """Letters made, letters owed."""
        made = [(x, words.LETTERS.get(x.kind, x.kind)) for x in self.row.letters.order_by("made_at")]
        missing = [words.LETTERS[kind] for kind in owed(work_of(self.row))]
        return {"letters": made, "missing": missing, "elements": letters.preview_elements(self._first())}

    def post(self, request: HttpRequest, **kwargs: str) -> HttpResponse:
        """Make a letter, or send one that no step sends."""
        ref = request.POST.get("send", "")
        if not ref:
            return super().post(request, **kwargs)
        if not self.row.letters.filter(ref=ref).exists():
            raise Http404
        error = attempt(lambda: letters.send(ref, self.actor))
        if error:
            return self.page(request, self.form(), status=REFUSED, problem=error)
        return done(request, _now("The letter is sent."), self.back())

    def act(self, form: forms.Form, /) -> None:
        """Make it."""
        given = form.cleaned_data
        facts = {"needed": given["needed"]} if given["kind"] == "acknowledgement" else {}
        letters.make(self.row.ref, given["kind"], given["language"], self.actor, **facts)

    def back(self) -> str:
        """To the list of letters."""
        return request_page(self.row, "make_letter")

    def _first(self) -> str:
        work = work_of(self.row)
        missing = owed(work)
        if "acknowledgement" not in work.letters and work.rank < 2:
            return "acknowledgement"
        return missing[0] if missing else "grant"


class ReleasePage(Step):
    """Release the package: an approver, and another person than the one who prepared it where the office asks so."""

    title = _("Release")
    lead = _("The package leaves by the way the person chose. The letters go with it.")
    button = _("Release it now")
    said = _("The package is released.")
    template = "desk/steps/release.html"

    def context(self) -> dict[str, Any]:
        """What must hold before a release, and whether it does."""
        work = work_of(self.row)
        subject = guards.subject(self.row)
        verdict = policies.decide(self.actor, "request.release", subject)
        own = subject.two_person and self.row.prepared_by == self.actor.account_id
        checks = [
            (_now("Identity is verified"), self.row.identity_check.get("result") == "verified"),
            (_now("The package is built"), bool(work.package and work.package.state == "ready")),
            (_now("The quality was checked"), bool(self.row.qa)),
            (_now("Every letter owed is made"), not owed(work)),
            (_now("You may release it"), verdict.allow),
        ]
        return {
            "checks": checks,
            "own": own,
            "channel": words.DELIVERY.get(self.row.delivery_channel, self.row.delivery_channel),
            "sent_to": ", ".join(address(self.row.delivery_address) or self.row.delivery_address.values()),
            "package": work.package,
            "referral": delivery.referral(self.row.ref) if REFERRING & set(self.row.formats) else None,
            "verdict": verdict,
            "no_button": not verdict.allow,
        }

    def act(self, _form: forms.Form, /) -> None:
        """Release."""
        services.transition(self.row.ref, "release", self.actor)


class DeliveriesPage(Step):
    """The deliveries of a request: posted, handed over, receipts."""

    title = _("Deliveries")
    said = _("The receipt is recorded.")
    template = "desk/steps/deliveries.html"

    def form(self, data: Any = None) -> forms.Form:
        """What the channel of the newest delivery needs."""
        last = self._last()
        return HandOverForm(data) if last and _picked_up(last) else PostedForm(data)

    def context(self) -> dict[str, Any]:
        """Every delivery with its receipts."""
        last = self._last()
        waits = bool(last and last.state in {"to_post", "to_hand_over", "made"})
        found = words.deliveries(delivery.deliveries(self.row.ref))
        coded = bool(last and last.channel == codes.CHANNEL_NAME)
        code = codes.current(last.ref) if last and coded else None
        seals = sealing.shares_of(last.ref) if last and last.channel == sealing.CHANNEL_NAME else None
        shown = {"deliveries": found, "last": last, "waits": waits, "coded": coded, "code": code, "seals": seals}
        on_media = last is not None and last.channel == boxes.CHANNEL_NAME
        box = boxes.current(last.ref) if last and on_media else None
        return {**shown, "on_media": on_media, "box": box, "picked_up": bool(last and _picked_up(last))}

    def act(self, form: forms.Form, /) -> None:
        """Record the post or the hand-over."""
        last, given = self._last(), form.cleaned_data
        if last is None:
            raise Http404
        if _picked_up(last):
            deliveries.handed_over(last.ref, given["signed_by"], self.actor)
        else:
            deliveries.posted(last.ref, given["posted_on"], given["tracking"], self.actor)

    def back(self) -> str:
        """Stay, to see the receipt."""
        return request_page(self.row, "deliveries")

    def _last(self) -> DeliveryView | None:
        return next(iter(delivery.deliveries(self.row.ref)), None)


def _picked_up(found: DeliveryView) -> bool:
    """Whether somebody collects it at the office."""
    if found.channel == boxes.CHANNEL_NAME:
        return not media.is_mailed(found.recipient)
    return found.channel == "hand_over"


@require_safe
def sheet(request: HttpRequest, ref: str) -> HttpResponse:
    """The address sheet for a window envelope; it says nothing about health."""
    row = find(ref)
    staff(request, "request.work", guards.subject(row))
    office = identity.office()
    assert office is not None
    lines = [
        line.strip() for value in row.delivery_address.values() for line in str(value).splitlines() if line.strip()
    ]
    if not lines and row.person_id:
        lines = list(identity.person_by_id(row.person_id).address)
    document = AddressSheet(
        office=Office(office.name, ", ".join(office.address.splitlines()), office.phone),
        address=(row.requester_name, *lines)[:5],
        reference=row.number,
        lang="es" if row.language == "es" else "en",
        demo=config().demo,
    )
    return _pdf(render_address_sheet(document), f"address-{row.number}.pdf")


@require_safe
def papers(request: HttpRequest, ref: str) -> HttpResponse:
    """All that goes into the envelope as one PDF for both sides: address sheet, letters, record, documents."""
    row = find(ref)
    actor = staff(request, "request.work", guards.subject(row))
    made: list[bytes] = []

    def make() -> None:
        found = delivery.known_delivery(row.delivery_ref, "post")
        sent = said.beside_copies(row, found.released_at)
        made.append(post.print_all(found.ref, [letters.open_letter(letter) for letter in sent]).data)

    if error := attempt(make):
        return done(request, error["todo"], request_page(row, "deliveries"))
    note_read(actor, "package.open", row.person_id, f"package:{row.package_ref}", f"release request {row.number}")
    return _pdf(made[0], f"post-{row.number}.pdf")


@require_safe
def letter(request: HttpRequest, ref: str) -> HttpResponse:
    """A letter, byte for byte as it was made."""
    staff(request, "desk.open", Subject("office"))
    try:
        row = queries.letter(ref)
    except RightsError as error:
        not_there(error)
    actor = staff(request, "letter.read", guards.subject(row.request))
    why = f"release request {row.request.number}"
    note_read(actor, "letter.read", row.request.person_id, f"letter:{row.ref}", why, letter=row.kind)
    return _pdf(letters.open_letter(row), f"{row.request.number}-{row.kind}.pdf")


def _pdf(data: bytes, name: str) -> HttpResponse:
    answer = HttpResponse(data, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="{name}"'
    return answer
