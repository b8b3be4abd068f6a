"""Words of the desk for states, ways of asking, identity checks, labels and grounds."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from babel import Locale
from django.utils.translation import gettext_lazy as _

from chartpost.delivery.types import DeliveryView, ReceiptView
from chartpost.formats.fhirjson.terms import Category, Label
from chartpost.formats.readable.words import SECTION_NAMES
from chartpost.records.types import Item

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    Word = str | _StrPromise
else:
    Word = object

STATES: dict[str, tuple[Word, str]] = {
    "received": (_("Received"), "info"),
    "verifying": (_("Checking who is asking"), "info"),
    "needs_info": (_("Waiting for the person"), "warning"),
    "in_scope_check": (_("Choosing the scope"), "info"),
    "retrieving": (_("Putting together"), "info"),
    "clinical_review": (_("Clinical review"), "warning"),
    "qa": (_("Quality check"), "info"),
    "ready": (_("Ready to release"), "success"),
    "fee_estimated": (_("Fee quoted"), "warning"),
    "fee_accepted": (_("Fee accepted"), "success"),
    "delivery_failed": (_("Did not arrive"), "danger"),
    "delivered": (_("Sent"), "success"),
    "confirmed": (_("Arrived"), "success"),
    "closed": (_("Closed"), "neutral"),
    "withdrawn": (_("Taken back"), "neutral"),
    "redirected": (_("Redirected"), "neutral"),
    "no_records": (_("No records found"), "neutral"),
    "denied": (_("Refused"), "danger"),
    "review_requested": (_("Under review"), "warning"),
}
CHANNELS: dict[str, Word] = {
    "portal": _("Portal"),
    "paper": _("Paper form"),
    "phone": _("Telephone"),
    "fax": _("Fax"),
    "walk_in": _("In person"),
    "mail": _("Mail"),
    "email": _("E-mail"),
}
MODES: dict[str, Word] = {"copy": _("A copy"), "inspect": _("Look at it here"), "both": _("A copy, and look at it")}
FORMATS: dict[str, Word] = {
    "pdf": _("PDF to read"),
    "ccda": _("C-CDA for a doctor"),
    "ccda_files": _("C-CDA with the original files inside"),
    "referral": _("C-CDA referral note"),
    "discharge": _("C-CDA discharge summary"),
    "transfer": _("C-CDA transfer summary"),
    "fhir": _("FHIR for an app"),
    "xdm": _("XDM package for another office"),
}
FILES: dict[str, Word] = {
    **FORMATS,
    "summary": _("Summary"),
    "document": _("Original document"),
    "about": _("About these files"),
}
"""Kinds of file in a package."""
DELIVERY: dict[str, Word] = {"portal": _("Portal"), "post": _("Mail"), "hand_over": _("Pick-up")}
DELIVERY |= {"access_code": _("Access code and a call"), "sealed": _("Sealed link and a password")}
DELIVERY |= {"media": _("USB stick or disc, locked")}
REACHED_BY = {"post": ("address",), "media": ("address",), "access_code": ("phone",)}
"""What a way of delivery needs to know."""
DELIVERY_STATES: dict[str, Word] = {
    "released": _("Open in the portal"),
    "opened": _("Opened in the portal"),
    "to_post": _("To be posted"),
    "posted": _("Posted"),
    "to_make": _("Stick or disc to be made"),
    "made": _("Stick or disc made"),
    "to_hand_over": _("Waiting to be picked up"),
    "handed_over": _("Handed over"),
    "confirmed": _("Arrived, and can be read"),
    "problem": _("A problem was told"),
    "stopped": _("Stopped: do not send these copies"),
}
SEXES: dict[str, Word] = {"male": _("Male"), "female": _("Female"), "other": _("Other"), "unknown": _("Not known")}
BY_CODE: dict[tuple[str, str], Word] = {
    ("access_code", "released"): _("To be opened with a code; the sheet goes to the person"),
    ("access_code", "opened"): _("Opened with a code"),
    ("sealed", "released"): _("To be opened with a link and a password"),
    ("sealed", "opened"): _("Opened with a link and a password"),
}
"""States of deliveries that are not opened in the portal, by channel."""
RECEIPTS: dict[str, Word] = {
    "opened": _("Opened"),
    "posted": _("Posted"),
    "handed_over": _("Handed over"),
    "arrived": _("Said it arrived"),
    "problem": _("Said there is a problem"),
}
RELATIONS: dict[str, Word] = {
    "self": _("The person"),
    "parent": _("Parent"),
    "guardian": _("Guardian"),
    "health_care_agent": _("Health care agent"),
    "executor": _("Executor of the estate"),
    "caregiver": _("Caregiver"),
    "other": _("Somebody else"),
}
BASES = {key: word for key, word in RELATIONS.items() if key not in {"self", "other"}}
PAPERS: dict[str, Word] = {
    "health_care_agent": _("Health care power of attorney"),
    "guardian": _("Court order of guardianship"),
    "executor": _("Letters of an executor or administrator"),
    "authorization": _("A form signed by the person"),
}
IDENTITY_METHODS: dict[str, Word] = {
    "portal": _("Signed in to the portal"),
    "photo_id": _("Photo ID seen at the desk"),
    "phone": _("Three identifiers on the telephone, then called back"),
    "signature": _("Signature and identifiers compared with the chart"),
    "email_code": _("One-time code to the contact on file"),
    "known": _("Known to the office"),
    "authority": _("Own check, and the document of authority seen"),
}
METHOD_FOR = {
    "portal": "portal",
    "walk_in": "photo_id",
    "phone": "phone",
    "mail": "signature",
    "paper": "signature",
    "fax": "signature",
    "email": "email_code",
}
"""The identity check that suits each way of asking (rulebook INT-12)."""

LETTERS: dict[str, Word] = {
    "acknowledgement": _("Acknowledgement"),
    "more_information": _("Question to the person"),
    "fee_estimate": _("Fee estimate"),
    "extension": _("Extension"),
    "grant": _("Cover letter"),
    "partial_denial": _("Partial refusal"),
    "denial": _("Refusal"),
    "redirect": _("Redirect"),
    "not_held": _("No records found"),
    "review_outcome": _("Outcome of the review"),
}
EVENTS: dict[str, Word] = {
    "received": _("Received"),
    "start_check": _("Identity check begun"),
    "ask_info": _("Asked for information"),
    "info_given": _("Information received"),
    "identity_verified": _("Identity verified"),
    "set_scope": _("Scope chosen"),
    "records_chosen": _("Package asked for"),
    "ask_review": _("Sent to clinical review"),
    "reviewed": _("Clinical review done"),
    "qa_passed": _("Quality check passed"),
    "quote_fee": _("Fee told to the person"),
    "fee_quoted": _("Fee worked out"),
    "accept_fee": _("Fee accepted"),
    "waive_fee": _("Fee dropped"),
    "decline_fee": _("Fee declined, portal instead"),
    "charge_paid": _("Payment received"),
    "authority_checked": _("Paper of authority seen"),
    "way_changed": _("Way of delivery changed"),
    "send_more": _("More to send"),
    "release": _("Released"),
    "deny": _("Refused"),
    "ground_chosen": _("Ground chosen"),
    "item_decided": _("Entry decided"),
    "tie_person": _("Tied to a person"),
    "assigned": _("Assigned"),
    "extend": _("Extended"),
    "withdraw": _("Withdrawn"),
    "no_records": _("No records found"),
    "redirect": _("Redirected"),
    "confirm": _("Arrival confirmed"),
    "delivery_failed": _("Delivery failed"),
    "deliver_again": _("Made ready to send again"),
    "ask_denial_review": _("Review of the refusal asked for"),
    "review_upheld": _("Review kept the refusal"),
    "review_granted": _("Review granted access"),
    "close": _("Closed"),
}
ROLES: dict[str, Word] = {
    "clerk": _("Clerk"),
    "approver": _("Approver"),
    "reviewer": _("Licensed reviewer"),
    "privacy": _("Privacy officer"),
    "imaging": _("Imaging"),
    "admin": _("Administrator"),
}
FEE_METHODS: dict[str, Word] = {
    "flat": _("Flat fee"),
    "actual": _("Actual cost"),
    "average": _("Average cost"),
}
FREE_WHEN: dict[str, Word] = {
    "first_copy": _("It is the first copy of these records"),
    "ssi_ssdi_appeal": _("It is for an appeal about SSI or Social Security disability"),
    "public_benefit_appeal": _("It is for an appeal about a public benefit"),
}
"""What makes a copy free by the law of some states."""
FEE_REASONS: dict[str, Word] = {
    "FLAT_OVER_LIMIT": _("The flat fee is above the limit of $6.50."),
    "FLAT_NOT_AVAILABLE": _("The flat fee is only for an electronic copy of electronic records."),
    "NO_ADVANCE_NOTICE": _("The person was not told the fee in advance."),
    "NO_COST_BASIS": _("Nothing that may be charged was given: minutes, supplies or postage."),
    "PER_PAGE_NOT_ALLOWED": _("A price per page is not allowed for electronic records."),
    "PORTAL_FREE": _("What is opened in the portal is free."),
    "INSPECTION_FREE": _("Looking at the record is free."),
    "ENTITY_WAIVER": _("The office dropped the fee."),
    "ENTITY_CAP_APPLIED": _("The office's own limit was applied."),
    "STATE_CAP_APPLIED": _("The limit of state law was applied."),
    "EXCLUDED_COSTS_DROPPED": _("Costs that may never be charged were left out."),
    "SUMMARY_NOT_AGREED": _("The person did not agree to a summary and its fee."),
}
LABELS: dict[Label, Word] = {
    Label.RESTRICTED: _("Restricted"),
    Label.VERY_RESTRICTED: _("Very restricted"),
    Label.PSYCHOTHERAPY: _("Psychotherapy notes"),
    Label.SUBSTANCE_USE: _("Substance use"),
    Label.PART2: _("Part 2 program"),
    Label.MENTAL_HEALTH: _("Mental health"),
    Label.HIV: _("HIV"),
    Label.SEXUAL_HEALTH: _("Sexual health"),
    Label.REPRODUCTIVE: _("Reproductive health"),
    Label.VIOLENCE: _("Violence"),
    Label.GENETIC: _("Genetic"),
    Label.MINOR_CONFIDENTIAL: _("Minor's confidential care"),
    Label.SELF_PAY: _("Paid in full by the person"),
    Label.LITIGATION: _("Made for a legal case"),
    Label.TABOO: _("Discuss with the person first"),
    Label.PATIENT_REQUEST: _("Restricted at the person's wish"),
    Label.EMPLOYEE: _("Employee"),
    Label.CELEBRITY: _("Well-known person"),
    Label.DEMOGRAPHICS: _("Hidden address"),
}
QA_CHECKS: dict[str, Word] = {
    "QA-1": _("Every page carries this person's name and two identifiers, and nobody else's."),
    "QA-2": _("Dates and categories match the request, and nothing asked for is missing."),
    "QA-3": _("Sensitive entries were checked against their labels."),
    "QA-4": _("Psychotherapy notes and excepted papers are not inside."),
    "QA-5": _("What is held back is named in its letter, not left out silently."),
    "QA-6": _("Each file opens, is complete and can be read."),
    "QA-7": _("The address or way of delivery is the one in the request."),
}
"""The check before release (rulebook 8.3)."""

DECISIONS: dict[str, tuple[Word, str]] = {
    "deny": (_("Held back"), "danger"),
    "release": (_("Released"), "success"),
    "review": (_("To decide"), "warning"),
    "hold": (_("Held for some days by state law"), "warning"),
    "outside": (_("Outside this requester's right"), "neutral"),
    "suspend": (_("Held back until the study ends"), "warning"),
    "outside_right": (_("Outside the right of access"), "neutral"),
}


def state(name: str) -> tuple[str, str]:
    """The words and tone of a state."""
    word, tone = STATES.get(name, (name, "neutral"))
    return str(word), tone


def sections(categories: Iterable[Category]) -> str:
    """The names of sections of a record, in order."""
    return ", ".join(str(SECTION_NAMES.get(c, c.name.title())) for c in sorted(categories))


def deliveries(found: Iterable[DeliveryView]) -> list[tuple[DeliveryView, Word, list[tuple[ReceiptView, Word]]]]:
    """Deliveries with the words of their states and receipts."""
    return [(one, _state_of(one), [(r, RECEIPTS.get(r.kind, r.kind)) for r in one.receipts]) for one in found]


MONEY = {"Claim": _("Bill"), "ExplanationOfBenefit": _("What insurance paid")}


def entry(item: Item) -> str:
    """What an entry is called; of money its view knows only the kind of bill."""
    kind = MONEY.get(item.stored.type)
    return f"{kind} ({item.view.title})" if kind else item.view.title


def language(code: str) -> str:
    """A language by its name; its code where no name is known."""
    names: dict[str, str] = dict(Locale("en").languages)
    return names.get(code.partition("-")[0], code)


def _state_of(one: DeliveryView) -> Word:
    return BY_CODE.get((one.channel, one.state)) or DELIVERY_STATES.get(one.state, one.state)


def labels(mask: int) -> list[str]:
    """The words of a mask of labels."""
    return [str(word) for label, word in LABELS.items() if mask & label]


def choices(table: dict[str, Word]) -> list[tuple[str, Word]]:
    """A table of words as the choices of a form field."""
    return list(table.items())
