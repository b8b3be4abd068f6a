"""Letters that refuse, in whole or in part (45 CFR 164.524(d)(2)): basis, review, complaint - and no hint beyond it."""

from typing import Any

from django.utils.translation import gettext as _

from chartpost.formats.pdf.types import ActionBox, Block, Definitions, Heading, ItemList, Paragraph
from chartpost.rights import items
from chartpost.rights.letters.shared import contact_sentence, how_delivered, office
from chartpost.rights.models import AccessRequest

HHS = "https://www.hhs.gov/ocr/complaints"
Parts = tuple[str, tuple[Block, ...], frozenset[str]]


def basis(ground: str) -> str:
    """A ground in plain words, with its citation."""
    words = {
        "524(a)(2)(i)": _(
            "The law sets apart notes a counselor keeps about talks in therapy, and papers made for a court case. "
            "They are not part of the right to see your record."
        ),
        "524(a)(2)(ii)": _(
            "You are in custody, and a copy could put health or safety at risk. You may still look at it."
        ),
        "524(a)(2)(iii)": _("You are in a study that is still running, and you agreed to wait until it ends."),
        "524(a)(2)(iv)": _("A federal privacy law lets this agency hold this part back."),
        "524(a)(2)(v)": _(
            "Someone who is not a health provider told us this in confidence, and it would show who it was."
        ),
        "524(a)(3)(i)": _(
            "A licensed professional found that seeing it is likely to put a life or someone's safety at risk."
        ),
        "524(a)(3)(ii)": _(
            "It speaks of another person, and a licensed professional found that it is likely to harm them."
        ),
        "524(a)(3)(iii)": _("A licensed professional found that giving it to you is likely to cause serious harm."),
    }
    return f"{words.get(ground, ground)} (45 CFR 164.{ground})"


def denial(request: AccessRequest, _facts: dict[str, Any]) -> Parts:
    """The letter that refuses everything."""
    ground = str(request.decision.get("ground", ""))
    reviewable = bool(request.decision.get("reviewable"))
    blocks: tuple[Block, ...] = (
        Paragraph(_("We cannot give you the records you asked for.")),
        Heading(_("Why")),
        Paragraph(basis(ground)),
        *_ways_on(reviewable),
    )
    contains = _contains(reviewable) | ({"basis"} if ground else set())
    return _("About your request for records"), blocks, frozenset(contains)


def partial_denial(request: AccessRequest, _facts: dict[str, Any]) -> Parts:
    """The letter for what is held back when the rest is released."""
    rows = items.denied(request)
    grounds = list(dict.fromkeys(row.ground for row in rows))
    reviewable = any(row.reviewable for row in rows)
    blocks: tuple[Block, ...] = (
        Paragraph(_("You get the records you asked for, except for a part that we hold back.")),
        Heading(_("What you get now")),
        Paragraph(_("Everything else you asked for.") + " " + how_delivered(request)),
        Heading(_("Why we hold a part back")),
        ItemList(tuple(basis(ground) for ground in grounds)),
        *_ways_on(reviewable),
    )
    contains = _contains(reviewable) | {"released_now"} | ({"basis"} if grounds else set())
    return _("A part of the records is held back"), blocks, frozenset(contains)


def review_outcome(request: AccessRequest, facts: dict[str, Any]) -> Parts:
    """What a second professional decided about a refusal (45 CFR 164.524(d)(4))."""
    outcome, reason = str(facts.get("outcome", "")), str(facts.get("reason", "")).strip()
    upheld = outcome == "upheld"
    grounds = reviewed_grounds(request)
    decided = {
        "upheld": _("The first answer stands. The part we held back stays back."),
        "granted": _("The first answer is changed. You get the part we held back."),
    }.get(outcome, "")
    then: tuple[Block, ...] = (
        (Heading(_("Why")), ItemList(tuple(basis(ground) for ground in grounds)))
        if upheld
        else (Paragraph(_("We make your copies now. We will tell you as soon as they are ready.")),)
    )
    blocks: tuple[Block, ...] = (
        Paragraph(_("You asked for a second look at our answer. Here is what was decided.")),
        Definitions(((_("Decision"), decided), (_("In their words"), reason))),
        Paragraph(_("A licensed professional who had no part in the first answer decided this.")),
        Paragraph(_("They asked one thing only: is it likely to put someone at risk or to cause serious harm?")),
        *then,
        *_ways_on(reviewable=False),
    )
    contains = {"reviewer_role", "standard", "complaint_entity", "complaint_hhs"} | ({"decision"} if decided else set())
    contains |= {"records_or_basis"} if decided and (grounds or not upheld) else set()
    return _("The second look at our answer"), blocks, frozenset(contains)


def reviewed_grounds(request: AccessRequest) -> list[str]:
    """The grounds of harm a review was about, each once."""
    own = request.decision.get("ground") if request.decision.get("reviewable") else None
    rows = [row.ground for row in items.denied(request) if row.reviewable]
    return list(dict.fromkeys([*([str(own)] if own else []), *rows]))


def _ways_on(reviewable: bool) -> tuple[Block, ...]:
    told = office()
    review: tuple[Paragraph | ItemList | Definitions, ...] = ()
    if reviewable:
        review = (
            Paragraph(
                _(
                    "You may ask for a review. A licensed professional who had no part in this decision will look "
                    "at it again, and we must do what they decide. Ask in the portal, by letter or by phone."
                )
            ),
        )
    contact = told.complaint_name or _("the privacy officer")
    ways: tuple[Paragraph | ItemList | Definitions, ...] = (
        *review,
        Paragraph(_("You may complain to us. Nobody will treat you worse for it.")),
        Definitions(((_("Contact"), contact), (_("Phone"), told.complaint_phone or told.phone))),
        Paragraph(
            _(
                "You may complain to the U.S. Department of Health and Human Services, Office for Civil Rights: "
                "%(link)s. Do so within 180 days."
            )
            % {"link": HHS}
        ),
    )
    return (ActionBox(ways), Paragraph(contact_sentence()))


def _contains(reviewable: bool) -> set[str]:
    told = office()
    found = {"complaint_entity", "complaint_hhs", "plain_language", "contact_name_or_title"}
    if told.complaint_phone or told.phone:
        found.add("contact_phone")
    return found | ({"review_rights"} if reviewable else set())
