"""Who may do what: the table row by row, and what must hold for everybody."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chartpost.formats.fhirjson.terms import Category, Label
from chartpost.identity import policies
from chartpost.identity.types import ANONYMOUS, BASES, ROLES, SYSTEM, Actor, Authority, RowFilter, Subject

TODAY = date(2026, 11, 21)
ANA, BEN = 1, 2
ACTIONS = sorted(policies.RULES)
RECORD = Subject("record", person_id=ANA)


def authority(person_id: int = ANA, **terms: object) -> Authority:
    """An authority in force today; `terms` change it."""
    whole = Authority("r1", person_id, "caregiver", -1, True, False, TODAY - timedelta(days=1), None)
    return replace(whole, **terms)  # type: ignore[arg-type]


def person(*own: int, acting: tuple[Authority, ...] = ()) -> Actor:
    return Actor(kind="person", account_id=10, ref="p", own_persons=frozenset(own), authorities=acting, today=TODAY)


def staff(*roles: str, account_id: int = 20) -> Actor:
    return Actor(kind="staff", account_id=account_id, ref="s", roles=frozenset(roles), today=TODAY)


TABLE = {
    # action: (the person, a stranger with an account, a full helper, a helper who may not ask, staff roles)
    "record.read": (True, False, True, True, {"clerk", "approver", "reviewer", "privacy", "imaging"}),
    "record.export": (False, False, False, False, set()),
    "record.download": (True, False, True, True, set()),
    "record.add": (True, False, True, True, set()),
    "record.reconcile": (True, False, True, False, {"clerk", "privacy", "imaging"}),
    "record.write": (False, False, False, False, {"clerk", "privacy", "imaging"}),
    "record.label": (False, False, False, False, {"reviewer", "privacy"}),
    "record.import": (False, False, False, False, {"clerk", "privacy", "imaging", "admin"}),
    "document.upload": (False, False, False, False, {"clerk", "approver", "privacy", "imaging"}),
    "access_log.read": (True, False, True, True, {"privacy"}),
    "request.submit": (True, False, True, False, set()),
    "request.read": (True, False, True, False, {"clerk", "approver", "reviewer", "privacy"}),
    "request.message": (True, False, True, False, {"clerk", "approver", "privacy"}),
    "request.withdraw": (True, False, True, False, {"clerk", "approver", "privacy"}),
    "request.confirm": (True, False, True, False, set()),
    "request.intake": (False, False, False, False, {"clerk", "approver", "privacy"}),
    "request.work": (False, False, False, False, {"clerk", "approver", "privacy"}),
    "request.release": (False, False, False, False, {"approver", "privacy"}),
    "request.clinical_review": (False, False, False, False, {"reviewer"}),
    "request.review_denial": (False, False, False, False, {"reviewer"}),
    "package.open": (True, False, True, False, {"clerk", "approver", "privacy"}),
    "delivery.open_by_code": (False, False, False, False, set()),
    "share.manage": (False, False, False, False, set()),
    "share.send": (True, False, True, True, {"clerk", "approver", "reviewer", "privacy", "imaging", "admin"}),
    "letter.read": (True, False, True, False, {"clerk", "approver", "reviewer", "privacy"}),
    "caregiver.invite": (True, False, False, False, set()),
    "representative.end": (True, False, False, False, {"clerk", "approver", "privacy"}),
    "representative.add": (False, False, False, False, {"clerk", "approver", "privacy"}),
    "person.search": (False, False, False, False, {"clerk", "approver", "reviewer", "privacy", "imaging"}),
    "person.edit": (False, False, False, False, {"clerk", "approver", "privacy"}),
    "person.invite": (False, False, False, False, {"clerk", "approver", "privacy"}),
    "person.merge": (False, False, False, False, {"clerk", "privacy"}),
    "inbox.settle": (False, False, False, False, {"clerk", "approver", "privacy"}),
    "queue.read": (False, False, False, False, {"clerk", "approver", "reviewer", "privacy"}),
    "desk.open": (False, False, False, False, set(ROLES)),
    "rules.read": (False, False, False, False, set(ROLES)),
    "ledger.search": (False, False, False, False, {"privacy"}),
    "ledger.verify": (False, False, False, False, {"privacy", "admin"}),
    "office.settings": (False, False, False, False, {"admin"}),
    "staff.manage": (False, False, False, False, {"admin"}),
    "account.manage": (False, False, False, False, set()),
    "app.register": (False, False, False, False, {"admin"}),
    "app.approve": (True, False, True, True, {"clerk", "approver", "reviewer", "privacy"}),
    "app.sign_in": (False, False, False, False, set(ROLES)),
    "app.grants.read": (True, False, True, True, {"privacy", "admin"}),
    "app.grants.oversee": (False, False, False, False, {"privacy"}),
    "app.revoke": (True, False, False, False, {"privacy", "admin"}),
    "portal.open": (True, True, True, True, set(ROLES)),
}


def test_the_table_names_every_action() -> None:
    assert set(TABLE) == set(policies.RULES)


@pytest.mark.parametrize("action", ACTIONS)
def test_people(action: str) -> None:
    own, stranger, helper, reader, _ = TABLE[action]
    no_asking = authority(may_request=False)
    actors = (person(ANA), person(BEN), person(acting=(authority(),)), person(acting=(no_asking,)))
    assert [policies.decide(a, action, RECORD).allow for a in actors] == [own, stranger, helper, reader]


@pytest.mark.parametrize("action", ACTIONS)
def test_staff(action: str) -> None:
    allowed = {role for role in ROLES if policies.decide(staff(role), action, RECORD).allow}
    assert allowed == TABLE[action][4]
    assert not policies.decide(staff(), action, RECORD).allow or action == "portal.open"


def test_every_way_has_words() -> None:
    for ways in policies.RULES.values():
        for way in ways:
            assert way.reason.endswith(".")


def test_only_the_owner_manages_an_account() -> None:
    assert policies.decide(person(), "account.manage", Subject("account", owner_id=10)).allow
    assert not policies.decide(staff("admin"), "account.manage", Subject("account", owner_id=10)).allow
    assert not policies.decide(person(), "account.manage", Subject("account")).allow


@given(
    action=st.sampled_from([*ACTIONS, "no.such_action"]),
    kind=st.sampled_from(["record", "request", "account", "office", "ledger"]),
    person_id=st.none() | st.integers(1, 5),
    owner_id=st.none() | st.integers(1, 5),
    two_person=st.booleans(),
)
def test_nothing_is_allowed_to_a_stranger(
    action: str, kind: str, person_id: int | None, owner_id: int | None, two_person: bool
) -> None:
    subject = Subject(kind, person_id=person_id, owner_id=owner_id, two_person=two_person)
    assert not policies.decide(ANONYMOUS, action, subject).allow
    assert policies.scope(ANONYMOUS, action, person_id or 1).categories == 0


@given(action=st.text(max_size=20), role=st.sampled_from(ROLES))
def test_an_unknown_action_is_refused(action: str, role: str) -> None:
    if action not in policies.RULES:
        for actor in (person(ANA), staff(role), SYSTEM):
            assert not policies.decide(actor, action, RECORD).allow


@given(
    action=st.sampled_from(ACTIONS),
    basis=st.sampled_from(BASES),
    start=st.integers(-400, 400),
    days=st.none() | st.integers(0, 400),
)
def test_an_authority_gives_nothing_outside_its_days(action: str, basis: str, start: int, days: int | None) -> None:
    first = TODAY + timedelta(days=start)
    last = None if days is None else first + timedelta(days=days)
    actor = person(acting=(authority(basis=basis, starts_on=first, ends_on=last),))
    in_force = first <= TODAY and (last is None or last >= TODAY)
    allowed = policies.decide(actor, action, RECORD).allow
    if not in_force:
        assert not allowed or action == "portal.open"
        assert policies.scope(actor, "record.read", ANA).categories == 0
    assert policies.decide(actor, "record.read", RECORD).allow is in_force


@given(action=st.sampled_from(ACTIONS), other=st.integers(2, 9))
def test_an_authority_is_for_one_person(action: str, other: int) -> None:
    actor = person(acting=(authority(),))
    assert not policies.decide(actor, action, Subject("record", person_id=other)).allow or action == "portal.open"
    assert policies.scope(actor, "record.read", other).categories == 0


@given(basis=st.sampled_from(["parent", "guardian"]), categories=st.integers(-1, 2**20), may=st.booleans())
def test_a_parent_never_sees_what_the_minor_keeps_private(basis: str, categories: int, may: bool) -> None:
    terms = authority(basis=basis, categories=categories, may_request=may, hides_minor_confidential=True)
    rows = policies.scope(person(acting=(terms,)), "record.read", ANA)
    assert rows.hidden_labels & Label.MINOR_CONFIDENTIAL
    assert rows.categories == categories


CONFIDENTIAL = int(Label.MINOR_CONFIDENTIAL)
RIGHTS = st.lists(
    st.builds(
        authority,
        ref=st.sampled_from(["a", "b", "c"]),
        basis=st.sampled_from(BASES),
        categories=st.sampled_from([-1, 2, 4, 6, 12]),
        may_request=st.booleans(),
        hides_minor_confidential=st.booleans(),
        ends_on=st.none() | st.dates(TODAY, TODAY + timedelta(days=3)),
    ),
    min_size=1,
    max_size=4,
)


def shown(rights: tuple[Authority, ...], action: str = "record.read") -> set[tuple[int, int]]:
    """The sections and labels that somebody with these rights may see."""
    rows = policies.scope(person(acting=rights), action, ANA)
    labels = [label for label in (0, CONFIDENTIAL) if not label & rows.hidden_labels]
    return {(category, label) for category in range(1, 5) for label in labels if rows.categories >> category & 1}


@given(rights=RIGHTS, action=st.sampled_from(["record.read", "record.reconcile"]))
def test_rights_together_give_nothing_that_none_of_them_gives(rights: list[Authority], action: str) -> None:
    each = set().union(*(shown((one,), action) for one in rights))
    both = shown(tuple(rights), action)
    assert both <= each
    assert {section for section, _ in both} == {section for section, _ in each}


@given(rights=RIGHTS, wide=RIGHTS.map(lambda some: replace(some[0], categories=-1, hides_minor_confidential=False)))
def test_a_right_to_the_whole_record_counts_whatever_else_there_is(rights: list[Authority], wide: Authority) -> None:
    found = person(acting=(*rights, wide)).authority_for(ANA)
    assert found is not None
    assert found.whole
    assert found in (*rights, wide), "one of them as it is, with its own end"


def test_of_rights_that_give_the_same_the_one_of_the_law_counts() -> None:
    invited, agent = authority(ref="c"), authority(ref="h", basis="health_care_agent")
    ends = replace(agent, ref="e", ends_on=TODAY)
    for rights in ((invited, ends, agent), (agent, ends, invited)):
        assert person(acting=rights).authority_for(ANA) == agent


def test_a_narrow_right_that_hides_less_does_not_show_more_of_what_a_wide_one_hides() -> None:
    parent = authority(basis="parent", hides_minor_confidential=True)
    results = authority(ref="r2", categories=policies.mask(Category.RESULTS))
    assert person(acting=(results, parent)).authority_for(ANA) == parent


def test_rights_to_several_parts_are_one_until_the_first_of_them_ends() -> None:
    tomorrow = TODAY + timedelta(days=1)
    parent = authority(basis="parent", categories=4, hides_minor_confidential=True)
    results = authority(ref="r2", categories=2, ends_on=tomorrow)
    joined = replace(parent, categories=6, ends_on=tomorrow, beside=("r2",))
    assert person(acting=(results, parent)).authority_for(ANA) == joined


def test_what_is_asked_for_is_within_a_right_to_ask() -> None:
    rights = (authority(ref="r2", categories=2), authority(may_request=False))
    helper = person(acting=rights)
    assert shown(rights, "record.reconcile") == shown(rights[:1])
    assert len(shown(rights)) == 8
    assert policies.decide(helper, "request.submit", RECORD).allow
    theirs, others = (Subject("request", person_id=ANA, owner_id=owner) for owner in (10, 11))
    assert policies.decide(helper, "request.read", theirs).allow
    assert not policies.decide(helper, "request.read", others).allow, "neither right alone opens it"


@given(roles=st.sets(st.sampled_from(["clerk", "approver", "imaging", "admin"])), action=st.sampled_from(ACTIONS))
def test_only_reviewer_and_privacy_officer_see_psychotherapy_notes(roles: set[str], action: str) -> None:
    for actor in (staff(*roles), person(ANA), person(acting=(authority(),))):
        rows = policies.scope(actor, action, ANA)
        assert rows.categories == 0 or rows.hidden_labels & Label.PSYCHOTHERAPY
        assert rows.categories == 0 or rows.hidden_labels & Label.LITIGATION


@pytest.mark.parametrize("kind", sorted(policies.ASKED_FOR))
@pytest.mark.parametrize(
    "action",
    ["request.read", "request.message", "package.open", "letter.read", "record.download", "app.grants.read"],
)
def test_a_helper_with_part_of_the_record_opens_only_what_they_asked_for(kind: str, action: str) -> None:
    parts = (authority(categories=6), authority(basis="parent", hides_minor_confidential=True))
    for actor in (person(acting=(part,)) for part in parts):
        assert policies.decide(actor, action, Subject(kind, person_id=ANA, owner_id=10)).allow
        for owner in (None, 11):
            assert not policies.decide(actor, action, Subject(kind, person_id=ANA, owner_id=owner)).allow
    whole = person(acting=(authority(),))
    assert policies.decide(whole, action, Subject(kind, person_id=ANA, owner_id=11)).allow


@pytest.mark.parametrize(
    ("rows", "opens"),
    [
        (RowFilter(policies.EXCEPTED, 6), True),
        (RowFilter(policies.EXCEPTED | Label.HIV, 2), True),
        (RowFilter(policies.EXCEPTED, 14), False),
        (RowFilter(policies.EXCEPTED), False),
        (RowFilter(categories=6), False),
    ],
)
def test_a_helper_opens_nothing_made_of_more_than_they_may_see(rows: RowFilter, opens: bool) -> None:
    made = Subject("package", person_id=ANA, owner_id=10, rows=rows)
    helper = person(acting=(authority(categories=6),))
    for action in ("record.download", "package.open"):
        assert policies.decide(helper, action, made).allow is opens
        assert policies.decide(person(ANA), action, made).allow


DAY = st.none() | st.dates(TODAY, TODAY + timedelta(days=3))
FILTERS = st.builds(RowFilter, st.integers(0, 7), st.sampled_from([-1, 2, 4, 6]), DAY, DAY)


@given(one=FILTERS, other=FILTERS, labels=st.integers(0, 7), category=st.integers(1, 3), day=st.integers(0, 3))
def test_what_covers_a_filter_shows_all_it_shows(
    one: RowFilter, other: RowFilter, labels: int, category: int, day: int
) -> None:
    def shows(rows: RowFilter) -> bool:
        when = TODAY + timedelta(days=day)
        within = (rows.date_from or when) <= when <= (rows.date_to or when)
        return within and not labels & rows.hidden_labels and bool(rows.categories >> category & 1)

    assert one.covers(one)
    assert RowFilter().covers(one)
    assert not one.covers(other) or shows(one) or not shows(other)


def test_reviewer_and_privacy_officer_see_all() -> None:
    for role in ("reviewer", "privacy"):
        assert policies.scope(staff(role), "record.read", ANA) == policies.everything()


def test_imaging_staff_see_imaging() -> None:
    rows = policies.scope(staff("imaging"), "record.read", ANA)
    assert rows.categories == policies.mask(Category.IMAGING, Category.PEOPLE)


@given(roles=st.sets(st.sampled_from(ROLES)), prepared=st.integers(20, 23), two=st.booleans())
def test_nobody_releases_alone_where_two_are_needed(roles: set[str], prepared: int, two: bool) -> None:
    actor = staff(*roles, account_id=20)
    subject = Subject("request", person_id=ANA, prepared_by=prepared, two_person=two)
    verdict = policies.decide(actor, "request.release", subject)
    assert verdict.allow is (bool(roles & {"approver", "privacy"}) and not (two and prepared == 20))


@given(decided=st.none() | st.integers(20, 22))
def test_a_second_look_is_by_somebody_else(decided: int | None) -> None:
    subject = Subject("request", person_id=ANA, decided_by=decided)
    assert policies.decide(staff("reviewer"), "request.review_denial", subject).allow is (decided != 20)


@pytest.mark.parametrize("terms", [{"hides_minor_confidential": True}, {"categories": 6}, {}])
def test_who_acts_for_a_part_does_not_hear_what_others_ask_for_and_send(terms: dict[str, object]) -> None:
    helper, whole = person(acting=(authority(**terms),)), not terms
    for action in ("request.submit", "shl.make", "share.send", "delivery.release", "record.label", "app.approve"):
        assert policies.hears_of(helper, ANA, action) is whole, action
        assert policies.hears_of(person(ANA), ANA, action)
    for action in ("record.read", "document.read", "record.import", "access_log.read", "representative.end"):
        assert policies.hears_of(helper, ANA, action), action
