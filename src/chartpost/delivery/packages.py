"""Packages: asked for in a transaction, built by a job, kept as encrypted blobs with their hashes.

Building is safe to repeat and to kill: one process builds a package at a time, a package that is ready is left alone,
and its files are stored in the one transaction that makes it ready, so that a killed build leaves nothing named.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from datetime import timedelta

from django.db import transaction

from chartpost.delivery import models, separating
from chartpost.delivery.build import about, ccda, documents, fhir, pdf, xdm
from chartpost.delivery.build.content import Content, gather
from chartpost.delivery.build.file import File
from chartpost.delivery.build.lock import building
from chartpost.delivery.errors import NotReady
from chartpost.delivery.types import OWN_DAYS, Referral, rows_from_json, rows_to_json
from chartpost.identity import queries as identity
from chartpost.identity.services import event
from chartpost.identity.types import SYSTEM, Actor, RowFilter
from chartpost.kernel import blobs, clock, jobs
from chartpost.ledger import services as ledger
from chartpost.records.types import Selection

log = logging.getLogger("chartpost.delivery")

BUILDERS: dict[str, Callable[[Content], list[File]]] = {
    "pdf": pdf.build,
    "summary": pdf.summary,
    **ccda.BUILDERS,
    "fhir": fhir.build,
    "xdm": xdm.build,
    "document": documents.build,
}
JOB = "delivery.build_package"
RETRIES = 4
CLOSED = frozenset({"ready", "expired", "withdrawn"})
"""States of a package nothing is built for any more."""
FAILED = "It could not be built. Build it again, or ask the administrator to look at the log."


@transaction.atomic
def ask(
    request_ref: str,
    person_id: int,
    selection: Selection,
    rows: RowFilter,
    formats: Sequence[str],
    language: str,
    withheld: Sequence[str],
    actor: Actor,
    referral: Referral | None = None,
) -> str:
    """Ask for a package; returns its reference. A job builds it.

    `referral` is what a referral note or transfer summary says of why, and to whom. With an empty `request_ref` it is a
    copy the person makes for themselves, kept for OWN_DAYS.
    """
    row = models.Package.objects.create(
        request_ref=request_ref,
        person_id=person_id,
        filed_person_id=person_id,
        selection=selection.to_json(),
        rows=rows_to_json(rows),
        formats=list(dict.fromkeys(formats)),
        language=language,
        withheld=list(withheld),
        referral=asdict(referral) if referral else {},
        made_by=actor.account_id,
    )
    why = "release request" if request_ref else "own access"
    ledger.append(event(actor, "package.ask", person_id, f"package:{row.ref}", why=why))
    _enqueue(row.ref)
    return row.ref


@transaction.atomic
def build_again(package_ref: str, actor: Actor) -> None:
    """Try a failed package again; raises NotReady when it did not fail."""
    waiting = models.Package.objects.filter(ref=package_ref, state="failed").update(state="waiting", problem="")
    if not waiting:
        raise NotReady(
            seen="a package that did not fail", expected="one that could not be built", todo="Reload the page."
        )
    row = models.Package.objects.get(ref=package_ref)
    ledger.append(event(actor, "package.ask", row.person_id, f"package:{row.ref}", why="built again"))
    _enqueue(package_ref)


def build(package_ref: str) -> None:
    """Build every file of a package, then make it ready in one transaction; does nothing while another builds it."""
    with building(package_ref) as alone:
        row = models.Package.objects.get(ref=package_ref)
        if not alone or row.state in CLOSED:
            return
        selection, rows = Selection.from_json(row.selection), rows_from_json(row.rows)
        content = gather(row.person_id, selection, rows, row.language, bool(row.withheld))
        content = replace(content, referral=Referral(**row.referral))
        files = [file for name in [*row.formats, "document"] for file in BUILDERS[name](content)]
        _finish(row, content, files)


@transaction.atomic
def _finish(begun: models.Package, content: Content, files: list[File]) -> None:
    row = models.Package.objects.select_for_update().get(pk=begun.pk)
    if row.state in CLOSED:
        return
    if (row.person_id, row.made_at) != (begun.person_id, begun.made_at):
        raise NotReady(seen="a record that was merged or separated", expected="one record", todo="Build it again.")
    parts = [_keep(row, file) for file in files]
    parts.append(_keep(row, about.build(content, parts)))
    row.state, row.ready_at, row.entries, row.problem = "ready", clock.now(), content.count, ""
    row.save()
    entry = event(SYSTEM, "package.build", row.person_id, f"package:{row.ref}", parts=len(parts), count=content.count)
    ledger.append(entry)


def _keep(row: models.Package, file: File) -> models.Part:
    with file.open() as stream:
        stored = blobs.put(stream, owner=f"person:{row.person_id}", media_type=file.media_type)
    return models.Part.objects.create(
        package=row,
        format=file.format,
        name=file.name,
        media_type=file.media_type,
        blob=stored.id,
        sha256=stored.sha256,
        size=stored.size,
        pages=file.pages,
    )


def failed(package_ref: str) -> None:
    """Say that a package could not be built after every try."""
    waiting = models.Package.objects.filter(ref=package_ref).exclude(state__in=CLOSED)
    waiting.update(state="failed", problem=FAILED)


def expire_own() -> int:
    """Delete the files of copies that people made for themselves OWN_DAYS ago; what they were stays on record.

    Returns how many packages expired.
    """
    before = clock.now() - timedelta(days=OWN_DAYS)
    old = models.Package.objects.filter(request_ref="", state="ready", ready_at__lt=before)
    return sum(_expire(ref) for ref in list(old.values_list("ref", flat=True)))


@transaction.atomic
def _expire(package_ref: str) -> bool:
    row = models.Package.objects.select_for_update().get(ref=package_ref)
    if row.state != "ready":
        return False
    parts = list(row.parts.exclude(blob=""))
    for part in parts:
        blobs.delete(part.blob)
    row.parts.update(blob="")
    row.state = "expired"
    row.save(update_fields=["state"])
    ledger.append(event(SYSTEM, "package.expire", row.person_id, f"package:{row.ref}", parts=len(parts)))
    return True


def refile(from_id: int, to_id: int) -> None:
    """Move packages and deliveries with their person when persons are merged or un-merged; files change owner too."""
    rows = models.Package.objects.filter(person_id=from_id)
    filed = identity.belonging(rows.values_list("filed_person_id", flat=True).distinct(), to_id)
    moving = list(rows.filter(filed_person_id__in=filed).values_list("pk", flat=True))
    models.Delivery.objects.filter(package_id__in=moving).update(person_id=to_id)
    models.Package.objects.filter(pk__in=moving).update(person_id=to_id)
    for blob in models.Part.objects.filter(package_id__in=moving).exclude(blob="").values_list("blob", flat=True):
        blobs.reassign(blob, f"person:{to_id}")
    since = identity.mixed_since(from_id, to_id)
    if since:
        separating.withdraw((from_id, to_id), since)


def _enqueue(package_ref: str) -> None:
    jobs.enqueue(JOB, key=f"package:{package_ref}", package_ref=package_ref)


jobs.register(JOB, build, retries=RETRIES, on_failed=failed)
