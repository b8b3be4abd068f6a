"""Many clients at once: a conditional create makes one resource, a version is changed by one, a bundle lands whole."""

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

from tests.interop.checklist.office import Json, Office, Session
from tests.support.live import FHIR_JSON, Answer

AT_ONCE = 12


def note(value: str) -> Json:
    return {
        "resourceType": "Basic",
        "identifier": [{"system": "urn:test:race", "value": value}],
        "code": {"text": "race"},
    }


def send(session: Session, method: str, path: str, resource: Json, **headers: str) -> Answer:
    said = {"Authorization": f"Bearer {session.token}", "Content-Type": FHIR_JSON, "Accept": FHIR_JSON}
    said |= {name.replace("_", "-"): value for name, value in headers.items()}
    return session.live.send(method, f"{session.live.base}/{path}", json.dumps(resource).encode(), said)


def test_equal_conditional_creates_make_one(office: Office) -> None:
    session, value = office.writer(), str(uuid4())
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(
            pool.map(
                lambda _: send(
                    session, "POST", "Basic", note(value), If_None_Exist=f"identifier=urn:test:race|{value}"
                ),
                range(AT_ONCE * 2),
            )
        )
    assert Counter(a.status for a in answers) == {201: 1, 200: AT_ONCE * 2 - 1}
    assert len({a.json["id"] for a in answers}) == 1
    assert session.get("Basic", identifier=f"urn:test:race|{value}", _total="accurate").json["total"] == 1


def test_one_of_many_changes_of_a_version_wins(office: Office) -> None:
    session = office.writer()
    made = send(session, "POST", "Basic", note(str(uuid4()))).json
    with ThreadPoolExecutor(AT_ONCE) as pool:
        changes = [{**made, "author": {"display": f"writer {n}"}} for n in range(AT_ONCE)]
        answers = list(
            pool.map(lambda one: send(session, "PUT", f"Basic/{made['id']}", one, If_Match='W/"1"'), changes)
        )
    assert Counter(a.status for a in answers) == {200: 1, 412: AT_ONCE - 1}
    assert session.get(f"Basic/{made['id']}").json["meta"]["versionId"] == "2"


def test_changes_without_a_version_all_become_versions(office: Office) -> None:
    session = office.writer()
    made = send(session, "POST", "Basic", note(str(uuid4()))).json
    with ThreadPoolExecutor(AT_ONCE) as pool:
        changes = [{**made, "author": {"display": f"writer {n}"}} for n in range(AT_ONCE)]
        answers = list(pool.map(lambda one: send(session, "PUT", f"Basic/{made['id']}", one), changes))
    assert {a.status for a in answers} == {200}
    history = session.get(f"Basic/{made['id']}/_history", _count="100").json["entry"]
    assert [e["response"]["etag"] for e in history] == [f'W/"{n}"' for n in range(AT_ONCE + 1, 0, -1)]
