"""Letters say what the law asks for - the thing itself, read back from the PDF - in plain words, in two languages."""

from datetime import date, timedelta
from typing import Any

import pypdfium2
import pytest
from django.utils import translation
from django.utils.translation import gettext

from chartpost.formats.readable.words import full_date
from chartpost.identity import services as identity
from chartpost.identity.types import SYSTEM
from chartpost.kernel import blobs, clock
from chartpost.law import letters as law
from chartpost.rights import letters, services
from chartpost.rights.errors import LetterIncomplete, NotNow
from chartpost.rights.letters.refusals import basis
from chartpost.rights.models import AccessRequest, ItemDecision, Letter
from tests.rights import office
from tests.rights.office import Small
from tests.support.reading import grade, syllables
from tests.support.world import OFFICE

pytestmark = pytest.mark.django_db
PHONE, CONTACT, CONTACT_PHONE = OFFICE["phone"], "Pat Doe, privacy officer", OFFICE["complaint_phone"]
GROUNDS = ("524(a)(2)(i)", "524(a)(3)(i)")
HIGHEST_GRADE = 8.0


def read(row: Letter) -> str:
    """The words of a letter's PDF, in one line."""
    document = pypdfium2.PdfDocument(letters.open_letter(row))
    text = " ".join(page.get_textpage().get_text_bounded() for page in document)
    document.close()
    return " ".join(text.replace("\u00ad", "").replace("\u200b", "").replace("\u2011", "-").split())


def on(day: date, language: str) -> str:
    return full_date(day, language)


def make(small: Small, row: AccessRequest, kind: str, language: str, **facts: Any) -> str:
    return read(letters.make(row.ref, kind, language, small.actor("clerk"), **facts))


def prepared(small: Small, kind: str) -> tuple[AccessRequest, dict[str, Any]]:
    """A request that a letter of the kind can be made for, and the facts of the letter."""
    row = office.complete(small, "ready")
    row.categories, row.date_from = ["RESULTS"], date(2020, 3, 5)
    row.fee = {
        "allowed": True,
        "total_cents": 1045,
        "told_at": "x",
        "accepted_at": "x",
        "facts": {"method": "actual"},
        "lines": [
            {"kind": "labor", "item": "copying", "how": "15 min at $20.00 an hour", "cents": 500},
            {"kind": "supply", "item": "media", "how": "asked for", "cents": 125},
            {"kind": "postage", "item": "postage", "how": "mail asked for", "cents": 420},
        ],
    }
    row.save()
    if kind in {"partial_denial", "review_outcome"}:
        office.add_denial(row, reviewable=True)
    facts: dict[str, dict[str, Any]] = {
        "acknowledgement": {"needed": "your date of birth"},
        "more_information": {"needed": "The years you need."},
        "extension": {"reason": "Papers of 1998 must be scanned.", "promised": office.promised(row)},
        "redirect": {"holder": "Northside Hospital", "holder_contact": "510-555-0199"},
        "review_outcome": {"outcome": "upheld", "reason": "The risk is still there."},
        "not_held": {"likely_holders": "Lake Clinic"},
    }
    return row, facts.get(kind, {})


ELEMENTS: dict[str, tuple[str, ...]] = {
    "request_number": ("{number}",),
    "received_date": ("{received}",),
    "scope": ("Test results", "from March 5, 2020"),
    "due_date": ("federal law", "{federal}", "state law", "{state}"),
    "contact": (PHONE,),
    "still_needed": ("We still need: your date of birth",),
    "needed": ("What we need from you", "The years you need."),
    "how_to_answer": ("You do not have to send your request again. We have not refused it.", "answer in the portal"),
    "still_running": ("Our time goes on while we wait. We will act by {due}.",),
    "portal_alternative": ("free, when you sign in to the portal",),
    "method": ("what the copy really costs us",),
    "line_items": ("15 minutes at $20.00 an hour", "$5.00", "Disc or stick", "$1.25", "Postage", "$4.20"),
    "total": ("$10.45",),
    "free_alternatives": ("These ways are free", "open your records in the portal"),
    "how_to_change": ("You can change what you ask for",),
    "clock_not_stopped": ("Waiting for payment does not give us more time", "{due}"),
    "reasons": ("Papers of 1998 must be scanned.",),
    "completion_date": ("{promised}",),
    "only_one": ("once only",),
    "acceptance": ("Here are the health records you asked for. Your request is granted.",),
    "enclosed": ("What is enclosed",),
    "how_delivered": ("You can open them in the portal",),
    "fee": ("The fee is $10.45",),
    "basis": ("likely to put a life or someone's safety at risk", "45 CFR 164.524(a)(3)(i)"),
    "complaint_entity": ("You may complain to us",),
    "complaint_hhs": ("Health and Human Services", "hhs.gov/ocr/complaints", "180 days"),
    "contact_name_or_title": (CONTACT,),
    "contact_phone": (CONTACT_PHONE,),
    "plain_language": (),
    "review_rights": ("You may ask for a review", "Ask in the portal, by letter or by phone"),
    "released_now": ("What you get now", "Everything else you asked for"),
    "decision": ("The first answer stands", "The risk is still there."),
    "reviewer_role": ("A licensed professional who had no part in the first answer decided this",),
    "standard": ("is it likely to put someone at risk or to cause serious harm",),
    "records_or_basis": ("45 CFR 164.524(a)(3)(i)",),
    "not_held": ("We do not",),
    "holder": ("Northside Hospital",),
    "holder_contact": ("510-555-0199",),
    "what_we_hold": ("We hold no other records about you",),
    "likely_holders": ("Lake Clinic",),
}
IN_SPANISH: dict[str, tuple[str, ...]] = {
    "received_date": ("We received it on", "{received}"),
    "needed": ("What we need from you", "The years you need."),
    "how_to_answer": ("You do not have to send your request again. We have not refused it.",),
    "still_running": ("{due}",),
    "due_date": ("We must act by (federal law)", "{federal}", "We must act by (state law)", "{state}"),
    "scope": ("Test results", "5 de marzo de 2020"),
    "line_items": ("$5.00", "$1.25", "Postage", "$4.20", "15 minutos a $20.00 por hora"),
    "total": ("$10.45",),
    "completion_date": ("We will finish by", "{promised}"),
    "only_one": ("The law lets us take more time once only. We cannot move this date again.",),
    "basis": (
        "A licensed professional found that seeing it is likely to put a life or someone's safety at risk.",
        "45 CFR 164.524(a)(3)(i)",
    ),
    "complaint_entity": ("You may complain to us. Nobody will treat you worse for it.",),
    "complaint_hhs": ("hhs.gov/ocr/complaints", "180 días"),
    "contact_name_or_title": (CONTACT,),
    "contact_phone": (CONTACT_PHONE,),
    "review_rights": (
        "You may ask for a review. A licensed professional who had no part in this decision will look at it again, "
        "and we must do what they decide. Ask in the portal, by letter or by phone.",
    ),
    "acceptance": ("Here are the health records you asked for. Your request is granted.",),
    "fee": ("$10.45",),
    "decision": ("The first answer stands. The part we held back stays back.",),
    "reviewer_role": ("A licensed professional who had no part in the first answer decided this.",),
    "released_now": ("What you get now", "Everything else you asked for."),
}
"""English sentences whose translation must be in the Spanish letter, and figures and dates as they are."""


def wanted_in(key: str, language: str) -> tuple[str, ...]:
    """What a letter must show for an element."""
    if language == "en":
        return ELEMENTS[key]
    with translation.override("es"):
        return tuple(gettext(text) for text in IN_SPANISH.get(key, ()))


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("kind", law.kinds())
def test_a_letter_holds_each_thing_it_must_say(kind: str, language: str) -> None:
    small = office.build()
    row, facts = prepared(small, kind)
    text = make(small, row, kind, language, **facts)
    dates = {"received": row.received_on, "federal": row.due_federal, "state": row.due_state, "due": row.due_on}
    shown = {name: on(day, language) for name, day in {**dates, "promised": office.promised(row)}.items() if day}
    ground = "524(a)(3)(i)" if kind in {"denial", "partial_denial"} else None
    for element in law.required(kind, ground):
        for wanted in wanted_in(element.key, language):
            expected = wanted.format(number=row.number, **shown)
            assert expected in text, f"{element.key}: {expected!r} is not in {text}"
    assert row.number in text
    assert small.person.name in text
    assert on(clock.today("America/Los_Angeles"), language) in text


def test_every_element_of_every_letter_is_looked_for() -> None:
    wanted = {e.key for kind in law.kinds() for e in law.required(kind, "524(a)(3)(i)" if "denial" in kind else None)}
    assert wanted <= set(ELEMENTS)
    assert set(letters.KINDS) == set(law.kinds())


@pytest.mark.parametrize("kind", law.kinds())
def test_letters_read_at_grade_eight_or_below(kind: str) -> None:
    small = office.build()
    row, facts = prepared(small, kind)
    with translation.override("en"):
        text = letters.KINDS[kind](row, facts)
        words = "\n".join(sentence for block in text.blocks for sentence in _sentences(block))
    found = grade(words)
    assert found <= HIGHEST_GRADE, (kind, round(found, 1), words)
    assert found > -5, "a text was measured"


def _sentences(block: Any) -> list[str]:
    """The sentences of a block; tables of terms and of fees are no prose."""
    if block.kind == "box":
        return [line for inner in block.blocks for line in _sentences(inner)]
    if block.kind == "list":
        return [str(item) for item in block.items]
    return [block.text] if block.kind in {"paragraph", "heading"} else []


def test_every_ground_is_told_in_plain_words() -> None:
    from chartpost.law.access import GROUNDS as LISTED

    with translation.override("en"):
        for ground in LISTED:
            words = basis(ground)
            assert f"45 CFR 164.{ground}" in words
            assert len(words) > 60
            assert grade(words) <= 12, "one sentence may be harder than the letter"
    with translation.override("es"):
        assert not {"the", "you", "and", "it"} & {w for g in LISTED for w in basis(g).lower().split()}


def test_the_grade_tells_easy_from_hard() -> None:
    easy = "We have your request. We will write to you soon. You can call us."
    hard = (
        "Notwithstanding the aforementioned considerations, institutional representatives shall subsequently determine."
    )
    assert grade(easy) < 4
    assert grade(hard) > 14
    assert [syllables(w) for w in ("the", "records", "letter", "complaint", "asked", "table")] == [1, 2, 2, 2, 1, 2]


def test_all_words_of_the_letters_are_in_spanish() -> None:
    small = office.build()
    for kind in law.kinds():
        row, _ = prepared(small, kind)
        with translation.override("en"):
            english = letters.KINDS[kind](row, {})
        with translation.override("es"):
            spanish = letters.KINDS[kind](row, {})
        assert english.subject != spanish.subject
        same = {s for b in english.blocks for s in _sentences(b)} & {s for b in spanish.blocks for s in _sentences(b)}
        assert not same, (kind, same)


def test_a_letter_is_kept_byte_for_byte_and_only_an_unsent_one_is_replaced() -> None:
    small = office.build()
    row = office.submit(small)
    clerk = small.actor("clerk")
    first = letters.make(row.ref, "acknowledgement", "en", clerk, needed="your address")
    second = letters.make(row.ref, "acknowledgement", "en", clerk)
    assert list(row.letters.values_list("ref", flat=True)) == [second.ref]
    assert first.ref != second.ref
    data = letters.open_letter(second)
    assert blobs.read(second.blob) == data
    letters.send(second.ref, clerk)
    sent_at = Letter.objects.get(ref=second.ref).sent_at
    letters.send(second.ref, clerk)
    third = letters.make(row.ref, "acknowledgement", "en", clerk)
    assert set(row.letters.values_list("ref", flat=True)) == {second.ref, third.ref}
    kept = Letter.objects.get(ref=second.ref)
    assert letters.open_letter(kept) == data
    assert kept.sent_at == sent_at is not None


def test_only_an_acknowledgement_is_sent_without_its_step() -> None:
    small = office.build("OH")
    row, facts = prepared(small, "extension")
    letter = letters.make(row.ref, "extension", "en", small.actor("clerk"), **facts)
    with pytest.raises(NotNow):
        letters.send(letter.ref, small.actor("clerk"))
    services.transition(row.ref, "extend", small.actor("clerk"), **facts)
    assert Letter.objects.get(ref=letter.ref).sent_at is not None
    assert not row.letters.filter(kind="denial").exclude(sent_at=None).exists(), "other letters stay unsent"


def test_a_letter_without_what_the_law_asks_for_is_not_made() -> None:
    small = office.build()
    row, _ = prepared(small, "extension")
    for kind, facts in (
        ("extension", {"reason": "Scanning"}),
        ("redirect", {"holder": "Somebody"}),
        ("review_outcome", {}),
    ):
        before = list(row.letters.values_list("pk", flat=True))
        with pytest.raises(LetterIncomplete):
            letters.make(row.ref, kind, "en", small.actor("clerk"), **facts)
        assert list(row.letters.values_list("pk", flat=True)) == before
    identity.save_office({**OFFICE, "complaint_phone": "", "phone": ""}, SYSTEM)
    with pytest.raises(LetterIncomplete) as caught:
        letters.make(row.ref, "denial", "en", small.actor("clerk"))
    assert "contact_phone" in caught.value.seen


def test_a_refusal_without_review_names_no_review() -> None:
    small = office.build()
    row, _ = prepared(small, "denial")
    row.decision = {"ground": "524(a)(2)(i)", "reviewable": False, "chosen_by": 1}
    row.save()
    text = make(small, row, "denial", "en")
    assert "ask for a review" not in text
    assert "hhs.gov/ocr/complaints" in text


def test_a_parent_s_letter_gives_no_hint_of_a_protected_service() -> None:
    small = office.build()
    row, _ = prepared(small, "grant")
    row.requester_relation, row.subject_name = "parent", "Maya Alvarado"
    row.save()
    plain = make(small, row, "grant", "en")
    ItemDecision.objects.create(request=row, key="Condition/sti", decision="outside", labels=1 << 11)
    assert make(small, row, "grant", "en") == plain
    office.add_denial(row, reviewable=False)
    with_denial = make(small, row, "partial_denial", "en")
    ItemDecision.objects.create(request=row, key="Condition/sti2", decision="outside", labels=1 << 11)
    assert make(small, row, "partial_denial", "en") == with_denial
    for word in ("minor", "confidential", "sti", "service", "protected"):
        assert word not in with_denial.lower().split()


def test_a_held_result_is_told_as_coming_later() -> None:
    small = office.build("TX")
    row, _ = prepared(small, "grant")
    until = office.today(row) + timedelta(days=2)
    ItemDecision.objects.create(request=row, key="Observation/gene", decision="hold", release_on=until)
    english, spanish = make(small, row, "grant", "en"), make(small, row, "grant", "es")
    assert f"wait until {on(until, 'en')}" in english
    assert "This is not a refusal" in english
    assert on(until, "es") in spanish
    assert "Esto no es una negativa" in spanish


def test_a_fee_nobody_agreed_to_is_not_in_the_cover_letter() -> None:
    small = office.build()
    row, _ = prepared(small, "grant")

    row.fee = {**row.fee, "accepted_at": None}
    row.save()
    text = make(small, row, "grant", "en")
    assert "There is nothing to pay." in text
