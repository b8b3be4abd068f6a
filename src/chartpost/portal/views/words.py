"""Words people read about requests, letters and copies."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from chartpost.rights.models import AccessRequest


@dataclass(frozen=True)
class Status:
    """Where a request stands: a label, its tone, and one sentence (rulebook 8.4)."""

    label: str | Promise
    tone: str
    text: str | Promise


STATUS = {
    "received": Status(lazy("Received"), "info", lazy("We have your request. Next we check who is asking.")),
    "verifying": Status(
        lazy("Checking who is asking"), "info", lazy("We are checking who is asking, to keep the record safe.")
    ),
    "needs_info": Status(
        lazy("Waiting for you"), "warning", lazy("We need something from you. See our message below.")
    ),
    "in_scope_check": Status(lazy("In progress"), "info", lazy("We know who you are. We are finding the records.")),
    "retrieving": Status(lazy("In progress"), "info", lazy("We are putting the records together.")),
    "clinical_review": Status(lazy("In progress"), "info", lazy("A licensed professional is looking at some parts.")),
    "qa": Status(lazy("In progress"), "info", lazy("We are checking that the copies are right and complete.")),
    "ready": Status(lazy("Almost ready"), "info", lazy("The copies are made. We take a last look, then we send them.")),
    "fee_estimated": Status(lazy("Fee quoted"), "warning", lazy("There is a fee. Please tell us if you agree.")),
    "fee_accepted": Status(lazy("Fee accepted"), "info", lazy("You agreed to the fee. We send the copies next.")),
    "delivered": Status(lazy("Sent"), "success", lazy("The records are on their way, or ready to open here.")),
    "confirmed": Status(lazy("Arrived"), "success", lazy("You told us that the records arrived.")),
    "delivery_failed": Status(
        lazy("Did not arrive"), "warning", lazy("You told us of a problem. We will send them again.")
    ),
    "denied": Status(lazy("Refused"), "danger", lazy("We said no. Our letter says why and what you can do.")),
    "review_requested": Status(lazy("Under review"), "info", lazy("Another professional is taking a second look.")),
    "redirected": Status(lazy("Redirected"), "neutral", lazy("Somebody else holds these records. See our letter.")),
    "no_records": Status(lazy("No records found"), "neutral", lazy("We found no records like these. See our letter.")),
    "withdrawn": Status(lazy("Taken back"), "neutral", lazy("You took this request back.")),
    "closed": Status(lazy("Closed"), "neutral", lazy("This request is done.")),
}
PORTAL_READY = Status(lazy("Ready to open"), "success", lazy("The records are ready to open."))
PARTLY_REFUSED = Status(
    lazy("Partly refused"), "warning", lazy("Most of it is yours to open. Our letter says what we kept back.")
)

STEPS = {
    "received": lazy("We received your request"),
    "start_check": lazy("We began to check who is asking"),
    "ask_info": lazy("We asked you for something"),
    "info_given": lazy("We got what was missing"),
    "identity_verified": lazy("We checked who is asking"),
    "set_scope": lazy("We chose what your request covers"),
    "no_records": lazy("We found no records like these"),
    "redirect": lazy("We told you who holds the records"),
    "ask_review": lazy("A licensed professional began to look"),
    "reviewed": lazy("A licensed professional has looked"),
    "records_chosen": lazy("We put the records together"),
    "qa_passed": lazy("We checked the copies"),
    "quote_fee": lazy("We told you the fee"),
    "accept_fee": lazy("You agreed to the fee"),
    "decline_fee": lazy("You chose the free way instead"),
    "waive_fee": lazy("We dropped the fee"),
    "release": lazy("We released the records"),
    "deny": lazy("We said no"),
    "ask_denial_review": lazy("You asked for a second look"),
    "review_upheld": lazy("The second look kept the answer"),
    "review_granted": lazy("The second look changed the answer"),
    "confirm": lazy("You told us that they arrived"),
    "delivery_failed": lazy("You told us of a problem"),
    "deliver_again": lazy("We made them ready to send again"),
    "send_more": lazy("We are adding something that was left out"),
    "extend": lazy("We needed more time and wrote to you"),
    "withdraw": lazy("The request was taken back"),
    "close": lazy("We closed the request"),
}
"""Steps a person sees; notes, assignments and other inner work of the office are left out."""

LETTERS = {
    "acknowledgement": lazy("We have your request"),
    "more_information": lazy("What we need from you"),
    "fee_estimate": lazy("What your copy will cost"),
    "extension": lazy("We need more time"),
    "grant": lazy("The records"),
    "denial": lazy("We cannot give you these records"),
    "partial_denial": lazy("What we kept back, and why"),
    "not_held": lazy("We do not have these records"),
    "redirect": lazy("Who has these records"),
    "review_outcome": lazy("What the second look decided"),
}

MODES = {
    "copy": lazy("A copy to keep"),
    "inspect": lazy("To look at it at the office"),
    "both": lazy("Both: a copy, and to look at it"),
}
FORMATS = {
    "pdf": lazy("PDF"),
    "summary": lazy("Summary as PDF"),
    "ccda": lazy("C-CDA"),
    "ccda_files": lazy("C-CDA with files inside"),
    "referral": lazy("Referral note (C-CDA)"),
    "discharge": lazy("Hospital discharge summary (C-CDA)"),
    "transfer": lazy("Transfer summary (C-CDA)"),
    "fhir": lazy("FHIR"),
    "xdm": lazy("XDM package"),
    "document": lazy("Original document"),
    "about": lazy("About these files"),
}
FORMAT_HINTS = {
    "pdf": lazy("Easy to read and print. Good for most people."),
    "ccda": lazy("For a doctor's computer. It can read this file in."),
    "fhir": lazy("For health apps."),
}
DELIVERIES = {
    "portal": lazy("Open it here, on this site"),
    "post": lazy("By mail, on paper"),
    "hand_over": lazy("Pick it up at the office"),
    "access_code": lazy("On our web page, with a code and a call"),
    "sealed": lazy("By a sealed link and a password"),
    "media": lazy("By mail, on a locked USB stick"),
}
DELIVERY_HINTS = {
    "portal": lazy("Free, and the fastest way."),
    "post": lazy("There may be a fee for paper and postage. We tell you the fee first."),
    "hand_over": lazy("There may be a fee for paper. We tell you the fee first."),
    "media": lazy("There may be a fee for the stick and postage. We tell you the fee first. The password comes apart."),
}


def status(request: AccessRequest) -> Status:
    """Where a request stands, in the words both sides see."""
    delivered = request.state in {"delivered", "confirmed"}
    if delivered and request.decision.get("outcome") == "partly granted":
        return PARTLY_REFUSED
    if request.state == "delivered" and request.delivery_channel == "portal":
        return PORTAL_READY
    return STATUS.get(request.state) or Status(request.state, "neutral", "")


def scope(request: AccessRequest) -> str:
    """What a request asks for, in one line."""
    from chartpost.portal.views.sections import names

    return names(request.categories) or _("Everything in the record")


def size(count: int) -> str:
    """A file size in the unit people know: 830 KB, 2.4 MB."""
    if count < 1_000_000:
        return f"{max(1, round(count / 1000))} KB"
    return f"{count / 1_000_000:.1f} MB"
