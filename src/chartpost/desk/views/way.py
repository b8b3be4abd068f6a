"""How the copies get to the person, changed after the request came, at any time before the release."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from chartpost.delivery.channels import post
from chartpost.desk import words
from chartpost.desk.forms.steps import WayForm
from chartpost.desk.pages import Step
from chartpost.rights import services


class WayPage(Step):
    """Another way of delivery, or a better address or telephone number for the one chosen (rulebook DEL-5)."""

    title = _("How they get the copies")
    lead = _("Change it when the person says so, or when something in it was missing or wrong.")
    button = _("Keep this way")
    said = _("The way of delivery is changed.")
    form_class = WayForm

    def initial(self) -> dict[str, Any]:
        """The way as it is now."""
        given = self.row.delivery_address
        phone = given.get("phone") or self.row.subject_contact.get("phone", "")
        return {"delivery": self.row.delivery_channel, "address": "\n".join(address(given)), "phone": phone}

    def act(self, form: forms.Form, /) -> None:
        """Change it."""
        given = form.cleaned_data
        kept = {key: given[key].strip() for key in words.REACHED_BY.get(given["delivery"], ()) if given[key].strip()}
        services.change_way(self.row.ref, given["delivery"], kept, self.actor)


def address(given: dict[str, Any]) -> list[str]:
    """The lines of an address to send to, without a name."""
    return list(post.address_lines({**given, "name": ""}))[1:] if given else []
