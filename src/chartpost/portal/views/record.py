"""The record: its sections, one section, one entry, the timeline, the search."""

from collections.abc import Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_http_methods

from chartpost.formats.fhirjson.terms import Category
from chartpost.portal.forms.record import SearchForm, TimelineForm
from chartpost.portal.views import compare
from chartpost.portal.views.documents import shown as shown_documents
from chartpost.portal.views.reader import Reader, for_person, note, shell
from chartpost.portal.views.rows import Row, row, trend
from chartpost.portal.views.sections import BY_CATEGORY, BY_SLUG, MEASURED, ONLY_WHEN_FILLED, SECTIONS
from chartpost.records import queries as records
from chartpost.records.errors import NotStored
from chartpost.records.reconcile import queries as reconcile
from chartpost.records.types import Item

PAGE, PRINTED, FOUND = 50, 500, 100
EARLIEST_YEAR = 1850


@require_GET
@for_person("record.read")
def sections(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Every section with how many entries it has."""
    counts = records.counts(reader.person.id, reader.rows(), once=True)
    found = [(s, counts.get(s.category, 0)) for s in SECTIONS]
    note(request, reader, "record.read", f"person:{reader.person.ref}", section="all")
    context = {
        "filled": [(s, n) for s, n in found if n],
        "empty": [s for s, n in found if not n and _always(s.category)],
        "several": compare.waiting(reader),
    }
    return render(request, "portal/record/sections.html", {**_base(request, reader), **context})


def _always(category: Category) -> bool:
    return category not in ONLY_WHEN_FILLED


@require_GET
@for_person("record.read")
def section(request: HttpRequest, reader: Reader, slug: str) -> HttpResponse:
    """One section, newest first."""
    found = BY_SLUG.get(slug)
    if found is None:
        raise Http404
    before = request.GET.get("before", "")
    limit = PRINTED if "print" in request.GET else PAGE
    page = records.section(reader.person.id, found.category, reader.rows(), limit, before, once=True)
    note(request, reader, "record.read", f"person:{reader.person.ref}", section=slug, count=len(page.items))
    context = {
        "section": found,
        "rows": _rows(reader, page.items),
        "measured": found.category in MEASURED,
        "older": f"?before={page.next}" if page.next else "",
        "newest": request.path if before else "",
    }
    return render(request, "portal/record/section.html", {**_base(request, reader), **context})


@require_GET
@for_person("record.read")
def item(request: HttpRequest, reader: Reader, resource_type: str, fhir_id: str) -> HttpResponse:
    """One entry with all there is to know, its documents and its trend."""
    found = find(reader, resource_type, fhir_id)
    alike = records.similar(reader.person.id, found, reader.rows()) if found.view.number is not None else []
    note(request, reader, "record.read", f"{resource_type}:{fhir_id}", section=BY_CATEGORY[found.stored.category].slug)
    context = {
        "row": _rows(reader, [found])[0],
        "may_compare": compare.may(reader),
        "section": BY_CATEGORY[found.stored.category],
        "documents": shown_documents(found, reader.person.id),
        "trend": trend(alike, found),
    }
    return render(request, "portal/record/item.html", {**_base(request, reader), **context})


def find(reader: Reader, resource_type: str, fhir_id: str) -> Item:
    """An entry of the open record, or 404 when it is not there for this reader."""
    try:
        return records.item(reader.person.id, resource_type, fhir_id, reader.rows())
    except (NotStored, ValueError):
        raise Http404 from None


@require_GET
@for_person("record.read")
def timeline(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Everything in order of time, newest first; by kind, and from a year on back."""
    form = TimelineForm(request.GET)
    asked = form.cleaned_data if form.is_valid() else {}
    kinds = frozenset(BY_SLUG[slug].category for slug in asked.get("kind", ()))
    before = request.GET.get("before", "") or _end_of(asked.get("year"))
    page = records.timeline(reader.person.id, reader.rows(), PAGE, before, kinds, once=True)
    rows = _rows(reader, page.items)
    note(request, reader, "record.read", f"person:{reader.person.ref}", section="timeline", count=len(rows))
    kept = "".join(f"&kind={slug}" for slug in asked.get("kind", ()))
    context = {
        "form": form,
        "years": _by_year(rows),
        "older": f"?before={page.next}{kept}" if page.next else "",
        "newest": request.path if before else "",
        "jump": _years(reader),
        "kept": kept,
        "filtered": bool(kinds or before),
    }
    return render(request, "portal/record/timeline.html", {**_base(request, reader), **context})


def _end_of(year: int | None) -> str:
    """The cursor just after the last moment of a year."""
    from datetime import UTC, datetime

    return f"{int(datetime(year + 1, 1, 1, tzinfo=UTC).timestamp() * 1000)}.0" if year else ""


def _by_year(rows: list[Any]) -> list[tuple[str, list[Any]]]:
    years: dict[str, list[Any]] = {}
    for entry in rows:
        years.setdefault(entry.when[:4], []).append(entry)
    return list(years.items())


def _years(reader: Reader) -> list[int]:
    """The years to jump to: from the newest entry back to the year of birth."""
    from chartpost.kernel import clock

    newest = clock.today(reader.actor.zone).year
    oldest = reader.person.birth_date.year if reader.person.birth_date else newest - 20
    return list(range(newest, max(oldest, EARLIEST_YEAR) - 1, -1))


@require_http_methods(["GET", "POST"])
@for_person("record.read")
def search(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Entries that hold every word; the words are posted, so that none is kept in an address."""
    form = SearchForm(request.POST or None)
    rows = None
    if form.is_valid():
        page = records.search_text(reader.person.id, form.cleaned_data["words"], reader.rows(), FOUND)
        rows = _rows(reader, page.items)
        note(request, reader, "record.search", f"person:{reader.person.ref}", count=len(rows))
    context = {"form": form, "rows": rows, "more": bool(rows and len(rows) == FOUND)}
    return render(request, "portal/record/search.html", {**_base(request, reader), **context})


def _rows(reader: Reader, items: Sequence[Item]) -> list[Row]:
    also = reconcile.also(reader.person.id, [i.stored.rid for i in items], reader.rows())
    return [row(i, also.get(i.stored.rid)) for i in items]


def _base(request: HttpRequest, reader: Reader) -> dict[str, Any]:
    return {"reader": reader, "person": reader.person, "shell": shell(request)}
