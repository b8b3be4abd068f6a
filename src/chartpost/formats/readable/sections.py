"""Sections of the record PDF, one shape per kind of entry."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from chartpost.formats.fhirjson.attachments import Attachment, attachments
from chartpost.formats.fhirjson.terms import Category
from chartpost.formats.fhirjson.values import get
from chartpost.formats.fhirjson.views import ItemView
from chartpost.formats.pdf.types import Flag, Insurance, LabGroup, LabResult, Note, Section
from chartpost.formats.readable.entry import Entry
from chartpost.formats.readable.labels import say, say_all
from chartpost.formats.readable.language import gettext as _
from chartpost.formats.readable.markup import lines_of
from chartpost.formats.readable.plain_names import plain_name
from chartpost.formats.readable.spoken import say_range, say_value
from chartpost.formats.readable.trends import trends, usual
from chartpost.formats.readable.words import SECTION_NAMES, known_date, plain_title

OWN_PLACE = frozenset({Category.BILLS, Category.COVERAGE, Category.PEOPLE})
FLAGS: dict[str, Flag] = {"low": "low", "high": "high", "abnormal": "abnormal", "critical": "abnormal"}
FAR: dict[str, Flag] = {"HH": "very_high", "LL": "very_low"}
DETAILS_SHOWN = 8
_NOT_KNOWN = frozenset({"unk", "unknown"})
UNSHOWN = frozenset({"Category", "Kind of order"})
NOTE_CHARACTERS = 40_000
REMARK_CHARACTERS = 400
VITALS_ACROSS = 5
T = TypeVar("T")
_WIDTHS = (3.0, 2.0, 1.6, 3.4)


def sections(category: Category, found: list[Entry], language: str, files: Mapping[str, str]) -> list[Section]:
    """The sections of one category with all its entries, newest first; `files` names the filed documents."""
    title = str(SECTION_NAMES[category])
    if category is Category.VITALS:
        return _vitals(title, found, language)
    if category is Category.RESULTS:
        return _results(title, found, language)
    if category is Category.DOCUMENTS:
        return [Section(title, "note", notes=tuple(_note(e, language, files) for e in found))]
    told = [_row(e, language) for e in found if e.type != "Provenance"]
    columns, rows = filled((_("What"), _("When"), _("Status"), _("More")), told)
    widths, _none = filled(_WIDTHS, told)
    table = Section(title, "table", columns=columns, widths=widths, rows=tuple(rows))
    long = [e for e in found if any(map(_readable, attachments(e.resource)))]
    return [table, *_reports(long, language)] if rows else []


def filled(heads: tuple[T, ...], rows: Sequence[tuple[str, ...]]) -> tuple[tuple[T, ...], list[tuple[str, ...]]]:
    """The columns in which some row says something, the first in any case: their heads, and the rows."""
    kept = [n for n in range(len(heads)) if n == 0 or any(row[n] for row in rows)]
    return tuple(heads[n] for n in kept), [tuple(row[n] for n in kept) for row in rows]


def insurance(found: list[Entry]) -> tuple[Insurance, ...]:
    """Coverages."""
    return tuple(_coverage(e.view) for e in found)


def _coverage(shown: ItemView) -> Insurance:
    details = dict(shown.details)
    payer = shown.source or shown.title
    plan = details.get("Plan") or shown.title
    return Insurance(
        payer=payer,
        plan=plan if plan != payer else "",
        member_id=details.get("Member number", ""),
        group=details.get("Group or plan number", ""),
        period=say_value(details.get("Dates", "")),
        status=say_all(shown.status),
    )


def _row(entry: Entry, language: str) -> tuple[str, str, str, str]:
    shown = entry.view
    return (say(plain_name(shown)), known_date(shown.when, language), say_all(shown.status), _details(shown))


def _details(shown: ItemView) -> str:
    told = [(k, v) for k, v in shown.details if k not in UNSHOWN and v.casefold() not in _NOT_KNOWN]
    known = [(k, v) for k, v in told if v != str(shown.when)]
    lines = [f"{say(label)}: {say_value(value)}" for label, value in known[:DETAILS_SHOWN]]
    if shown.value:
        lines.insert(0, f"{say(shown.value)} {shown.unit}".strip())
    return "\n".join([*lines, *shown.notes[:2]])


def _vitals(title: str, found: list[Entry], language: str) -> list[Section]:
    """Days down, measures across, the usual ones first: a trend reads in one column."""
    measures = [name for name, _n in Counter(plain_name(e.view) for e in found if e.view.value).most_common()]
    days: dict[str, dict[str, str]] = {}
    for entry in found:
        if entry.view.value:
            row = days.setdefault(known_date(entry.view.when, language), {})
            row[plain_name(entry.view)] = ", ".join(filter(None, [row.get(plain_name(entry.view)), _measured(entry)]))
    made = []
    for start in range(0, len(measures), VITALS_ACROSS):
        across = measures[start : start + VITALS_ACROSS]
        rows = tuple((day, *(row.get(m, "") for m in across)) for day, row in days.items() if row.keys() & set(across))
        name = title if not start else _("More vital signs")
        made.append(Section(name, "table", columns=(_("When"), *across), widths=(1.8, *[1.5] * len(across)), rows=rows))
    return made


def _measured(entry: Entry) -> str:
    flag = FLAG_SIGNS.get(entry.view.flag, "")
    return f"{entry.view.value} {entry.view.unit} {flag}".strip()


FLAG_SIGNS = {"low": "▼", "high": "▲", "abnormal": "●", "critical": "●"}


def _results(title: str, found: list[Entry], language: str) -> list[Section]:
    labs: dict[str, list[LabResult]] = {}
    drawn = trends(found)
    for entry in found:
        if entry.type != "DiagnosticReport" or entry.view.value:
            labs.setdefault(known_date(entry.view.when, language), []).append(_result(entry, drawn.get(entry.key, ())))
    groups = tuple(LabGroup(title=day, results=tuple(results)) for day, results in labs.items())
    made = [Section(title, "labs", labs=groups)] if groups else []
    return [*made, *_reports(found, language)]


def _result(entry: Entry, trend: tuple[float, ...]) -> LabResult:
    shown = entry.view
    return LabResult(
        test=plain_name(shown),
        value=say(shown.value) or _parts(shown) or _("see the notes"),
        unit=shown.unit,
        reference_range=say_range(shown.reference_range),
        flag=_flag(entry.resource, shown),
        note=" ".join(shown.notes)[:REMARK_CHARACTERS],
        trend=trend,
        usual=usual(entry) if trend else (None, None),
    )


def _parts(shown: ItemView) -> str:
    return "\n".join(f"{label}: {value}" for label, value in shown.details if label not in {"Category", "Includes"})


def _flag(resource: dict[str, Any], shown: ItemView) -> Flag:
    told = [FAR[code] for code in get(resource, "interpretation.coding.code") if code in FAR]
    return told[0] if told else FLAGS.get(shown.flag, "")


def _reports(found: list[Entry], language: str) -> list[Section]:
    """What was written about results: conclusions and report texts."""
    notes = []
    for entry in found:
        if entry.type == "DiagnosticReport":
            paragraphs = _paragraphs(entry)
            if paragraphs:
                notes.append(_written(entry, paragraphs, language))
    return [Section(_("Written reports"), "note", notes=tuple(notes))] if notes else []


def _note(entry: Entry, language: str, files: Mapping[str, str]) -> Note:
    paragraphs = _paragraphs(entry)
    if entry.key in files:
        name = files[entry.key]
        paragraphs.append(_("This document is in the package as the file %(name)s.") % {"name": name})
    return _written(entry, paragraphs or [_("This copy shows no text of this document.")], language)


def _paragraphs(entry: Entry) -> list[str]:
    texts = [_readable(a) for a in attachments(entry.resource)]
    found = [p.strip() for text in texts for p in text[:NOTE_CHARACTERS].split("\n\n") if p.strip()]
    if any(len(text) > NOTE_CHARACTERS for text in texts):
        found.append(_("This text goes on. The other files of the package hold all of it."))
    said = [" ".join(text.split()) for text in texts]
    return found + [note for note in entry.view.notes if not any(" ".join(note.split()) in text for text in said)]


def _written(entry: Entry, paragraphs: list[str], language: str) -> Note:
    author = entry.view.source if entry.view.source != entry.source else ""
    title = plain_title(entry.view.title)
    return Note(title, tuple(paragraphs), author=author, date=known_date(entry.view.when, language))


def _readable(found: Attachment) -> str:
    kind = found.content_type.partition(";")[0].strip()
    if found.data is None or kind not in {"text/plain", "text/html", "text/markdown"}:
        return ""
    text = found.data.decode("utf-8", errors="replace")
    return lines_of(text) if kind == "text/html" else text.replace("\r\n", "\n")
