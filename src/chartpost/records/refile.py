"""Moving a person's rows when persons are merged or un-merged: one range of each table."""

from collections import Counter

from django.db import connection

from chartpost.records import models, store, text


def refile(from_id: int, to_id: int) -> None:
    """Move rows filed under `from_id` that belong to `to_id`: all of them, or (moving back) those first filed there."""
    rows = models.Resource.objects.filter(person_id=from_id)
    back = rows.filter(filed_person_id=to_id)
    moving = back if back.exists() else rows
    picked = list(moving.values_list("rid", "category", "labels", "deleted"))
    tally: Counter[tuple[int, int, int]] = Counter()
    for _, category, labels, deleted in picked:
        if not deleted:
            tally[from_id, category, labels] -= 1
            tally[to_id, category, labels] += 1
    rids = [rid for rid, *_ in picked]
    with connection.cursor() as cursor:
        for rid in rids:
            cursor.execute("UPDATE records_resource SET person_id = %s WHERE rid = %s", [to_id, rid])
            cursor.execute("UPDATE records_posting SET person_id = %s WHERE rid = %s", [to_id, rid])
    models.Document.objects.filter(rid__in=rids).update(person_id=to_id)
    store.count(tally)
    text.move(rids, from_id, to_id)
