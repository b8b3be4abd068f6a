"""The values of a short paper about a record: what goes on now, the newest results and visits, what else there is."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from chartpost.formats.fhirjson.terms import Category
from chartpost.formats.pdf.types import RecordDocument, Section
from chartpost.formats.readable import sections
from chartpost.formats.readable.entry import Entry
from chartpost.formats.readable.language import gettext as _
from chartpost.formats.readable.language import ngettext
from chartpost.formats.readable.plain_names import plain_name
from chartpost.formats.readable.record import About, by_category, front
from chartpost.formats.readable.words import ORDER, SECTION_NAMES

LINES = 40
"""Of each list at the front."""
NEWEST = {Category.RESULTS: 25, Category.VITALS: 6, Category.VISITS: 5}
"""How many of a section are told: of results and vital signs the newest of each kind."""


def summary_document(found: Iterable[Entry], about: About) -> RecordDocument:
    """The values of the template `record` for a summary, in the language that is spoken; entries newest first."""
    entries = list(found)
    newest = [section for category in NEWEST for section in _newest(category, entries, about)]
    return replace(front(by_category(entries), about, LINES), brief=True, sections=(*newest, *_rest(entries)))


def _newest(category: Category, entries: list[Entry], about: About) -> list[Section]:
    mine = [e for e in entries if e.category is category and (e.view.value or category is Category.VISITS)]
    if category is not Category.VISITS:
        newest: dict[str, Entry] = {}
        for entry in mine:
            newest.setdefault(plain_name(entry.view), entry)
        mine = list(newest.values())
    made = sections.sections(category, mine[: NEWEST[category]], about.lang, {})
    return [replace(section, title=_title(category)) for section in made[:1] if section.kind != "note"]


def _title(category: Category) -> str:
    titles = {
        Category.RESULTS: _("Newest test results"),
        Category.VITALS: _("Newest vital signs"),
        Category.VISITS: _("Last visits"),
    }
    return titles[category]


def _rest(entries: list[Entry]) -> list[Section]:
    """How many entries of each section the whole record has."""
    counted = Counter(e.category for e in entries if e.type != "Provenance")
    rows = tuple(
        (str(SECTION_NAMES[c]), ngettext("%(n)d entry", "%(n)d entries", counted[c]) % {"n": counted[c]})
        for c in ORDER
        if counted[c]
    )
    return [Section(_("What the whole record holds"), "list", rows=rows)] if rows else []
