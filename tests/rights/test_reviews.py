"""Refusals and their review: a licensed professional on a ground of the list, another one at the second look."""

from datetime import date, timedelta
from typing import Any

import pytest

from chartpost.kernel import clock
from chartpost.law.access import Harm, ItemFacts
from chartpost.rights import clocks, items, services
from chartpost.rights.errors import GuardFailed
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
    harm, notes = office.add_denial(row), None
    notes = row.items.create(key="DocumentReference/pn", decision="deny", ground="524(a)(2)(i)", reviewable=False)
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
