"""What listeners hear of persons of several Patients, and of what becomes a person's."""

import pytest

from chartpost.identity import aliases
from chartpost.kernel import jobs
from chartpost.kernel.db import raw
from chartpost.records import notice_events
from chartpost.records.models import SubscriptionEvent
from tests.gateways.fhir.conftest import Pair
from tests.gateways.fhir.hook import Hook
from tests.gateways.fhir.test_binary import binary
from tests.gateways.fhir.test_subscriptions import hook as hook
from tests.gateways.fhir.test_subscriptions import made
from tests.gateways.fhir.test_writes import everyone

Patch = pytest.MonkeyPatch


def test_an_earlier_patient_that_comes_back_is_told(pair: Pair, hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though whoever looks kept by which one the person was known a moment before."""
    door = everyone()
    own = {k: v for k, v in door.get(f"Patient/{pair.mine}").json.items() if k not in ("id", "meta")}
    door.post("Patient", {**own, "language": "es"})
    made(pair, hook, monkeypatch, criteria="Patient", content="id-only")
    door.send("DELETE", f"Patient/{pair.mine}")
    jobs.run_waiting()
    hook.got.clear()
    aliases.forget()
    aliases.aliases(raw.django())
    assert door.send("PUT", f"Patient/{pair.mine}", {**own, "id": pair.mine}).status == 201
    jobs.run_waiting()
    assert pair.mine in {one["fullUrl"].rpartition("/")[2] for _, bundle in hook.got for one in bundle["entry"][1:]}


def test_a_deleted_patient_is_told_with_the_one_the_person_is_known_by(
    pair: Pair, hook: Hook, monkeypatch: Patch
) -> None:
    """While another Patient of the person lives; or who listens would take the person for gone."""
    own = {k: v for k, v in everyone().get(f"Patient/{pair.mine}").json.items() if k not in ("id", "meta")}
    second = everyone().post("Patient", {**own, "language": "es"}).json["id"]
    made(pair, hook, monkeypatch, criteria="Patient", content="id-only")
    for name, told in ((pair.mine, {pair.mine: "DELETE", second: "POST"}), (second, {second: "DELETE"})):
        everyone().send("DELETE", f"Patient/{name}")
        jobs.run_waiting()
        entries = [one for _, bundle in hook.got for one in bundle["entry"][1:]]
        assert {one["fullUrl"].rpartition("/")[2]: one["request"]["method"] for one in entries} == told
        hook.got.clear()


def test_the_deletion_of_a_patient_apps_did_not_know_is_told_to_nobody(
    pair: Pair, hook: Hook, monkeypatch: Patch
) -> None:
    own = {k: v for k, v in everyone().get(f"Patient/{pair.mine}").json.items() if k not in ("id", "meta")}
    second = everyone().post("Patient", {**own, "language": "es"}).json["id"]
    made(pair, hook, monkeypatch, criteria="Patient", content="id-only")
    hook.got.clear()
    everyone().send("DELETE", f"Patient/{second}")
    everyone().send("PUT", f"Patient/{pair.mine}", {**own, "id": pair.mine, "language": "fr"})
    jobs.run_waiting()
    told = [(one["request"]["method"], one["fullUrl"]) for _, bundle in hook.got for one in bundle["entry"][1:]]
    assert [(method, url.rpartition("/")[2]) for method, url in told] == [("PUT", pair.mine)]


def test_a_person_known_again_by_a_patient_told_before_is_told_again(
    pair: Pair, hook: Hook, monkeypatch: Patch
) -> None:
    own = {k: v for k, v in everyone().get(f"Patient/{pair.mine}").json.items() if k not in ("id", "meta")}
    second = everyone().post("Patient", {**own, "language": "es"}).json["id"]
    ref = made(pair, hook, monkeypatch, criteria="Patient", content="id-only")
    everyone().send("DELETE", f"Patient/{pair.mine}")
    jobs.run_waiting()
    everyone().send("PUT", f"Patient/{pair.mine}", {**own, "id": pair.mine})
    jobs.run_waiting()
    hook.got.clear()
    everyone().send("DELETE", f"Patient/{pair.mine}")
    jobs.run_waiting()
    told = [one["fullUrl"].rpartition("/")[2] for _, bundle in hook.got for one in bundle["entry"][1:]]
    assert sorted(told) == sorted([pair.mine, second])
    rids = SubscriptionEvent.objects.filter(deleted=True).values_list("rid", flat=True)
    notice_events.match(ref, " ".join(map(str, set(rids))))
    jobs.run_waiting()
    assert len([one for _, bundle in hook.got for one in bundle["entry"][1:]]) == 2, "once, however often looked at"


def test_what_becomes_a_persons_with_its_target_is_told(pair: Pair, hook: Hook, monkeypatch: Patch) -> None:
    pump = {"resourceType": "Device", "status": "active", "type": {"text": "pump"}}
    device = everyone().post("Device", pump).json["id"]
    file = everyone().post("Binary", binary(f"Device/{device}")).json["id"]
    made(pair, hook, monkeypatch, criteria="Binary?_lastUpdated=gt2020-01-01", content="id-only")
    everyone().send("PUT", f"Device/{device}", {**pump, "id": device, "patient": {"reference": f"Patient/{pair.mine}"}})
    jobs.run_waiting()
    assert [one["fullUrl"].rpartition("/")[2] for _, bundle in hook.got for one in bundle["entry"][1:]] == [file]
