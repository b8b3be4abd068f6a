"""Moving a person's rows when persons are merged or un-merged: set by set, in a few statements."""

from collections import Counter

from django.db import connection

from chartpost.identity import queries as identity
from chartpost.kernel import blobs
from chartpost.records import models, store, text


def refile(from_id: int, to_id: int) -> None:
    """Move rows from one person to another: those first filed under somebody who now is the other one.

    When persons are merged that is everything the absorbed one has, with what it absorbed before; when they are
    un-merged, what came with it. In the transaction of the merge: both are done or neither.
    """
    filed = models.Resource.objects.filter(person_id=from_id).values_list("filed_person_id", flat=True).distinct()
    owners = identity.belonging(filed, to_id)
    if not owners:
        return
    marks = ",".join(["%s"] * len(owners))
    where = f"person_id = %s AND filed_person_id IN ({marks})"
    moving, values = f"SELECT rid FROM records_resource WHERE {where}", [from_id, *owners]  # noqa: S608 - marks
    tally: store.Tally = Counter()
    counting = f"SELECT category, labels, count(*) FROM records_resource WHERE {where}"  # noqa: S608 - marks
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # before their index: as who writes them or indexes them anew does
            cursor.execute(f"{moving}{store.IN_ORDER}", values)
        cursor.execute(f"{counting} AND deleted = %s GROUP BY category, labels", [*values, False])
        for category, labels, count in cursor.fetchall():
            tally[from_id, category, labels] -= count
            tally[to_id, category, labels] += count
        text.move(moving, values, from_id, to_id)
        sql = f"UPDATE records_terms SET person_id = %s WHERE person_id = %s AND rid IN ({moving})"  # noqa: S608
        cursor.execute(sql, [to_id, from_id, *values])
        cursor.execute(f"UPDATE records_resource SET person_id = %s WHERE {where}", [to_id, *values])  # noqa: S608
    store.count(tally)
    _move_documents(from_id, to_id, owners)


def _move_documents(from_id: int, to_id: int, owners: list[int]) -> None:
    rows = models.Document.objects.filter(person_id=from_id, filed_person_id__in=owners)
    kept = [blob for pair in rows.values_list("blob", "clean_blob") for blob in pair if blob]
    rows.update(person_id=to_id)
    for blob in kept:
        blobs.reassign(blob, f"person:{to_id}")
