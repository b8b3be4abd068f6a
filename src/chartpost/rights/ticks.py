"""What the program does by itself, some times a day: warn of due dates, close what is done, count anew.

Every tick is safe to repeat: each request is looked at again under its lock.
"""

from collections.abc import Callable, Iterable
from datetime import date, timedelta

from django.db import transaction

from chartpost.delivery import queries as delivery
from chartpost.identity import notices
from chartpost.identity import queries as identity
from chartpost.identity.types import SYSTEM
from chartpost.kernel import clock, jobs
from chartpost.rights import clocks, items, log, steps, tally
from chartpost.rights.models import AccessRequest

CONFIRMED_DAYS = 7
DELIVERED_DAYS = 30
ENDED_DAYS = 7
CLOSE_AFTER = {
    "confirmed": CONFIRMED_DAYS,
    "delivered": DELIVERED_DAYS,
    "withdrawn": ENDED_DAYS,
    "redirected": DELIVERED_DAYS,
    "no_records": DELIVERED_DAYS,
}
"""Days without a problem after which a request closes by itself; staff close a refusal, which may be reviewed."""


def hourly() -> None:
    """Everything that has to be looked at by the hour."""
    warn()
    end_holds()
    close_done()
    tally.recount()


def warn() -> int:
    """Warn of requests on their days 10, 20, 25, 28 and near a state's limit; returns how many.

    Staff find a note on the request; its assignee gets a mail that says only that there is something new.
    """
    return _each(AccessRequest.objects.filter(acted_on=None, warn_on__lte=_latest_day()), _warn)


def close_done() -> int:
    """Close requests that were confirmed, delivered or ended some time ago without a problem; returns how many."""
    rows = AccessRequest.objects.filter(state__in=CLOSE_AFTER, acted_on__lte=_day(min(CLOSE_AFTER.values())))
    return _each(rows, _close)


def end_holds() -> int:
    """Open delivered requests again whose held results may now go out; returns how many (rulebook LBL-8)."""
    rows = AccessRequest.objects.filter(
        state__in=("delivered", "confirmed"), items__decision="hold", items__release_on__lte=_latest_day()
    )
    return _each(rows.distinct(), _end_hold)


def _end_hold(request: AccessRequest) -> bool:
    ends = [row.release_on for row in items.held(request) if row.release_on]
    if request.state not in {"delivered", "confirmed"} or not ends or max(ends) > clocks.local_day(request):
        return False
    steps.step(request, "send_more", SYSTEM, reason="The hold on some results has ended.")
    log.note(request, "The hold on some results has ended. Build the package again and send the rest.")
    return True


def _each(rows: "Iterable[AccessRequest]", work: Callable[[AccessRequest], bool]) -> int:
    done = 0
    for ref in [row.ref for row in rows]:
        with transaction.atomic():
            done += work(steps.locked(ref))
    return done


def _warn(request: AccessRequest) -> bool:
    today = clocks.local_day(request)
    if request.acted_on is not None or request.warn_on is None or request.warn_on > today:
        return False
    request.warn_on = clocks.next_warning(request.received_on, request.due_on, today)
    request.save()
    view = clocks.of(request)
    left = f"{view.days_left} days left" if view.days_left > 0 else "due today" if view.days_left == 0 else "overdue"
    log.note(request, f"Day {view.day} of {view.length}: {left}, due {view.due_on.isoformat()} (rulebook CLK-11).")
    assignee = next((a for a in identity.staff() if a.id == request.assigned_to and a.is_active), None)
    if assignee:
        jobs.enqueue(notices.JOB, account_ref=assignee.ref, kind="due", path=f"/desk/requests/{request.ref}/")
    return True


def _close(request: AccessRequest) -> bool:
    wait = CLOSE_AFTER.get(request.state)
    entered = request.steps.filter(to_state=request.state).exclude(from_state=request.state).order_by("-pk").first()
    if wait is None or entered is None or _still_here(request):
        return False
    zone = identity.facility(request.facility_id).zone
    if clock.local_date(entered.at, zone) + timedelta(days=wait) > clocks.local_day(request):
        return False
    steps.step(request, "close", SYSTEM)
    return True


def _still_here(request: AccessRequest) -> bool:
    """Whether copies were released and never left the house: staff have to see that, so it is not done."""
    last = delivery.delivery(request.delivery_ref) if request.state == "delivered" else None
    return last is not None and last.waits


def _latest_day() -> date:
    """The day it is where it is latest among the office's places."""
    return max((clock.today(place.zone) for place in identity.facilities()), default=date.min)


def _day(days_ago: int) -> date:
    return clock.today(identity.office_zone()) - timedelta(days=days_ago - 1)
