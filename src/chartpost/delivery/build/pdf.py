"""The PDF a person reads: a summary first, then every section, bills and insurance, and where each part came from."""

import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import pikepdf
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chartpost.delivery.build import documents, pictures
from chartpost.delivery.build.content import Content, is_shown
from chartpost.delivery.build.file import File, whole
from chartpost.formats.fhirjson.canonical import parse
from chartpost.formats.fhirjson.views import view
from chartpost.formats.pdf.types import Language, Office, Person, Source
from chartpost.formats.readable.entry import Entry
from chartpost.formats.readable.patient import person
from chartpost.formats.readable.printing import print_record
from chartpost.formats.readable.record import About, record_document
from chartpost.formats.readable.summary import summary_document
from chartpost.formats.readable.words import ORDER, SECTION_NAMES, full_date, full_moment
from chartpost.kernel.clock import local_date
from chartpost.records import queries as records


def build(content: Content) -> list[File]:
    """One tagged PDF (PDF/UA-1), with pictures on file printed and PDF files attached."""
    with translation.override(content.language):
        document = record_document(_entries(content), _about(content))
        document = replace(document, sections=(*document.sections, *pictures.pictures(content)))
    data = print_record(document, created=content.made_at, attached=pictures.attached(content))
    return [whole("pdf", f"{content.file_stem}.pdf", "application/pdf", data, _pages(data))]


def summary(content: Content) -> list[File]:
    """A summary of a few pages, as it lies beside locked files."""
    with translation.override(content.language):
        said = _("A summary: what goes on now, the newest results, the last visits. The whole record is beside it.")
        about = replace(_about(content), covers=f"{covers(content)}\n{said}")
        document = summary_document(_entries(content), about)
    data = print_record(document, created=content.made_at)
    day = content.file_stem.removeprefix("health-record")
    return [whole("summary", f"health-summary{day}.pdf", "application/pdf", data, _pages(data))]


def _pages(data: bytes) -> int:
    with pikepdf.open(io.BytesIO(data)) as made:
        return len(made.pages)


def _about(content: Content) -> About:
    language: Language = "es" if content.language == "es" else "en"
    return About(
        person=_person(content),
        office=Office(content.office.name, _one_line(content.office.address), content.office.phone),
        prepared_at=full_moment(content.made_at, content.zone, content.language),
        lang=language,
        demo=content.demo,
        covers=covers(content),
        withheld_notice=withheld() if content.something_withheld else None,
        legal_notice=content.legal_notice or None,
        sources=_sources(content),
        chosen=content.selection.categories,
        files=documents.names(content),
    )


def _entries(content: Content) -> Iterator[Entry]:
    names = {f"{s.type}/{s.id}": view(parse(s.body)).title for s in content.shared}
    for stored, resource in content.parsed():
        yield Entry(stored.category, stored.source, resource, view(resource, names))


def _person(content: Content) -> Person:
    known = content.person
    return person(known.name, known.birth_date or "", known.sex, ", ".join(known.address), known.identifiers)


def covers(content: Content) -> str:
    """What was chosen, in the language that is on: sections and days."""
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


def withheld() -> str:
    """The sentence of a copy that leaves something out."""
    return _("Some entries are not part of this copy. The letter that came with it says why, and what you can do.")


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
