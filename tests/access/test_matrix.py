"""Everybody on every address: nobody gets in where the policy says no, and no page shows another person's words."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from chartpost.formats.fhirjson.terms import Label
from chartpost.identity import guard, policies, queries
from chartpost.identity.types import ALL_CATEGORIES, ANONYMOUS, Actor, Subject
from tests.access.scene import ACTORS, NARROW, Owner, Scene, build
from tests.access.table import LIBRARY, ROWS, Row
from tests.identity.support import browser

pytestmark = pytest.mark.django_db
LET_IN = {200, 204, 302, 303, 400, 405, 409, 422}
"""Answers of a page that did not turn the reader away."""


@pytest.fixture(scope="module")
def scene(django_db_setup: None, django_db_blocker: Any) -> Iterator[Scene]:
    """One office for all tests of this file; what they change is taken back at the end."""
    with django_db_blocker.unblock():
        whole = transaction.atomic()
        whole.__enter__()
        try:
            yield build()
        finally:
            transaction.set_rollback(True)
            whole.__exit__(None, None, None)


def addresses(resolver: URLResolver, spaces: tuple[str, ...] = ()) -> Iterator[tuple[str, URLPattern]]:
    """Every address of the program with its full name."""
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from addresses(entry, (*spaces, entry.namespace) if entry.namespace else spaces)
        else:
            yield ":".join([*spaces, entry.name or f"unnamed {entry.pattern}"]), entry


def names() -> list[str]:
    return sorted({name for name, _ in addresses(get_resolver())})


def test_every_address_is_declared() -> None:
    ours = {name for name in names() if not name.startswith(LIBRARY)}
    assert ours - set(ROWS) == set(), "declare these in tests/access/table.py"
    assert set(ROWS) - ours == set(), "these are gone"


def test_every_action_is_one_of_the_policy() -> None:
    assert {row.action for row in ROWS.values() if row.action} <= set(policies.RULES)


def client_of(scene: Scene, who: str) -> Client:
    client = browser()
    client.raise_request_exception = False
    account = scene.accounts.get(who)
    if account is not None:
        client.force_login(account)
    return client


def address(scene: Scene, name: str, row: Row, owner: Owner) -> str:
    """The address of a row, filled with the things of an owner and of the office."""
    things = {**scene.office, **owner.things}
    values = {k: v[1:] if v.startswith("=") else things.get(v, "0" * 26) for k, v in (row.names or {}).items()}
    if row.about == "setup":
        values["code"] = "ABCD-ABCD-ABCD-ABCD-ABCD"
    return reverse(name, kwargs=values)


def body_of(response: HttpResponseBase) -> bytes:
    """All bytes of an answer, streamed or not, and where it leads."""
    data = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]
    return bytes(data) + str(response.get("Location", "")).encode()


def allowed(actor: Actor, row: Row, owner: Owner) -> bool:
    """What the policy says."""
    if row.about == "public":
        return True
    if row.about == "setup":
        return False
    if row.about == "signed in":
        return actor.kind != "anonymous"
    if row.about == "open":
        return actor.kind != "anonymous" and (not opened(actor) or opens(actor, row))
    person_id = None if row.about == "desk office" else owner.person.id
    subject = Subject(row.kind, person_id=person_id, owner_id=owner.account.pk)
    enters = row.about == "thing" or policies.decide(actor, "desk.open", Subject("office")).allow
    return enters and policies.decide(actor, row.action, subject).allow


def opened(actor: Actor) -> set[int]:
    """The persons whose record an account can have open."""
    return set(actor.own_persons) | {a.person_id for a in actor.authorities if a.in_force(actor.today)}


def opens(actor: Actor, row: Row) -> bool:
    return any(policies.decide(actor, row.action, Subject("record", person_id=p)).allow for p in opened(actor))


def judge(actor: Actor, row: Row, may: bool, response: HttpResponseBase) -> str:
    """What is wrong with an answer; nothing when it is as it must be."""
    status, to = response.status_code, str(response.get("Location", ""))
    if status >= 500:
        return "" if status == 503 and row.about == "public" else "failed"
    if may or status == 405:
        # A page may still not be there in the state its thing is in; then it is not there for anybody.
        return "" if status in LET_IN or status == 404 else "turned away, though the policy lets them in"
    if row.about == "setup":
        return "" if status == 410 else "a wrong set-up code opened something"
    if actor.kind == "anonymous":
        asked = status == 302 and to.startswith("/account/login/")
        told = status == 401 and body_of(response) == b'{"error": "sign_in"}'  # an address that scripts alone call
        return "" if asked or told else "a stranger was not asked to sign in"
    if row.about in {"thing", "open"} and actor.kind == "person":
        return "" if status == 404 else "must look as if it were not there"
    return "" if status in {403, 404} else "let in, though the policy says no"


def hidden(scene: Scene, actor: Actor) -> dict[str, bytes]:
    """The marked words that no page may show to an actor."""
    words: dict[str, bytes] = {}
    for name, owner in scene.owners.items():
        marks, person_id = owner.marks, owner.person.id
        rows = policies.scope(actor, "record.read", person_id)
        finds = policies.decide(actor, "person.search", Subject("office")).allow
        if rows.categories == 0 and not finds:
            words |= {f"{name}'s name": marks.name.encode(), f"{name}'s number": marks.number.encode()}
        sees_problems = bool(rows.categories & NARROW)
        labels = rows.hidden_labels
        if not sees_problems:
            words[f"{name}'s problem"] = marks.problem.encode()
        if rows.categories != ALL_CATEGORIES:
            words[f"{name}'s medicine"] = marks.medicine.encode()
        if not sees_problems or labels & Label.PSYCHOTHERAPY:
            words[f"{name}'s therapy"] = marks.therapy.encode()
        if not sees_problems or labels & Label.MINOR_CONFIDENTIAL:
            words[f"{name}'s private entry"] = marks.private.encode()
    return words


def walk(scene: Scene, who: str, rows: dict[str, Row]) -> list[str]:
    """Take one actor to every address; returns what went wrong."""
    actor = scene.actor(who) or ANONYMOUS
    client, secrets = client_of(scene, who), hidden(scene, actor)
    problems = []
    for name, row in rows.items():
        for whose in scene.owners if row.about in {"thing", "open"} else ("ana",):
            owner = scene.owners[whose]
            to, may = address(scene, name, row, owner), allowed(actor, row, owner)
            for method in ["get"] if may else ["get", "post"]:
                response = getattr(client, method)(to)
                body = body_of(response)
                told = [judge(actor, row, may, response)]
                told += [f"shows {what}" for what, word in secrets.items() if word in body]
                if any(told):
                    problems.append(f"{method.upper()} {name} of {whose}: {response.status_code} {', '.join(told)}")
    return problems


@pytest.mark.parametrize("who", ACTORS)
def test_nobody_gets_where_the_policy_says_no(scene: Scene, who: str) -> None:
    problems = walk(scene, who, ROWS)
    assert not problems, "\n".join(problems)


def test_a_page_that_forgets_to_ask_is_noticed(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """The matrix itself is tried: with a guard that lets everybody in, it must find every such page."""
    monkeypatch.setattr(guard, "require", lambda request, *_: queries.actor_for(request))
    names = ("portal:request", "portal:letter", "portal:package", "desk:person", "desk:queue")
    found = walk(scene, "ben", {name: ROWS[name] for name in names})
    assert all(any(name in line for line in found) for name in names), found
    assert any("shows ana's name" in line for line in found)


@pytest.mark.parametrize("who", ["ben", "narrow helper of ana", "ended helper of ana", "unmatched"])
def test_what_is_not_theirs_looks_as_if_it_were_not_there(scene: Scene, who: str) -> None:
    """The same answer, byte for byte but for its tokens, for a real reference and for one that does not exist."""
    client, actor = client_of(scene, who), scene.actor(who)
    assert actor is not None
    ana = scene.owners["ana"]
    nothing = Owner(
        ana.person, ana.account, ana.marks, {k: "0" * len(v) for k, v in ana.things.items() if isinstance(v, str)}
    )
    differing = []
    for name, row in ROWS.items():
        if row.about != "thing" or allowed(actor, row, ana):
            continue
        real = client.get(address(scene, name, row, ana))
        invented = client.get(address(scene, name, row, nothing))
        if real.status_code != invented.status_code or len(body_of(real)) != len(body_of(invented)):
            differing.append(f"{name}: {real.status_code} and {invented.status_code}")
    assert differing == []


@pytest.mark.parametrize("who", ["ben", "narrow helper of ana", "ended helper of ana", "unmatched", "clerk"])
def test_choosing_a_record_that_is_not_theirs_changes_nothing(scene: Scene, who: str) -> None:
    client, actor, mia = client_of(scene, who), scene.actor(who), scene.owners["mia"]
    assert actor is not None
    client.post(reverse("portal:choose"), {"person": mia.person.ref})
    for name in ("portal:record", "portal:section", "portal:requests", "portal:downloads"):
        body = body_of(client.get(address(scene, name, ROWS[name], mia)))
        assert mia.marks.problem.encode() not in body
        assert mia.marks.name.encode() not in body


def test_every_page_opens_for_somebody(scene: Scene) -> None:
    """A row whose address names the wrong thing would be "not there" for all, and prove nothing."""
    never = {name for name, row in ROWS.items() if row.about in {"thing", "open", "desk", "desk office", "signed in"}}
    for who in ("ana", "clerk", "privacy", "reviewer", "admin", "imaging"):
        client = client_of(scene, who)
        for name in sorted(never):
            response = client.get(address(scene, name, ROWS[name], scene.owners["ana"]))
            if response.status_code in LET_IN:
                never.discard(name)
    assert never == set()


def test_the_marks_are_there_for_those_who_may_see_them(scene: Scene) -> None:
    """Without this the matrix could pass on empty pages."""
    marks = scene.owners["ana"].marks
    pages = {
        "ana": ["portal:section", "portal:record"],
        "narrow helper of ana": ["portal:section"],
        "clerk": ["desk:section", "desk:person"],
    }
    for who, wanted in pages.items():
        client = client_of(scene, who)
        shown = b"".join(body_of(client.get(address(scene, n, ROWS[n], scene.owners["ana"]))) for n in wanted)
        assert marks.problem.encode() in shown, who
    released = client_of(scene, "ana").get(
        address(scene, "portal:request_copy", ROWS["portal:request_copy"], scene.owners["ana"])
    )
    body = body_of(released)
    assert marks.problem.encode() in body
    assert marks.medicine.encode() in body
    assert marks.therapy.encode() not in body
