"""The record PDF's values: a summary first, then every section, bills and insurance, and where each part came from."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from chartpost.formats.fhirjson.terms import Category
from chartpost.formats.fhirjson.views import ItemView
from chartpost.formats.pdf.types import Language, Office, Person, RecordDocument, Section, Source, SummaryList
from chartpost.formats.readable import sections
from chartpost.formats.readable.bills import bills
from chartpost.formats.readable.entry import Entry
from chartpost.formats.readable.language import gettext as _
from chartpost.formats.readable.language import ngettext
from chartpost.formats.readable.plain_names import plain_name, recorded_names
from chartpost.formats.readable.words import ORDER, SECTION_NAMES

Entries = Mapping[Category, list[Entry]]
SUMMARY_LINES = 6
SUMMARY = (Category.PROBLEMS, Category.MEDICINES, Category.ALLERGIES, Category.IMMUNIZATIONS)
OPEN_STATUS = ("active", "recurrence", "relapse", "completed", "on-hold", "on hold", "unknown")


@dataclass(frozen=True)
class About:
    """What a copy says besides its entries.

    `prepared_at` and `covers` as they are read; `chosen` are the sections asked for (empty: all); `files` names the
    documents that lie beside the copy, by Type/id.
    """

    person: Person
    office: Office
    prepared_at: str
    lang: Language = "en"
    demo: bool = False
    covers: str = ""
    withheld_notice: str | None = None
    legal_notice: str | None = None
    sources: tuple[Source, ...] = ()
    chosen: frozenset[Category] = frozenset()
    files: Mapping[str, str] = field(default_factory=dict)


def record_document(found: Iterable[Entry], about: About) -> RecordDocument:
    """The values of the template `record`, in the language that is spoken; entries newest first."""
    entries = by_category(found)
    return replace(
        front(entries, about),
        sections=_sections(entries, about),
        insurance=sections.insurance(entries[Category.COVERAGE]),
        bills=bills(entries[Category.BILLS], about.lang),
    )


def by_category(found: Iterable[Entry]) -> dict[Category, list[Entry]]:
    """The entries of each section, in their order."""
    entries: dict[Category, list[Entry]] = defaultdict(list)
    for entry in found:
        entries[entry.category].append(entry)
    return entries


def front(entries: Entries, about: About, lines: int = SUMMARY_LINES) -> RecordDocument:
    """What stands before the sections: whose it is, from whom, and the summary with at most so many lines a list."""
    return RecordDocument(
        person=about.person,
        office=about.office,
        prepared_at=about.prepared_at,
        lang=about.lang,
        demo=about.demo,
        covers=about.covers,
        withheld_notice=about.withheld_notice,
        legal_notice=about.legal_notice,
        summary=tuple(_summary(c, entries[c], lines) for c in SUMMARY if not about.chosen or c in about.chosen),
        sources=about.sources,
    )


def _sections(entries: Entries, about: About) -> tuple[Section, ...]:
    wanted = [c for c in ORDER if entries.get(c)]
    own = [c for c in wanted if c not in sections.OWN_PLACE]
    made = [s for c in own for s in sections.sections(c, entries[c], about.lang, about.files)]
    if not made and not (entries.get(Category.BILLS) or entries.get(Category.COVERAGE)):
        nothing = _("We hold no entries for what this copy covers. If you expected some, please ask us.")
        made = [Section(_("Nothing to show"), "list", empty=nothing)]
    named = [e for c in own if c is not Category.DOCUMENTS for e in entries[c]]
    return (*made, *recorded_names(named))


def _summary(category: Category, found: list[Entry], lines: int) -> SummaryList:
    names = list(dict.fromkeys(plain_name(e.view) for e in found if _is_open(e.view)))
    more = len(names) - lines
    tail = ngettext("and %(n)d more", "and %(n)d more", more) % {"n": more} if more > 0 else ""
    return SummaryList(str(SECTION_NAMES[category]), tuple(names[:lines]), _("None in this copy."), tail)


def _is_open(shown: ItemView) -> bool:
    return not shown.status or shown.status.casefold().startswith(OPEN_STATUS)
