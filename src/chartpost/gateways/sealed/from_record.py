"""What a person can send out of their own record: copies they made, and documents kept as files."""

from dataclasses import dataclass
from itertools import islice

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from chartpost.delivery import queries as delivery
from chartpost.formats.fhirjson.terms import Category
from chartpost.formats.readable.words import full_date
from chartpost.identity import policies
from chartpost.identity import queries as identity
from chartpost.identity.types import Actor, PersonView, Subject
from chartpost.kernel import clock
from chartpost.records import queries as records

MOST = 100
ENDINGS = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg", "text/plain": "txt"}


@dataclass(frozen=True)
class Pick:
    """A file of the record: what it is called, where the browser gets it, bytes."""

    name: str
    about: str
    url: str
    type: str
    size: int


def people(actor: Actor) -> list[PersonView]:
    """Whose record an account may send from: their own first. Staff send files from their own disk."""
    if actor.kind != "person":
        return []
    keys = actor.own_persons | {a.person_id for a in actor.authorities if a.in_force(actor.today)}
    allowed = [k for k in keys if policies.decide(actor, "share.send", Subject("record", person_id=k)).allow]
    found = [identity.person_by_id(key) for key in allowed]
    return sorted(found, key=lambda one: (one.id not in actor.own_persons, one.name))


def picks(actor: Actor, person: PersonView) -> list[Pick]:
    """Files of a person's record that this account may download, copies first; names are shown to the account alone."""
    return [*_copies(actor, person), *_documents(actor, person)][:MOST]


def _copies(actor: Actor, person: PersonView) -> list[Pick]:
    found = []
    for package in delivery.packages_of(person.id):
        subject = Subject("package", person_id=package.person_id, owner_id=package.made_by, rows=package.rows)
        if package.state != "ready" or not policies.decide(actor, "record.download", subject).allow:
            continue
        made = full_date(clock.local_date(package.made_at, actor.zone), get_language() or "en")
        about = _("Copy of %(day)s") % {"day": made}
        for part in package.parts:
            url = reverse("portal:package_file", args=[package.ref, part.ref])
            found.append(Pick(part.name, about, url, part.media_type, part.size))
    return found


def _documents(actor: Actor, person: PersonView) -> list[Pick]:
    """Documents whose original is kept as a file; the address gives the copy that is safe to open."""
    if not policies.decide(actor, "record.download", Subject("document", person_id=person.id)).allow:
        return []
    rows = policies.scope(actor, "record.read", person.id)
    found = []
    for item in islice(records.section(person.id, Category.DOCUMENTS, rows, limit=MOST).items, MOST):
        kept = item.document
        if kept is None:
            continue
        kind = kept.media_type.partition(";")[0].strip().lower()
        url = reverse("portal:document", args=[item.stored.type, item.stored.id, 0]) + "?download"
        title = kept.title or item.view.title
        found.append(Pick(f"{title}.{ENDINGS.get(kind, 'bin')}", _("Document"), url, kind, kept.size))
    return found
