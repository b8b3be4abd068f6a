"""Following merges of persons: what was worked out of either record is worked out anew, answers go with their rows."""

from django.db import connection

from chartpost.records.reconcile import comparing
from chartpost.records.reconcile.models import Answer, Join, Looked, Mark, Pair

_TABLES = (Pair, Join, Mark, Looked)


def refile(from_id: int, to_id: int) -> None:
    """Forget what was worked out of two records whose rows moved; the worker looks at both again.

    Call it after the rows moved, in the same transaction.
    """
    comparing.alone(min(from_id, to_id))
    comparing.alone(max(from_id, to_id))
    for table in _TABLES:
        table.objects.filter(person_id__in=(from_id, to_id)).delete()
    for row in Answer.objects.filter(person_id=from_id):
        if _lies_with(row.ones[0], to_id):
            Answer.objects.filter(pk=row.pk).update(person_id=to_id)
    comparing.ask(from_id)
    comparing.ask(to_id)


def _lies_with(rid: int, person_id: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM records_resource WHERE rid = %s AND person_id = %s", [rid, person_id])
        return cursor.fetchone() is not None
