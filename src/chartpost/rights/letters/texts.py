"""The texts of each kind of letter, in plain words; each says which required elements it holds.

Sentences are translated through the catalogue; `contains` names elements of `law.letters.required`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from chartpost.delivery import queries as delivery
from chartpost.delivery.types import FORMATS
from chartpost.formats.fhirjson.terms import Category
from chartpost.formats.pdf.types import ActionBox, Block, Definitions, FeeTable, ItemList, Paragraph
from chartpost.formats.readable.words import SECTION_NAMES
from chartpost.kernel.money import dollars
from chartpost.rights import fees, items
from chartpost.rights.letters.refusals import denial, partial_denial, review_outcome
from chartpost.rights.letters.shared import contact_sentence, day, fee_line, how_delivered
from chartpost.rights.models import AccessRequest

TEMPLATE_VERSION = "2026-11"
Facts = dict[str, Any]


@dataclass(frozen=True)
class Text:
    """A letter before it is set: subject, blocks, enclosures, and the elements it holds."""

    subject: str
    blocks: tuple[Block, ...]
    contains: frozenset[str]
    enclosures: tuple[str, ...] = ()


def _scope(request: AccessRequest) -> str:
    names = [str(SECTION_NAMES[Category[c]]) for c in request.categories]
    text = ", ".join(names) or _("Everything in the record")
    if request.date_from:
        text += ", " + _("from %(day)s") % {"day": day(request.date_from)}
    if request.date_to:
        text += ", " + _("to %(day)s") % {"day": day(request.date_to)}
    return text


def _acknowledgement(request: AccessRequest, facts: Facts) -> Text:
    needed = str(facts.get("needed", "")).strip()
    rows = [
        (_("Request number"), request.number),
        (_("We received it on"), day(request.received_on)),
        (_("You asked for"), _scope(request)),
        (_("We must act by (federal law)"), day(request.due_federal)),
    ]
    if request.due_state:
        rows.append((_("We must act by (state law)"), day(request.due_state)))
    rows.append((_("So we will act by"), day(request.due_on)))
    blocks: tuple[Block, ...] = (
        Paragraph(_("We have your request for health records. Here is what we noted.")),
        Definitions(tuple(rows)),
        Paragraph(
            _("We still need: %(what)s") % {"what": needed} if needed else _("We need nothing more from you now.")
        ),
        Paragraph(_("You can see most of the record at once, free, when you sign in to the portal.")),
        Paragraph(contact_sentence()),
    )
    contains = {"request_number", "received_date", "scope", "due_date", "contact", "still_needed", "portal_alternative"}
    return Text(_("We have your request for records"), blocks, frozenset(contains))


def _more_information(request: AccessRequest, facts: Facts) -> Text:
    """What is missing; nothing is refused for it and the clock runs on (rulebook INT-11)."""
    needed = str(facts.get("needed", "")).strip()
    rows = (
        (_("Request number"), request.number),
        (_("We received it on"), day(request.received_on)),
        (_("What we need from you"), needed),
    )
    blocks: tuple[Block, ...] = (
        Paragraph(_("We are working on your request for health records. To go on, we need something from you.")),
        Definitions(rows),
        Paragraph(_("Please answer soon. You can call us, write to us, come by, or answer in the portal.")),
        Paragraph(_("You do not have to send your request again. We have not refused it.")),
        Paragraph(_("Our time goes on while we wait. We will act by %(day)s.") % {"day": day(request.due_on)}),
        Paragraph(contact_sentence()),
    )
    contains = {"request_number", "received_date", "how_to_answer", "still_running", "contact"}
    return Text(_("What we need from you"), blocks, frozenset(contains | ({"needed"} if needed else set())))


def _fee_estimate(request: AccessRequest, _facts: Facts) -> Text:
    fee = request.fee
    lines = tuple((fee_line(line), dollars(line["cents"])) for line in fee["lines"])
    methods = {
        "flat": _("a flat fee for a copy of electronic records"),
        "actual": _("what the copy really costs us"),
        "average": _("the average cost of copies like this one"),
        "schedule": _("our published list of fees"),
        "per_page": _("the average cost of a page of paper records"),
    }
    method = methods.get(str(fee["facts"].get("method", "flat")), _("what the copy costs us"))
    blocks: tuple[Block, ...] = (
        Paragraph(_("This is what your copy will cost. We worked it out as %(method)s.") % {"method": method}),
        FeeTable(lines, dollars(fee["total_cents"] or 0)),
        ActionBox(
            (
                Paragraph(_("These ways are free:")),
                ItemList((_("open your records in the portal"), _("look at your records at our office"))),
                Paragraph(_("You can change what you ask for or how you get it at any time. Write to us or call us.")),
                Paragraph(_("If you cannot pay, tell us. We will not refuse your request for that.")),
            )
        ),
        Paragraph(
            _("Waiting for payment does not give us more time. We will still act by %(day)s.")
            % {"day": day(request.due_on)}
        ),
        Paragraph(contact_sentence()),
    )
    contains = {"method", "line_items", "total", "free_alternatives", "how_to_change", "clock_not_stopped"}
    return Text(_("What your copy will cost"), blocks, frozenset(contains))


def _extension(_request: AccessRequest, facts: Facts) -> Text:
    promised = facts.get("promised")
    reason = str(facts.get("reason", "")).strip()
    when = day(promised) if isinstance(promised, date) else ""
    blocks: tuple[Block, ...] = (
        Paragraph(_("We need more time for your request for records. We are sorry about that.")),
        Definitions(((_("Why"), reason), (_("We will finish by"), when))),
        Paragraph(_("The law lets us take more time once only. We cannot move this date again.")),
        Paragraph(contact_sentence()),
    )
    contains = {"only_one", "contact"} | ({"reasons"} if reason else set()) | ({"completion_date"} if when else set())
    return Text(_("We need more time"), blocks, frozenset(contains))


def _grant(request: AccessRequest, _facts: Facts) -> Text:
    package = delivery.package(request.package_ref) if request.package_ref else None
    parts = package.parts if package else ()
    enclosed = tuple(f"{FORMATS[p.format]}: {p.name}" for p in parts)
    total = fees.agreed_cents(request)
    fee = _("There is nothing to pay.") if not total else _("The fee is %(sum)s.") % {"sum": dollars(total)}
    first = (
        _("Here are your health records. A part of what you asked for is not included; a second letter says why.")
        if items.denied(request)
        else _("Here are the health records you asked for. Your request is granted.")
    )
    blocks: tuple[Block, ...] = (
        Paragraph(first),
        Paragraph(_("What is enclosed:")),
        ItemList(enclosed or (_("your records to look at"),)),
        *_on_hold(request),
        Paragraph(how_delivered(request)),
        Paragraph(fee),
        Paragraph(
            _("Please check that everything opens and that you can read it. If not, tell us and we will send it again.")
        ),
        Paragraph(contact_sentence()),
    )
    contains = {"acceptance", "enclosed", "how_delivered", "fee", "contact"}
    return Text(_("Your health records"), blocks, frozenset(contains), enclosed)


def _on_hold(request: AccessRequest) -> tuple[Paragraph, ...]:
    """What comes later because state law holds new results back for some days (Tex. Occ. Code 159.0062)."""
    rows = items.held(request)
    if not rows:
        return ()
    until = {"day": day(max(row.release_on for row in rows if row.release_on))}
    one = _(
        "One result is not in these copies yet. State law asks us to wait until %(day)s before we send it by computer."
    )
    some = _(
        "Some results are not in these copies yet. "
        "State law asks us to wait until %(day)s before we send them by computer."
    )
    first = one if len(rows) == 1 else some
    then = _("This is not a refusal. We will send the rest then. You may look at it at our office now.")
    return Paragraph(first % until), Paragraph(then)


def _denial(request: AccessRequest, facts: Facts) -> Text:
    return Text(*denial(request, facts))


def _partial_denial(request: AccessRequest, facts: Facts) -> Text:
    return Text(*partial_denial(request, facts))


def _not_held(request: AccessRequest, facts: Facts) -> Text:
    holders = str(facts.get("likely_holders", "")).strip() or _(
        "the doctor, hospital or laboratory where you were treated, or your health plan"
    )
    blocks: tuple[Block, ...] = (
        Paragraph(_("We looked for the records you asked for. We do not have any.")),
        Definitions(((_("You asked for"), _scope(request)),)),
        Paragraph(_("These may have them: %(who)s.") % {"who": holders}),
        Paragraph(contact_sentence()),
    )
    return Text(_("We found no records"), blocks, frozenset({"not_held", "likely_holders", "contact"}))


def _redirect(_request: AccessRequest, facts: Facts) -> Text:
    holder, contact = str(facts.get("holder", "")).strip(), str(facts.get("holder_contact", "")).strip()
    held = str(facts.get("what_we_hold", "")).strip() or _("We hold no other records about you.")
    blocks: tuple[Block, ...] = (
        Paragraph(_("We do not keep the records you asked for, but we know who does.")),
        Definitions(((_("Ask here"), holder), (_("How to reach them"), contact))),
        Paragraph(held),
        Paragraph(contact_sentence()),
    )
    contains = (
        {"not_held", "what_we_hold"} | ({"holder"} if holder else set()) | ({"holder_contact"} if contact else set())
    )
    return Text(_("Who has the records you asked for"), blocks, frozenset(contains))


def _review_outcome(request: AccessRequest, facts: Facts) -> Text:
    return Text(*review_outcome(request, facts))


KINDS: dict[str, Callable[[AccessRequest, Facts], Text]] = {
    "acknowledgement": _acknowledgement,
    "more_information": _more_information,
    "fee_estimate": _fee_estimate,
    "extension": _extension,
    "grant": _grant,
    "denial": _denial,
    "partial_denial": _partial_denial,
    "not_held": _not_held,
    "redirect": _redirect,
    "review_outcome": _review_outcome,
}
