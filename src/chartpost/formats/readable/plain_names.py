"""What an entry is called for people: its everyday name where we know one, with the recorded name kept beside it."""

from chartpost.formats import plainnames
from chartpost.formats.fhirjson.views import ItemView
from chartpost.formats.pdf.types import Section
from chartpost.formats.readable.entry import Entry
from chartpost.formats.readable.language import get_language
from chartpost.formats.readable.language import gettext as _
from chartpost.formats.readable.words import plain_title


def plain_name(shown: ItemView) -> str:
    """The everyday name of an entry in the reader's language; the recorded name where we know no other."""
    known = plainnames.plain_name(*shown.code, get_language()) if shown.code else None
    return known or plain_title(shown.title)


def recorded_name(shown: ItemView) -> str:
    """The name the source gave the entry; empty when it is the one that is shown."""
    return shown.title if plain_title(shown.title).casefold() != plain_name(shown).casefold() else ""


def recorded_names(found: list[Entry]) -> list[Section]:
    """A list at the end of a copy: what each thing was called where it was recorded, and its code."""
    rows = {
        (plain_name(e.view), recorded_name(e.view), e.view.code[1] if e.view.code else ""): None
        for e in found
        if recorded_name(e.view)
    }
    if not rows:
        return []
    columns = (_("In this copy"), _("Recorded as"), _("Code"))
    title = _("Names as they were recorded")
    return [Section(title, "table", columns=columns, widths=(3, 5, 1.6), rows=tuple(sorted(rows)))]
