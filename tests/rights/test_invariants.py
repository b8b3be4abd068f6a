"""Whatever happens to a request, in any order and by anyone, some things always hold."""

from contextlib import suppress
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chartpost.delivery.models import Package
from chartpost.kernel import clock
from chartpost.kernel.errors import ChartpostError
from chartpost.rights import clocks, services, states, tally
from chartpost.rights.errors import FixedRow
from chartpost.rights.models import AccessRequest, Step
from tests.rights import office
from tests.rights.office import Small

pytestmark = pytest.mark.django_db
WHO = ("clerk", "approver", "reviewer", "person")
EVENTS = tuple(dict.fromkeys(t.event for t in states.TABLE if not t.event.startswith("review_")))
HELP = ("letters", "package", "qa", "identity", "assign", "item", "wait", "other_person")
actions = st.lists(st.tuples(st.sampled_from(EVENTS + HELP * 3), st.sampled_from(WHO), st.integers(0, 40)), max_size=40)


def act(small: Small, ref: str, what: str, who: str, number: int) -> None:
    row = AccessRequest.objects.get(ref=ref)
    actor = small.actor(who)
    if what == "letters":
        for kind in office.LETTERS:
            office.add_letter(row, kind)
    elif what == "package":
        package = Package.objects.create(
            request_ref=ref,
            person_id=row.person_id,
            filed_person_id=row.person_id,
            selection={},
            rows={},
            formats=[],
            language="en",
            state="ready",
        )
        row.package_ref = package.ref
        row.save()
    elif what == "other_person":
        Package.objects.filter(ref=row.package_ref).update(person_id=(row.person_id or 0) + 1)
    elif what == "qa":
        row.qa = {"checks": {"person": number % 3 > 0}}
        row.save()
    elif what == "identity":
        services.verify_identity(ref, "portal", "", actor)
    elif what == "assign":
        services.assign(ref, actor.account_id if number % 2 else None, actor)
    elif what == "item" and not row.items.exists():
        office.add_denial(row, reviewable=number % 2 == 0)
    elif what not in HELP:
        promised = row.received_on + timedelta(days=30 + number)
        services.transition(ref, what, actor, reason="Because." if number % 5 else "", promised=promised)


def check(ref: str, seen: list[tuple[Any, ...]]) -> None:
    row = AccessRequest.objects.get(ref=ref)
    assert (row.acted_on is None) == (row.state in states.OPEN)
    assert row.open == (row.state in states.OPEN or row.state in states.WATCHED)
    assert (row.closed_at is not None) == (row.state == "closed")
    if row.extension:
        sent, promised = (date.fromisoformat(row.extension[k]) for k in ("sent_on", "promised"))
        assert sent <= clocks.notice_until(row)
        assert row.due_federal < promised <= clocks.last_day(row)
        assert row.due_on == promised
    steps = list(row.steps.order_by("pk").values_list("pk", "event", "from_state", "to_state", "by_name", "reason"))
    assert steps[: len(seen)] == seen, "steps are only added"
    seen[:] = steps
    for step in steps[-1:]:
        if step[1] == "release":
            _check_release(row)
    assert sum(s[1] == "extend" for s in steps) <= 1
    assert not tally.recount(), "the desk's figures follow every change"


def _check_release(row: AccessRequest) -> None:
    assert row.identity_check["result"] == "verified"
    assert row.qa["checks"]
    assert all(row.qa["checks"].values())
    assert Package.objects.get(ref=row.package_ref).person_id == row.person_id
    owed = {"grant"} | ({"partial_denial"} if row.items.filter(decision="deny").exists() else set())
    assert owed <= set(row.letters.exclude(sent_at=None).values_list("kind", flat=True))
    assert row.acted_on is not None


@pytest.mark.parametrize("state", ["CA", "OH"])
def test_no_order_of_events_breaks_what_always_holds(state: str) -> None:
    small = office.build(state)

    @settings(max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(work=actions)
    def run(work: list[tuple[str, str, int]]) -> None:
        with transaction.atomic():
            live(small, work)
            transaction.set_rollback(True)

    run()
    live(small, STRAIGHT)
    assert AccessRequest.objects.get().state == "closed", "the straight road is open to the actions of this test"


STRAIGHT = [("package", "clerk", 0), ("qa", "clerk", 1), ("identity", "clerk", 0), ("set_scope", "clerk", 1)]
STRAIGHT += [("records_chosen", "clerk", 1), ("package", "clerk", 0), ("qa_passed", "clerk", 1)]
STRAIGHT += [("letters", "clerk", 0), ("release", "approver", 1), ("confirm", "person", 1), ("close", "clerk", 1)]


def live(small: Small, work: list[tuple[str, str, int]]) -> AccessRequest:
    """Do all of it to a new request, checking after each action, refused or not."""
    request = office.submit(small)
    seen: list[tuple[Any, ...]] = []
    moment = clock.now()
    for what, who, number in work:
        moment += timedelta(days=number if what == "wait" else 0, minutes=1)
        with clock.at(moment):
            with suppress(ChartpostError), transaction.atomic():
                act(small, request.ref, what, who, number)
            check(request.ref, seen)
    return AccessRequest.objects.get(pk=request.pk)


def test_a_released_request_is_reachable_by_the_checks_of_this_file() -> None:
    """The property would be empty if no example ever released anything."""
    small = office.build()
    request = office.complete(small, "ready")
    services.transition(request.ref, "release", small.actor("approver"))
    check(request.ref, [])
    AccessRequest.objects.filter(pk=request.pk).update(qa={"checks": {"person": False}})
    with pytest.raises(AssertionError):
        check(request.ref, [])


def test_steps_cannot_be_changed_or_removed() -> None:
    small = office.build()
    request = office.submit(small)
    step = request.steps.get()
    step.reason = "another reason"
    for change in (
        step.save,
        step.delete,
        Step.objects.all().delete,
        request.steps.all().delete,
        lambda: Step.objects.update(reason="x"),
    ):
        with pytest.raises(FixedRow):
            change()
    assert request.steps.get().reason == ""


def test_figures_that_drifted_are_mended() -> None:
    small = office.build()
    office.submit(small)
    assert tally.figures(clock.today("America/Los_Angeles"))["open"] == 1
    AccessRequest.objects.update(open=False)
    assert tally.recount()
    assert tally.figures(clock.today("America/Los_Angeles"))["open"] == 0
    assert not tally.recount()
