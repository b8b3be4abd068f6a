"""Pages for people: the record of one person as PDF or as one stand-alone web page."""

from collections import Counter
from collections.abc import Iterator

from chartpost.formats.convert.keeper import NOBODY, Keeper, keeper
from chartpost.formats.convert.people import Share
from chartpost.formats.convert.types import Document, Json, Wish
from chartpost.formats.fhirjson.classify import category
from chartpost.formats.fhirjson.terms import Category
from chartpost.formats.fhirjson.views import view
from chartpost.formats.pdf.types import Office, RecordDocument, Source
from chartpost.formats.readable.entry import Entry
from chartpost.formats.readable.language import gettext as _
from chartpost.formats.readable.language import ngettext, speaking
from chartpost.formats.readable.page import record_page
from chartpost.formats.readable.patient import person_of
from chartpost.formats.readable.printing import print_record
from chartpost.formats.readable.record import About, record_document
from chartpost.formats.readable.words import full_moment

UNSHOWN = frozenset({"Provenance"})


def pdf(document: Document, share: Share, wish: Wish) -> bytes:
    """A tagged PDF (PDF/UA-1); raises PdfError."""
    return print_record(_values(document, share, wish), created=wish.created)


def page(document: Document, share: Share, wish: Wish) -> bytes:
    """One HTML file that needs nothing else and runs nothing."""
    with speaking(wish.language):
        return record_page(_values(document, share, wish)).encode()


def _values(document: Document, share: Share, wish: Wish) -> RecordDocument:
    with speaking(wish.language):
        entries = sorted(_entries(share), key=_newest_first)
        about = About(
            person=person_of(share.patient),
            office=_office(keeper(share, wish)),
            prepared_at=full_moment(wish.created, wish.zone or "UTC", wish.language),
            lang=wish.language,
            covers=_("All sections, all dates"),
            sources=_sources(document, entries),
        )
        return record_document(entries, about)


def _office(found: Keeper) -> Office:
    """Who the file is from; the paper itself was made by whoever converted it, and says so."""
    town = " ".join(filter(None, (found.state, found.postal_code)))
    named = _("Converted from a file of %(name)s") % {"name": found.name}
    name = _("Converted from a file") if found.name == NOBODY else named
    return Office(name, ", ".join(filter(None, (*found.lines, found.city, town))), found.phone)


def _entries(share: Share) -> Iterator[Entry]:
    shown = [e for e in share.others if e.type not in UNSHOWN and not _wrote(e.resource)]
    people = [e for e in shown if category(e.resource) is Category.PEOPLE]
    names = {key: view(e.resource).title for e in people for key in (e.key, e.full_url) if key}
    for entry in shown:
        yield Entry(category(entry.resource), "", entry.resource, view(entry.resource, names))


def _wrote(resource: Json) -> bool:
    """Whether it is the program that wrote something: a device of nobody."""
    return resource.get("resourceType") == "Device" and "patient" not in resource


def _newest_first(entry: Entry) -> float:
    return -float(entry.view.when.lo) if entry.view.when else float("inf")


def _sources(document: Document, entries: list[Entry]) -> tuple[Source, ...]:
    counted = Counter(entry.category is not Category.PEOPLE for entry in entries)[True]
    said = ngettext("%(n)d entry", "%(n)d entries", counted) % {"n": counted}
    kinds = {"ccda": "C-CDA", "fhir": "FHIR", "ndjson": "FHIR"}
    return (Source(document.custodian or document.name, kind=kinds[document.kind], covers=said),)
