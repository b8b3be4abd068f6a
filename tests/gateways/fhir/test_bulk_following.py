"""Who follows by exports with _since knows what a whole export says, whatever became of the Patients of persons."""

import random
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta

import orjson
import pytest

from chartpost.identity import services
from chartpost.identity.app_models import AppGrant
from chartpost.identity.errors import NotOnePerson
from chartpost.identity.types import Actor
from chartpost.kernel import clock
from tests.gateways.fhir.conftest import Pair
from tests.gateways.fhir.door import Door
from tests.gateways.fhir.test_bulk import begun
from tests.gateways.fhir.test_bulk_merges import clerk as clerk
from tests.gateways.fhir.test_bulk_stops import door, lines, run
from tests.gateways.fhir.test_bulk_stops import grant as grant
from tests.gateways.fhir.test_writes import Json, condition, everyone

ROUNDS, CHANGES = 5, 4
Held = dict[str, str]
"""What a client holds: by Type/id whom it says it is about."""


class Office:
    """Two persons, what may become of their Patients, and a clock that goes on."""

    def __init__(self, pair: Pair, clerk: Actor, seed: int) -> None:
        self.pair, self.clerk, self.choice = pair, clerk, random.Random(seed)
        self.bodies: dict[str, Json] = {}
        for name in (pair.mine, pair.others):
            self.bodies[name] = {k: v for k, v in everyone().get(f"Patient/{name}").json.items() if k != "meta"}
            everyone().post("Condition", condition(name))
        self.whose = [pair.mine, pair.others]
        self.merge = ""
        self.add()
        self.now = (clock.now() + timedelta(hours=1)).replace(microsecond=0)

    def later(self) -> datetime:
        self.now += timedelta(seconds=20)
        return self.now

    def change(self) -> None:
        """Something of what happens in an office, a moment later."""
        with clock.at(self.later()):
            self.choice.choice([self.delete, self.delete, self.put, self.put, self.add, self.merged])()

    def delete(self) -> None:
        everyone().send("DELETE", f"Patient/{self.choice.choice(list(self.bodies))}")

    def put(self) -> None:
        name = self.choice.choice(list(self.bodies))
        assert everyone().send("PUT", f"Patient/{name}", self.bodies[name]).status in (200, 201)

    def add(self) -> None:
        own = {k: v for k, v in self.bodies[self.choice.choice(self.whose)].items() if k != "id"}
        answer = everyone().post("Patient", own)  # after a merge it may be in doubt whose it is
        if answer.status == 201:
            self.bodies[answer.json["id"]] = {**own, "id": answer.json["id"]}

    def merged(self) -> None:
        some = [self.pair.me.id, self.pair.other.id]
        self.choice.shuffle(some)
        with suppress(NotOnePerson):
            if self.merge:
                services.unmerge(self.merge, self.clerk)
                self.merge = ""
            else:
                self.merge = services.merge(some[0], some[1], "same person", self.clerk)

    def export(self, client: Door, since: str = "", between: int = 0) -> tuple[str, str]:
        """An export and its moment; some changes come between its kick-off and the worker."""
        with clock.at(self.later()):
            where = begun(client, f"$export?_type=Condition,Patient{since and f'&_since={since}'}")
        for _ in range(between):
            self.change()
        with clock.at(self.later()):
            run(where)
            return where, client.get(where).json["transactionTime"]


def told(client: Door, where: str) -> Iterator[tuple[str, str | None]]:
    """What is deleted (None), then what is there."""
    manifest = client.get(where).json
    for one in manifest.get("deleted", ()):
        for line in client.get(one["url"]).body.splitlines():
            yield from ((entry["request"]["url"], None) for entry in orjson.loads(line)["entry"])
    for name in ("Patient", "Condition"):
        for one in lines(client, where, name):
            yield f"{name}/{one['id']}", one["subject"]["reference"] if name == "Condition" else ""


def follow(held: Held, client: Door, where: str) -> None:
    for key, about in told(client, where):
        if about is None:
            held.pop(key, None)
        else:
            held[key] = about


@pytest.mark.parametrize("seed", range(8))
def test_who_follows_knows_what_a_whole_export_says(pair: Pair, grant: AppGrant, clerk: Actor, seed: int) -> None:
    office, client = Office(pair, clerk, seed), door(grant)
    held: Held = {}
    where, moment = office.export(client, between=office.choice.choice([0, 2]))
    moments = [moment]
    follow(held, client, where)
    for _ in range(ROUNDS):
        for _ in range(office.choice.randint(1, CHANGES)):
            office.change()
        since = office.choice.choice([moments[-1], *moments[-2:]])  # some clients go back a little further
        where, moment = office.export(client, since, between=office.choice.choice([0, 0, 2]))
        moments.append(moment)
        follow(held, client, where)
    where, _ = office.export(client, moments[-1])
    follow(held, client, where)
    with clock.at(office.later()):
        where, _ = office.export(client)
        whole: Held = {}
        follow(whole, client, where)
    assert held == whole
