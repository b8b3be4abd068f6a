"""Scopes of SMART 1 and 2: what is read, what covers what, and how far an app reaches (checklist 1.5)."""

from datetime import date

import pytest

from chartpost.formats.fhirjson.terms import Label
from chartpost.identity import policies, scopes
from chartpost.identity.policies import EXCEPTED
from chartpost.identity.types import ANONYMOUS, Actor, Authority, Scope

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


def test_an_app_sees_no_more_than_whoever_let_it_in() -> None:
    part = policies.mask(*[])
    helper = Authority("r", 7, "caregiver", part | 2, True, True, date(2026, 1, 1), None)
    actor = Actor(kind="person", account_id=3, ref="h", authorities=(helper,), today=date(2026, 11, 21))
    persons, _ = policies.app_reach(actor, scopes.resources(["patient/*.rs"]), 7, int(Label.HIV))
    assert persons[7].categories == 2
    assert persons[7].hidden_labels == EXCEPTED | Label.MINOR_CONFIDENTIAL | Label.HIV


def test_a_backend_client_never_sees_psychotherapy_notes() -> None:
    _, everyone = policies.app_reach(APP, scopes.resources(["system/*.rs"]), None, int(Label.SUBSTANCE_USE))
    assert everyone is not None
    assert everyone.hidden_labels == EXCEPTED | Label.SUBSTANCE_USE
