"""Forms of the steps of a request."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from chartpost.desk import words
from chartpost.desk.forms.common import LANGUAGES, day, dollars, one_of, some_of
from chartpost.desk.forms.common import words as text
from chartpost.desk.forms.office import number
from chartpost.formats.fhirjson.terms import Category
from chartpost.formats.readable.words import SECTION_NAMES
from chartpost.law.access import GROUNDS
from chartpost.law.rules import explain

SECTIONS = [(c.name, SECTION_NAMES[c]) for c in SECTION_NAMES if c is not Category.PEOPLE]


class IdentityForm(forms.Form):
    """How identity was checked (rulebook INT-12); no copy of a document is kept (INT-10)."""

    method = one_of(_("How did you check?"), words.choices(words.IDENTITY_METHODS))
    note = text(
        _("What did you compare?"),
        required=False,
        help_text=_(
            "For example: signature and birth date fit the chart. Do not keep a copy or the number of an ID card."
        ),
        limit=300,
    )


class AuthorityForm(forms.Form):
    """The paper that lets somebody act for the person (45 CFR 164.502(g), 164.508)."""

    basis = one_of(_("What paper did you see?"), words.choices(words.PAPERS))
    document = forms.CharField(label=_("Who made it, and when?"), max_length=200, help_text=_("No copy is kept."))
    ends_on = day(_("Ends on"), help_text=_("Leave empty when it has no end."))


class PaymentForm(forms.Form):
    """A payment of a charged fee."""

    amount = dollars(_("Paid, in dollars"))
    how = one_of(_("How"), [("cash", _("Cash")), ("check", _("Check")), ("card", _("Card"))])


class ReasonForm(forms.Form):
    """A reason in plain words."""

    reason = text(_("Why?"))


class AskForm(forms.Form):
    """A question to the person; the clock runs on."""

    reason = text(
        _("What do you need from the person?"), help_text=_("They read these words. Ask for all of it at once.")
    )


class WayForm(forms.Form):
    """How the copies get there, and what the way needs."""

    delivery = one_of(_("How should it get there?"), words.choices(words.DELIVERY))
    address = text(_("Address to send it to"), required=False, help_text=_("For mail, and for a stick by mail."))
    phone = forms.CharField(
        label=_("Telephone"), required=False, max_length=40, help_text=_("For an access code: we call this number.")
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("delivery") == "post" and not given.get("address"):
            self.add_error("address", _now("Write the address, or choose another way."))
        if given.get("delivery") == "access_code" and not given.get("phone"):
            self.add_error("phone", _now("Write the number to call, or choose another way."))
        return given


class ScopeForm(forms.Form):
    """What part of the record the request covers."""

    categories = some_of(_("Sections"), SECTIONS)
    date_from = day(_("From"))
    date_to = day(_("To"))

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        start, end = given.get("date_from"), given.get("date_to")
        if start and end and start > end:
            self.add_error("date_to", _now("This day is before the first day. Write a later day, or leave it empty."))
        return given


class ExtensionForm(forms.Form):
    """The one extension the law allows (45 CFR 164.524(b)(2)(ii))."""

    reason = text(_("Why do you need more time?"), help_text=_("The person reads these words in the letter."))
    promised = day(_("By when will you finish?"), required=True)


class FeeForm(forms.Form):
    """The facts a fee is worked out from; the rules do the rest."""

    method = one_of(_("Method"), words.choices(words.FEE_METHODS))
    flat = dollars(_("Flat fee in dollars"), _("Only for the flat fee. At most $6.50."))
    labor_minutes = forms.IntegerField(
        label=_("Minutes of copying"),
        required=False,
        min_value=0,
        max_value=6000,
        help_text=_("Only making and sending the copy. Never searching, checking or reviewing."),
    )
    paper = dollars(_("Paper and toner in dollars"))
    disc = dollars(_("Disc or stick in dollars"), _("Only when the person asked for one."))
    postage = dollars(_("Postage in dollars"), _("Only when the person asked for mail."))
    pages = forms.IntegerField(label=_("Pages"), required=False, min_value=0, max_value=100000)
    free_when = some_of(_("By the law of this state the copy is free when"), words.choices(words.FREE_WHEN))
    waived = forms.BooleanField(label=_("Charge nothing"), required=False)

    def __init__(self, *args: Any, free_when: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["free_when"].choices = [(fact, words.FREE_WHEN[fact]) for fact in free_when]  # type: ignore[attr-defined]
        if not free_when:
            del self.fields["free_when"]


class LetterForm(forms.Form):
    """Which letter to make, in which language."""

    kind = one_of(_("Letter"), [])
    language = one_of(_("Language"), LANGUAGES)
    needed = text(_("What is still needed?"), required=False, help_text=_("Only for an acknowledgement."), limit=300)

    def __init__(self, *args: Any, kinds: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [(kind, words.LETTERS[kind]) for kind in kinds]  # type: ignore[attr-defined]


class DenyForm(forms.Form):
    """The ground of a refusal: one of a closed list (45 CFR 164.524(a)(2)-(3))."""

    ground = one_of(
        _("Ground"), [(g, f"{explain(rule).text} ({explain(rule).cite or g})") for g, rule in GROUNDS.items()]
    )
    reason = text(_("What is it based on?"), help_text=_("For the file. The letter states the ground in plain words."))


class RedirectForm(forms.Form):
    """Who holds the record."""

    holder = forms.CharField(label=_("Who holds the records?"), max_length=200)
    holder_contact = text(_("How can the person reach them?"), limit=300)
    reason = text(_("How do you know?"), limit=300)


class NotHeldForm(forms.Form):
    """Nothing was found."""

    likely_holders = text(_("Who may have them?"), required=False, limit=300)


class DecideForm(forms.Form):
    """A licensed professional's finding about one entry (45 CFR 164.524(a)(2)-(3))."""

    finding = one_of(
        _("What did you find?"),
        [
            ("release", _("No ground applies: release it")),
            ("psychotherapy_notes", _("Psychotherapy notes, kept apart from the record")),
            ("litigation_compilation", _("Put together for a legal case")),
            ("confidential_source", _("Told in confidence by someone who is not a provider, and it would show who")),
            ("life", _("Likely to endanger the life or physical safety of the person or another")),
            ("other_person", _("Speaks of another person and is likely to cause them substantial harm")),
            ("representative", _("Likely to cause substantial harm when given to this representative")),
        ],
    )
    reason = text(_("Your reasons"), help_text=_("In your professional judgment. Kept with your name and the day."))


class OutcomeForm(forms.Form):
    """The outcome of the review of a refusal (45 CFR 164.524(d)(4))."""

    outcome = one_of(
        _("Your decision"),
        [("review_upheld", _("The refusal stands")), ("review_granted", _("Access is granted"))],
    )
    reason = text(_("Your reasons"))


class PostedForm(forms.Form):
    """The package went into the mail."""

    posted_on = day(_("Posted on"), required=True)
    tracking = forms.CharField(label=_("Tracking number"), required=False, max_length=60)


class HandOverForm(forms.Form):
    """Somebody collected the package."""

    signed_by = forms.CharField(label=_("Name of the person who signed"), max_length=200)


class ReferralForm(forms.Form):
    """Why somebody is sent on, and to whom: what a referral note or a transfer summary says beside the record.

    A referral note must say both (C-CDA R2.1 vol. 1, 1.1.18).
    """

    reason = text(_("Why is the person sent on?"), required=False, help_text=_("The doctor reads these words first."))
    given = forms.CharField(label=_("Written to: first name"), required=False, max_length=100)
    family = forms.CharField(label=_("Written to: last name"), required=False, max_length=100)
    organization = forms.CharField(label=_("Their office or hospital"), required=False, max_length=200)
    phone = forms.CharField(label=_("Their telephone"), required=False, max_length=40)
    npi = number(_("Their National Provider Identifier (NPI), if you know it"))

    def __init__(self, *args: Any, note: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._note = note
        self.fields["reason"].required = note
        self.fields["reason"].error_messages["required"] = _("A referral note says why. Write the reason.")
        if note:
            self.fields["family"].help_text = _("A last name or an office must be named.")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if self._note and not (given.get("family") or given.get("organization")):
            self.add_error("family", _now("A referral note says to whom. Write a last name, or an office."))
        if given.get("given") and not given.get("family"):
            self.add_error("family", _now("Write the last name too."))
        return given


class QaForm(forms.Form):
    """The check before release (rulebook 8.3)."""

    checks = some_of(_("Tick each when you have looked"), words.choices(words.QA_CHECKS), required=True)
    checks.error_messages["required"] = _("Nothing is ticked. Look at the files, then tick each line.")


class FindForm(forms.Form):
    """A search for a person."""

    text = forms.CharField(label=_("Name, birth date (YYYY-MM-DD) or record number"), max_length=100)
