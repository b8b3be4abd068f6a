"""Forms on the page of a request."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class MessageForm(forms.Form):
    """A message to the records office."""

    text = forms.CharField(
        label=_("Write to the records office"),
        max_length=4000,
        widget=forms.Textarea,
        error_messages={"required": _("Write your message first.")},
    )


class ReasonForm(forms.Form):
    """Taking a request back."""

    reason = forms.CharField(
        label=_("Why do you take it back?"),
        help_text=_("A few words are enough."),
        max_length=400,
        error_messages={"required": _("Write a few words, for example: I do not need it any more.")},
    )


class ReviewForm(forms.Form):
    """Asking for a second look at a refusal."""

    reason = forms.CharField(
        label=_("What should we know?"),
        max_length=400,
        required=False,
        widget=forms.Textarea,
    )


class ArrivedForm(forms.Form):
    """Did it arrive, and can it be read (rulebook DEL-11)."""

    arrived = forms.ChoiceField(
        label=_("Did the records arrive, and can you read them?"),
        widget=forms.RadioSelect,
        choices=[("yes", _("Yes, all of it")), ("no", _("No, there is a problem"))],
        error_messages={"required": _("Choose yes or no.")},
    )
    problem = forms.CharField(
        label=_("If there is a problem: what is it?"), max_length=400, required=False, widget=forms.Textarea
    )

    def clean(self) -> dict[str, Any]:
        """A problem needs a few words, so that the office can mend it."""
        data = super().clean() or {}
        if data.get("arrived") == "no" and not data.get("problem"):
            self.add_error("problem", _("Write what is wrong, so that we can mend it."))
        return data


class FeeForm(forms.Form):
    """Agreeing to a fee, or asking for another way (45 CFR 164.524(c)(4))."""

    answer = forms.ChoiceField(
        choices=[("accept", _("Agree")), ("portal", _("Open it here, free")), ("ask", _("Ask about the fee"))]
    )
    total_cents = forms.IntegerField(required=False)
