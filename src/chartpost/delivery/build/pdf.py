"""The PDF a person reads: a summary first, then every section, bills and insurance, and where each part came from."""

from collections import Counter, defaultdict
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chartpost.delivery.build import sections
from chartpost.delivery.build.content import Content
from chartpost.delivery.build.file import File
from chartpost.delivery.build.words import ORDER, SECTION_NAMES, full_date, full_moment, plain_title
from chartpost.formats.fhirjson.terms import Category
from chartpost.formats.fhirjson.views import ItemView, view
from chartpost.formats.pdf.sandbox import render_apart
from chartpost.formats.pdf.types import Language, Office, Person, RecordDocument, Source, SummaryList
from chartpost.records.types import Stored

Entries = dict[Category, list[tuple[Stored, dict[str, Any], ItemView]]]
SUMMARY_LINES = 6
SUMMARY = (Category.PROBLEMS, Category.MEDICINES, Category.ALLERGIES, Category.IMMUNIZATIONS)
OPEN_STATUS = ("active", "recurrence", "relapse", "completed", "on-hold", "activo")


_SEXES = {"male": lambda: _("Male"), "female": lambda: _("Female"), "other": lambda: _("Other")}


def build(content: Content) -> list[File]:
    """One tagged PDF (PDF/UA-1)."""
    with translation.override(content.language):
        document = _document(content)
        data = render_apart("record", document.to_json(), lang=document.lang, created=content.made_at)
    return [File("pdf", f"{content.file_stem}.pdf", "application/pdf", data)]


def _document(content: Content) -> RecordDocument:
    names = {f"{s.type}/{s.id}": view(_parsed(s)).title for s in content.shared}
    entries: Entries = defaultdict(list)
    for stored, resource in content.parsed:
        entries[stored.category].append((stored, resource, view(resource, names)))
    language: Language = "es" if content.language == "es" else "en"
    return RecordDocument(
        person=_person(content),
        office=Office(content.office.name, _one_line(content.office.address), content.office.phone),
        prepared_at=full_moment(content.made_at, content.zone, content.language),
        lang=language,
        demo=content.demo,
        covers=_covers(content),
        withheld_notice=_withheld() if content.something_withheld else None,
        summary=tuple(_summary(category, entries[category]) for category in SUMMARY),
        sections=tuple(
            sections.section(c, entries[c], language) for c in ORDER if c in entries and c not in sections.OWN_PLACE
        ),
        insurance=sections.insurance(entries.get(Category.COVERAGE, [])),
        bills=sections.bills(entries.get(Category.BILLS, []), language),
        sources=_sources(content),
    )


def _parsed(stored: Stored) -> dict[str, Any]:
    from chartpost.formats.fhirjson.canonical import parse

    return parse(stored.body)


def _person(content: Content) -> Person:
    person = content.person
    numbers = tuple((_("Record number"), value) for _system, value in person.identifiers[:2])
    return Person(
        name=person.name,
        birth_date=full_date(person.birth_date, content.language) if person.birth_date else _("not given"),
        sex=_SEXES[person.sex]() if person.sex in _SEXES else "",
        address=", ".join(person.address),
        identifiers=numbers,
    )


def _covers(content: Content) -> str:
    chosen = content.selection
    if not (chosen.categories or chosen.date_from or chosen.date_to):
        return _("Everything we hold about you.")
    parts = [str(SECTION_NAMES[c]) for c in ORDER if c in chosen.categories] or [_("Every section")]
    text = ", ".join(parts)
    if chosen.date_from:
        text += " · " + _("from %(day)s") % {"day": full_date(chosen.date_from, content.language)}
    if chosen.date_to:
        text += " · " + _("to %(day)s") % {"day": full_date(chosen.date_to, content.language)}
    return text


def _withheld() -> str:
    return _("Some entries are not part of this copy. The letter that came with it says why, and what you can do.")


def _summary(category: Category, found: list[tuple[Stored, dict[str, Any], ItemView]]) -> SummaryList:
    names = list(dict.fromkeys(plain_title(v.title) for _, _, v in found if _is_open(v)))
    more = len(names) - SUMMARY_LINES
    tail = ngettext("and %(n)d more", "and %(n)d more", more) % {"n": more} if more > 0 else ""
    return SummaryList(str(SECTION_NAMES[category]), tuple(names[:SUMMARY_LINES]), _("None recorded."), tail)


def _is_open(shown: ItemView) -> bool:
    return not shown.status or shown.status.casefold().startswith(OPEN_STATUS)


def _sources(content: Content) -> tuple[Source, ...]:
    counted = Counter(s.source for s in content.entries if s.category != Category.PEOPLE)
    return tuple(
        Source(name, covers=ngettext("%(n)d entry", "%(n)d entries", n) % {"n": n}) for name, n in counted.most_common()
    )


def _one_line(text: str) -> str:
    return ", ".join(line.strip() for line in text.splitlines() if line.strip())
