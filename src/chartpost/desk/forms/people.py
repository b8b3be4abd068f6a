"""Forms about persons: representatives, documents, merging, labels."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from chartpost.desk import words
from chartpost.desk.forms.common import day, one_of, some_of
from chartpost.desk.forms.common import words as text
from chartpost.desk.forms.steps import SECTIONS
from chartpost.formats.filekinds import SNIFF_BYTES, XML, sniff


class SearchForm(forms.Form):
    """A search for people; always sent by POST."""

    text = forms.CharField(label=_("Name, birth date (YYYY-MM-DD) or record number"), max_length=100)


class RepresentativeForm(forms.Form):
    """Somebody who may act for the person (45 CFR 164.502(g)); they get a one-time code."""

    basis = one_of(_("On what basis?"), words.choices(words.BASES))
    evidence = forms.CharField(
        label=_("Document seen"),
        max_length=200,
        help_text=_("For example: court order of March 3, 2026, seen at the desk."),
    )
    ends_on = day(_("Ends on"), help_text=_("Leave empty when it has no end."))
    may_request = forms.BooleanField(label=_("May ask for records"), required=False, initial=True)


class DocumentForm(forms.Form):
    """A scanned or uploaded document; a C-CDA file says its own title, day and section, and carries its labels."""

    file = forms.FileField(
        label=_("File"), help_text=_("PDF, JPEG, PNG or TIFF, at most 200 MB; C-CDA (XML), at most 50 MB.")
    )
    title = forms.CharField(
        label=_("Title"), max_length=200, help_text=_("A C-CDA file says its own title and date: leave them empty.")
    )
    made_on = day(_("Date of the document"), required=True)
    category = one_of(_("Section"), SECTIONS, radio=False)
    labels = some_of(_("Sensitive?"), [(int(label), word) for label, word in words.LABELS.items()])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["category"].initial = "DOCUMENTS"
        for name in ("title", "made_on") if self.clinical else ():
            self.fields[name].required = False

    def clean(self) -> dict[str, Any]:
        """A C-CDA file takes no labels here."""
        given = super().clean() or {}
        if self.clinical and given.get("labels"):
            told = _now("A C-CDA file brings its own labels. Leave this empty, and label its entries when it is filed.")
            self.add_error("labels", told)
        return given

    @property
    def clinical(self) -> bool:
        """Whether the file is XML, as C-CDA is."""
        file = self.files.get("file")
        if file is None:
            return False
        head = file.read(SNIFF_BYTES)
        file.seek(0)
        return sniff(head) is XML


class MergeForm(forms.Form):
    """Why two persons are one."""

    reason = text(_("How do you know that they are one person?"), limit=300)


class LabelForm(forms.Form):
    """What is sensitive about an entry."""

    labels = some_of(_("Labels"), [(int(label), word) for label, word in words.LABELS.items()])
