"""Every document of other people: nothing it states is lost, and all that is made of it is sound."""

import pytest
from tests.formats.ccda_intake.census import entries, templates
from tests.formats.ccda_intake.coverage import NOTHING, at, coverage
from tests.formats.ccda_intake.page import PAGE, render
from tests.formats.ccda_intake.samples import BROKEN, converted, documents, whole

from chartpost.formats.ccda import NotXmlError, parse
from chartpost.formats.ccda.intake import convert
from chartpost.formats.fhirjson.profiles import check

LEAST = 0.99
BIRTH_SEX = "2.16.840.1.113883.10.20.22.4.200"
PRIVACY = "2.16.840.1.113883.3.3251.1.4"
"""What goes into the Patient and into security labels rather than into a resource of its own."""

LOOKED_AT = {
    ("partners", "allergy", "48765-2"),  # an observation with nullFlavor NASK: allergies were not asked about
    ("kareo", "procedure", "30954-2"),  # "No Procedure Performed"
}
"""Entries that do carry a code, but a person found to say nothing."""

pytestmark = [pytest.mark.shared_data, pytest.mark.skipif(not documents(), reason="no third-party files here")]
each = pytest.mark.parametrize("name", whole())


@each
def test_what_a_document_states_has_a_resource(name: str) -> None:
    found = coverage(documents()[name], converted(name))
    assert found.share >= LEAST, found.lost
    assert all(rest.reason != "no reason given" for rest in found.rest)


@each
def test_only_entries_without_any_code_or_number_say_nothing(name: str) -> None:
    found = coverage(documents()[name], converted(name))
    told = [(rest.kind, rest.section) for rest in found.rest if rest.reason == NOTHING and not rest.bare]
    assert [one for one in told if (name.partition("__")[0], *one) not in LOOKED_AT] == []


@each
def test_every_entry_is_counted_and_none_is_passed_over(name: str) -> None:
    root, found = parse(documents()[name]), converted(name)
    told = {at(root, issue.path) for issue in found.issues if issue.path}
    made = {at(root, source.path) for source in found.sources.values()}
    for entry in entries(root):
        inside = set(entry.iter())
        aside = set(templates(entry)) & {BIRTH_SEX, PRIVACY}
        assert inside & (made | told) or aside, root.getroottree().getpath(entry)


@each
def test_every_resource_is_valid(name: str) -> None:
    found = converted(name)
    for one in found.resources:
        assert [issue for issue in check(one) if issue.severity == "error"] == [], one
    assert found.resources[0]["resourceType"] == "Patient"
    assert found.resources[0]["name"][0]["family"] == found.header.name.family


@each
def test_every_resource_says_where_it_comes_from(name: str) -> None:
    root, found = parse(documents()[name]), converted(name)
    traces = [one for one in found.resources if one["resourceType"] == "Provenance"]
    targets = {target["reference"] for one in traces for target in one["target"]}
    for one in found.resources:
        if one["resourceType"] != "Provenance":
            reference = f"{one['resourceType']}/{one['id']}"
            assert at(root, found.sources[reference].path) is not None
            assert reference in targets


def test_broken_xml_is_refused_with_its_place() -> None:
    with pytest.raises(NotXmlError, match="line 59"):
        convert(documents()[BROKEN])


def test_a_document_of_wrong_codes_is_read_and_told() -> None:
    name = next(n for n in documents() if "NT_USCDI" in n)
    assert converted(name).issues


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == render(), "run: python -m tests.formats.ccda_intake.page"
