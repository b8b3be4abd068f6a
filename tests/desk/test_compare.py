"""Staff compare what several places say of one person, on the same page as the person."""

import pytest

from chartpost.identity.types import RowFilter
from chartpost.records import services as records
from chartpost.records.reconcile import comparing, queries, services
from chartpost.records.types import Incoming

from .conftest import World, condition

GOUT = {"coding": [{"system": "http://snomed.info/sct", "code": "90560007", "display": "Gout"}]}
EVERYTHING = RowFilter()


@pytest.fixture
def address(world: World) -> str:
    """Gout from two places; the clerk's page about it."""
    for name, day in (("Harbor Hospital", "2018-01-01"), ("Hill Clinic", "2020-02-02")):
        kept = condition(name[:4], "Gout", day, code=GOUT, onsetDateTime=day)
        source = records.source_id(f"named:{name}", name)
        records.save([Incoming(kept, name[:4], world.person.id)], source, world.actor("clerk"))
    comparing.compare(world.person.id)
    return f"/desk/people/{world.person.ref}/compare/"


def test_the_clerk_says_that_two_entries_are_one_and_takes_it_back(world: World, address: str) -> None:
    assert "Compare entries from several places" in world.get("clerk", address.replace("compare/", "")).content.decode()
    page = world.get("clerk", address).content.decode()
    assert "1 thing to check" in page
    assert "Ask the office" not in page
    (question,) = queries.to_settle(world.person.id, EVERYTHING)
    keys = {"left": question.left.item.key, "right": question.right.item.key, "token": question.token}
    client = world.client("clerk")
    answer = client.post(address, {"do": "answer", **keys, "answer": "same-1"}, secure=True, follow=True)
    assert "Your answer is saved." in answer.content.decode()
    (told,) = queries.answers(world.person.id, EVERYTHING)
    assert told.by_staff
    answer = client.post(address, {"do": "undo", "ref": told.ref}, secure=True, follow=True)
    assert "1 thing to check" in answer.content.decode()
    late = client.post(address, {"do": "answer", **keys, "answer": "same-1"}, secure=True)
    assert late.status_code == 422


def test_what_the_office_was_asked_stands_in_the_inbox(world: World, address: str) -> None:
    assert "whether entries are the same" not in world.get("clerk", "/desk/inbox/").content.decode()
    (question,) = queries.to_settle(world.person.id, EVERYTHING)
    keys = (question.left.item.key, question.right.item.key)
    services.answer(world.person.id, keys, "office", question.token, world.actor("clerk"), EVERYTHING)
    inbox = world.get("clerk", "/desk/inbox/").content.decode()
    assert "People who ask whether entries are the same" in inbox
    assert address in inbox
    assert "The office was asked" in world.get("clerk", address).content.decode()


@pytest.mark.parametrize(("role", "status"), [("clerk", 200), ("privacy", 200), ("reviewer", 403), ("admin", 403)])
def test_who_files_records_may_compare_them(world: World, address: str, role: str, status: int) -> None:
    assert world.get(role, address).status_code == status
