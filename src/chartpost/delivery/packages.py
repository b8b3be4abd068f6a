"""Packages: asked for in a transaction, built by a job, kept as encrypted blobs with their hashes.

Building is safe to repeat: a package that is ready is left alone; a half-built one starts again from nothing, its
files are only named in the transaction that makes it ready.
"""

import logging
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from django.db import transaction

from chartpost.delivery import models
from chartpost.delivery.build import ccda, documents, fhir, pdf
from chartpost.delivery.build.content import Content, gather
from chartpost.delivery.build.file import File
from chartpost.identity.services import event
from chartpost.identity.types import SYSTEM, Actor, RowFilter
from chartpost.kernel import blobs, clock, jobs
from chartpost.ledger import services as ledger
from chartpost.records.types import Selection

log = logging.getLogger("chartpost.delivery")

BUILDERS = {"pdf": pdf.build, "ccda": ccda.build, "fhir": fhir.build, "document": documents.build}
JOB = "delivery.build_package"


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
) -> str:
    """Ask for a package; returns its reference. A job builds it."""
    row = models.Package.objects.create(
        request_ref=request_ref,
        person_id=person_id,
        filed_person_id=person_id,
        selection=selection.to_json(),
        rows=_rows_to_json(rows),
        formats=list(dict.fromkeys(formats)),
        language=language,
        withheld=list(withheld),
        made_by=actor.account_id,
    )
    ledger.append(
        event(
            actor,
            "package.ask",
            person_id,
            f"package:{row.ref}",
            why=f"request {request_ref}" if request_ref else "own access",
        )
    )
    jobs.enqueue(JOB, key=f"package:{row.ref}", package_ref=row.ref)
    return row.ref


def build(package_ref: str) -> None:
    """Build every file of a package, then make it ready in one transaction."""
    row = models.Package.objects.get(ref=package_ref)
    if row.state == "ready":
        return
    content = gather(
        row.person_id, Selection.from_json(row.selection), _rows_from_json(row.rows), row.language, bool(row.withheld)
    )
    files = [file for name in [*row.formats, "document"] for file in BUILDERS[name](content)]
    _finish(package_ref, content, files)


def _finish(package_ref: str, content: Content, files: list[File]) -> None:
    with transaction.atomic():
        row = models.Package.objects.select_for_update().get(ref=package_ref)
        if row.state == "ready":
            return
        for file in files:
            stored = blobs.put(file.data, owner=f"person:{row.person_id}", media_type=file.media_type)
            models.Part.objects.create(
                package=row,
                format=file.format,
                name=file.name,
                media_type=file.media_type,
                blob=stored.id,
                sha256=stored.sha256,
                size=stored.size,
                pages=file.pages,
            )
        row.state, row.ready_at, row.entries, row.problem = "ready", clock.now(), content.count, ""
        row.save()
        ledger.append(
            event(SYSTEM, "package.build", row.person_id, f"package:{row.ref}", parts=len(files), count=content.count)
        )


def failed(package_ref: str) -> None:
    """Say that a package could not be built after every try."""
    models.Package.objects.filter(ref=package_ref).exclude(state="ready").update(
        state="failed", problem="It could not be built. Build it again, or ask the administrator to look at the log."
    )


def refile(from_id: int, to_id: int) -> None:
    """Move packages and deliveries with their person when persons are merged or un-merged."""
    rows = models.Package.objects.filter(person_id=from_id)
    back = rows.filter(filed_person_id=to_id)
    moving = list((back if back.exists() else rows).values_list("pk", flat=True))
    models.Delivery.objects.filter(package_id__in=moving).update(person_id=to_id)
    models.Package.objects.filter(pk__in=moving).update(person_id=to_id)


def _rows_to_json(rows: RowFilter) -> dict[str, Any]:
    plain = asdict(rows)
    return {k: v.isoformat() if isinstance(v, date) else v for k, v in plain.items()}


def _rows_from_json(value: dict[str, Any]) -> RowFilter:
    days = {k: date.fromisoformat(value[k]) if value.get(k) else None for k in ("date_from", "date_to")}
    return RowFilter(value["hidden_labels"], value["categories"], days["date_from"], days["date_to"])


jobs.register(JOB, build, retries=4, on_failed=failed)
