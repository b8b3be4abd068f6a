"""What the sending pages are asked for as JSON, besides what the shares room itself checks."""

import json
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from chartpost.shares.errors import Malformed

LARGEST = 64 * 1024
TELL = {"phone": _("By phone"), "person": _("In person"), "other": _("In another way, but not together with the link")}
"""How a sender says they will tell somebody the password; the ledger keeps the code."""


def body(request: HttpRequest) -> dict[str, Any]:
    """The JSON object a page sent; raises Malformed."""
    try:
        found = json.loads(request.body) if len(request.body) <= LARGEST else None
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Malformed(seen="a body that is no JSON object", expected="{...}", todo="Load the page again.")
    return found


def told(asked: dict[str, Any]) -> str:
    """How each password will be told, as codes joined by commas; raises Malformed."""
    found = asked.get("tell", [])
    known = isinstance(found, list) and len(found) <= 100 and all(isinstance(one, str) and one in TELL for one in found)
    if not known:
        raise Malformed(
            seen="an unknown way to tell a password", expected=", ".join(TELL), todo="Choose one of the ways shown."
        )
    return ",".join(sorted(set(found)))


class TokenForm(forms.Form):
    """A name for a key that a program gets."""

    label = forms.CharField(
        label=_("What is it for?"),
        max_length=40,
        help_text=_("For example: laptop at work"),
        error_messages={"required": _("Write what it is for.")},
    )
