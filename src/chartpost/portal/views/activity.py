"""Who looked at a record: every entry of the ledger about the person, in plain words."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from chartpost.identity import app_words, policies, queries_apps
from chartpost.identity.aliases import one_person
from chartpost.kernel.db import raw
from chartpost.ledger import queries as ledger
from chartpost.ledger.actions import ECHOES, INNER
from chartpost.ledger.types import EntryView, Filter
from chartpost.portal.views.reader import Reader, for_person, note
from chartpost.portal.views.sections import BY_SLUG

PAGE = 50
OF_TYPES = frozenset({"record.read", "record.search", "subscription.notify"})
"""What apps do with entries of one type of FHIR."""
DOORS: dict[str, str | Promise] = {
    "portal": _("on this site"),
    "desk": _("at the desk of the office"),
    "fhir": _("by an app"),
}


@dataclass
class Looks:
    """Entries in a row by one actor with one purpose: the newest, and how far back they go.

    `app` is the name of the app they are about.
    """

    entry: EntryView
    mine: bool
    since: EntryView
    count: int = 1
    app: str = ""
    sections: list[str] = field(default_factory=list)

    def take(self, entry: EntryView) -> None:
        """Add an older entry."""
        self.since, self.count = entry, self.count + 1
        self.name(entry)

    def name(self, entry: EntryView) -> None:
        """Keep the part of the record that an entry names, once: a section, or what an app read."""
        known = BY_SLUG.get(str(entry.detail.get("section", "")).replace("_", "-"))
        read = str(entry.detail.get("type", "")) if entry.action in OF_TYPES else ""
        name = str(known.name if known else app_words.kind_of(read).name if read else "")
        if name and name not in self.sections:
            self.sections.append(name)

    @property
    def door(self) -> str | Promise:
        """From where, in words."""
        return DOORS.get(self.entry.where.partition(" ")[0], "")


@require_GET
@for_person("access_log.read")
def index(request: HttpRequest, reader: Reader) -> HttpResponse:
    """The list, newest first."""
    before = request.GET.get("before", "")
    wanted = Filter(person_id=reader.person.id, merged=one_person(reader.person.id, raw.django()))
    found = ledger.told(wanted, before or None, PAGE + 1, lambda entry: _told(entry, reader))
    note(request, reader, "access_log.read", f"person:{reader.person.ref}")
    rows = together(found[:PAGE], reader.actor.label)
    apps = queries_apps.app_names(row.entry.app for row in rows)
    for row in rows:
        row.app = apps.get(row.entry.app, "")
    context = {
        "reader": reader,
        "person": reader.person,
        "rows": rows,
        "older": f"?before={found[PAGE - 1].ref}" if len(found) > PAGE else "",
        "newest": request.path if before else "",
    }
    return render(request, "portal/activity.html", context)


def together(entries: Iterable[EntryView], reader: str) -> list[Looks]:
    """Entries newest first, those of one actor that do the same for the same reason as one line."""
    rows: list[Looks] = []
    for entry in entries:
        if rows and _alike(rows[-1].since, entry):
            rows[-1].take(entry)
        else:
            rows.append(Looks(entry, entry.actor == reader, entry))
            rows[-1].name(entry)
    return rows


def _told(entry: EntryView, reader: Reader) -> bool:
    """Whether an entry has a line for a reader; a file opened on this site was told when it was asked for."""
    others = entry.actor != reader.actor.label
    if others and not policies.hears_of(reader.actor, reader.person.id, entry.action, entry.by_own_app):
        return False
    opened_here = entry.action == "delivery.open" and entry.detail.get("channel") == "portal"
    return entry.action not in INNER | ECHOES and not opened_here


def _alike(one: EntryView, other: EntryView) -> bool:
    return _deed(one) == _deed(other)


def _deed(entry: EntryView) -> tuple[str, ...]:
    return entry.actor, entry.action, entry.why, entry.where, entry.app
