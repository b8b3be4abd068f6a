"""Refusals and their review: a licensed professional on a ground of the list, another one at the second look."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from chartpost.kernel import clock
from chartpost.law.access import Harm, ItemFacts
from chartpost.rights import clocks, items, services, ticks
from chartpost.rights.errors import GuardFailed, NotNow
from chartpost.rights.models import AccessRequest
from tests.rights import office

pytestmark = pytest.mark.django_db
LIFE = Harm("licensed_professional", "life_or_physical_safety", "individual")
UPSET = Harm("licensed_professional", "emotional", "individual")
HARM = Harm("licensed_professional", "substantial", "individual")
OTHER = Harm("licensed_professional", "substantial", "other_person_mentioned")


def two_reviewers() -> office.Small:
    small = office.build()
    office.add_staff(small, "second", "reviewer")
    return small


@pytest.mark.parametrize(
    ("facts", "decision", "ground", "reviewable"),
    [
        (ItemFacts(item="note", harm=LIFE), "deny", "524(a)(3)(i)", True),
        (ItemFacts(item="note", harm=OTHER), "deny", "524(a)(3)(ii)", True),
        (ItemFacts(item="note", harm=HARM, requester="parent"), "deny", "524(a)(3)(iii)", True),
        (ItemFacts(item="note", harm=HARM), "release", "", None),
        (ItemFacts(item="note", harm=UPSET), "release", "", None),
        (ItemFacts(item="psychotherapy_notes"), "deny", "524(a)(2)(i)", False),
    ],
)
def test_a_finding_becomes_a_ground_only_where_the_law_has_one(
    facts: ItemFacts, decision: str, ground: str, reviewable: bool | None
) -> None:
    small = office.build()
    row = office.complete(small, "clinical_review", person_id=None)
    made = services.decide_item(row.ref, "DocumentReference/n1", facts, "My finding.", small.actor("reviewer"))
    assert (made.decision, made.ground, made.reviewable) == (decision, ground, reviewable)
    assert (made.decided_by, made.reason) == (small.staff["reviewer"].pk, "My finding.")


@pytest.mark.parametrize("who", ["clerk", "approver", "person"])
def test_only_a_licensed_reviewer_decides_and_chooses_a_ground_of_harm(who: str) -> None:
    small = office.build()
    row = office.complete(small, "clinical_review", decision={})
    for act in (
        lambda: services.decide_item(row.ref, "A/1", ItemFacts(item="note", harm=LIFE), "x", small.actor(who)),
        lambda: services.set_ground(row.ref, "524(a)(3)(i)", True, "x", small.actor(who)),
    ):
        with pytest.raises(GuardFailed) as caught:
            act()
        assert caught.value.guard == "licensed"
    assert not row.items.exists()


@pytest.mark.parametrize(
    ("ground", "reviewable", "reason"),
    [("524(a)(4)", False, "x"), ("upset", True, "x"), ("524(a)(2)(i)", True, "x"), ("524(a)(2)(i)", False, " ")],
)
def test_a_ground_is_one_of_the_list_with_its_reason(ground: str, reviewable: bool, reason: str) -> None:
    small = office.build()
    row = office.complete(small, "retrieving", decision={})
    with pytest.raises(GuardFailed):
        services.set_ground(row.ref, ground, reviewable, reason, small.actor("reviewer"))
    assert AccessRequest.objects.get(ref=row.ref).decision == {}


def refused(small: office.Small) -> AccessRequest:
    row = office.complete(small, "retrieving", decision={})
    services.set_ground(row.ref, "524(a)(3)(i)", True, "A risk.", small.actor("reviewer"))
    office.add_letter(AccessRequest.objects.get(pk=row.pk), "denial")
    return services.transition(row.ref, "deny", small.actor("approver"))


def ask(small: office.Small, row: AccessRequest) -> AccessRequest:
    return services.transition(row.ref, "ask_denial_review", small.actor("person"), reason="I am well.")


def test_the_second_look_is_by_another_licensed_reviewer() -> None:
    small = two_reviewers()
    row = ask(small, refused(small))
    for who in ("reviewer", "clerk", "approver", "person"):
        with pytest.raises(GuardFailed) as caught:
            services.transition(row.ref, "review_upheld", small.actor(who), reason="It stands.")
        assert caught.value.guard == "other_reviewer"
    done = services.transition(row.ref, "review_upheld", small.actor("second"), reason="It stands.")
    assert (done.state, done.open) == ("closed", False)
    letter = done.letters.get(kind="review_outcome")
    assert letter.sent_at is not None
    assert letter.values["outcome"] == "upheld"
    assert done.review["by"] == small.staff["second"].pk


def test_a_refusal_overturned_goes_out_and_its_clock_is_not_called_late() -> None:
    small = two_reviewers()
    began = clock.now() - timedelta(days=90)
    with clock.at(began):
        row = ask(small, refused(small))
    done = services.transition(row.ref, "review_granted", small.actor("second"), reason="The risk has passed.")
    assert (done.state, done.package_ref) == ("retrieving", "")
    assert done.letters.get(kind="review_outcome").values["outcome"] == "granted"
    view = clocks.of(done)
    assert not view.overdue
    assert view.due_on > clocks.local_day(done)
    assert view.review is not None
    assert "ground" not in done.decision
    with pytest.raises(GuardFailed):
        services.transition(row.ref, "deny", small.actor("approver"))


def test_entries_refused_for_harm_go_out_after_the_second_look_and_others_stay() -> None:
    small = two_reviewers()
    row = office.complete(small, "ready")
    notes = row.items.create(key="DocumentReference/pn", decision="deny", ground="524(a)(2)(i)", reviewable=False)
    harm = office.add_denial(row)
    office.add_letter(row, "partial_denial")
    services.transition(row.ref, "release", small.actor("approver"))
    ask(small, row)
    services.transition(row.ref, "review_granted", small.actor("second"), reason="The risk has passed.")
    assert items.left_out(row) == {notes.key}
    assert row.items.get(key=harm.key).decided_by == small.staff["second"].pk


def test_what_cannot_be_reviewed_is_not_reviewed() -> None:
    small = office.build()
    row = office.complete(small, "ready", decision={})
    office.add_denial(row, reviewable=False)
    office.add_letter(row, "partial_denial")
    services.transition(row.ref, "release", small.actor("approver"))
    with pytest.raises(GuardFailed) as caught:
        ask(small, row)
    assert caught.value.guard == "reviewable"


def test_a_ground_stays_as_it_was_told() -> None:
    small = office.build()
    row = refused(small)
    for ground, reviewable in (("524(a)(2)(i)", False), ("524(a)(3)(i)", True)):
        with pytest.raises(NotNow):
            services.set_ground(row.ref, ground, reviewable, "A slip.", small.actor("reviewer"))
    row.refresh_from_db()
    assert (row.decision["ground"], row.decision["chosen_by"]) == ("524(a)(3)(i)", small.staff["reviewer"].pk)
    assert ask(small, row).state == "review_requested"


def test_who_chose_a_ground_first_does_not_uphold_it_though_another_chose_it_again() -> None:
    small = two_reviewers()
    office.add_staff(small, "third", "reviewer")
    row = office.complete(small, "retrieving", decision={})
    for who in ("reviewer", "second"):
        services.set_ground(row.ref, "524(a)(3)(i)", True, "A risk.", small.actor(who))
    office.add_letter(AccessRequest.objects.get(pk=row.pk), "denial")
    services.transition(row.ref, "deny", small.actor("approver"))
    ask(small, row)
    for who in ("reviewer", "second"):
        with pytest.raises(GuardFailed) as caught:
            services.transition(row.ref, "review_upheld", small.actor(who), reason="It stands.")
        assert caught.value.guard == "other_reviewer"
    assert services.transition(row.ref, "review_upheld", small.actor("third"), reason="It stands.").state == "closed"


def partly(small: office.Small) -> AccessRequest:
    """A request released but for one entry refused on a ground of harm."""
    row = office.complete(small, "ready", decision={})
    office.add_denial(row)
    office.add_letter(row, "partial_denial")
    return services.transition(row.ref, "release", small.actor("approver"))


def test_a_part_held_back_is_looked_at_again_though_the_request_closed_by_itself() -> None:
    small = two_reviewers()
    row = partly(small)
    services.transition(row.ref, "confirm", small.actor("person"))
    with clock.at(clock.now() + timedelta(days=8)):
        ticks.hourly()
        row.refresh_from_db()
        assert row.state == "closed"
        asked = ask(small, row)
    assert (asked.state, asked.open, asked.closed_at) == ("review_requested", True, None)


@pytest.mark.parametrize("of", [partly, refused])
def test_a_refusal_that_was_upheld_is_not_reviewed_again(of: Callable[[office.Small], AccessRequest]) -> None:
    small = two_reviewers()
    row = ask(small, of(small))
    services.transition(row.ref, "review_upheld", small.actor("second"), reason="It stands.")
    with pytest.raises(GuardFailed) as caught:
        ask(small, row)
    assert caught.value.guard == "reviewable"


def test_what_was_refused_after_a_review_is_looked_at_too() -> None:
    small = two_reviewers()
    row = ask(small, partly(small))
    services.transition(row.ref, "review_upheld", small.actor("second"), reason="It stands.")
    row.items.create(key="Condition/c9", decision="deny", ground="524(a)(3)(i)", reviewable=True)
    assert ask(small, row).state == "review_requested"


def test_a_ground_that_was_chosen_and_never_told_is_no_refusal() -> None:
    small = two_reviewers()
    row = office.complete(small, "retrieving", decision={})
    services.set_ground(row.ref, "524(a)(3)(i)", True, "A risk.", small.actor("reviewer"))
    AccessRequest.objects.filter(pk=row.pk).update(state="ready")
    services.transition(row.ref, "release", small.actor("approver"))
    with pytest.raises(GuardFailed):
        ask(small, row)


def test_the_days_of_a_review() -> None:
    small = two_reviewers()
    with clock.at(clock.now().replace(year=2026, month=11, day=20, hour=20)):
        row = ask(small, refused(small))
        timers = clocks.of(row).review
    assert timers is not None
    assert (timers.refer_by, timers.decide_by) == (date(2026, 11, 24), date(2026, 12, 9))
    assert timers.notify_by == date(2026, 12, 11)
    assert timers.citation.rule_id == "REV-3"
    plain: Any = clocks.of(office.submit(small)).review
    assert plain is None
