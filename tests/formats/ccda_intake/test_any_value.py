"""Whatever stands in a time, quantity, identifier or code: no exception, and only what FHIR allows comes out."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from tests.formats.ccda_intake.papers import PROBLEMS, RESULTS, V3, paper, problem, result, section

from chartpost.formats.ccda.intake import convert
from chartpost.formats.ccda.intake.amounts import number
from chartpost.formats.ccda.intake.numbers import identifier
from chartpost.formats.ccda.intake.times import zones
from chartpost.formats.ccda.intake.units import is_ucum, ucum
from chartpost.formats.fhirjson.dates import parse_date
from chartpost.formats.fhirjson.profiles import check

DATE = re.compile(r"\d{4}(-\d\d(-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d))?)?)?")
DIGITS = st.from_regex(r"[0-9]{0,17}([.,][0-9]{0,6})?([+-][0-9]{0,5}|Z)?", fullmatch=True)
XML_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff"))
ZONE = st.sampled_from([None, "America/New_York", "Asia/Kolkata", "UTC"])


@given(st.one_of(DIGITS, XML_TEXT), st.one_of(st.just(""), DIGITS), ZONE)
def test_a_time_is_a_fhir_time_or_empty(value: str, document: str, zone: str | None) -> None:
    moment = zones(document, zone).read(value)
    assert moment.text == "" or (DATE.fullmatch(moment.text) and parse_date(moment.text))
    assert (moment.text == "") == (moment.how == "unreadable")


@given(st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)), st.integers(-12 * 60, 14 * 60))
def test_a_whole_time_keeps_its_moment(at: datetime, minutes: int) -> None:
    sign, rest = ("-", -minutes) if minutes < 0 else ("+", minutes)
    written = f"{at:%Y%m%d%H%M%S}{sign}{rest // 60:02}{rest % 60:02}"
    read = zones("", None).read(written)
    assert read.how == ""
    assert read.text == f"{at:%Y-%m-%dT%H:%M:%S}{sign}{rest // 60:02}:{rest % 60:02}"


@given(st.datetimes(datetime(1970, 1, 2), datetime(2037, 1, 1)))
def test_a_time_without_offset_gets_that_of_the_zone_at_that_time(at: datetime) -> None:
    read = zones("", "America/New_York").read(f"{at:%Y%m%d%H%M%S}")
    if read.how == "zone":
        assert datetime.fromisoformat(read.text) == at.replace(microsecond=0, tzinfo=ZoneInfo("America/New_York"))
    else:
        assert (read.how, read.text) == ("midnight", f"{at:%Y-%m-%d}")


@given(st.one_of(XML_TEXT, st.decimals(allow_nan=True).map(str), st.from_regex(r"-?[0-9]{0,25}\.?[0-9]{0,25}")))
def test_a_number_is_the_one_written_or_none(text: str) -> None:
    found = number(text)
    if found is not None:
        assert abs(float(found)) < 1e19
        assert float(found) == float(text.strip().replace(",", ""))


@given(st.one_of(XML_TEXT, st.from_regex(r"[a-zA-Z0-9*^/.\[\]{}%()+-]{1,12}", fullmatch=True)))
def test_a_unit_is_ucum_or_none(text: str) -> None:
    code = ucum(text)
    assert code == "" or is_ucum(code)


def element(name: str, **attributes: str) -> etree._Element:
    node = etree.Element(f"{{{V3}}}{name}")
    for key, value in attributes.items():
        node.set(key, value)
    return node


@given(XML_TEXT, XML_TEXT)
def test_an_identifier_is_one_of_fhir_or_none(root: str, extension: str) -> None:
    made = identifier(element("id", root=root, extension=extension))
    if made is not None:
        kept = {key: value for key, value in made.items() if value}
        who = {"resourceType": "Practitioner", "identifier": [kept]}
        assert [issue for issue in check(who) if issue.severity == "error"] == []


QUOTED = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters='"<&\ufffe\uffff'), max_size=40
)


@settings(max_examples=60, deadline=None)
@given(QUOTED, QUOTED, QUOTED, st.sampled_from(["PQ", "CD", "ST", "INT", "TS", "IVL_PQ", "RTO", "BL", "zz"]))
def test_any_value_makes_a_sound_observation_or_words(value: str, unit: str, code: str, kind: str) -> None:
    written = f'<value xsi:type="{kind}" value="{value}" unit="{unit}" code="{code}" codeSystem="{unit}"/>'
    found = convert(paper(section(RESULTS, result(written)), section(PROBLEMS, problem())).encode())
    kinds = [one["resourceType"] for one in found.resources]
    assert "Condition" in kinds
    assert "Observation" in kinds or "DocumentReference" in kinds
    for one in found.resources:
        assert [issue for issue in check(one) if issue.severity == "error"] == []


@settings(max_examples=60, deadline=None)
@given(QUOTED, QUOTED, QUOTED)
def test_any_code_makes_a_sound_condition(code: str, system: str, display: str) -> None:
    entry = problem("1").replace(
        'xsi:type="CD" code="1" codeSystem="2.16.840.1.113883.6.96" displayName="Name"',
        f'xsi:type="CD" code="{code}" codeSystem="{system}" displayName="{display}"',
    )
    assert f'code="{code}"' in entry
    found = convert(paper(section(PROBLEMS, entry)).encode())
    for one in found.resources:
        assert [issue for issue in check(one) if issue.severity == "error"] == []
    assert not [issue for issue in found.issues if issue.severity == "error"]
