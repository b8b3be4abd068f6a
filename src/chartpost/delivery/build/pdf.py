"""The PDF a person reads: a summary first, then every section, bills and insurance, and where each part came from."""

from collections import Counter, defaultdict
from datetime import datetime

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chartpost.delivery.build import documents, sections
from chartpost.delivery.build.bills import bills
from chartpost.delivery.build.content import Content, is_shown
from chartpost.delivery.build.file import File, whole
from chartpost.delivery.build.plain_names import plain_name, recorded_names
from chartpost.delivery.build.types import Entry
from chartpost.delivery.build.words import ORDER, SECTION_NAMES, full_date, full_moment
from chartpost.formats.fhirjson.canonical import parse
from chartpost.formats.fhirjson.terms import Category
from chartpost.formats.fhirjson.views import ItemView, view
from chartpost.formats.pdf.errors import WorkerStoppedError
from chartpost.formats.pdf.sandbox import Limits, render_apart
from chartpost.formats.pdf.types import Language, Office, Person, RecordDocument, Section, Source, SummaryList
from chartpost.kernel.clock import local_date
from chartpost.records import queries as records

Entries = dict[Category, list[Entry]]
SUMMARY_LINES = 6
SUMMARY = (Category.PROBLEMS, Category.MEDICINES, Category.ALLERGIES, Category.IMMUNIZATIONS)
OPEN_STATUS = ("active", "recurrence", "relapse", "completed", "on-hold", "on hold", "unknown")
UNPRINTED_NUMBERS = ("us-ssn", "2.16.840.1.113883.4.1", "passport", "us-dl", "4.3.25")
"""Identifier systems (social security number, passport, driver's licence) that paper need not carry."""
LIMITS = Limits(memory=4_000_000_000, seconds=120, wall_seconds=180)
BIG_LIMITS = Limits(memory=8_000_000_000, seconds=600, wall_seconds=900)
BIG = 4_000
"""Entries from which a record is set under the higher limits."""

_SEXES = {"male": lambda: _("Male"), "female": lambda: _("Female"), "other": lambda: _("Other")}


def build(content: Content) -> list[File]:
    """One tagged PDF (PDF/UA-1)."""
    with translation.override(content.language):
        document = _document(content)
        limits = BIG_LIMITS if len(content.entries) >= BIG else LIMITS
        data = _render(document, content, limits)
    return [whole("pdf", f"{content.file_stem}.pdf", "application/pdf", data)]


def _render(document: RecordDocument, content: Content, limits: Limits) -> bytes:
    try:
        return render_apart("record", document.to_json(), lang=document.lang, created=content.made_at, limits=limits)
    except WorkerStoppedError:
        if limits is BIG_LIMITS:
            raise
        return _render(document, content, BIG_LIMITS)


def _document(content: Content) -> RecordDocument:
    entries = _entries(content)
    language: Language = "es" if content.language == "es" else "en"
    files = documents.names(content)
    return RecordDocument(
        person=_person(content),
        office=Office(content.office.name, _one_line(content.office.address), content.office.phone),
        prepared_at=full_moment(content.made_at, content.zone, content.language),
        lang=language,
        demo=content.demo,
        covers=_covers(content),
        withheld_notice=_withheld() if content.something_withheld else None,
        summary=tuple(_summary(c, entries[c]) for c in SUMMARY if _chosen(c, content)),
        sections=_sections(entries, language, files),
        insurance=sections.insurance(entries[Category.COVERAGE]),
        bills=bills(entries[Category.BILLS], language),
        sources=_sources(content),
    )


def _entries(content: Content) -> Entries:
    names = {f"{s.type}/{s.id}": view(parse(s.body)).title for s in content.shared}
    entries: Entries = defaultdict(list)
    for stored, resource in content.parsed():
        entries[stored.category].append(Entry(stored, resource, view(resource, names)))
    return entries


def _sections(entries: Entries, language: Language, files: dict[int, str]) -> tuple[Section, ...]:
    wanted = [c for c in ORDER if entries.get(c)]
    own = [c for c in wanted if c not in sections.OWN_PLACE]
    made = [s for c in own for s in sections.sections(c, entries[c], language, files)]
    if not made and not (entries.get(Category.BILLS) or entries.get(Category.COVERAGE)):
        nothing = _("We hold no entries for what this copy covers. If you expected some, please ask us.")
        made = [Section(_("Nothing to show"), "list", empty=nothing)]
    named = [e for c in own if c is not Category.DOCUMENTS for e in entries[c]]
    return (*made, *recorded_names(named))


def _chosen(category: Category, content: Content) -> bool:
    return not content.selection.categories or category in content.selection.categories


def _person(content: Content) -> Person:
    person = content.person
    numbers = [v for system, v in person.identifiers if not any(part in system for part in UNPRINTED_NUMBERS)]
    sex = person.sex
    return Person(
        name=person.name,
        birth_date=full_date(person.birth_date, content.language) if person.birth_date else _("not given"),
        sex=_SEXES[sex]() if sex in _SEXES else "",
        address=", ".join(person.address),
        identifiers=tuple((_("Record number"), value) for value in numbers[:2]),
    )


def _covers(content: Content) -> str:
    chosen = content.selection
    if not (chosen.categories or chosen.date_from or chosen.date_to):
        return _("All sections, all dates")
    parts = [str(SECTION_NAMES[c]) for c in ORDER if c in chosen.categories] or [_("All sections")]
    text = ", ".join(parts)
    if chosen.date_from:
        text += " · " + _("from %(day)s") % {"day": full_date(chosen.date_from, content.language)}
    if chosen.date_to:
        text += " · " + _("to %(day)s") % {"day": full_date(chosen.date_to, content.language)}
    return text


def _withheld() -> str:
    return _("Some entries are not part of this copy. The letter that came with it says why, and what you can do.")


def _summary(category: Category, found: list[Entry]) -> SummaryList:
    names = list(dict.fromkeys(plain_name(e.view) for e in found if _is_open(e.view)))
    more = len(names) - SUMMARY_LINES
    tail = ngettext("and %(n)d more", "and %(n)d more", more) % {"n": more} if more > 0 else ""
    return SummaryList(str(SECTION_NAMES[category]), tuple(names[:SUMMARY_LINES]), _("None in this copy."), tail)


def _is_open(shown: ItemView) -> bool:
    return not shown.status or shown.status.casefold().startswith(OPEN_STATUS)


def _sources(content: Content) -> tuple[Source, ...]:
    shown = [s for s in content.entries if is_shown(s)]
    received = records.received([s.rid for s in shown])
    counted = Counter(s.source for s in shown).most_common()
    return tuple(
        Source(name, received=_day(received.get(name), content), covers=_entries_said(n)) for name, n in counted
    )


def _day(moment: datetime | None, content: Content) -> str:
    return full_date(local_date(moment, content.zone), content.language) if moment else ""


def _entries_said(count: int) -> str:
    return ngettext("%(n)d entry", "%(n)d entries", count) % {"n": count}


def _one_line(text: str) -> str:
    return ", ".join(line.strip() for line in text.splitlines() if line.strip())
