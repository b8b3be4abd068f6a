"""Two exports of one person, as real systems wrote them: what joins, what is asked; see docs/several-places.md."""

from collections import Counter
from typing import Any

import pytest

from chartpost.identity.types import SYSTEM, RowFilter
from chartpost.records.ingest import import_path
from chartpost.records.models import Resource
from chartpost.records.reconcile import queries
from chartpost.records.reconcile.models import Joined
from chartpost.records.types import type_of
from tests.records.builders import person
from tests.support.shared import shared_data

DATA = shared_data()
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.shared_data,
    pytest.mark.skipif(DATA is None, reason="needs the shared sample files"),
]
ONC = "onc-recon-amb__170.315_b2_ciri__r21_sample1_ccd"
PAIRS = {
    "greenway": ("greenway__26775_ExportSummary_CCDA.xml", "greenway__26775_ClinicalVisitSummary_CCDA.xml"),
    "onc reconciliation": (f"{ONC}_v12.xml", f"{ONC}_recon_v12.xml"),
    "onc ccd and referral note": (
        "onc__170.315_b1_toc_amb_ccd_r21_sample1_v13.xml",
        "onc__170.315_b1_toc_amb_rn_r21_sample1_v13.xml",
    ),
}
AT_LEAST = {
    "greenway": {"Observation": 20, "Condition": 8, "MedicationRequest": 4, "Procedure": 4},
    "onc reconciliation": {"AllergyIntolerance": 2, "Condition": 2},
    "onc ccd and referral note": {"Observation": 40, "Condition": 12, "MedicationRequest": 8, "Immunization": 6},
}
"""Entries joined, by type: two for each thing that both files tell."""
ASKED_AT_MOST = 5
NOBODY_YET: dict[str, Any] = {"given": "", "family": "", "birth_date": None}
"""A person of whom the office knows nothing that a file could contradict."""


@pytest.mark.parametrize("name", PAIRS)
def test_what_both_exports_tell_is_joined_and_little_is_asked(name: str) -> None:
    assert DATA is not None
    who = person(**NOBODY_YET)
    for file in PAIRS[name]:
        report = import_path(DATA / "ccda" / file, SYSTEM, person_ref=who.ref)
        assert not report.refused
    rids = Joined.objects.values_list("rid", flat=True)
    kinds = Resource.objects.filter(rid__in=rids).values_list("kind", flat=True)
    joined = Counter(type_of(kind) for kind in kinds)
    assert {kind: joined[kind] for kind in AT_LEAST[name] if joined[kind] < AT_LEAST[name][kind]} == {}
    assert report.to_check == queries.count(who.id, RowFilter()) <= ASKED_AT_MOST


def test_the_same_export_twice_changes_nothing() -> None:
    assert DATA is not None
    who = person(**NOBODY_YET)
    path = DATA / "ccda" / PAIRS["greenway"][0]
    for _ in range(2):
        report = import_path(path, SYSTEM, person_ref=who.ref)
    assert report.created == 0
    assert not Joined.objects.exists()
    assert queries.count(who.id, RowFilter()) == 0
