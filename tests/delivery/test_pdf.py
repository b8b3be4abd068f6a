"""The record PDF as its reader sees it."""

from datetime import date
from typing import Any

import pytest

from chartpost.delivery import queries
from chartpost.formats.fhirjson.terms import Category
from chartpost.formats.fhirjson.views import detail_labels
from chartpost.formats.readable.labels import LABELS
from chartpost.identity import services as identity
from chartpost.identity.types import SYSTEM
from chartpost.kernel import blobs
from chartpost.records.types import Selection
from tests.delivery import support
from tests.support import world as worlds

pytestmark = pytest.mark.django_db


def read(world: worlds.World, who: str, **more: Any) -> str:
    return support.words(support.data(support.make(world, who, "pdf", **more), ".pdf"))


def test_the_summary_comes_first_and_bills_are_right() -> None:
    text = read(worlds.build("gordon-pruitt"), "gordon-pruitt")
    order = [text.index(word) for word in ("Summary", "Contents", "How to take it", "Usual range", "Insurance paid")]
    assert order == sorted(order)
    assert "Uric acid 7.6 mg/dL 3.5 to 7.2 mg/dL ▲ High" in text
    disputed = text[text.index("Emergency department visit, Imaging study") :][:320]
    assert "Agreed price: $0.00 · Copay: $25.00" in disputed
    assert "Denied: service judged not to be an emergency. Appeal received, under review." in disputed
    assert text.count("$1,338.00") == 1, "claim and answer are one row"
    assert "Provenance" not in text


def test_spanish_says_labels_dates_ranges_and_sections_in_spanish() -> None:
    text = read(worlds.build("rosa-alvarado"), "rosa-alvarado", language="es")
    for spanish in (
        "Problemas de salud",
        "Cómo tomarlo",
        "13 de abril de 2018",
        "▲ Alto",
        "Hemoglobina A1c",
        "Femenino",
    ):
        assert spanish in text, spanish
    for english in ("Health problems", "How to take it", "Reason:", "Active", "Vital signs", "since ", " to 5.6"):
        assert english not in text, english


def test_every_label_of_a_view_can_be_said() -> None:
    assert set(detail_labels()) == set(LABELS)


def test_a_small_record_and_none_at_all() -> None:
    world = worlds.build("edith-marsh")
    text = read(world, "edith-marsh")
    assert "Evergreen Senior Plan" in text
    assert "None in this copy." in text
    nothing = read(world, "edith-marsh", selection=Selection(frozenset({Category.IMAGING})))
    assert "We hold no entries for what this copy covers." in nothing
    assert "Evergreen" not in nothing


def test_what_the_copy_covers_is_said_and_only_chosen_summaries_show() -> None:
    chosen = Selection(frozenset({Category.ALLERGIES}), date_from=date(2019, 2, 1))
    text = read(worlds.build("gordon-pruitt"), "gordon-pruitt", selection=chosen, withheld=["524(a)(2)(i)"])
    assert "Allergies · from February 1, 2019" in text
    assert "Some parts are not included" in text
    assert "Medicines" not in text


def test_two_sources_of_a_merged_person_are_both_named() -> None:
    world = worlds.build("edith-marsh", "gordon-pruitt")
    edith, gordon = world.people["edith-marsh"], world.people["gordon-pruitt"]
    support.put(gordon.id, support.condition("from-other", "p-other", "Tennis elbow"), source="Uptown Orthopedics")
    package = support.make(world, "gordon-pruitt", "fhir")
    identity.merge(edith.id, gordon.id, "one person", world.actor("privacy"))
    text = read(world, "edith-marsh")
    assert "Uptown Orthopedics" in text
    assert "Lakeside Family Health" in text
    assert "Tennis elbow" in text
    moved = support.known(package.ref)
    assert moved.person_id == edith.id
    ids = {queries.part(p.ref)[2] for p in moved.parts}
    assert ids <= set(blobs.iter_ids(f"person:{edith.id}")), "the files can be erased with the person they belong to"


def test_numbers_that_paper_need_not_carry_stay_off() -> None:
    world = worlds.build("edith-marsh")
    fields = {"given": "Ann", "family": "Lee", "birth_date": date(1980, 1, 2), "sex": "female"}
    numbers = [("http://hl7.org/fhir/sid/us-ssn", "999-12-3456"), ("https://x.example.org/mrn", "MRN-7")]
    world.people["ann"] = identity.add_person(fields, numbers, SYSTEM)
    world.accounts["ann"] = world.accounts["edith-marsh"]
    text = read(world, "ann")
    assert "MRN-7" in text
    assert "999-12-3456" not in text
