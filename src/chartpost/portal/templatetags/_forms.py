"""Django form fields as accessible controls: label, hint, error and their links to the input."""

from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from ._register import register

TEMPLATES: tuple[tuple[type[forms.Widget], str], ...] = (
    (forms.SelectDateWidget, "date"),
    (forms.CheckboxSelectMultiple, "choices"),
    (forms.RadioSelect, "choices"),
    (forms.CheckboxInput, "checkbox"),
    (forms.Textarea, "textarea"),
    (forms.ClearableFileInput, "file"),
    (forms.FileInput, "file"),
    (forms.Select, "select"),
)


def _template(widget: forms.Widget) -> str:
    name = next((name for kind, name in TEMPLATES if isinstance(widget, kind)), "input")
    return f"components/field_{name}.html"


def _described(bound: BoundField, hint: str) -> str:
    parts = [f"{bound.auto_id}-hint"] if hint else []
    if bound.errors:
        parts.append(f"{bound.auto_id}-error")
    return " ".join(parts)


def _date_parts(bound: BoundField) -> list[dict[str, Any]]:
    """The three boxes of a memorable date, in the order people say it here: month, day, year."""
    known = bound.field.widget.format_value(bound.value()) or {}
    words = {"month": gettext("Month"), "day": gettext("Day"), "year": gettext("Year")}
    name = bound.html_name
    typed = bound.form.data if bound.form.is_bound else {}
    birth = {part: f"bday-{part}" for part in words} if "birth" in bound.name else {}
    return [
        {
            "part": part,
            "label": label,
            "name": f"{name}_{part}",
            "id": f"{bound.auto_id}_{part}",
            "value": typed.get(f"{name}_{part}", known.get(part) or ""),
            "size": 4 if part == "year" else 2,
            "autocomplete": birth.get(part, ""),
        }
        for part, label in words.items()
    ]


def _options(bound: BoundField, hints: dict[str, str]) -> list[dict[str, Any]]:
    rows = []
    for choice in bound.subwidgets:
        data = choice.data
        rows.append(
            {
                "id": data["attrs"].get("id", ""),
                "name": data["name"],
                "value": data["value"],
                "label": choice.choice_label,
                "checked": data["selected"],
                "type": data["type"],
                "hint": hints.get(str(data["value"]), ""),
            }
        )
    return rows


def _attributes(bound: BoundField, described: str, classes: str) -> dict[str, Any]:
    widget = bound.field.widget
    attrs: dict[str, Any] = {"class": " ".join(["input", *classes.split()])}
    if described:
        attrs["aria-describedby"] = described
    if bound.errors:
        attrs["aria-invalid"] = "true"
    if "placeholder" in widget.attrs:
        attrs["placeholder"] = False  # the label says it, and stays when people type
    if isinstance(widget, forms.Textarea):
        attrs["rows"] = 5
    return attrs


@register.simple_tag
def field(
    bound: BoundField,
    *,
    label: str = "",
    hint: str = "",
    size: str = "",
    big: bool = False,
    inline: bool = False,
    option_hints: dict[str, str] | None = None,
) -> SafeString:
    """A form field with its label, hint and error; `size` is 2, 4 or code; `big` makes the label the page's heading.

    The kind of control follows the field's widget; `SelectDateWidget` becomes a date of three boxes. A textarea with a
    `max_length` gets a character count. `option_hints` maps the value of a choice to a line under it.
    """
    if bound.is_hidden:
        return SafeString(str(bound))
    widget = bound.field.widget
    hint = hint or str(bound.help_text or "")
    described = _described(bound, hint)
    given: dict[str, Any] = {
        "bound": bound,
        "label": label or bound.label,
        "hint": hint,
        "described": described,
        "big": big,
        "inline": inline,
        "optional": not bound.field.required and not isinstance(widget, forms.CheckboxInput),
        "base_id": bound.auto_id,
        "limit": getattr(bound.field, "max_length", None),
    }
    if isinstance(widget, forms.SelectDateWidget):
        given["parts"] = _date_parts(bound)
    elif isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
        given["options"] = _options(bound, option_hints or {})
    elif not isinstance(widget, forms.CheckboxInput):
        given["control"] = bound.as_widget(attrs=_attributes(bound, described, f"input--{size}" if size else ""))
    return SafeString(render_to_string(_template(widget), given))


@register.simple_tag
def fields(form: forms.BaseForm) -> SafeString:
    """Every field of a form, one under the other, hidden ones included."""
    return SafeString("".join(field(bound) for bound in form))


@register.inclusion_tag("components/error_summary.html")
def errorsummary(form: object) -> dict[str, Any]:
    """What is wrong on this page, each line a link to its field; nothing when all is well."""
    if not isinstance(form, forms.BaseForm) or not form.is_bound or form.is_valid():
        return {"problems": []}
    problems = [{"text": text, "target": ""} for text in form.non_field_errors()]
    for bound in form:
        target = f"{bound.auto_id}_month" if isinstance(bound.field.widget, forms.SelectDateWidget) else bound.auto_id
        if isinstance(bound.field.widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
            target = f"{bound.auto_id}_0"
        asked = f"{bound.label}" if str(bound.label).endswith(("?", ":")) else f"{bound.label}:"
        problems += [{"text": f"{asked} {text}", "target": target} for text in bound.errors]
    return {"problems": problems}
