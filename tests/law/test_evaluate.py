"""`chartpost rules eval FILE`: JSON in, JSON out, clear errors."""

import argparse
import io
import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chartpost.law import cli
from chartpost.law.errors import LawInputError
from chartpost.law.evaluate import OPS, evaluate, evaluate_file

ENTRY = {"id": "a", "op": "simple_days", "given": {"start": "2026-04-02", "days": 30}}


def run(*args):
    parser = argparse.ArgumentParser()
    cli.add_parser(parser.add_subparsers(required=True))
    parsed = parser.parse_args(["rules", "eval", *map(str, args)])
    return parsed.func(parsed)


def test_list_and_object_with_vectors_give_the_same():
    expected = [{"id": "a", "result": {"date": "2026-05-02"}}]
    assert evaluate_file([ENTRY]) == expected
    assert evaluate_file({"vectors": [ENTRY], "title": "x"}) == expected


def test_unknown_op_is_null_with_a_note():
    assert evaluate("tea_time", {}) is None
    [answer] = evaluate_file([{"id": 7, "op": "tea_time", "given": {}}])
    assert (answer["id"], answer["result"]) == (7, None)
    assert "unknown op 'tea_time'" in answer["note"]


@pytest.mark.parametrize(
    ("op", "facts", "note"),
    [
        ("access_due", {"received": "yesterday"}, "given.received: saw 'yesterday', expected a date"),
        ("access_due", {}, "given.received: saw nothing"),
        ("access_due", {"received": "2026-01-05", "profile": "x"}, "expected one of current"),
        ("access_due", {"received_at": "2026-01-05T00:00:00Z"}, "given.tz: saw nothing"),
        ("access_due", {"received_at": "9999-12-31T23:00:00-09:00", "tz": "UTC"}, "in the years 1800 to 2999"),
        ("access_due", {"received_at": 5, "tz": "UTC"}, "given.received_at: saw 5"),
        ("simple_days", {"start": "2026-01-05", "days": "3"}, "given.days: saw '3', expected a whole number"),
        ("access_due", {"received": "9999-12-30"}, "a date in the years 1800 to 2999"),
        ("simple_days", {"start": "2026-01-05", "days": 10**9}, "a number of days that ends at a date"),
        ("business_days_after", {"start": "2026-01-05", "n": 10**9}, "from 0 to 2600"),
        ("simple_days", {"start": "2026-01-05", "days": True}, "expected a whole number"),
        ("fee_quote", {"flat_cents": 6.5, "method": "flat"}, "given.flat_cents: saw 6.5"),
        ("fee_quote", {"advance_notice_given": "yes"}, "expected true or false"),
        ("fee_quote", {"supplies": [3]}, "given.supplies: saw [3], expected a list of objects"),
        ("fee_quote", {"supplies": [{"item": "cd"}]}, "given.supplies[0].cents: saw nothing"),
        ("fee_quote", {"state_schedule": {"tiers": [[1, 2, 3]]}}, "given.state_schedule.tiers"),
        ("fee_quote", {"labor_minutes": -3}, "expected 0 or more"),
        ("denial_letter", {"contains": "basis"}, "expected a list"),
        ("denial_letter", {"contains": [1]}, "expected a list of texts"),
        ("access_item", {"harm": "yes"}, "expected an object"),
    ],
)
def test_facts_that_do_not_fit_give_a_note(op, facts, note):
    [answer] = evaluate_file([{"id": "a", "op": op, "given": facts}])
    assert answer["result"] is None
    assert note in answer["note"]


def test_one_bad_entry_does_not_spoil_the_others():
    answers = evaluate_file([{"id": "bad", "op": "simple_days", "given": {}}, ENTRY])
    assert [answer["result"] for answer in answers] == [None, {"date": "2026-05-02"}]


@pytest.mark.parametrize(
    "document", [3, "text", None, {}, {"vectors": 3}, [1], [{"op": 1}], [{"op": "x", "given": []}]]
)
def test_wrong_shapes_say_what_was_expected(document):
    with pytest.raises(LawInputError, match=r"saw .* expected"):
        evaluate_file(document)


def test_other_spellings_of_a_fact():
    assert evaluate("fee_quote", {"copy": "portal"})["reasons"] == ["PORTAL_FREE"]
    assert evaluate("fee_quote", {"entity_waiver": True})["total_cents"] == 0
    assert evaluate("access_item", {"item": "x", "held_here": False, "whereabouts_known": True}) == {
        "decision": "redirect",
        "ground": None,
        "reviewable": None,
    }


def test_fractions_of_minutes_stay_exact():
    facts = {"labor_minutes": 0.1, "rate_cents_per_hour": 60000, "advance_notice_given": True}
    assert evaluate("fee_quote", facts)["total_cents"] == 100


def test_command_prints_json(tmp_path, capsys):
    file = tmp_path / "in.json"
    file.write_text(json.dumps([ENTRY]), encoding="utf-8")
    assert run(file) == 0
    assert json.loads(capsys.readouterr().out) == [{"id": "a", "result": {"date": "2026-05-02"}}]


def test_command_reads_standard_input(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps([ENTRY])))
    assert run("-") == 0
    assert json.loads(capsys.readouterr().out)[0]["id"] == "a"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{oops", "saw no JSON at line 1, column 2"),
        (b"", "saw no JSON at line 1, column 1"),
        (b"\xff\xfe", "not UTF-8"),
        (b'{"a": 1}', "expected a list of {id, op, given} or an object with `vectors`"),
        (b"[" * 200_000, "nested too deeply"),
        (b"[" + b"9" * 5000 + b"]", "a number too long"),
    ],
)
def test_command_refuses_a_bad_file(tmp_path, capsys, content, message):
    file = tmp_path / "in.json"
    file.write_bytes(content)
    assert run(file) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert message in shown.err


def test_command_refuses_a_missing_file(tmp_path, capsys):
    assert run(tmp_path / "none.json") == 2
    assert "could not be read" in capsys.readouterr().err


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(["2026-01-05", "CA"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
KEYS = ["received", "start", "n", "days", "supplies", "summary", "harm", "contains", "requester", "subject_age"]


@given(st.sampled_from(sorted(OPS)), st.dictionaries(st.sampled_from(KEYS), JSON, max_size=4))
def test_no_facts_ever_crash_the_evaluation(op, facts):
    [answer] = evaluate_file([{"id": "a", "op": op, "given": facts}])
    assert answer["result"] is not None or answer["note"]
