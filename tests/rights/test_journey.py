"""A request from asking to the letter and the receipt, at the level of services."""

import hashlib
import io
import zipfile
from datetime import timedelta

import pytest
from lxml import etree

from chartpost.delivery import queries as delivery
from chartpost.delivery import services as deliveries
from chartpost.formats.fhirjson.canonical import parse
from chartpost.formats.fhirjson.validate import validate
from chartpost.identity import models
from chartpost.kernel import blobs, clock, jobs
from chartpost.ledger import queries as ledger
from chartpost.records.types import Selection
from chartpost.rights import clocks, letters, queries, services
from chartpost.rights.errors import GuardFailed, Incomplete, LetterIncomplete, NotNow
from chartpost.rights.models import AccessRequest
from chartpost.rights.types import Ask
from tests.support import world as worlds

pytestmark = pytest.mark.django_db


def ask(world: worlds.World, who: str, **more: object) -> AccessRequest:
    person = world.people[who]
    fields: dict[str, object] = {
        "requester_name": person.name,
        "subject_name": person.name,
        "facility_id": world.facility_id,
        "person_id": person.id,
        "formats": ("pdf", "ccda", "fhir"),
        "signed_name": person.name,
    }
    return services.submit(Ask(**{**fields, **more}), world.actor(who))  # type: ignore[arg-type]


def work_until_ready(world: worlds.World, request: AccessRequest) -> AccessRequest:
    clerk = world.actor("clerk")
    services.verify_identity(request.ref, "portal sign-in", "", clerk)
    services.choose_scope(request.ref, Selection(), clerk)
    services.prepare(request.ref, clerk)
    jobs.run_waiting()
    services.pass_qa(request.ref, {"person": True, "dates": True, "withheld": True}, clerk)
    letters.make(request.ref, "grant", "en", clerk)
    return queries.request(request.ref)


def test_a_person_asks_and_gets_pdf_ccda_and_fhir() -> None:
    world = worlds.build("terrence-boyd")
    request = ask(world, "terrence-boyd")
    assert request.number.startswith("R-")
    assert clocks.of(request).due_on - request.received_on == timedelta(days=15), "California: 15 days for copies"
    work_until_ready(world, request)
    services.transition(request.ref, "release", world.actor("approver"))
    done = queries.request(request.ref)
    assert done.state == "delivered"
    assert not clocks.of(done).running
    package = delivery.package(done.package_ref)
    assert package is not None
    parts = {p.format + p.media_type: p for p in package.parts}
    for part in package.parts:
        data = blobs.read(delivery.part(part.ref)[2])
        assert hashlib.sha256(data).hexdigest() == part.sha256
    bundle = parse(blobs.read(delivery.part(parts["fhirapplication/fhir+json"].ref)[2]))
    assert validate("Bundle", bundle) == []
    assert len(bundle["entry"]) > 100
    archive = zipfile.ZipFile(io.BytesIO(blobs.read(delivery.part(parts["fhirapplication/zip"].ref)[2])))
    assert "fhir/Observation.ndjson" in archive.namelist()
    ccd = etree.fromstring(blobs.read(delivery.part(parts["ccdaapplication/xml"].ref)[2]))
    assert ccd.tag == "{urn:hl7-org:v3}ClinicalDocument"
    assert blobs.read(delivery.part(parts["pdfapplication/pdf"].ref)[2]).startswith(b"%PDF")

    actor = world.actor("terrence-boyd")
    first = package.parts[0]
    deliveries.opened(done.delivery_ref, first.ref, first.sha256, actor)
    deliveries.confirm(done.delivery_ref, arrived=True, problem="", actor=actor)
    assert queries.request(request.ref).state == "confirmed"
    kinds = [r.kind for r in delivery.deliveries(done.ref)[0].receipts]
    assert kinds == ["opened", "arrived"]
    actions = {e.action for e in ledger.for_person(world.people["terrence-boyd"].id)}
    assert {"request.submit", "request.release", "delivery.open", "package.build"} <= actions


def test_psychotherapy_notes_stay_back_and_the_letter_is_owed() -> None:
    world = worlds.build("samuel-whitaker")
    request = work_until_ready(world, ask(world, "samuel-whitaker"))
    held = list(request.items.filter(decision="deny"))
    assert held
    assert {row.ground for row in held} == {"524(a)(2)(i)"}
    with pytest.raises(GuardFailed) as caught:
        services.transition(request.ref, "release", world.actor("approver"))
    assert caught.value.guard == "letters_ready"
    letters.make(request.ref, "partial_denial", "es", world.actor("clerk"))
    services.transition(request.ref, "release", world.actor("approver"))
    done = queries.request(request.ref)
    assert done.decision["outcome"] == "partly granted"
    package = delivery.package(done.package_ref)
    assert package is not None
    fhir = next(p for p in package.parts if p.media_type == "application/fhir+json")
    inside = {
        f"{e['resource']['resourceType']}/{e['resource']['id']}"
        for e in parse(blobs.read(delivery.part(fhir.ref)[2]))["entry"]
    }
    assert not inside & {row.key for row in held}
    assert all(letter.sent_at for letter in done.letters.all())


def test_the_one_who_prepared_it_cannot_release_it() -> None:
    world = worlds.build("priya-raman")
    approver = world.actor("approver")
    request = ask(world, "priya-raman", formats=("fhir",))
    services.verify_identity(request.ref, "portal sign-in", "", approver)
    services.choose_scope(request.ref, Selection(), approver)
    services.prepare(request.ref, approver)
    jobs.run_waiting()
    services.pass_qa(request.ref, {"person": True}, approver)
    letters.make(request.ref, "grant", "en", approver)
    with pytest.raises(GuardFailed) as caught:
        services.transition(request.ref, "release", approver)
    assert caught.value.guard == "second_person"
    with pytest.raises(GuardFailed):
        services.transition(request.ref, "release", world.actor("clerk"))
    services.transition(request.ref, "release", world.actor("privacy"))


def test_extension_once_and_in_time() -> None:
    world = worlds.build("priya-raman")
    models.Facility.objects.update(state="OR")
    clerk = world.actor("clerk")
    request = ask(world, "priya-raman")
    promised = request.received_on + timedelta(days=60)
    with pytest.raises(GuardFailed):
        services.transition(
            request.ref, "extend", clerk, reason="Old paper files", promised=promised + timedelta(days=1)
        )
    with pytest.raises(LetterIncomplete):
        letters.make(request.ref, "extension", "en", clerk, promised=promised)
    letters.make(request.ref, "extension", "en", clerk, reason="Old paper files", promised=promised)
    services.transition(request.ref, "extend", clerk, reason="Old paper files", promised=promised)
    again = queries.request(request.ref)
    assert again.extension["promised"] == promised.isoformat()
    assert again.due_on == promised
    with pytest.raises(GuardFailed) as caught:
        services.transition(request.ref, "extend", clerk, reason="More", promised=promised)
    assert "it was extended before" in caught.value.seen


def test_a_fee_over_the_flat_limit_cannot_be_told() -> None:
    world = worlds.build("priya-raman")
    request = work_until_ready(world, ask(world, "priya-raman", formats=("fhir",), delivery="hand_over"))
    clerk = world.actor("clerk")
    fee = services.quote(request.ref, {"method": "flat", "flat_cents": 700}, clerk)
    assert fee["reasons"] == ["FLAT_OVER_LIMIT"]
    with pytest.raises(GuardFailed):
        services.transition(request.ref, "quote_fee", clerk)
    assert services.quote(request.ref, {"method": "flat", "flat_cents": 650}, clerk)["total_cents"] == 650
    letters.make(request.ref, "fee_estimate", "en", clerk)
    services.transition(request.ref, "quote_fee", clerk)
    services.transition(request.ref, "accept_fee", world.actor("priya-raman"))


def test_no_signature_no_request() -> None:
    world = worlds.build("priya-raman")
    with pytest.raises(Incomplete) as caught:
        ask(world, "priya-raman", signed_name="")
    assert caught.value.field == "signed_name"
    assert AccessRequest.objects.count() == 0


def test_sending_twice_is_one_request() -> None:
    world = worlds.build("priya-raman")
    assert ask(world, "priya-raman", key="k1").pk == ask(world, "priya-raman", key="k1").pk


def test_a_parent_gets_the_child_s_record_without_a_hint_of_confidential_care() -> None:
    world = worlds.build("adaeze-okafor", "ngozi-okafor")
    from chartpost.identity import services as identity
    from chartpost.identity.types import SYSTEM

    child, parent = world.people["adaeze-okafor"], world.accounts["ngozi-okafor"]
    identity.represent(parent, child.id, "parent", SYSTEM)
    actor = world.actor("ngozi-okafor")
    request = services.submit(
        Ask(
            requester_name="Ngozi Okafor",
            subject_name=child.name,
            facility_id=world.facility_id,
            person_id=child.id,
            relation="parent",
            formats=("pdf", "fhir"),
            signed_name="Ngozi Okafor",
        ),
        actor,
    )
    done = work_until_ready(world, request)
    outside = set(done.items.filter(decision="outside").values_list("key", flat=True))
    assert outside
    services.transition(request.ref, "release", world.actor("approver"))
    package = delivery.package(done.package_ref)
    assert package is not None
    for part in package.parts:
        data = blobs.read(delivery.part(part.ref)[2])
        if part.media_type == "application/fhir+json":
            keys = {f"{e['resource']['resourceType']}/{e['resource']['id']}" for e in parse(data)["entry"]}
            assert not keys & outside
    assert not package.withheld
    assert set(done.letters.values_list("kind", flat=True)) == {"grant"}


def test_steps_out_of_turn_change_nothing() -> None:
    world = worlds.build("priya-raman")
    request = ask(world, "priya-raman")
    with pytest.raises(NotNow):
        services.transition(request.ref, "release", world.actor("approver"))
    assert queries.request(request.ref).state == "received"
    assert clock.now()
