"""The file of a link: one FHIR Bundle, encrypted, kept as a blob. A job makes it; of a long-term link, again and again.

What goes in is what the maker may see today: the policy is asked at each building, so labels set since then, a
representation that ended or an account that was closed have their effect.
"""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from chartpost.delivery.build.content import gather
from chartpost.formats.shlink import encrypt
from chartpost.gateways.shl import models
from chartpost.gateways.shl.errors import LARGEST, too_big
from chartpost.gateways.shl.services import bundle
from chartpost.identity import policies
from chartpost.identity import queries as identity
from chartpost.identity.services import event
from chartpost.identity.types import SYSTEM, RowFilter, Subject
from chartpost.kernel import blobs, clock, jobs, keys
from chartpost.kernel.db import raw
from chartpost.ledger import services as ledger
from chartpost.records import queries as records
from chartpost.records.on_write import Changed
from chartpost.records.types import Selection

JOB = "shl.build"
MEDIA_TYPE = "application/jose"
AGAIN_SECONDS = 20
"""How long after a change of the record a long-term link is made anew; an import changes it many times."""


def context(ref: str) -> bytes:
    """What the wrapped key of a link is bound to."""
    return f"shl/{ref}".encode()


def ask(ref: str, delay_seconds: float = 0) -> None:
    """Have a link's file made, in the caller's transaction."""
    jobs.enqueue(JOB, key=f"shl:{ref}", delay_seconds=delay_seconds, ref=ref)


def heard(changes: Sequence[Changed]) -> None:
    """Have the long-term links of changed records made anew."""
    persons = list({change.person_id for change in changes})
    sql = f"SELECT ref FROM shl_link WHERE person_id IN ({raw.marks(persons)}) AND long_term = ? AND state = ?"  # noqa: S608
    for (ref,) in raw.django().all(sql, [*persons, True, "ready"]):
        ask(ref, AGAIN_SECONDS)


def rows_of(link: models.Link) -> RowFilter | None:
    """What of the record the maker of a link may give away today; None when nothing any more."""
    actor = identity.actor_by_id(link.account_id)
    subject = Subject("record", person_id=link.person_id)
    if actor is None or not policies.decide(actor, "record.download", subject).allow:
        return None
    return policies.scope(actor, "record.download", link.person_id)


def mark(link: models.Link, rows: RowFilter) -> str:
    """A short value that changes when labels or rights change what the link may show, with the rights at its end."""
    counts = sorted((int(c), n) for c, n in records.counts(link.person_id, rows).items())
    return f"{hashlib.sha256(json.dumps(counts).encode()).hexdigest()[:32]}.{rows.hidden_labels:x}.{rows.categories:x}"


def holds_more(link: models.Link, rows: RowFilter) -> bool:
    """Whether the file of a link was made when its maker could see more than `rows`."""
    hidden, categories = ([*link.mark.split("."), "", ""])[1:3]
    return bool(categories) and not rows.covers(RowFilter(int(hidden, 16), int(categories, 16)))


def build(ref: str) -> None:
    """Make the file of a link and put it in place of an older one; safe to repeat."""
    link = models.Link.objects.filter(ref=ref, state__in=("making", "ready", "failed")).first()
    if link is None or (link.state == "ready" and not link.long_term):
        return
    rows = rows_of(link)
    if rows is None:
        return
    marked, began = mark(link, rows), clock.now()
    content = gather(link.person_id, Selection.from_json(link.selection), rows, link.language, withheld=False)
    data = bundle.build(content, link.formats)
    if len(data) > LARGEST:
        raise too_big(len(data))
    key = keys.unwrap(bytes(link.wrapped_key), context(link.ref))
    text = encrypt(data, key, "application/fhir+json").encode()
    _put(ref, text, content.count, marked, began)


@transaction.atomic
def _put(ref: str, text: bytes, entries: int, marked: str, began: datetime) -> None:
    row = models.Link.objects.select_for_update().get(ref=ref)
    if row.state not in {"making", "ready", "failed"} or (row.state == "ready" and not row.long_term):
        return
    if row.blob:
        blobs.delete(row.blob)
    stored = blobs.put(text, owner=f"person:{row.person_id}", media_type=MEDIA_TYPE)
    row.state, row.blob, row.size, row.entries = "ready", stored.id, len(text), entries
    row.mark, row.built_at = marked, began
    if not row.long_term:
        row.wrapped_key = b""
    row.save()
    thing = f"shl:{row.ref}"
    ledger.append(event(SYSTEM, "shl.build", row.person_id, thing, count=entries, bytes=len(text)))


def failed(ref: str) -> None:
    """Say that the file of a link could not be made after every try; an older file stays in place."""
    models.Link.objects.filter(ref=ref, state="making").update(state="failed")
