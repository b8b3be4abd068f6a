"""Disclosures to others: accounting, minimum necessary, directives, information blocking."""

import pytest

from chartpost.law.errors import LawInputError
from chartpost.law.evaluate import evaluate
from chartpost.law.sharing import DirectiveFacts, blocking_exception, directive, purpose

COMPLETE = {"in_writing": True, "signed": True, "identifies_person": True, "identifies_where": True}


@pytest.mark.parametrize(
    ("key", "listed", "minimum"),
    [
        ("treatment", False, False),
        ("payment", False, True),
        ("authorization", False, False),
        ("subpoena", True, True),
        ("public_health", True, True),
        ("hhs_compliance", True, False),
        ("impermissible", True, True),
        ("a_new_purpose", True, True),
    ],
)
def test_purposes(key, listed, minimum):
    found = purpose(key)
    assert (found.in_accounting, found.minimum_necessary) == (listed, minimum)


def test_complete_directive_must_be_sent():
    found = directive(DirectiveFacts(**COMPLETE, content="ehr_electronic_copy"))
    assert (found.result, found.fee_limit_applies, found.missing) == ("must_send", False, ())


@pytest.mark.parametrize(
    ("part", "code"),
    [
        ("in_writing", "IN_WRITING"),
        ("signed", "SIGNED"),
        ("identifies_person", "DESIGNATED_PERSON"),
        ("identifies_where", "WHERE_TO_SEND"),
    ],
)
def test_incomplete_directive_names_what_is_missing(part, code):
    found = directive(DirectiveFacts(**{**COMPLETE, part: False}, content="ehr_electronic_copy"))
    assert (found.result, found.missing) == ("incomplete", (code,))


def test_paper_to_a_third_party_needs_an_authorization():
    found = directive(DirectiveFacts(**COMPLETE, content="paper_copy"))
    assert (found.result, found.missing) == ("use_authorization", ("EHR_ELECTRONIC_COPY_ONLY",))


def test_the_2016_reading_took_any_format_at_the_individual_fee():
    found = directive(DirectiveFacts(**COMPLETE, content="paper_copy", profile="guidance_2016"))
    assert (found.result, found.fee_limit_applies, found.missing) == ("must_send", True, ())


@pytest.mark.parametrize(
    ("reason", "exception", "written"),
    [
        ("524(a)(3)", "171.201", False),
        ("524(a)(3)(ii)", "171.201", False),
        ("524(a)(2)(v)", "171.202(d)", False),
        ("psychotherapy_notes", "NOT_EHI", False),
        ("cannot_segment", "171.204(a)(2)", True),
        ("vendor_backlog", "NONE", False),
    ],
)
def test_exceptions(reason, exception, written):
    found = blocking_exception(reason)
    assert (found.exception, found.written_10bd) == (exception, written)


def test_policy_may_ask_for_written_reasons_always():
    assert blocking_exception("524(a)(3)", "all_denials_10bd").written_10bd
    assert not blocking_exception("vendor_backlog", "all_denials_10bd").written_10bd


def test_no_refusal_without_a_row():
    with pytest.raises(LawInputError, match="reason: saw 'busy'"):
        blocking_exception("busy")


@pytest.mark.parametrize(
    ("items", "highest"), [([["N"], ["HIV"]], "R"), ([["N"], ["PSYTHPN"]], "V"), ([["N"], ["L"]], "N"), ([], "N")]
)
def test_bundle_is_as_confidential_as_its_highest_part(items, highest):
    found = evaluate("label_high_water", {"items": items, "item_controls": ["REDACT"]})
    assert found == {"bundle_confidentiality": highest, "bundle_controls": []}


def test_bundle_parts_must_be_lists_of_codes():
    with pytest.raises(LawInputError, match="a list of lists of codes"):
        evaluate("label_high_water", {"items": ["N"]})
