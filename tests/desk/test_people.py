"""People at the desk: search, codes, representatives, documents, merging, labels, the inbox."""

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from chartpost.desk import words
from chartpost.formats.fhirjson.terms import Category, Label
from chartpost.identity import models, queries, services
from chartpost.identity.types import SYSTEM, PersonView, RowFilter
from chartpost.ledger import queries as ledger
from chartpost.ledger.types import Filter
from chartpost.records import queries as records
from tests.desk.conftest import World, day
from tests.formats.ccda_intake.papers import PROBLEMS, paper, problem, section

pytestmark = pytest.mark.django_db
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
)


def page(world: World, name: str, **more: str) -> str:
    """The address of a page of the person."""
    return reverse(f"desk:{name}", kwargs={"ref": world.person.ref, **more})


def double(world: World) -> PersonView:
    """A second record of the same person."""
    fields = {"given": "Anna", "family": "Ruiz", "birth_date": date(1984, 3, 5)}
    return services.add_person(fields, [("urn:mrn", "MRN-2002")], SYSTEM)


def test_search_finds_by_name_and_number_and_notes_the_list(world: World) -> None:
    client = world.client("clerk")
    for text in ("ruiz", "MRN-1001"):
        answer = client.post(reverse("desk:people"), {"text": text}, secure=True)
        assert page(world, "person") in answer.content.decode()
    assert ledger.search(Filter(action="person.search"))[0].detail == {"filter": "text", "count": 1}
    nobody = client.post(reverse("desk:people"), {"text": "zzz"}, secure=True)
    assert "Nobody found" in nobody.content.decode()


def test_invitation_code_is_shown_once_and_opens_the_record(world: World) -> None:
    answer = world.client("clerk").post(page(world, "invite"), secure=True)
    code = answer.context["code"]
    assert code in answer.content.decode()
    account = services.add_account("ana@example.test", "Ana Ruiz", None)
    services.accept_invitation(code, account, queries.actor_of(account))
    assert world.person.id in queries.actor_of(account).own_persons
    assert code not in world.get("clerk", page(world, "person")).content.decode()


def test_representative_is_added_by_code_and_ended(world: World) -> None:
    given = {"basis": "health_care_agent", "evidence": "Power of attorney seen", "may_request": "on"}
    missing = world.client("clerk").post(page(world, "representative"), {**given, "evidence": ""}, secure=True)
    assert missing.status_code == 422
    until = day("ends_on", date(2027, 1, 1))
    code = world.client("clerk").post(page(world, "representative"), {**given, **until}, secure=True).context["code"]
    account = services.add_account("leo@example.test", "Leo Ruiz", None)
    services.accept_invitation(code, account, queries.actor_of(account))
    [row] = queries.representations(world.person.id)
    assert (row.authority.basis, row.authority.ends_on) == ("health_care_agent", date(2027, 1, 1))
    assert row.evidence == "Power of attorney seen"
    end = page(world, "end_representative", rep=row.authority.ref)
    assert world.client("clerk").post(end, secure=True).status_code == 302
    assert queries.actor_of(account).authority_for(world.person.id) is None
    assert world.client("clerk").post(end, secure=True).status_code == 422


def test_a_parent_is_shown_with_their_last_day(world: World) -> None:
    child = services.add_person({"given": "Kim", "family": "Young", "birth_date": date(2020, 3, 2)}, [], SYSTEM)
    parent = services.add_account("pa@example.test", "Pa Young", None)
    services.represent(parent, child.id, "parent", SYSTEM)
    shown = world.get("clerk", reverse("desk:person", args=[child.ref])).content.decode()
    assert "Pa Young" in shown
    assert "until March 1, 2038" in shown


def test_representative_of_somebody_else_cannot_be_ended_here(world: World) -> None:
    other = double(world)
    account = services.add_account("leo@example.test", "Leo Ruiz", None)
    row = services.represent(account, other.id, "guardian", SYSTEM)
    answer = world.client("clerk").post(page(world, "end_representative", rep=row.ref), secure=True)
    assert answer.status_code == 404
    row.refresh_from_db()
    assert row.ended_at is None


def test_section_hides_psychotherapy_notes_from_the_clerk_only(world: World, therapy: str) -> None:
    address = page(world, "section", section="documents")
    assert "Session notes" not in world.get("clerk", address).content.decode()
    assert "Session notes" in world.get("reviewer", address).content.decode()
    entry = ledger.search(Filter(person_id=world.person.id, action="record.read"))[0]
    assert entry.detail["section"] == "documents"


def test_unknown_section_is_not_found(world: World) -> None:
    assert world.get("clerk", page(world, "section", section="nonsense")).status_code == 404


def upload(world: World, data: bytes, **more: Any) -> Any:
    """Upload a file as a clerk."""
    file = SimpleUploadedFile("scan.png", data, content_type="image/png")
    given = {"file": file, "title": "Referral letter", "category": "DOCUMENTS", **day("made_on", date(2026, 1, 5))}
    return world.client("clerk").post(page(world, "upload"), {**given, **more}, secure=True)


def test_uploaded_document_is_filed_labelled_and_opened(world: World) -> None:
    assert upload(world, PIXEL, labels=[int(Label.HIV)]).status_code == 302
    items = records.section(world.person.id, Category.DOCUMENTS, RowFilter()).items
    item = next(i for i in items if i.view.title.startswith("Referral letter") or i.document)
    assert item.stored.labels & Label.HIV
    answer = world.get("clerk", page(world, "document", rid=str(item.stored.rid)) + "?original=1")
    assert b"".join(answer.streaming_content) == PIXEL
    assert "attachment" in answer["Content-Disposition"]


@pytest.mark.parametrize("data", [b"MZ this is a program", b"<html>", b""])
def test_file_of_a_wrong_kind_is_refused_whatever_it_claims(world: World, data: bytes) -> None:
    before = records.counts(world.person.id, RowFilter())
    answer = upload(world, data)
    assert answer.status_code == 422
    assert records.counts(world.person.id, RowFilter()) == before


def test_merge_asks_to_sign_in_again_and_can_be_undone(world: World, fresh: Callable[[str], Client]) -> None:
    other = double(world)
    address = page(world, "merge", other=other.ref)
    stale = world.client("clerk").post(address, {"reason": "Same birth date and address"}, secure=True)
    assert stale.status_code == 302
    assert "reauthenticate" in stale["Location"]
    assert queries.person(other.ref).id == other.id
    client = fresh("clerk")
    assert "MRN-2002" in client.get(address, secure=True).content.decode()
    assert client.post(address, {"reason": ""}, secure=True).status_code == 422
    assert client.post(address, {"reason": "Same birth date and address"}, secure=True).status_code == 302
    assert queries.person(other.ref).id == world.person.id
    merge = queries.merges(world.person.id).get()
    undo = page(world, "unmerge", merge_ref=merge.ref)
    assert client.post(undo, secure=True).status_code == 302
    assert queries.person(other.ref).id == other.id
    assert client.post(undo, secure=True).status_code == 422


def test_merging_a_person_with_itself_is_refused_with_reason(world: World, fresh: Callable[[str], Client]) -> None:
    answer = fresh("clerk").post(page(world, "merge", other=world.person.ref), {"reason": "Same"}, secure=True)
    assert answer.status_code == 422
    assert "the same person twice" in answer.content.decode()


def test_reviewer_labels_an_entry_and_the_clerk_may_not(world: World) -> None:
    address = page(world, "label", kind="Condition", fhir_id="c1")
    assert world.client("clerk").post(address, {"labels": [int(Label.HIV)]}, secure=True).status_code == 403
    assert world.client("reviewer").post(address, {"labels": [int(Label.HIV)]}, secure=True).status_code == 302
    assert records.item(world.person.id, "Condition", "c1", RowFilter()).stored.labels & Label.HIV
    gone = page(world, "label", kind="Condition", fhir_id="nothing")
    assert world.get("reviewer", gone).status_code == 404
    assert world.get("reviewer", page(world, "label", kind="Nonsense", fhir_id="c1")).status_code == 404


def sign_up(world: World) -> models.MatchRequest:
    """A self sign-up that waits."""
    account = services.add_account("ana@example.test", "Ana Ruiz", None)
    fields = {"given": "Ana", "family": "Ruiz", "birth_date": date(1984, 3, 5)}
    services.ask_match(account, fields, queries.actor_of(account))
    return queries.waiting_matches().get()


def test_self_sign_up_sees_nothing_until_staff_match_it(world: World) -> None:
    row = sign_up(world)
    address = reverse("desk:match", args=[row.ref])
    assert world.person.name in world.get("clerk", address).content.decode()
    assert queries.actor_of(row.account).own_persons == frozenset()
    assert world.client("clerk").post(address, {"answer": world.person.ref}, secure=True).status_code == 302
    assert queries.actor_of(row.account).own_persons == {world.person.id}
    assert queries.waiting_matches().count() == 0


def test_self_sign_up_is_refused(world: World) -> None:
    row = sign_up(world)
    address = reverse("desk:match", args=[row.ref])
    unknown = world.client("clerk").post(address, {"answer": "nobody"}, secure=True)
    assert unknown.status_code == 422
    assert world.client("clerk").post(address, {"answer": "refuse"}, secure=True).status_code == 302
    row.refresh_from_db()
    assert row.state == "refused"
    assert queries.actor_of(row.account).own_persons == frozenset()


def clinical(world: World, **changed: str) -> bytes:
    """A C-CDA document about the person, or, with what is changed, about somebody else."""
    about = {
        "Ada": world.person.given,
        "Reyes": world.person.family,
        '"19700501"': f'"{world.person.birth_date:%Y%m%d}"',
        **changed,
    }
    text = paper(section(PROBLEMS, problem("195967001")))
    for old, new in about.items():
        text = text.replace(old, new)
    return text.encode()


def test_a_clinical_document_is_imported_with_what_it_says(world: World) -> None:
    form = {"title": "", "made_on_month": "", "made_on_day": "", "made_on_year": ""}
    answer = upload(world, clinical(world), **form)
    assert answer.status_code == 302
    shown = world.get("clerk", page(world, "person")).content.decode()
    assert "The file is in the record" in shown
    problems = world.get("clerk", page(world, "section", section="problems")).content.decode()
    assert "195967001" in problems or "sthma" in problems
    upload(world, clinical(world))
    assert "was in the record already" in world.get("clerk", page(world, "person")).content.decode()


def test_a_clinical_document_about_somebody_else_waits_in_the_inbox(world: World) -> None:
    before = sum(records.counts(world.person.id, RowFilter()).values())
    other = clinical(world, **{"Ada": "Karl", "Reyes": "Berg", '"19700501"': '"19500101"'})
    assert upload(world, other).status_code == 302
    assert "Nothing was filed" in world.get("clerk", page(world, "person")).content.decode()
    assert sum(records.counts(world.person.id, RowFilter()).values()) == before
    (item,) = records.inbox()
    assert (
        "another name and birth date"
        in world.get("clerk", reverse("desk:inbox_item", args=[item.ref])).content.decode()
    )


def test_a_clinical_document_takes_no_labels_and_must_be_whole(world: World) -> None:
    answer = upload(world, clinical(world), labels=[int(Label.HIV)])
    assert (answer.status_code, "brings its own labels" in answer.content.decode()) == (422, True)
    assert upload(world, clinical(world)[:-40]).status_code == 422
    assert "Title" in upload(world, PIXEL, title="").content.decode()
    assert upload(world, PIXEL, title="").status_code == 422


def test_a_person_is_told_in_words_not_in_codes(world: World) -> None:
    page = world.get("clerk", reverse("desk:person", kwargs={"ref": world.person.ref})).content.decode()
    facts = dict(re.findall(r"<dt>([^<]+)</dt><dd>([^<]*)</dd>", page))
    assert facts["Sex"] == "Female"
    assert facts.get("Language", "English") == "English"
    assert words.language("es-MX") == "Spanish"
    assert words.language("zz") == "zz"
