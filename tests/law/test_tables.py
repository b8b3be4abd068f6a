"""The data tables: every row can be read, every rule can be explained, the page is in step."""

from datetime import date
from pathlib import Path

import pytest

from chartpost.law import categories, labels, letters, rules, states, tables, timers
from chartpost.law.document import render
from chartpost.law.errors import LawInputError, UnknownRuleError

ROOT = Path(__file__).resolve().parents[2]
BASE = ("basis", "complaint_entity", "complaint_hhs", "contact_name_or_title", "contact_phone", "plain_language")


def test_page_is_in_step_with_the_tables():
    assert (ROOT / "docs" / "rules.md").read_text(encoding="utf-8") == render()


def test_page_hides_the_fictional_state():
    assert "| ZZ |" not in render()
    assert "| TX | physicians | copy | 15 business days |" in render()


def test_every_table_has_a_version():
    assert set(tables.versions()) == set(tables.TABLES)
    folder = Path(tables.__file__).parent / "data"
    assert {path.stem for path in folder.glob("*.toml")} == set(tables.TABLES)


def test_rows_apply_between_their_dates():
    row = {"effective_from": date(2013, 9, 23), "effective_to": date(2020, 1, 1)}
    assert [tables.in_force(row, day) for day in (date(2013, 9, 22), date(2013, 9, 23), date(2020, 1, 1))] == [
        False,
        True,
        True,
    ]
    assert not tables.in_force(row, date(2020, 1, 2))
    assert tables.in_force({}, date(1990, 1, 1))


def test_rules_are_plain_sentences():
    for rule in rules.all_rules().values():
        assert rule.text.endswith("."), rule.id
        assert rule.cite or rule.mark == "design", rule.id


def test_explain():
    found = rules.explain("CLK-1")
    assert (found.cite, found.mark) == ("45 CFR 164.524(b)(2)(i)", "verified")
    assert "30 calendar days" in found.text
    with pytest.raises(UnknownRuleError, match="saw 'CLK-99'"):
        rules.explain("CLK-99")


@pytest.mark.parametrize("family", ["CLK", "FEE", "DEN", "REV", "INT", "WHO", "SCOPE"])
def test_families_are_numbered_without_gaps(family):
    numbers = [int(rule.split("-")[1]) for rule in rules.all_rules() if rule.startswith(f"{family}-")]
    assert numbers == list(range(1, len(numbers) + 1))


def test_every_state_row_gives_a_date_after_receipt():
    assert len(states.state_limits()) >= 20
    for limit in states.state_limits():
        assert limit.due(date(2026, 6, 1)) > date(2026, 6, 1)
        assert limit.citation.cite


def test_letters_of_a_denial():
    assert letters.missing("denial", BASE, "524(a)(2)(i)") == ()
    assert letters.missing("denial", BASE, "524(a)(3)(i)") == ("review_rights",)
    assert letters.missing("denial", [], "DEN-8") == (*BASE, "review_rights")
    assert letters.missing("denial", [*BASE, "something_more"]) == ()


def test_partial_denial_says_what_is_released_too():
    assert letters.missing("partial_denial", BASE, "164.524(a)(3)(ii)") == ("released_now", "review_rights")


def test_extension_letter():
    assert [e.key for e in letters.required("extension")] == ["reasons", "completion_date", "only_one", "contact"]
    assert letters.required("extension")[0].citation.rule_id == "CLK-3"


@pytest.mark.parametrize(("kind", "ground"), [("love_letter", None), ("denial", "524(z)")])
def test_unknown_letter_or_ground(kind, ground):
    with pytest.raises(LawInputError, match="expected one of"):
        letters.required(kind, ground)


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ([], "N"),
        (["HIV"], "R"),
        (["N", "HIV"], "R"),
        (["42CFRPart2"], "R"),
        (["PSYTHPN"], "V"),
        (["V", "HIV"], "V"),
        (["L"], "L"),
    ],
)
def test_confidentiality(codes, expected):
    assert labels.confidentiality(codes) == expected


def test_high_water():
    assert labels.high_water(["N", "V", "R"]) == "V"
    assert labels.high_water([]) == "N"
    with pytest.raises(LawInputError, match="one of U, L, M, N, R, V"):
        labels.high_water(["X"])


def test_labels_carry_their_system():
    assert labels.label("HIV").system == "http://terminology.hl7.org/CodeSystem/v3-ActCode"
    assert [found.code for found in labels.axis("confidentiality")] == list(labels.CONFIDENTIALITY)
    with pytest.raises(LawInputError, match="label"):
        labels.label("SICKLE")


def test_category_labels_exist():
    for row in categories.all_categories():
        assert all(labels.label(code).code == code for code in row.labels)
    assert {row.key for row in categories.sensitive_categories()} >= {"psychotherapy_notes", "substance_use_part2"}
    assert not categories.category("psychotherapy_notes").in_record_set
    with pytest.raises(LawInputError, match="category"):
        categories.category("horoscopes")


@pytest.mark.parametrize(
    ("name", "start", "due"),
    [
        ("access.act", "2026-01-05", "2026-02-04"),
        ("amend.act", "2026-01-15", "2026-03-16"),
        ("infoblock.reason", "2026-06-26", "2026-07-13"),
        ("retention", "2024-02-29", "2030-03-01"),
    ],
)
def test_timers(name, start, due):
    assert timers.timer(name).due(date.fromisoformat(start)) == date.fromisoformat(due)


def test_timer_without_a_length():
    with pytest.raises(LawInputError, match="timer"):
        timers.timer("consent.expiry").due(date(2026, 1, 1))
    with pytest.raises(LawInputError, match=r"one of access\.act"):
        timers.timer("egg")
