"""Summaries, chosen elements, narrative alone and everything but it: always marked as a part."""

from chartpost.formats.fhirjson.search import data_only, select_elements, summary, text_only
from chartpost.formats.fhirjson.search.summary import SUBSETTED
from chartpost.formats.fhirjson.tables import Json
from chartpost.formats.fhirjson.validate import validate

OBSERVATION: Json = {
    "resourceType": "Observation",
    "id": "o1",
    "meta": {"versionId": "3", "tag": [{"system": "http://t", "code": "a"}]},
    "text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">x</div>'},
    "modifierExtension": [{"url": "http://x.org/m", "valueBoolean": True}],
    "status": "final",
    "_status": {"id": "s"},
    "code": {"text": "Pulse"},
    "note": [{"text": "long"}],
    "valueInteger": 5,
    "component": [{"code": {"text": "a"}, "valueInteger": 1, "interpretation": [{"text": "high"}]}],
}


def test_the_summary_keeps_what_r4_marks() -> None:
    found = summary(OBSERVATION)
    assert {"status", "_status", "code", "valueInteger", "component", "modifierExtension"} <= found.keys()
    assert not {"text", "note"} & found.keys()
    assert found["component"] == [{"code": {"text": "a"}, "valueInteger": 1}]
    assert found["meta"] == {"versionId": "3", "tag": [{"system": "http://t", "code": "a"}, SUBSETTED]}
    assert validate("Observation", found) == []


def test_chosen_elements_come_with_those_a_type_must_have() -> None:
    found = select_elements(OBSERVATION, ["note"])
    assert found.keys() == {
        "resourceType", "id", "meta", "note", "status", "_status", "code", "modifierExtension",
    }  # fmt: skip
    assert validate("Observation", found) == []


def test_text_and_data() -> None:
    assert "text" in text_only(OBSERVATION)
    assert "valueInteger" not in text_only(OBSERVATION)
    assert validate("Observation", text_only(OBSERVATION)) == []
    assert data_only(OBSERVATION).keys() == OBSERVATION.keys() - {"text"}


def test_the_original_is_left_alone_and_the_mark_stands_once() -> None:
    before = repr(OBSERVATION)
    twice = summary(summary(OBSERVATION))
    assert repr(OBSERVATION) == before
    assert twice["meta"]["tag"].count(SUBSETTED) == 1


def test_types_without_a_table_and_odd_shapes_pass() -> None:
    assert summary({"resourceType": "Nothing", "x": 1})["x"] == 1
    assert summary({"resourceType": "Observation", "meta": 5, "component": "x"})["meta"] == {"tag": [SUBSETTED]}
    assert select_elements({"resourceType": ["Observation"]}, ["x"])["meta"] == {"tag": [SUBSETTED]}
