"""Scopes of SMART 1 and 2: what is read, what covers what, and how far an app reaches (checklist 1.5)."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chartpost.formats.fhirjson.terms import Label
from chartpost.identity import policies, scopes
from chartpost.identity.policies import EXCEPTED
from chartpost.identity.types import ANONYMOUS, Actor, Authority, RowFilter, Scope

LAB = "http://terminology.hl7.org/CodeSystem/observation-category|laboratory"
ANA = Actor(kind="person", account_id=1, ref="ana", own_persons=frozenset({7}), today=date(2026, 11, 21))


@pytest.mark.parametrize(
    ("text", "level", "kind", "actions"),
    [
        ("patient/Observation.rs", "patient", "Observation", "rs"),
        ("patient/Observation.r", "patient", "Observation", "r"),
        ("user/*.cruds", "user", "*", "cruds"),
        ("system/Patient.cud", "system", "Patient", "cud"),
        ("patient/Observation.read", "patient", "Observation", "rs"),
        ("patient/Observation.write", "patient", "Observation", "cud"),
        ("patient/*.*", "patient", "*", "cruds"),
    ],
)
def test_both_versions_are_read(text: str, level: str, kind: str, actions: str) -> None:
    found = scopes.parse(text)
    assert found is not None
    assert (found.level, found.type, found.actions, found.only) == (level, kind, frozenset(actions), ())


def test_a_granular_scope_is_read() -> None:
    found = scopes.parse(f"patient/Observation.rs?category={LAB}")
    assert found == Scope("patient", "Observation", frozenset("rs"), (("category", LAB),))
    encoded = scopes.parse("patient/Observation.rs?category=" + LAB.replace("|", "%7C").replace(":", "%3A"))
    assert encoded == found


@pytest.mark.parametrize(
    "text",
    [
        "",
        "patient/Observation",
        "patient/Observation.",
        "patient/Observation.sr",
        "patient/Observation.rr",
        "patient/Observation.rx",
        "patient/Observation.RS",
        "patient/observation.rs",
        "patient/Nothing.rs",
        "patient/Observation.rs?",
        "patient/Observation.rs?category",
        "patient/Observation.rs?category=",
        "patient/Observation.rs?category=laboratory",
        "patient/Observation.rs?category=a|b,c|d",
        "patient/Observation.rs?_id=a|b",
        f"patient/Observation.read?category={LAB}",
        "office/Observation.rs",
        "Patient/Observation.rs",
        " patient/Observation.rs",
        "patient/Observation.rs\n",
        "patient/**.rs",
    ],
)
def test_what_is_no_scope_is_not_read(text: str) -> None:
    assert scopes.parse(text) is None
    assert scopes.known([text]) == ()


@pytest.mark.parametrize(
    ("wide", "narrow", "covered"),
    [
        ("patient/*.rs", "patient/Observation.rs", True),
        ("patient/*.rs", "patient/*.s", True),
        ("patient/Observation.rs", "patient/*.rs", False),
        ("patient/Observation.rs", "patient/Observation.read", True),
        ("patient/Observation.read", "patient/Observation.rs", True),
        ("patient/Observation.rs", f"patient/Observation.rs?category={LAB}", True),
        (f"patient/Observation.rs?category={LAB}", "patient/Observation.rs", False),
        (f"patient/Observation.rs?category={LAB}", f"patient/Observation.r?category={LAB}", True),
        (f"patient/Observation.rs?category={LAB}", "patient/Observation.rs?category=http://x|y", False),
        ("patient/Observation.r patient/Observation.s", "patient/Observation.rs", True),
        ("patient/*.rs", "user/Observation.rs", False),
        ("user/*.cruds", "patient/Observation.rs", False),
        ("openid", "openid", True),
        ("patient/*.rs", "openid", False),
        ("patient/*.rs", "nonsense", False),
    ],
)
def test_what_goes_no_further(wide: str, narrow: str, covered: bool) -> None:
    assert scopes.within(narrow.split(), wide.split()) is covered


def test_writing_it_out_and_reading_it_gives_the_same() -> None:
    for text in ("patient/Observation.rs", "system/*.cruds", f"user/Condition.r?category={LAB}"):
        found = scopes.parse(text)
        assert found is not None
        assert scopes.render(found) == text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("patient/Observation.cruds", "patient/Observation.rs"),
        ("patient/Observation.*", "patient/Observation.rs"),
        ("patient/Observation.write", ""),
        ("patient/Observation.rs", "patient/Observation.rs"),
        ("patient/Observation.read", "patient/Observation.read"),
        ("openid", "openid"),
    ],
)
def test_a_person_leaves_only_reading(text: str, left: str) -> None:
    assert scopes.readable(text) == left


def reach(actor: Actor, text: str, person_id: int | None, hidden: int = 0) -> tuple[set[int], bool]:
    persons, everyone = policies.app_reach(actor, scopes.resources(text.split()), person_id, hidden)
    return set(persons), everyone is not None


def staff(*roles: str) -> Actor:
    return Actor(kind="staff", account_id=2, ref="s", roles=frozenset(roles))


APP = Actor(kind="app", ref="a", name="Exporter")


@pytest.mark.parametrize(
    ("actor", "text", "person_id", "persons", "everyone"),
    [
        (ANA, "patient/*.rs", 7, {7}, False),
        (ANA, "user/*.rs", 7, {7}, False),
        (ANA, "system/*.rs", 7, {7}, False),
        (ANA, "patient/*.rs", 8, set(), False),
        (ANA, "patient/*.rs", None, set(), False),
        (staff("clerk"), "user/*.cruds", None, set(), True),
        (staff("clerk"), "patient/*.rs", 7, {7}, False),
        (staff("clerk"), "patient/*.rs user/*.rs", 7, {7}, True),
        (staff("admin"), "user/*.rs patient/*.rs", 7, set(), False),
        (staff(), "user/*.rs", 7, set(), False),
        (APP, "system/*.rs", None, set(), True),
        (APP, "user/*.rs patient/*.rs", 7, set(), False),
        (ANONYMOUS, "patient/*.rs user/*.rs system/*.rs", 7, set(), False),
    ],
)
def test_whom_an_app_reaches(actor: Actor, text: str, person_id: int | None, persons: set[int], everyone: bool) -> None:
    assert reach(actor, text, person_id) == (persons, everyone)


@pytest.mark.parametrize("role", ["clerk", "reviewer", "privacy"])
def test_what_is_excepted_from_the_right_of_access_reaches_no_app(role: str) -> None:
    found = scopes.resources(["patient/*.rs", "user/*.rs"])
    persons, everyone = policies.app_reach(staff(role), found, 7)
    assert everyone is not None
    assert persons[7].hidden_labels & EXCEPTED == everyone.hidden_labels & EXCEPTED == EXCEPTED


def test_an_app_sees_no_more_than_whoever_let_it_in() -> None:
    part = policies.mask(*[])
    helper = Authority("r", 7, "caregiver", part | 2, True, True, date(2026, 1, 1), None)
    actor = Actor(kind="person", account_id=3, ref="h", authorities=(helper,), today=date(2026, 11, 21))
    persons, _ = policies.app_reach(actor, scopes.resources(["patient/*.rs"]), 7, int(Label.HIV))
    assert persons[7].categories == 2
    assert persons[7].hidden_labels == EXCEPTED | Label.MINOR_CONFIDENTIAL | Label.HIV


def acting(person: int, basis: str = "parent", categories: int = -1, starts: date = date(2026, 1, 1)) -> Authority:
    return Authority(f"r{person}", person, basis, categories, True, basis == "parent", starts, None)


@pytest.mark.parametrize("in_context", [None, 7, 9])
def test_of_whom_staff_act_for_an_app_sees_what_the_desk_shows_them(in_context: int | None) -> None:
    theirs = (acting(7), acting(8, "caregiver", 2), acting(9, "health_care_agent"), acting(10, starts=date(2027, 1, 1)))
    clerk = replace(staff("clerk"), authorities=theirs, today=date(2026, 11, 21))
    found = scopes.resources(["user/*.rs", "patient/*.rs"])
    persons, everyone = policies.app_reach(clerk, found, in_context, int(Label.HIV))
    assert everyone == RowFilter(hidden_labels=EXCEPTED | int(Label.HIV))
    assert persons[7] == RowFilter(hidden_labels=EXCEPTED | int(Label.HIV | Label.MINOR_CONFIDENTIAL))
    assert persons[8] == RowFilter(hidden_labels=EXCEPTED | int(Label.HIV), categories=2)
    assert set(persons) == {7, 8} | ({in_context} if in_context else set()), "of the others it is what everyone says"


def test_to_act_for_somebody_opens_staff_no_more_of_them_by_what_is_for_everyone() -> None:
    imaging = replace(staff("imaging"), authorities=(acting(7),), today=date(2026, 11, 21))
    persons, everyone = policies.app_reach(imaging, scopes.resources(["user/*.rs"]), None)
    assert everyone is not None
    assert persons[7].categories == everyone.categories
    assert persons[7].hidden_labels == EXCEPTED | Label.MINOR_CONFIDENTIAL


def test_a_backend_client_never_sees_psychotherapy_notes() -> None:
    _, everyone = policies.app_reach(APP, scopes.resources(["system/*.rs"]), None, int(Label.SUBSTANCE_USE))
    assert everyone is not None
    assert everyone.hidden_labels == EXCEPTED | Label.SUBSTANCE_USE


@pytest.mark.parametrize(
    ("asked", "allowed", "kept"),
    [
        ("patient/*.rs", "patient/Observation.cruds patient/Patient.r", "patient/Observation.rs patient/Patient.r"),
        ("patient/*.r", "patient/Observation.rs", "patient/Observation.r"),
        ("patient/Observation.cruds", "patient/*.rs", "patient/Observation.rs"),
        ("patient/*.read", "patient/Observation.write", ""),
        ("patient/*.*", "patient/Observation.read", "patient/Observation.read"),
        ("patient/*.read", "patient/*.r user/*.rs", "patient/*.r"),
        ("patient/*.rs", f"patient/Observation.r?category={LAB}", f"patient/Observation.r?category={LAB}"),
        ("patient/*.rs?category=a|b", "patient/Observation.r", "patient/Observation.r?category=a|b"),
        ("patient/*.rs?category=a|b", "patient/*.r?category=c|d", "patient/*.r?category=a|b&category=c|d"),
        ("patient/*.rs?category=a|b%26c", "patient/*.r", "patient/*.r?category=a|b%26c"),
        ("openid patient/Patient.rs", "patient/Observation.rs", "openid"),
        ("openid offline_access online_access", "patient/Patient.rs", "openid online_access"),
        ("offline_access patient/*.rs", "patient/Patient.rs offline_access", "offline_access patient/Patient.rs"),
        ("user/Patient.rs", "patient/Patient.rs system/Patient.rs", ""),
    ],
)
def test_an_app_gets_what_is_asked_and_registered(asked: str, allowed: str, kept: str) -> None:
    assert scopes.narrowed(asked.split(), allowed.split()) == tuple(kept.split())


TERMS = ["a|b", "c|d", "e|f%26category=a", "e|f%2541", "e|%2B"]
TEXTS = st.lists(
    st.builds(
        lambda level, kind, verbs, terms: (
            f"{level}/{kind}.{verbs}" + ("?" + "&".join(f"category={term}" for term in terms) if terms else "")
        ),
        st.sampled_from(["patient", "user"]),
        st.sampled_from(["*", "Observation", "Patient"]),
        st.sampled_from(["c", "r", "s", "u", "rs", "cu", "ru", "cruds"]),
        st.lists(st.sampled_from(TERMS), max_size=2),
    )
    | st.sampled_from(["patient/*.read", "patient/Observation.write", "user/*.*"]),
    max_size=4,
)


def allows(texts: list[str] | tuple[str, ...], wanted: str) -> bool:
    """Whether one of these scopes allows what another says, without asking the code that narrows them."""
    asked = scopes.parse(wanted)
    assert asked is not None
    return any(
        found.level == asked.level
        and found.type in ("*", asked.type)
        and asked.actions <= found.actions
        and set(found.only) <= set(asked.only)
        for found in scopes.resources(texts)
    )


SINGLE = [
    f"{level}/{kind}.{letter}" + ("?" + "&".join(f"category={term}" for term in terms) if terms else "")
    for level in ("patient", "user")
    for kind in ("Observation", "Patient", "Condition", "*")
    for letter in "cruds"
    for terms in ([], TERMS[:1], TERMS[1:2], TERMS[:2], TERMS[2:3], TERMS[3:], TERMS)
]


@given(TEXTS, TEXTS)
@example(["patient/*.rs"], ["patient/Observation.cruds", "patient/Patient.r"])
def test_what_is_left_is_allowed_by_both_and_nothing_is_lost(asked: list[str], allowed: list[str]) -> None:
    left = scopes.narrowed(asked, allowed)
    for wanted in SINGLE:
        assert allows(left, wanted) == (allows(asked, wanted) and allows(allowed, wanted)), wanted


@given(TEXTS)
def test_a_scope_written_anew_means_the_same(texts: list[str]) -> None:
    for found in scopes.resources(texts):
        assert scopes.parse(scopes.render(found)) == found


@pytest.mark.parametrize(
    ("held", "allowed", "left"),
    [
        ("system/*.read", "system/*.rs", "system/*.read"),
        ("system/*.rs", "system/Goal.cr system/Patient.rs", "system/Goal.r system/Patient.rs"),
        ("system/Goal.rs", "system/*.r", "system/Goal.r"),
        ("system/Goal.rs", "system/Patient.rs", ""),
        ("system/Goal.rs", "user/Goal.rs", ""),
        (f"system/Observation.rs?category={LAB}", "system/*.rs", f"system/Observation.rs?category={LAB}"),
        ("system/Observation.rs", f"system/Observation.rs?category={LAB}", f"system/Observation.rs?category={LAB}"),
        ("system/*.rs", "", ""),
    ],
)
def test_what_is_held_is_cut_to_what_is_allowed(held: str, allowed: str, left: str) -> None:
    assert scopes.narrowed(held.split(), allowed.split()) == tuple(left.split())
