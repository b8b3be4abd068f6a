"""The desk's figures: kept with every save of a request, counted anew when in doubt."""

from datetime import date, timedelta

from django.db import transaction
from django.db.models import BooleanField, Case, Count, Q, Sum, Value, When

from chartpost.rights.models import AccessRequest, CountKey, Tally

SOON_DAYS = 7


def figures(today: date) -> dict[str, int]:
    """Open, overdue, due within a week and unassigned requests; reads one row per due date, not per request."""
    soon = Q(waiting=True, due_on__gte=today, due_on__lte=today + timedelta(days=SOON_DAYS))
    sums = Tally.objects.aggregate(
        open=Sum("count"),
        overdue=Sum("count", filter=Q(waiting=True, due_on__lt=today)),
        due_soon=Sum("count", filter=soon),
        unassigned=Sum("count", filter=Q(owned=False)),
    )
    return {name: found or 0 for name, found in sums.items()}


@transaction.atomic
def recount() -> bool:
    """Count every open request anew; says whether the figures were wrong. Also forgets days without requests.

    The figures are locked first, so that no request moves between them while they are counted.
    """
    kept = {(row.due_on, row.waiting, row.owned): row for row in Tally.objects.select_for_update()}
    true = _count()
    wrong = {key for key in kept.keys() | true.keys() if true.get(key, 0) != (kept[key].count if key in kept else 0)}
    for key in wrong:
        row = kept.get(key) or Tally(due_on=key[0], waiting=key[1], owned=key[2])
        row.count = true.get(key, 0)
        row.save()
    Tally.objects.filter(count=0).delete()
    return bool(wrong)


def _count() -> dict[CountKey, int]:
    yes, no = Value(True), Value(False)
    rows = AccessRequest.objects.filter(open=True).annotate(
        waiting=Case(When(acted_on=None, then=yes), default=no, output_field=BooleanField()),
        owned=Case(When(assigned_to=None, then=no), default=yes, output_field=BooleanField()),
    )
    counted = rows.values("due_on", "waiting", "owned").annotate(n=Count("pk")).order_by()
    return {(r["due_on"], bool(r["waiting"]), bool(r["owned"])): int(r["n"]) for r in counted}
