"""The page of a request: what the person sees and what they can do about it."""

import re
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from chartpost.delivery.models import Delivery, Receipt
from chartpost.identity import services as identity
from chartpost.identity.types import SYSTEM
from chartpost.kernel import jobs
from chartpost.portal.views import words
from chartpost.rights import letters, states
from chartpost.rights import services as rights
from chartpost.rights.models import AccessRequest, Letter, Message

from .conftest import World, entries, put, release, signed_in, submit

FEE = {"allowed": True, "total_cents": 650, "lines": [{"item": "flat fee", "cents": 650}]}


def page_of(browser: Client, row: AccessRequest) -> str:
    answer = browser.get(f"/requests/{row.ref}/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_every_state_and_every_step_of_the_table_has_plain_words() -> None:
    known = {s for t in states.TABLE for s in (*t.sources, t.target)} - {states.SAME, states.BACK}
    assert known <= words.STATUS.keys()
    assert {t.event for t in states.TABLE} <= words.STEPS.keys()
    assert set(letters.KINDS) <= words.LETTERS.keys()


def test_the_page_shows_status_clock_and_what_was_asked(world: World) -> None:
    row = submit(world)
    page = page_of(signed_in(world.ana_account), row)
    assert row.number in page
    assert "Received" in page
    assert "It came today. The count begins tomorrow: 15 days." in page
    assert "Everything in the record" in page
    assert "We received your request" in page
    assert entries(world.ana, "request.read") == 1


def test_the_list_keeps_open_and_done_apart(world: World) -> None:
    submit(world)
    put(submit(world, categories=("BILLS",)), "closed", open=False)
    answer = signed_in(world.ana_account).get("/requests/")
    assert (len(answer.context["open"]), len(answer.context["done"])) == (1, 1)


@pytest.mark.parametrize("page", ["", "receipt/"])
def test_requests_of_others_do_not_exist(world: World, page: str) -> None:
    row = submit(world)
    assert signed_in(world.agent_account).get(f"/requests/{row.ref}/{page}").status_code == 404
    assert signed_in(world.ana_account).get(f"/requests/nothing/{page}").status_code == 404
    assert Client().get(f"/requests/{row.ref}/{page}").status_code == 302


@pytest.mark.parametrize(
    ("door", "answers"),
    [
        ("message", {"message-text": "Hello"}),
        ("withdraw", {"withdraw-reason": "No"}),
        ("fee", {"answer": "accept"}),
        ("arrived", {"arrived-arrived": "yes"}),
        ("review", {}),
    ],
)
def test_nobody_else_acts_on_a_request(world: World, door: str, answers: dict[str, str]) -> None:
    row = submit(world)
    assert signed_in(world.agent_account).post(f"/requests/{row.ref}/{door}/", answers).status_code == 404
    assert signed_in(world.ana_account).get(f"/requests/{row.ref}/{door}/").status_code == 405
    row.refresh_from_db()
    assert row.state == "received"
    assert not Message.objects.exists()


def test_messages_go_both_ways_and_are_marked_read(world: World) -> None:
    row, browser = submit(world), signed_in(world.ana_account)
    browser.post(f"/requests/{row.ref}/message/", {"message-text": "When is it ready?"})
    rights.write_message(row.ref, "Next week.", world.actor(world.clerk_account))
    assert "There is 1 new message." in browser.get("/").content.decode()
    page = page_of(browser, row)
    assert page.index("When is it ready?") < page.index("Next week.")
    assert "new message" not in browser.get("/").content.decode()


def test_an_empty_message_is_not_sent(world: World) -> None:
    row = submit(world)
    answer = signed_in(world.ana_account).post(f"/requests/{row.ref}/message/", {"message-text": "  "})
    assert answer.status_code == 422
    assert "Write your message first." in answer.content.decode()
    assert not Message.objects.exists()


def test_an_answer_to_a_question_starts_the_work_again(world: World) -> None:
    row = submit(world)
    rights.transition(row.ref, "start_check", world.actor(world.clerk_account))
    rights.transition(row.ref, "ask_info", world.actor(world.clerk_account), reason="Which years?")
    browser = signed_in(world.ana_account)
    assert "Which years?" in page_of(browser, row)
    browser.post(f"/requests/{row.ref}/message/", {"message-text": "2020 and later"})
    row.refresh_from_db()
    assert row.state == "verifying"


def test_taking_back_needs_a_word_and_happens_once(world: World) -> None:
    row, browser = submit(world), signed_in(world.ana_account)
    assert browser.post(f"/requests/{row.ref}/withdraw/", {}).status_code == 422
    browser.post(f"/requests/{row.ref}/withdraw/", {"withdraw-reason": "I found my copy"})
    row.refresh_from_db()
    assert (row.state, row.open) == ("withdrawn", False)
    again = browser.post(f"/requests/{row.ref}/withdraw/", {"withdraw-reason": "Again"}, follow=True)
    assert "This cannot be done now." in again.content.decode()


def test_a_fee_is_agreed_to(world: World) -> None:
    row = put(submit(world, delivery="post"), "fee_estimated", fee=FEE)
    browser = signed_in(world.ana_account)
    page = page_of(browser, row)
    assert "$6.50" in page
    assert "Put it on this site instead, free" in page
    browser.post(f"/requests/{row.ref}/fee/", {"answer": "accept", **hidden(page)})
    row.refresh_from_db()
    assert row.state == "fee_accepted"


def hidden(page: str) -> dict[str, str]:
    """What the page sends along with an answer about the fee."""
    return dict(re.findall(r'<input type="hidden" name="(total_cents)" value="([^"]*)"', page))


def test_a_fee_that_changed_since_the_page_was_opened_is_not_agreed_to(world: World) -> None:
    row = put(submit(world, delivery="post"), "fee_estimated", fee=FEE)
    browser = signed_in(world.ana_account)
    seen = hidden(page_of(browser, row))
    assert seen == {"total_cents": "650"}
    put(row, "fee_estimated", fee={**FEE, "total_cents": 900})
    answer = browser.post(f"/requests/{row.ref}/fee/", {"answer": "accept", **seen}, follow=True)
    assert "The fee changed since you opened this page." in answer.content.decode()
    row.refresh_from_db()
    assert row.state == "fee_estimated"


def test_a_question_about_the_fee_is_a_message(world: World) -> None:
    row = put(submit(world, delivery="post"), "fee_estimated", fee=FEE)
    signed_in(world.ana_account).post(f"/requests/{row.ref}/fee/", {"answer": "ask"})
    row.refresh_from_db()
    assert row.state == "fee_estimated"
    assert Message.objects.get().from_office is False


def test_instead_of_the_fee_the_free_way_is_taken(world: World) -> None:
    row = put(submit(world, delivery="post"), "fee_estimated", fee=FEE)
    signed_in(world.ana_account).post(f"/requests/{row.ref}/fee/", {"answer": "portal"})
    row.refresh_from_db()
    assert (row.state, row.delivery_channel, row.fee["total_cents"]) == ("ready", "portal", 0)
    assert not Message.objects.exists()


@pytest.mark.parametrize("answer", ["", "steal"])
def test_an_unknown_answer_to_a_fee_changes_nothing(world: World, answer: str) -> None:
    row = put(submit(world), "fee_estimated", fee=FEE)
    signed_in(world.ana_account).post(f"/requests/{row.ref}/fee/", {"answer": answer})
    row.refresh_from_db()
    assert row.state == "fee_estimated"
    assert not Message.objects.exists()


def test_released_copies_open_with_a_receipt(records_of_ana: World) -> None:
    world = records_of_ana
    row = release(world)
    browser = signed_in(world.ana_account)
    page = page_of(browser, row)
    assert "Ready to open" in page
    part = Delivery.objects.get().package.parts.first()
    assert part is not None
    for _ in range(2):
        answer = browser.get(f"/requests/{row.ref}/copy/{part.ref}/")
        assert answer.status_code == 200
        assert answer["Content-Disposition"].startswith("attachment")
        assert len(b"".join(answer.streaming_content)) == part.size  # type: ignore[attr-defined]
    receipt = Receipt.objects.get(kind="opened")
    assert (receipt.by_account, receipt.sha256) == (world.ana_account.pk, part.sha256)
    assert entries(world.ana, "package.open") == 2
    assert "A file was opened by Ana Ruiz." in page_of(browser, row)


def test_released_copies_are_closed_to_others(records_of_ana: World) -> None:
    world = records_of_ana
    row, other = release(world), submit(world, categories=("BILLS",))
    part = Delivery.objects.get().package.parts.first()
    assert part is not None
    assert signed_in(world.agent_account).get(f"/requests/{row.ref}/copy/{part.ref}/").status_code == 404
    browser = signed_in(world.ana_account)
    assert browser.get(f"/requests/{other.ref}/copy/{part.ref}/").status_code == 404
    assert browser.get(f"/downloads/{Delivery.objects.get().package.ref}/").status_code == 404
    put(row, "retrieving")
    assert browser.get(f"/requests/{row.ref}/copy/{part.ref}/").status_code == 404


def test_the_person_says_that_it_arrived(records_of_ana: World) -> None:
    row, browser = release(records_of_ana), signed_in(records_of_ana.ana_account)
    assert browser.post(f"/requests/{row.ref}/arrived/", {}).status_code == 422
    browser.post(f"/requests/{row.ref}/arrived/", {"arrived-arrived": "yes"})
    row.refresh_from_db()
    assert row.state == "confirmed"


def test_a_problem_with_the_copies_opens_the_request_again(records_of_ana: World) -> None:
    row, browser = release(records_of_ana), signed_in(records_of_ana.ana_account)
    silent = browser.post(f"/requests/{row.ref}/arrived/", {"arrived-arrived": "no"})
    assert "Write what is wrong" in silent.content.decode()
    answers = {"arrived-arrived": "no", "arrived-problem": "Page 3 is empty"}
    browser.post(f"/requests/{row.ref}/arrived/", answers)
    row.refresh_from_db()
    assert row.state == "delivery_failed"


def test_a_letter_opens_and_is_marked_read_once(world: World) -> None:
    row = submit(world)
    letter = letters.make(row.ref, "acknowledgement", "en", world.actor(world.clerk_account))
    browser = signed_in(world.ana_account)
    Letter.objects.filter(pk=letter.pk).update(sent_at=None)
    assert browser.get(f"/requests/letter/{letter.ref}/").status_code == 404
    Letter.objects.filter(pk=letter.pk).update(sent_at=row.received_at)
    assert "We have your request" in page_of(browser, row)
    answer = browser.get(f"/requests/letter/{letter.ref}/")
    assert answer.content.startswith(b"%PDF")
    first = Letter.objects.get(pk=letter.pk).read_at
    assert first is not None
    browser.get(f"/requests/letter/{letter.ref}/")
    assert Letter.objects.get(pk=letter.pk).read_at == first
    assert entries(world.ana, "letter.read") == 2
    assert signed_in(world.agent_account).get(f"/requests/letter/{letter.ref}/").status_code == 404


@pytest.mark.parametrize(("reviewable", "state"), [(True, "review_requested"), (False, "denied")])
def test_a_second_look_where_the_law_gives_one(world: World, reviewable: bool, state: str) -> None:
    decision: dict[str, Any] = {"ground": "524(a)(3)(i)", "reviewable": reviewable, "outcome": "refused"}
    row = put(submit(world), "denied", decision=decision)
    browser = signed_in(world.ana_account)
    assert ("Ask for a second look" in page_of(browser, row)) is reviewable
    browser.post(f"/requests/{row.ref}/review/", {"review-reason": "I feel safe."})
    row.refresh_from_db()
    assert row.state == state


def test_a_helper_without_requests_sees_none(world: World) -> None:
    row = submit(world)
    identity.represent(world.stranger_account, world.ana.id, "caregiver", SYSTEM, may_request=False)
    browser = signed_in(world.stranger_account)
    assert browser.get(f"/requests/{row.ref}/").status_code == 404
    assert browser.get("/requests/").status_code == 404
    assert row.number not in browser.get("/").content.decode()


def test_mail_about_a_message_holds_nothing_of_it(world: World, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    row = submit(world)
    rights.write_message(row.ref, "Your HIV test", world.actor(world.clerk_account))
    jobs.run_waiting()
    assert len(mail.outbox) == 1
    assert "HIV" not in str(mail.outbox[0].body) + str(mail.outbox[0].subject)
