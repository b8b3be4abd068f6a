"""Lists, tables, progress and the way through pages."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext, ngettext

from ._register import register

STATUS_ICONS = {"success": "check", "warning": "clock", "danger": "error", "info": "arrow-right", "neutral": ""}


@dataclass(frozen=True)
class Column:
    """A column of `datatable`."""

    label: str
    numeric: bool = False


@register.inclusion_tag("components/status.html")
def status(label: str, tone: str = "neutral", icon: str | None = None) -> dict[str, Any]:
    """A status in words, a shape and a colour; `tone` is neutral, info, success, warning or danger."""
    return {"label": label, "tone": tone, "icon_name": STATUS_ICONS[tone] if icon is None else icon}


@register.inclusion_tag("components/tasks.html")
def tasklist(tasks: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Things to do: mappings with `title` and optional `href`, `hint`, `status`, `tone`."""
    return {"tasks": [{"tone": "neutral", **task} for task in tasks]}


@register.inclusion_tag("components/steps.html")
def steps(labels: Sequence[str], current: int) -> dict[str, Any]:
    """Where the reader is in a set of pages; `current` counts from 1."""
    states = [
        (label, "done" if n < current else "current" if n == current else "todo") for n, label in enumerate(labels, 1)
    ]
    shown = [{"label": label, "state": state} for label, state in states]
    return {"steps": shown, "current": current, "total": len(labels), "name": labels[current - 1]}


@register.inclusion_tag("components/process.html")
def processlist(items: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """What happens next: pairs of heading and text, in order."""
    return {"items": list(items)}


@register.inclusion_tag("components/facts.html")
def deflist(items: Iterable[Sequence[Any]], action: str = "") -> dict[str, Any]:
    """Facts as (label, value) or, with a link to change them, (label, value, href)."""
    word = action or gettext("Change")
    facts = [
        {"label": item[0], "value": item[1], "href": item[2] if len(item) > 2 else "", "action": word} for item in items
    ]
    return {"facts": facts}


@register.inclusion_tag("components/data_table.html")
def datatable(caption: str, columns: Sequence[Column | str], rows: Iterable[Sequence[Any]]) -> dict[str, Any]:
    """A table that becomes a list of small cards on a phone; the first cell heads its row."""
    known = [Column(column) if isinstance(column, str) else column for column in columns]
    return {"caption": caption, "columns": known, "rows": [list(zip(known, row, strict=True)) for row in rows]}


@register.inclusion_tag("components/pagination.html")
def pagination(previous: str = "", next: str = "", where: str = "") -> dict[str, Any]:
    """Links to newer and older entries; empty addresses are left out."""
    return {"previous": previous, "next": next, "where": where}


@register.inclusion_tag("components/breadcrumb.html")
def breadcrumb(*parts: str) -> dict[str, Any]:
    """The way to this page: label, address, label, address, ..., label of this page."""
    labels, addresses = parts[::2], [*parts[1::2], ""]
    return {"trail": list(zip(labels, addresses, strict=False))}


def _days_left(left: int) -> str:
    if left < 0:
        return ngettext("%(n)d day late", "%(n)d days late", -left) % {"n": -left}
    if left == 0:
        return gettext("Due today")
    return ngettext("%(n)d day left", "%(n)d days left", left) % {"n": left}


def _spoken(used: int, total: int) -> str:
    """Where the clock stands; the day of receipt is not counted (45 CFR 164.524(b)(2): days after receipt)."""
    if used < 1:
        return gettext("It came today. The count begins tomorrow: %(total)d days.") % {"total": total}
    return gettext("Day %(used)d of %(total)d.") % {"used": used, "total": total}


def _urgency(left: int, done: bool) -> str:
    if done:
        return "success"
    return "danger" if left < 0 else "warning" if left <= 7 else "info"


@register.inclusion_tag("components/clock.html")
def clockbar(
    used: int, total: int, due: date, *, note: str = "", done: bool = False, small: bool = False
) -> dict[str, Any]:
    """Days used of a legal time limit (45 CFR 164.524(b)(2): 30 days) with its due date in words."""
    left = total - used
    return {
        "due": due,
        "total": total,
        "shown": min(max(used, 0), total),
        "left": gettext("Done") if done else _days_left(left),
        "tone": _urgency(left, done),
        "spoken": _spoken(used, total),
        "note": note,
        "small": small,
    }
