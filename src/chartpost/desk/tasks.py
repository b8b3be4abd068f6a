"""What is next on a request: one line per step, in the order of the work, with why it waits."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chartpost.delivery.types import DeliveryView, PackageView
from chartpost.desk.pages import request_page
from chartpost.kernel.money import dollars
from chartpost.rights import said
from chartpost.rights.models import AccessRequest

Task = dict[str, str]
RANK = {
    "received": 0,
    "verifying": 0,
    "needs_info": 0,
    "in_scope_check": 1,
    "retrieving": 2,
    "clinical_review": 3,
    "qa": 3,
    "delivery_failed": 4,
    "ready": 4,
    "fee_estimated": 4,
    "fee_accepted": 4,
}
ENDED = 9


@dataclass(frozen=True)
class Work:
    """A request with what was made for it."""

    row: AccessRequest
    package: PackageView | None
    deliveries: list[DeliveryView]
    letters: frozenset[str]

    @property
    def rank(self) -> int:
        """How far the work is; ended states count as past everything."""
        return RANK.get(self.row.state, ENDED)


def tasks(work: Work, works: bool = True) -> list[Task]:
    """The task list of a request; who does not work requests gets links only to what they may open."""
    makers = (_person, _acknowledge, _identity, _scope, _apart, _package, _check, _fee, _letters, _release, _arrival)
    found = [task for maker in makers if (task := maker(work)) is not None]
    readable = request_page(work.row, "exclusions")
    return found if works else [{**t, "href": t["href"] if t["href"] == readable else ""} for t in found]


def next_task(work: Work) -> Task | None:
    """The first task that can be done now."""
    return next((task for task in tasks(work) if task["status"] == _("To do")), None)


def owed(work: Work) -> list[str]:
    """The kinds of letter a release still needs; what was said with an answer stays said."""
    if work.rank == ENDED:
        return [kind for kind in said.with_copies(work.row) if kind not in work.letters]
    return said.owed(work.row)


def _task(title: str, work: Work, page: str, state: str, hint: str = "") -> Task:
    words = {
        "done": (_("Done"), "success"),
        "todo": (_("To do"), "info"),
        "wait": (_("Cannot start yet"), "neutral"),
        "busy": (_("Being built"), "warning"),
        "none": (_("Not needed"), "neutral"),
    }
    status, tone = words[state]
    href = "" if state == "wait" else request_page(work.row, page)
    return {"title": title, "href": href, "hint": hint, "status": status, "tone": tone}


def _at(work: Work, rank: int, done: bool | None = None) -> str:
    if work.rank < rank:
        return "wait"
    finished = work.rank > rank if done is None else done
    return "done" if finished else "todo" if work.rank < ENDED else "none"


def _person(work: Work) -> Task | None:
    if work.row.channel == "portal" and work.row.person_id:
        return None
    state = "done" if work.row.person_id else "todo"
    return _task(_("Find the person"), work, "tie", state, _("Say whose record this request is about."))


def _acknowledge(work: Work) -> Task | None:
    if "acknowledgement" not in work.letters and work.rank > 0:
        return None
    state = "done" if "acknowledgement" in work.letters else "todo"
    hint = _("Within one business day: number, due date, contact.")
    return _task(_("Acknowledge the request"), work, "make_letter", state, hint)


def _identity(work: Work) -> Task:
    verified = work.row.identity_check.get("result") == "verified"
    state = "done" if verified else "todo" if work.row.person_id else "wait"
    return _task(_("Check who is asking"), work, "identity", state, str(work.row.identity_check.get("by_name", "")))


def _scope(work: Work) -> Task:
    return _task(_("Choose the scope"), work, "scope", _at(work, 1, bool(work.row.selection)))


def _apart(work: Work) -> Task:
    count = work.row.items.count()
    hint = ngettext("%(n)d entry is set apart.", "%(n)d entries are set apart.", count) % {"n": count}
    hint = hint if count else _("Nothing is set apart.")
    waiting = work.row.items.filter(decision="review").exists() or work.row.state == "clinical_review"
    state = "todo" if waiting else _at(work, 2, True)
    return _task(_("Look at entries set apart"), work, "exclusions", state, hint if work.rank >= 2 else "")


def _package(work: Work) -> Task:
    if work.package and work.package.state == "waiting":
        return _task(_("Put the package together"), work, "package", "busy")
    if work.row.state == "clinical_review":
        return _task(_("Put the package together"), work, "package", "wait")
    ready = bool(work.package and work.package.state == "ready")
    return _task(_("Put the package together"), work, "package", _at(work, 2, ready))


def _check(work: Work) -> Task:
    built = bool(work.package and work.package.state == "ready")
    state = _at(work, 3) if built or work.rank != 3 else "wait"
    return _task(_("Check the quality"), work, "qa", state, _("Open each file and look at it."))


def _fee(work: Work) -> Task:
    fee = work.row.fee
    free = work.row.delivery_channel == "portal" or work.row.mode == "inspect"
    if free and not fee.get("allowed"):
        return _task(_("Fee"), work, "fee", "none", _("Free by portal and for looking at the record."))
    if work.rank == ENDED and not fee.get("allowed"):
        return _task(_("Fee"), work, "fee", "none", _("Nothing was charged."))
    if not fee:
        return _task(
            _("Fee"), work, "fee", _at(work, 4, False), _("Without an estimate in advance nothing may be billed.")
        )
    hint = dollars(fee.get("total_cents") or 0) if fee.get("allowed") else _("May not be charged like this.")
    return _task(_("Fee"), work, "fee", "done" if fee.get("allowed") else "todo", hint)


def _letters(work: Work) -> Task:
    missing = owed(work)
    state = _at(work, 4, not missing)
    count = len(missing)
    hint = ngettext("%(n)d letter is owed.", "%(n)d letters are owed.", count) % {"n": count} if count else ""
    return _task(_("Write the letters"), work, "make_letter", state, hint if state == "todo" else "")


def _release(work: Work) -> Task:
    done = work.row.state in {"delivered", "confirmed", "closed"} and bool(work.deliveries)
    return _task(_("Release"), work, "release", _at(work, 4, done), _("By an approver."))


def _arrival(work: Work) -> Task | None:
    if not work.deliveries:
        return None
    last = work.deliveries[0]
    by_code = last.channel in {"access_code", "sealed"} and last.state == "released"
    waiting = by_code or last.waits
    return _task(_("Send it and keep the receipt"), work, "deliveries", "todo" if waiting else "done")
