"""An app of staff who act for somebody: of that person it sees what the desk shows them, on every way in."""

from dataclasses import replace
from typing import Any

import pytest

from chartpost.formats.fhirjson.terms import Label
from chartpost.identity import queries, queries_apps, tokens
from chartpost.identity import services as identity
from chartpost.identity.app_types import AppDraft, AuthorizeRequest
from chartpost.identity.models import Account
from chartpost.identity.types import SYSTEM, RowFilter
from chartpost.kernel import jobs
from chartpost.kernel.db import raw
from chartpost.records import services
from chartpost.records.search.reach import Part, Reach
from tests.gateways.fhir.conftest import Pair
from tests.gateways.fhir.door import Door
from tests.gateways.fhir.hook import Hook
from tests.gateways.fhir.test_bulk import ASYNC, begun, group
from tests.gateways.fhir.test_bulk_stops import left, lines, run
from tests.gateways.fhir.test_subscriptions import body, greeted, stored
from tests.gateways.fhir.test_subscriptions import hook as hook
from tests.support.world import PASSWORD

MINE, OTHER = "confidential of whom they act for", "confidential of somebody else"


@pytest.fixture
def clerk(db: None) -> Account:
    """A clerk who acts for nobody yet."""
    account = identity.add_account("guardian@office.example", "Gus Guard", PASSWORD, staff=True)
    identity.give_role(account, "clerk", SYSTEM)
    return account


def door(clerk: Account, scope: str = "user/*.rs") -> Door:
    """The door for an app the clerk lets in."""
    draft = AppDraft("public", "Desk helper", ("https://a.example/b",))
    app, _ = identity.register_app(draft, SYSTEM, reviewed=True)
    asked = tuple(scope.split())
    ask = AuthorizeRequest("", app.client_id, draft.redirect_uris[0], asked, "", "", "x" * 43, "")
    identity.approve(ask, queries.actor_of(clerk), None, asked)
    return again(clerk)


def again(clerk: Account) -> Door:
    ref = queries_apps.grants_of_account(clerk.pk)[0].ref
    tokens.forget()
    return Door(tokens.access_of_grant(ref, raw.django()), dict(ASYNC))


@pytest.fixture
def hidden(pair: Pair, clerk: Account) -> dict[str, str]:
    """A confidential entry of whom the clerk is guardian of, and one of somebody else."""
    identity.represent(clerk, pair.me.id, "guardian", SYSTEM)
    found = {MINE: stored(pair.mine), OTHER: stored(pair.others)}
    for person, name in zip((pair.me, pair.other), found.values(), strict=True):
        services.label(person.id, "Condition", name, Label.MINOR_CONFIDENTIAL, SYSTEM)
    return found


@pytest.mark.parametrize(
    "query",
    [
        "Condition?patient={patient}&_count=500",
        "Condition?code=38341003&_count=500",
        "Condition?_count=500",
        "Condition?_id={name}",
        "Patient?_id={patient}&_revinclude=Condition:subject",
        "Patient/{patient}/$everything?_type=Condition&_count=500",
        "Condition/_history?_count=500",
    ],
)
def test_no_list_has_what_the_desk_hides(pair: Pair, clerk: Account, hidden: dict[str, str], query: str) -> None:
    app, found = door(clerk), {}
    for which, patient in ((MINE, pair.mine), (OTHER, pair.others)):
        answer = app.get(query.format(patient=patient, name=hidden[which]))
        assert answer.status == 200, answer.body
        found[which] = f"Condition/{hidden[which]}" in answer.ids
    assert found == {MINE: False, OTHER: True}


def test_it_is_not_read_nor_counted(pair: Pair, clerk: Account, hidden: dict[str, str]) -> None:
    app = door(clerk)
    assert [app.get(f"Condition/{hidden[which]}").status for which in (MINE, OTHER)] == [404, 200]
    assert [app.get(f"Condition/{hidden[which]}/_history").status for which in (MINE, OTHER)] == [404, 200]
    counts = [app.get(f"Condition?_id={hidden[which]}&_summary=count").json["total"] for which in (MINE, OTHER)]
    assert counts == [0, 1]
    chained = [
        app.get(f"Patient?_id={patient}&_has:Condition:subject:_id={hidden[which]}").ids
        for which, patient in ((MINE, pair.mine), (OTHER, pair.others))
    ]
    assert chained == [[], [f"Patient/{pair.others}"]]


def test_an_export_leaves_it_out_and_goes_on_when_it_is_marked_again(
    pair: Pair, clerk: Account, hidden: dict[str, str]
) -> None:
    group(pair.mine, pair.others)
    app = door(clerk)
    where = begun(app, "Group/some/$export?_type=Condition")
    run(where)
    names = {line["id"] for line in lines(app, where, "Condition")}
    assert hidden[MINE] not in names
    assert hidden[OTHER] in names
    services.label(pair.me.id, "Condition", hidden[MINE], Label.MINOR_CONFIDENTIAL, SYSTEM)
    assert left(where)


def test_an_export_ends_when_something_of_theirs_is_hidden(pair: Pair, clerk: Account, hidden: dict[str, str]) -> None:
    group(pair.mine, pair.others)
    app, seen = door(clerk), [stored(pair.mine), stored(pair.others)]
    where = begun(app, "Group/some/$export?_type=Condition")
    run(where)
    services.label(pair.other.id, "Condition", seen[1], Label.MINOR_CONFIDENTIAL, SYSTEM)
    assert left(where), "of others staff see it"
    services.label(pair.me.id, "Condition", seen[0], Label.MINOR_CONFIDENTIAL, SYSTEM)
    assert not left(where)


def test_no_notice_tells_of_it(pair: Pair, clerk: Account, hidden: dict[str, str], hook: Hook) -> None:
    app = door(clerk, "user/Condition.rs")
    assert app.post("Subscription", body(hook.url)).status == 201
    greeted(hook)
    services.label(pair.me.id, "Condition", hidden[MINE], Label.MINOR_CONFIDENTIAL | Label.HIV, SYSTEM)
    jobs.run_waiting()
    assert hook.kinds == []
    services.label(pair.other.id, "Condition", hidden[OTHER], Label.MINOR_CONFIDENTIAL | Label.HIV, SYSTEM)
    new = stored(pair.others)
    jobs.run_waiting()
    told = " ".join(map(str, hook.got))
    assert new in told
    assert hidden[MINE] not in told


def test_who_begins_to_act_for_somebody_sees_less_at_once(pair: Pair, clerk: Account) -> None:
    app = door(clerk)
    assert app.access is not None
    assert not app.access.persons
    identity.represent(clerk, pair.me.id, "guardian", SYSTEM)
    assert again(clerk).get(f"Patient/{pair.mine}").status == 200
    reached = again(clerk).access
    assert reached is not None
    assert set(reached.persons) == {pair.me.id}


def reached(everyone: RowFilter | None, **persons: RowFilter) -> Reach:
    return Reach((Part({int(name[1:]): rows for name, rows in persons.items()}, everyone),), False)


def test_one_reach_covers_another_person_by_person() -> None:
    whole, less = RowFilter(), RowFilter(hidden_labels=2)
    open_, kept = reached(whole), reached(whole, p1=less)
    cases: list[tuple[Any, Any, bool]] = [
        (open_, kept, True),
        (kept, open_, False),
        (kept, kept, True),
        (kept, reached(None, p1=less, p2=whole), True),
        (kept, reached(None, p1=whole), False),
        (reached(less, p1=whole), reached(less), True),
        (reached(less, p1=whole), open_, False),
        (reached(None, p1=whole), open_, False),
        (open_, replace(open_, nobodys=True), False),
    ]
    assert [mine.covers(other) for mine, other, _ in cases] == [said for *_, said in cases]
