"""Forms of connected apps: registering one, and starting one on a record."""

from dataclasses import replace
from typing import Any, cast

import orjson
from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from chartpost.desk.forms.common import one_of, some_of
from chartpost.identity.app_types import AppDraft, AppKind, AppView
from chartpost.identity.app_words import SENSITIVE

KIND_WORDS = {
    "public": _("App on a phone or in a browser (cannot keep a secret)"),
    "symmetric": _("App on a server, with a secret"),
    "asymmetric": _("App on a server, with its own key pair"),
    "backend": _("Program without a user, with its own key pair (bulk data)"),
}
KIND_HINTS = {
    "public": _("Proves itself with PKCE alone."),
    "symmetric": _("You get the secret once and hand it to the makers."),
    "asymmetric": _("Safer than a secret: only the makers hold the private key."),
    "backend": _("Works by itself on everything its scopes name. Nobody is asked."),
}


def _lines(label: Any, help_text: Any) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": 3, "spellcheck": "false"})
    return forms.CharField(label=label, help_text=help_text, required=False, widget=widget)


def _address(label: Any, help_text: Any = "") -> forms.CharField:
    return forms.CharField(label=label, help_text=help_text, required=False, max_length=300)


class AppForm(forms.Form):
    """What the office knows of an app (RFC 7591 2)."""

    kind = one_of(_("What kind of program is it?"), list(KIND_WORDS.items()))
    name = forms.CharField(label=_("Name people will see"), max_length=120)
    redirect_uris = _lines(
        _("Addresses it may be sent back to"),
        _("One on each line, exactly as the app sends it. Leave empty for a program without a user."),
    )
    launch_uri = _address(_("Start address"), _("Needed to open the app from a person's page."))
    scopes = _lines(
        _("Scopes it may ask for"),
        _("Empty means any. A program without a user needs them, for example: system/*.rs"),
    )
    jwks_uri = _address(_("Address of its public keys (JWKS URL)"))
    jwks = _lines(_("Or its public keys (JWKS)"), _("When you change an app, empty keeps the keys there are."))
    hidden = some_of(
        _("Sensitive entries a program without a user does not get"),
        [(k, name) for k, (name, _mask) in SENSITIVE.items()],
    )
    home_uri = _address(_("Site of the app"))
    privacy_uri = _address(_("Its privacy rules"))
    terms_uri = _address(_("Its terms of use"))
    contact = forms.CharField(label=_("Whom to reach about it"), required=False, max_length=200)

    def clean_jwks(self) -> dict[str, Any]:
        """Keys as JSON."""
        text = self.cleaned_data["jwks"].strip()
        try:
            found = orjson.loads(text) if text else {}
        except ValueError as error:
            raise forms.ValidationError(_now('This is no JSON. Write {"keys": [...]}.')) from error
        if not isinstance(found, dict):
            raise forms.ValidationError(_now('This is no key set. Write {"keys": [...]}.'))
        return found

    def draft(self) -> AppDraft:
        """The app as identity takes it."""
        data = self.cleaned_data
        plain = {n: data[n].strip() for n in ("name", "launch_uri", "jwks_uri", "home_uri", "privacy_uri", "terms_uri")}
        hidden = 0
        for key in data["hidden"]:
            hidden |= int(SENSITIVE[key][1])
        return AppDraft(
            kind=cast(AppKind, data["kind"]),
            redirect_uris=tuple(data["redirect_uris"].split()),
            scopes=tuple(data["scopes"].split()),
            jwks=data["jwks"],
            contact=data["contact"],
            hidden_labels=hidden if data["kind"] == "backend" else 0,
            **plain,
        )


class EditForm(AppForm):
    """As `AppForm`; the kind stays what it is, and so do its picture and what is kept from the app."""

    def __init__(self, data: Any, *, app: AppView) -> None:
        super().__init__(data, initial=_known(app))
        self._app = app
        cast(forms.ChoiceField, self.fields["kind"]).choices = [(app.kind, KIND_WORDS[app.kind])]
        del self.fields["hidden"]

    def draft(self) -> AppDraft:
        """The app as identity takes it."""
        self.cleaned_data["hidden"] = []
        return replace(super().draft(), logo_uri=self._app.logo_uri)


def _known(app: AppView) -> dict[str, Any]:
    names = ("kind", "name", "launch_uri", "jwks_uri", "home_uri", "privacy_uri", "terms_uri", "contact")
    lines = {"redirect_uris": "\n".join(app.redirect_uris), "scopes": "\n".join(app.allowed_scopes)}
    return {name: getattr(app, name) for name in names} | lines


class LaunchForm(forms.Form):
    """Which app to open, and for which visit."""

    app = one_of(_("App"), [])
    encounter = one_of(_("Visit"), [], required=False, radio=False)

    def __init__(self, data: Any, *, apps: list[AppView], visits: list[tuple[str, str]]) -> None:
        super().__init__(data)
        cast(forms.ChoiceField, self.fields["app"]).choices = [(app.ref, app.name) for app in apps]
        cast(forms.ChoiceField, self.fields["encounter"]).choices = [("", _now("No visit in particular")), *visits]
