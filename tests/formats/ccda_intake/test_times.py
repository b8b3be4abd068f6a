"""HL7 V3 times as FHIR: precision kept, offsets borrowed or left out and never made up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.formats.ccda_intake.papers import PROBLEMS, paper, problem, section

from chartpost.formats.ccda.intake import convert
from chartpost.formats.ccda.intake.times import zones

EASTERN = "20240105101500-0500"


@pytest.mark.parametrize(
    ("value", "told", "how"),
    [
        ("2013", "2013", ""),
        ("201308", "2013-08", ""),
        ("20130815", "2013-08-15", ""),
        ("2013081510", "2013-08-15", ""),
        ("201308151030-0400", "2013-08-15T10:30:00-04:00", ""),
        ("20130815103045.123+0000", "2013-08-15T10:30:45.123+00:00", ""),
        ("20130815103045.000-05", "2013-08-15T10:30:45-05:00", ""),
        ("20130815103045-500", "2013-08-15T10:30:45-05:00", ""),
        ("20130815103045Z", "2013-08-15T10:30:45Z", ""),
        (" 20130815 ", "2013-08-15", ""),
        ("2013-08-15T10:30:45-04:00", "2013-08-15T10:30:45-04:00", ""),
        ("2013-08", "2013-08", ""),
        ("8/5/2013", "2013-08-05", ""),
        ("201308151030", "2013-08-15T10:30:00-05:00", "borrowed"),
        ("20130815000000", "2013-08-15", "midnight"),
        ("20130815000000-0500", "2013-08-15T00:00:00-05:00", ""),
        ("20130230", "2013-02", "cut"),
        ("20131315", "2013", "cut"),
        ("20130015", "2013", "cut"),
        ("20130000", "2013", "cut"),
        ("201300", "2013", "cut"),
        ("201308152575", "2013-08-15", "cut"),
        ("201308151030+2500", "2013-08-15", "cut"),
        ("-99", "", "unreadable"),
        ("9", "", "unreadable"),
        ("0000", "", "unreadable"),
        ("yesterday", "", "unreadable"),
    ],
)
def test_a_time_keeps_its_precision(value: str, told: str, how: str) -> None:
    assert tuple(zones(EASTERN, None).read(value)) == (told, how)


def test_without_any_offset_the_time_of_day_is_left_out() -> None:
    assert tuple(zones("20240105101500", None).read("201308151030")) == ("2013-08-15", "dropped")


def test_a_zone_counts_summer_time() -> None:
    new_york = zones("20240105", "America/New_York")
    assert new_york.read("201308151030").text.endswith("-04:00")
    assert new_york.read("201301151030").text.endswith("-05:00")


def test_a_zone_that_agrees_with_the_document_is_better_than_its_offset() -> None:
    assert tuple(zones(EASTERN, "America/New_York").read("201308151030")) == ("2013-08-15T10:30:00-04:00", "zone")


def test_the_offset_of_the_document_counts_more_than_a_zone_that_disagrees() -> None:
    assert tuple(zones(EASTERN, "America/Denver").read("201301151030")) == ("2013-01-15T10:30:00-05:00", "borrowed")


def test_the_choice_is_told_once_with_its_count() -> None:
    text = paper(section(PROBLEMS, problem("1"), problem("2"))).replace('value="20200102"', 'value="202001020830"')
    (told,) = [i for i in convert(text.encode()).issues if i.code == "time-borrowed"]
    assert told.seen == "2 times of day without offset"


def test_an_end_before_the_start_is_left_out_and_told() -> None:
    text = paper(section(PROBLEMS, problem())).replace(
        '<low value="20200102"/>', '<low value="20200102"/><high value="20190102"/>'
    )
    found = convert(text.encode())
    (made,) = [r for r in found.resources if r["resourceType"] == "Condition"]
    assert (made["onsetDateTime"], "abatementDateTime" in made) == ("2020-01-02", False)
    assert "period-inverted" in {i.code for i in found.issues}


@given(st.text(alphabet="0123456789+-TZ:. /", max_size=30))
def test_no_text_breaks_the_reader(value: str) -> None:
    moment = zones(EASTERN, None).read(value)
    assert moment.text == "" or len(moment.text) >= 4
