"""Entry by entry: what is held back, what a state makes wait, and what came into the record meanwhile."""

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chartpost.delivery.models import Package
from chartpost.formats.fhirjson.terms import LABEL_SYSTEM, Label
from chartpost.identity.types import SYSTEM
from chartpost.kernel import clock, jobs
from chartpost.law.access import Harm, ItemFacts
from chartpost.records import models
from chartpost.records import services as records
from chartpost.records.ingest import import_stream
from chartpost.records.types import Incoming, Selection, kind_of
from chartpost.rights import items, letters, services, ticks
from chartpost.rights.errors import GuardFailed, NotNow
from chartpost.rights.models import AccessRequest
from chartpost.rights.types import Intake
from tests.formats.ccda_intake.papers import PERSON, PROBLEMS, paper, problem, section
from tests.rights import office

pytestmark = pytest.mark.django_db
LIFE = Harm("licensed_professional", "life_or_physical_safety", "individual")
FINAL = datetime(2026, 11, 20, 18, tzinfo=UTC)


def file(small: office.Small, key: str, labels: Label, issued: datetime = FINAL, kind: str = "Observation") -> str:
    """File one entry of the person's record; returns its key."""
    subject = {"reference": f"Patient/p{small.person.id}"}
    code = {"text": "BRCA1 gene test" if kind == "Observation" else "Anxiety"}
    bodies: dict[str, dict[str, Any]] = {
        "Observation": {"status": "final", "code": code, "issued": issued.isoformat(), "valueString": "found"},
        "Condition": {"code": code, "recordedDate": issued.date().isoformat()},
    }
    security = [{"system": LABEL_SYSTEM, "code": str(label.name)} for label in labels]
    body = {"resourceType": kind, "id": key, "subject": subject, "meta": {"security": security}, **bodies[kind]}
    source = records.source_id("test", "Laboratory")
    records.save([Incoming(body, key, small.person.id)], source, SYSTEM)
    return f"{kind}/{key}"


def scoped(small: office.Small, **more: Any) -> AccessRequest:
    row = office.submit(small, formats=("fhir",), **more)
    services.verify_identity(row.ref, "portal", "", small.actor("clerk"))
    services.choose_scope(row.ref, Selection(), small.actor("clerk"))
    return AccessRequest.objects.get(pk=row.pk)


def built(small: office.Small, row: AccessRequest) -> None:
    clerk = small.actor("clerk")
    services.prepare(row.ref, clerk)
    jobs.run_waiting()
    services.pass_qa(row.ref, {"person": True}, clerk)


def released(small: office.Small, row: AccessRequest) -> AccessRequest:
    built(small, row)
    clerk = small.actor("clerk")
    letters.make(row.ref, "grant", "en", clerk)
    return services.transition(row.ref, "release", small.actor("approver"))


@pytest.mark.parametrize(
    ("state", "delivery", "labels", "held"),
    [
        ("TX", "portal", Label.GENETIC, True),
        ("TX", "portal", Label.TABOO, True),
        ("TX", "portal", Label.HIV, False),
        ("TX", "access_code", Label.GENETIC, True),
        ("TX", "sealed", Label.GENETIC, True),
        ("TX", "media", Label.GENETIC, True),
        ("TX", "post", Label.GENETIC, False),
        ("TX", "hand_over", Label.GENETIC, False),
        ("CA", "portal", Label.GENETIC, False),
    ],
)
def test_texas_holds_a_new_sensitive_result_from_electronic_release(
    state: str, delivery: str, labels: Label, held: bool
) -> None:
    small = office.build(state, zone="America/Chicago")
    with clock.at(FINAL + timedelta(hours=2)):
        key = file(small, "gene", labels)
        row = scoped(small, delivery=delivery)
        assert (items.left_out(row) == {key}) == held
        if held:
            assert row.items.get().release_on == (FINAL + timedelta(days=3)).date()
        assert items.denied(row) == [], "a hold is no refusal"


@pytest.mark.parametrize("why", ["changed", "declined"])
def test_copies_built_for_paper_are_measured_again_before_they_leave_by_computer(why: str) -> None:
    small = office.build("TX")
    clerk = small.actor("clerk")
    with clock.at(FINAL + timedelta(hours=2)):
        key = file(small, "gene", Label.GENETIC)
        row = scoped(small, delivery="post", delivery_address={"address": "5 Elm Street\nAustin, TX 78701"})
        built(small, row)
        if why == "changed":
            services.change_way(row.ref, "portal", {}, clerk)
        else:
            services.quote(row.ref, {"method": "actual", "labor_minutes": 10}, clerk)
            letters.make(row.ref, "fee_estimate", "en", clerk)
            services.transition(row.ref, "quote_fee", clerk)
            services.transition(row.ref, "decline_fee", small.actor("person"))
        letters.make(row.ref, "grant", "en", clerk)
        with pytest.raises(GuardFailed) as caught:
            services.transition(row.ref, "release", small.actor("approver"))
        assert caught.value.guard == "record_unchanged"
        services.choose_scope(row.ref, Selection(), clerk)
        assert released(small, row).state == "delivered"
    assert items.left_out(row) == {key}


def test_who_shows_a_guardian_s_paper_is_not_shown_a_minor_s_confidential_care() -> None:
    small = office.build("OH")
    today = clock.today("America/New_York").replace(day=1)
    small = replace(small, person=office.add_person("Kit", "Alvarado", today.replace(year=today.year - 15)))
    key = file(small, "m1", Label.MINOR_CONFIDENTIAL)
    ask = office.asked(small, relation="other", requester_name="Gran Alvarado", delivery="hand_over")
    row = services.intake(ask, Intake("walk_in", clock.now(), signed=True), small.actor("clerk"))
    assert services.check_authority(row.ref, "Court order 12", "guardian", "", small.actor("clerk")).may_receive
    services.verify_identity(row.ref, "authority", "", small.actor("clerk"))
    services.choose_scope(row.ref, Selection(), small.actor("clerk"))
    row.refresh_from_db()
    assert items.left_out(row) == {key}
    assert items.release_rows(row).hidden_labels & Label.MINOR_CONFIDENTIAL


def test_what_was_held_goes_out_when_the_hold_ends() -> None:
    small = office.build("TX")
    with clock.at(FINAL + timedelta(hours=2)):
        file(small, "gene", Label.GENETIC)
        file(small, "plain", Label.NONE)
        done = released(small, scoped(small))
        assert done.state == "delivered"
        assert ticks.end_holds() == 0
    with clock.at(FINAL + timedelta(days=2)):
        assert ticks.end_holds() == 0
    with clock.at(FINAL + timedelta(days=3)):
        assert ticks.end_holds() == 1
        assert ticks.end_holds() == 0
        again = AccessRequest.objects.get(pk=done.pk)
        assert (again.state, again.acted_on) == ("retrieving", None), "the clock runs until the rest is out"
        assert "hold" in again.notes.get().text
        whole = released(small, again)
        assert whole.state == "delivered"
        assert items.left_out(whole) == frozenset()


def test_what_was_held_goes_out_though_a_review_upheld_a_refusal() -> None:
    small = office.build("TX")
    office.add_staff(small, "second", "reviewer")
    with clock.at(FINAL + timedelta(hours=2)):
        row = office.complete(small, "ready", decision={})
        until = (FINAL + timedelta(days=3)).date()
        row.items.create(key="Observation/gene", decision="hold", release_on=until)
        office.add_denial(row)
        office.add_letter(row, "partial_denial")
        services.transition(row.ref, "release", small.actor("approver"))
        services.transition(row.ref, "ask_denial_review", small.actor("person"), reason="I am well.")
        assert services.transition(row.ref, "review_upheld", small.actor("second"), reason="No.").state == "delivered"
    with clock.at(FINAL + timedelta(days=3)):
        assert ticks.end_holds() == 1
    row.refresh_from_db()
    assert row.state == "retrieving"


def test_therapy_notes_that_came_after_the_package_stop_it() -> None:
    small = office.build()
    file(small, "c1", Label.NONE, kind="Condition")
    row = scoped(small)
    services.prepare(row.ref, small.actor("clerk"))
    jobs.run_waiting()
    key = file(small, "pn", Label.PSYCHOTHERAPY, kind="Condition")
    with pytest.raises(GuardFailed) as caught:
        services.pass_qa(row.ref, {"person": True}, small.actor("clerk"))
    assert caught.value.guard == "record_unchanged"
    services.prepare(row.ref, small.actor("clerk"))
    jobs.run_waiting()
    services.pass_qa(row.ref, {"person": True}, small.actor("clerk"))
    assert items.left_out(row) == {key}
    file(small, "pn2", Label.PSYCHOTHERAPY, kind="Condition")
    letters.make(row.ref, "grant", "en", small.actor("clerk"))
    letters.make(row.ref, "partial_denial", "en", small.actor("clerk"))
    with pytest.raises(GuardFailed) as caught:
        services.transition(row.ref, "release", small.actor("approver"))
    assert caught.value.guard == "record_unchanged"


def test_a_reviewer_may_release_one_excepted_entry_and_no_other() -> None:
    small = office.build()
    first = file(small, "pn1", Label.PSYCHOTHERAPY, kind="Condition")
    second = file(small, "pn2", Label.PSYCHOTHERAPY, kind="Condition")
    row = scoped(small)
    assert items.left_out(row) == {first, second}
    assert items.release_rows(row).hidden_labels & Label.PSYCHOTHERAPY
    services.decide_item(row.ref, first, ItemFacts(item="entry"), "She may read it.", small.actor("reviewer"))
    assert items.left_out(row) == {second}
    assert not items.release_rows(row).hidden_labels & Label.PSYCHOTHERAPY
    assert items.release_rows(row).hidden_labels & Label.LITIGATION


def test_a_decision_drops_the_package_and_comes_before_the_check() -> None:
    small = office.build()
    key = file(small, "c1", Label.NONE, kind="Condition")
    row = scoped(small)
    services.prepare(row.ref, small.actor("clerk"))
    jobs.run_waiting()
    services.decide_item(row.ref, key, ItemFacts(item="entry"), "Fine.", small.actor("reviewer"))
    row.refresh_from_db()
    assert row.package_ref == ""
    services.prepare(row.ref, small.actor("clerk"))
    jobs.run_waiting()
    services.pass_qa(row.ref, {"person": True}, small.actor("clerk"))
    with pytest.raises(NotNow):
        services.decide_item(row.ref, key, ItemFacts(item="entry"), "Fine.", small.actor("reviewer"))
    with pytest.raises(NotNow):
        services.prepare(row.ref, small.actor("clerk"))


def test_what_is_kept_back_is_not_read_in_its_document_or_at_another_place_either() -> None:
    small = office.build()
    born = PERSON.replace("Ada", "Rosa").replace("Reyes", "Alvarado").replace("19700501", "19680402")
    told = paper(section(PROBLEMS, problem(), problem("195967001")), person=born)
    ref = small.person.ref
    for custodian, document in (
        ("one", told),
        ("two", told.replace('extension="1"/><code', 'extension="2"/><code', 1)),
    ):
        import_stream(io.BytesIO(document.encode()), f"{custodian}.xml", SYSTEM, ref, custodian)
    plain = paper(section(PROBLEMS, problem("38341003")), person=born).replace('extension="1"/>', 'extension="3"/>', 1)
    import_stream(io.BytesIO(plain.encode()), "three.xml", SYSTEM, ref, "three")
    rows = models.Resource.objects.filter(person_id=small.person.id, kind=kind_of("Condition"), deleted=False)
    keys = {f"Condition/{row.fhir_id}": bytes(row.body) for row in rows}
    alike = {key for key, body in keys.items() if b"44054006" in body}
    assert (len(keys), len(alike)) == (5, 2)
    row = scoped(small)
    ask = {"ref": row.ref, "actor": small.actor("reviewer"), "reason": "Harm."}
    services.decide_item(key=min(alike), facts=ItemFacts(item="note", harm=LIFE), **ask)
    services.prepare(row.ref, small.actor("clerk"))
    out = Selection.from_json(Package.objects.get().selection).exclude
    documents = models.Document.objects.order_by("pk")
    originals = [f"DocumentReference/{models.Resource.objects.get(pk=one.rid).fhir_id}" for one in documents]
    assert out == alike | set(originals[:2])
    services.decide_item(key=originals[0], facts=ItemFacts(item="note"), **ask)
    services.prepare(row.ref, small.actor("clerk"))
    latest = Package.objects.order_by("-pk")[0]
    assert Selection.from_json(latest.selection).exclude == alike | {originals[1]}, "a reviewer said it may go out"
