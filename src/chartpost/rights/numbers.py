"""Request numbers: unique under any number of writers."""

from datetime import date

from django.db import IntegrityError, transaction
from django.db.models import F

from chartpost.rights.models import AccessRequest, NumberSeries

TRIES = 5


def following(day: date) -> str:
    """A number people can say: R, the year, and a running count (R-2026-00042).

    The first write of the transaction locks the year's row, so two writers never get the same number. Numbers of a
    transaction that fails are given again.
    """
    for _ in range(TRIES):
        if NumberSeries.objects.filter(year=day.year).update(last=F("last") + 1):
            break
        _begin(day.year)
    return f"R-{day.year}-{NumberSeries.objects.get(year=day.year).last:05d}"


def _begin(year: int) -> None:
    """Start a year's series behind the numbers that are already given; another writer may be quicker."""
    given = AccessRequest.objects.filter(number__startswith=f"R-{year}-").values_list("number", flat=True)
    last = max((int(number.rsplit("-", 1)[1]) for number in given), default=0)
    try:
        with transaction.atomic():
            NumberSeries.objects.create(year=year, last=last)
    except IntegrityError:
        return
