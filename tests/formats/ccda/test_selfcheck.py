"""The check before release notices what is broken."""

import pytest
from tests.formats.ccda.builders import ccd, concept, lab, resource

from chartpost.formats.ccda import check_document

WHOLE = ccd(lab(), resource("Condition", code=concept("44054006", "Diabetes"), onsetDateTime="2020"))


def rules(data: bytes) -> set[str]:
    return {issue.rule for issue in check_document(data)}


def test_a_whole_document_has_nothing_wrong() -> None:
    assert check_document(WHOLE) == []


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        (b"</ClinicalDocument>", b"", "readable"),
        (b"<ClinicalDocument", b"<!DOCTYPE x><ClinicalDocument", "readable"),
        (b'<realmCode code="US"/>', b"", "rule"),
        (b"<title>Continuity of Care Document</title>", b"", "rule"),
        (b'<birthTime value="19800229"/>', b"", "rule"),
        (b'<birthTime value="19800229"/>', b'<birthTime value="19810229"/>', "date"),
        (b'<birthTime value="19800229"/>', b"<birthTime/>", "date"),
        (b'"20250401101500-0400"', b'"2025040125"', "date"),
        (b'"34133-9"', b'"34133-0"', "rule"),
        (b"<name>Harbor Clinic</name><telecom", b"<name/><telecom", "rule"),
        (b'code="48765-2"', b'code="48765-0"', "rule"),
        (b"<title>Problems</title>", b"<title> </title>", "rule"),
        (b'section nullFlavor="NI"', b"section", "rule"),
        (b'value="#problems-1"', b'value="#problems-9"', "reference"),
        (b'value="#problems-1"', b'value="problems-1"', "reference"),
        (b'ID="problems-1-1"', b'ID="results-1"', "reference"),
        (b'<templateId root="2.16.840.1.113883.10.20.22.4.3"/>', b"", "template"),
        (b'codeSystem="2.16.840.1.113883.6.96"', b'codeSystem="SNOMED"', "code"),
        (b'code="44054006"', b"", "code"),
        (b'<custodian>', b'<custodian><id root="not-an-oid"/>', "identifier"),
    ],
)  # fmt: skip
def test_one_thing_broken_is_noticed(old: bytes, new: bytes, rule: str) -> None:
    assert old in WHOLE
    found = check_document(WHOLE.replace(old, new, 2 if b"Harbor" in old else 1))
    assert rule in {issue.rule for issue in found}


def test_an_issue_says_where_and_what_but_not_whose() -> None:
    broken = WHOLE.replace(b'"19800229"', b'"19801399"').replace(b'value="#results-1"', b'value="#x"')
    issues = check_document(broken)
    assert rules(broken) == {"date", "reference"}
    text = " ".join(f"{i.where} {i.expected}" for i in issues)
    assert "birthTime" in text
    assert "19801399" not in text
    assert "Ana" not in text
