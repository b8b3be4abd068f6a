"""AuditEvent: who may read who looked, and how much of it."""

from chartpost.formats.fhirjson.terms import Label
from chartpost.identity import queries as identity
from chartpost.identity import services
from chartpost.identity.types import SYSTEM, Actor, Authority, RowFilter
from chartpost.ledger import queries
from chartpost.ledger import services as ledger
from chartpost.ledger.types import Event, Filter
from tests.gateways.fhir.conftest import Pair
from tests.gateways.fhir.door import Door, access
from tests.gateways.fhir.test_writes import condition, everyone
from tests.support import world

HIV = {"coding": [{"system": "http://snomed.info/sct", "code": "86406008"}]}


def staff(*roles: str, **more: object) -> Door:
    actor = Actor("staff", account_id=9, ref="nine", name="Staff", roles=frozenset(roles), **more)  # type: ignore[arg-type]
    return Door(access("user/*.rs", everyone=RowFilter(), actor=actor))


def test_staff_read_the_log_as_their_pages_let_them(pair: Pair) -> None:
    looked(pair)
    about = f"AuditEvent?patient={pair.mine}"
    assert staff("privacy").get(about).ids
    first = staff("privacy").get(about).ids[0]
    for role in ("clerk", "approver", "reviewer", "imaging", "admin"):
        assert not staff(role).get(about).ids, role
        assert staff(role).get(first).status == 404, role


def test_a_program_of_the_office_reads_no_log(pair: Pair) -> None:
    looked(pair)
    assert not everyone().get(f"AuditEvent?patient={pair.mine}").ids


def test_the_log_names_no_entry_that_is_hidden(pair: Pair) -> None:
    office = everyone()
    made = office.post("Condition", condition(pair.mine, code=HIV)).json
    name = f"Condition/{made['id']}"
    office.get(name)
    whole, part = pair.door(), pair.door(persons={pair.me.id: RowFilter(hidden_labels=int(Label.HIV))})
    assert whole.get(name).status == 200
    assert part.get(name).status == 404
    assert name.encode() in whole.get("AuditEvent?_count=500").body
    assert name.encode() not in part.get("AuditEvent?_count=500").body
    seen = {one.rpartition("/")[2] for one in whole.get("AuditEvent?_count=500").ids}
    assert seen


def test_a_parent_reads_of_a_minor_what_the_page_shows(pair: Pair) -> None:
    looked(pair)
    ledger.append(Event("person:own", "Own", "person", "request.submit", pair.me.id, "request:r1"))
    (asked,) = queries.search(Filter(person_id=pair.me.id, action="request.submit"))
    authority = Authority("r", pair.me.id, "parent", -1, True, True, world.TODAY, None)
    actor = Actor("person", account_id=8, ref="eight", name="Parent", authorities=(authority,), today=world.TODAY)
    rows = RowFilter(hidden_labels=int(Label.MINOR_CONFIDENTIAL))
    door = Door(access("patient/*.rs", pair.me.id, pair.mine, persons={pair.me.id: rows}, actor=actor))
    told, own = (one.get("AuditEvent?_count=500").ids for one in (door, pair.door()))
    assert told
    assert f"AuditEvent/{asked.ref}" in own
    assert f"AuditEvent/{asked.ref}" not in told, "a minor's own request is not for the parents to know"
    assert [one.get(f"AuditEvent/{asked.ref}").status for one in (door, pair.door())] == [404, 200]


def looked(pair: Pair) -> None:
    pair.door().get("Observation?_count=1")
    ledger.sequence()


def test_an_entry_is_found_by_its_id_however_many_came_after_it(pair: Pair) -> None:
    door = pair.door()
    for _ in range(4):
        door.get(f"Patient/{pair.mine}")
    oldest = door.get("AuditEvent?_count=500").ids[-1].rpartition("/")[2]
    found = door.get(f"AuditEvent?_id={oldest}&_count=1")
    assert (found.ids, found.link("next")) == ([f"AuditEvent/{oldest}"], None)
    at = found.json["entry"][0]["resource"]["recorded"][:4]
    assert door.get(f"AuditEvent?_id={oldest}&date={at}").ids == [f"AuditEvent/{oldest}"]
    assert door.get(f"AuditEvent?_id={oldest}&date=gt{at}").ids == []
    assert door.get(f"AuditEvent?_id={oldest}&date=lt{at}").ids == []
    assert door.get("AuditEvent?_id=nothing").ids == []
    assert pair.door(persons={}).get(f"AuditEvent?_id={oldest}&patient={pair.mine}").ids == []
    theirs = Door(access("patient/*.rs", pair.other.id, pair.others))
    assert theirs.get(f"AuditEvent?_id={oldest}").ids == []


def merged(pair: Pair) -> tuple[str, Actor]:
    """I am part of the other person by now; returns the merge and the clerk behind it."""
    clerk = services.add_account("merging@office.example", "Clara Clerk", "correct horse battery staple", staff=True)
    services.give_role(clerk, "clerk", SYSTEM)
    actor = identity.actor_of(clerk)
    return services.merge(pair.other.id, pair.me.id, "same", actor), actor


def test_what_was_noted_before_a_merge_is_told_and_parts_with_it(pair: Pair) -> None:
    looked(pair)
    oldest = pair.door().get("AuditEvent?_count=500").ids[-1]
    other = Door(access("patient/*.rs", pair.other.id, pair.others))
    about = f"AuditEvent?patient={pair.mine}&_count=500"
    assert oldest not in other.get("AuditEvent?_count=500").ids
    merge, clerk = merged(pair)
    assert oldest in other.get("AuditEvent?_count=500").ids
    assert oldest in other.get(about).ids
    assert other.get(f"AuditEvent?_id={oldest.rpartition('/')[2]}").ids == [oldest]
    assert other.get(oldest).json["entity"][0]["what"] == {"reference": f"Patient/{pair.others}"}
    services.unmerge(merge, clerk)
    assert oldest not in other.get("AuditEvent?_count=500").ids
    assert other.get(oldest).status == 404


def test_who_acts_for_a_part_hears_no_more_after_a_merge(pair: Pair) -> None:
    ledger.append(Event("person:own", "Own", "person", "request.submit", pair.me.id, "request:r1"))
    (asked,) = queries.search(Filter(person_id=pair.me.id, action="request.submit"))
    merged(pair)
    authority = Authority("r", pair.other.id, "parent", -1, True, True, world.TODAY, None)
    actor = Actor("person", account_id=8, ref="eight", name="Parent", authorities=(authority,), today=world.TODAY)
    rows = {pair.other.id: RowFilter(hidden_labels=int(Label.MINOR_CONFIDENTIAL))}
    door = Door(access("patient/*.rs", pair.other.id, pair.others, persons=rows, actor=actor))
    told = door.get("AuditEvent?_count=500").ids
    assert told
    assert f"AuditEvent/{asked.ref}" not in told
    assert door.get(f"AuditEvent/{asked.ref}").status == 404
