"""Our documents before HL7's own C-CDA R2.1 Schematron, where its files are present."""

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.formats.ccda.builders import document
from tests.formats.ccda.test_properties import FULL
from tests.support import schematron as oracle
from tests.support.shared import shared_data

from chartpost.formats.ccda import Recipient

pytestmark = [
    pytest.mark.shared_data,
    pytest.mark.skipif(oracle.folder() is None, reason="no C-CDA Schematron: see third_party/hl7-cda-r2"),
]
KINDS = ("ccd", "referral", "discharge", "transfer")
DATA = shared_data()
ONC = {
    "onc__170.315_b1_toc_amb_ccd_r21_sample1_v13.xml": 1,
    "onc__170.315_b1_toc_inp_ds_r21_sample1_v12.xml": 2,
    "onc-recon-amb__170.315_b2_ciri__r21_sample1_ccd_v12.xml": 0,
    "onc-negative__NT_USCDI_Sample1_r21_v4.xml": 23,
}
"""Errors that HL7's rules have with samples of ONC's, as an XSLT engine counts them too."""


@cache
def resources(path: Path) -> list[dict[str, Any]]:
    text = gzip.decompress(path.read_bytes())
    if path.name.endswith(".ndjson.gz"):
        return [json.loads(line) for line in text.splitlines()]
    return [entry["resource"] for entry in json.loads(text)["entry"]]


def people() -> list[Path]:
    return sorted((DATA / "fhir").glob("*json.gz")) if DATA else []


def errors(data: bytes) -> list[str]:
    return [str(finding) for finding in oracle.schematron()(data)]


@pytest.mark.parametrize("name", ONC)
def test_the_oracle_counts_as_others_do(name: str) -> None:
    assert DATA
    assert len(errors((DATA / "ccda" / name).read_bytes())) == ONC[name]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("path", people(), ids=lambda p: p.name[:40])
def test_synthetic_people_break_no_rule(path: Path, kind: str) -> None:
    every = resources(path)
    who = next(r for r in every if r["resourceType"] == "Patient")
    assert errors(document(kind, *every, who=who)) == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("items", [(), FULL], ids=["empty", "full"])
def test_an_empty_and_a_full_record_break_no_rule(kind: str, items: list[dict[str, Any]]) -> None:
    to = Recipient("Ada", "Stern", "Harbor Orthopedics", npi="1234567893", phone="+1 555 0101")
    assert errors(document(kind, *items, recipient=to, reason="Knee pain", selection="All of it")) == []


def test_a_broken_rule_is_found() -> None:
    data = document("ccd").replace(b'<templateId root="2.16.840.1.113883.10.20.22.2.6.1"/>', b"")
    assert any("1198-32934" in error for error in errors(data))
