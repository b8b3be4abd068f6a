"""One of each component, with the values the gallery page shows."""

from datetime import date
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from chartpost.portal.charts import Point
from chartpost.portal.templatetags._lists import Column

RESULTS = [(2024, 3, 6.4), (2024, 9, 6.1), (2025, 2, 5.8), (2025, 8, 5.5), (2026, 3, 5.3), (2026, 9, 5.7)]


class GalleryForm(forms.Form):
    """Every kind of control."""

    name = forms.CharField(label="Full name", help_text="As it stands on your insurance card.")
    birth_date = forms.DateField(
        label="Date of birth", widget=forms.SelectDateWidget, help_text="For example: April 28 1986"
    )
    why = forms.ChoiceField(
        label="What do you need?",
        widget=forms.RadioSelect,
        choices=[("all", "All of my records"), ("some", "Some of my records"), ("image", "X-rays and scans")],
    )
    parts = forms.MultipleChoiceField(
        label="Which parts?",
        widget=forms.CheckboxSelectMultiple,
        choices=[("labs", "Lab results"), ("notes", "Notes"), ("bills", "Bills and insurance")],
        required=False,
    )
    state = forms.ChoiceField(label="State", choices=[("", "Choose a state"), ("CA", "California"), ("NY", "New York")])
    letter = forms.FileField(label="A photo of your ID", required=False, help_text="PDF or photo, up to 20 MB.")
    note = forms.CharField(label="Anything else?", widget=forms.Textarea, max_length=300, required=False)
    agree = forms.BooleanField(label="I understand that the office will check who I am.")
    code = forms.CharField(widget=forms.HiddenInput, required=False)


def context(bound: bool = True) -> dict[str, Any]:
    """The gallery's values; a bound form shows its errors."""
    typed = {"name": "", "birth_date_month": "13", "birth_date_day": "2", "birth_date_year": "1986", "why": "all"}
    return {
        "day": date(2026, 11, 18),
        "due": date(2026, 12, 9),
        "late": date(2026, 11, 18),
        "facts": [("Number", "R-2026-0412"), ("Sent", "November 9, 2026", "#x"), ("Fee", "$6.50"), ("Phone", "")],
        "labels": ["Who", "What", "How", "Check", "Done"],
        "tasks": [
            {"title": "About you", "status": "Done", "tone": "success"},
            {
                "title": "What you want",
                "href": "#x",
                "hint": "Three questions",
                "status": "In progress",
                "tone": "info",
            },
            {"title": "Check and send", "status": "Not started"},
        ],
        "process": [
            ("We check who you are", "This takes one or two working days."),
            ("We gather your records", "You will see each step on this page."),
            ("You get an e-mail", "It tells you that your files are ready. It says nothing about your health."),
        ],
        "columns": [Column("Test"), Column("Result", numeric=True), "Usual range", "Flag", "Date"],
        "rows": [
            ("Hemoglobin A1c", "5.7 %", "4.0 to 5.6", "A little high", "September 3, 2026"),
            ("Potassium", "4.1 mmol/L", "3.5 to 5.1", "In range", "September 3, 2026"),
            ("CRP", "<5 mg/L", "0 to 10", "In range", "March 2026"),
        ],
        "points": [Point(date(y, m, 3), v, flag="High" if v > 5.6 else "In range") for y, m, v in RESULTS],
        "form": GalleryForm(typed if bound else None),
    }


def page(request: HttpRequest) -> HttpResponse:
    """The gallery."""
    return render(request, "components/gallery.html", context())


def desk(request: HttpRequest) -> HttpResponse:
    """A desk queue of the density staff see."""
    return render(request, "components/desk_gallery.html", context())
