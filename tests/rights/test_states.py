"""The state table: every row goes where it says, every guard of it can stop it, and a stopped step changes nothing."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from chartpost.delivery.models import Package
from chartpost.identity.types import Actor
from chartpost.kernel import clock
from chartpost.rights import guards, services, states
from chartpost.rights.errors import GuardFailed, NotNow
from chartpost.rights.models import AccessRequest, ItemDecision
from tests.rights import office
from tests.rights.office import Small

pytestmark = pytest.mark.django_db
ACTORS = {"second_person": "approver", "licensed": "reviewer", "other_reviewer": "reviewer"}


def actor_for(small: Small, row: states.Transition) -> Actor:
    return small.actor(next((ACTORS[g] for g in row.guards if g in ACTORS), "clerk"))


def facts_for(row: AccessRequest) -> dict[str, Any]:
    return {"reason": "Old papers must be scanned.", "promised": office.promised(row)}


def as_stored(row: AccessRequest) -> dict[str, Any]:
    fresh = AccessRequest.objects.filter(pk=row.pk).values().get()
    return {**fresh, "steps": fresh and row.steps.count()}


def test_the_table_is_closed_and_leads_to_an_end() -> None:
    known = set(states.STATES)
    for row in states.TABLE:
        assert set(row.sources) <= known
        assert row.target in known | {states.SAME, states.BACK}
        assert set(row.guards) <= set(guards.GUARDS)
    reaching = {"closed"}
    for _ in states.STATES:
        reaching |= {s for t in states.TABLE if t.target in reaching for s in t.sources}
    assert reaching == known, "from every state a request can be closed"
    assert len({(t.event, s) for t in states.TABLE for s in t.sources}) == sum(len(t.sources) for t in states.TABLE)


@pytest.mark.parametrize("row", states.TABLE, ids=lambda row: row.event)
def test_every_row_goes_where_it_says(row: states.Transition) -> None:
    small = office.build("OH")
    for source in row.sources:
        with transaction.atomic():
            request = office.complete(small, source)
            services.transition(request.ref, row.event, actor_for(small, row), **facts_for(request))
            done = AccessRequest.objects.get(pk=request.pk)
            expected = {states.SAME: source, states.BACK: "received"}.get(row.target, row.target)
            assert done.state == expected, (row.event, source)
            last = done.steps.order_by("-pk")[0]
            assert (last.event, last.from_state, last.to_state) == (row.event, source, expected)
            assert (done.acted_on is None) == (done.state in states.OPEN)
            transaction.set_rollback(True)


BREAKS: dict[str, Callable[[Small, AccessRequest], dict[str, Any]]] = {
    "reason": lambda s, r: {"reason": "  "},
    "person_known": lambda s, r: change(r, person_id=None),
    "identity_recorded": lambda s, r: change(r, identity_check={}),
    "letter_ready": lambda s, r: no_letters(r),
    "letters_ready": lambda s, r: no_letters(r),
    "items_decided": lambda s, r: waiting(r),
    "package_ready": lambda s, r: package(r, state="waiting"),
    "package_is_theirs": lambda s, r: package(r, person_id=r.person_id + 1),
    "second_person": lambda s, r: {"actor": "clerk"},
    "licensed": lambda s, r: {"actor": "approver"},
    "may_receive": lambda s, r: change(r, requester_relation="spouse"),
    "qa_done": lambda s, r: change(r, qa={"checks": {"person": False}}),
    "fee_allowed": lambda s, r: change(r, fee={"allowed": False, "reasons": ["FLAT_OVER_LIMIT"]}),
    "fee_as_seen": lambda s, r: {"total_cents": 649},
    "ground_given": lambda s, r: change(r, decision={"ground": "524(a)(9)", "chosen_by": 1}),
    "reviewable": lambda s, r: change(r, decision={}),
    "other_reviewer": lambda s, r: change(r, decision={**r.decision, "decided_by": s.staff["reviewer"].pk}),
    "extension_allowed": lambda s, r: change(r, extension={"promised": "2026-01-01"}),
}


def change(row: AccessRequest, **fields: Any) -> dict[str, Any]:
    for name, value in fields.items():
        setattr(row, name, value)
    row.save()
    return {}


def no_letters(row: AccessRequest) -> dict[str, Any]:
    row.letters.all().delete()
    return {}


def waiting(row: AccessRequest) -> dict[str, Any]:
    ItemDecision.objects.create(request=row, key="Observation/x", decision="review")
    return {}


def package(row: AccessRequest, **fields: Any) -> dict[str, Any]:
    Package.objects.filter(ref=row.package_ref).update(**fields)
    return {}


GUARDED = [(t, g) for t in states.TABLE for g in t.guards if g != "record_unchanged"]


@pytest.mark.parametrize(("row", "guard"), GUARDED, ids=lambda x: x if isinstance(x, str) else x.event)
def test_every_guard_stops_its_step_and_nothing_changes(row: states.Transition, guard: str) -> None:
    small = office.build("OH")
    request = office.complete(small, row.sources[-1])
    facts = {**facts_for(request), **BREAKS[guard](small, request)}
    name = facts.pop("actor", "")
    actor = small.actor(name) if name else actor_for(small, row)
    before = as_stored(request)
    with pytest.raises(GuardFailed) as caught:
        services.transition(request.ref, row.event, actor, **facts)
    assert caught.value.guard == guard
    assert all((caught.value.seen, caught.value.expected, caught.value.todo))
    assert as_stored(request) == before


def test_every_guard_is_used_and_tested() -> None:
    used = {g for t in states.TABLE for g in t.guards}
    assert used == set(guards.GUARDS) == set(BREAKS) | {"record_unchanged"}


def test_no_row_no_step() -> None:
    small = office.build()
    rows = {(t.event, s) for t in states.TABLE for s in t.sources}
    for state in states.STATES:
        request = office.complete(small, state)
        for event in {t.event for t in states.TABLE}:
            if (event, state) not in rows:
                with pytest.raises(NotNow) as caught:
                    services.transition(request.ref, event, small.actor("approver"), **facts_for(request))
                assert event in caught.value.seen
        assert AccessRequest.objects.get(pk=request.pk).state == state


def test_information_that_came_leads_back_to_where_it_was_asked() -> None:
    small = office.build("OH")
    for state in ("received", "verifying", "in_scope_check", "retrieving"):
        request = office.complete(small, state)
        services.transition(request.ref, "ask_info", small.actor("clerk"), reason="Which years?")
        services.transition(request.ref, "extend", small.actor("clerk"), **facts_for(request))
        assert services.transition(request.ref, "info_given", small.actor("person")).state == state


def test_a_letter_that_promises_another_day_does_not_extend() -> None:
    small = office.build("OH")
    request = office.complete(small, "retrieving")
    early = office.promised(request) - timedelta(days=1)
    with pytest.raises(GuardFailed) as caught:
        services.transition(request.ref, "extend", small.actor("clerk"), reason="Scanning", promised=early)
    assert "says something else" in caught.value.seen


def test_a_failed_delivery_starts_the_clock_again_and_sends_without_a_new_request() -> None:
    small = office.build()
    request = office.complete(small, "ready")
    services.transition(request.ref, "release", small.actor("approver"))
    failed = services.transition(request.ref, "delivery_failed", small.actor("clerk"), reason="Wrong door")
    assert (failed.acted_on, failed.open) == (None, True)
    services.transition(request.ref, "deliver_again", small.actor("clerk"))
    again = services.transition(request.ref, "release", small.actor("approver"))
    assert again.state == "delivered"
    assert again.acted_on == clock.today("America/Los_Angeles")


def test_a_withdrawal_by_telephone_is_logged() -> None:
    small = office.build()
    request = office.complete(small, "verifying")
    services.transition(request.ref, "withdraw", small.actor("clerk"), reason="Called us: found a copy.", how="phone")
    done = AccessRequest.objects.get(pk=request.pk)
    step = done.steps.order_by("-pk")[0]
    assert (step.reason, step.facts["how"], step.by_name) == ("Called us: found a copy.", "phone", "Clerk")
    assert done.decision["withdrawn_how"] == "phone"
    assert not done.open


def test_the_page_of_the_documentation_has_every_row() -> None:
    page = states.as_markdown()
    for row in states.TABLE:
        assert f"| {row.event} |" in page
    assert page.count("\n|") == len(states.TABLE) + 2
