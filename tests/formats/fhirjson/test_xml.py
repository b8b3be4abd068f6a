"""FHIR XML: the order of the specification, values as attributes, and no content that breaks out of its place."""

import gzip
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from tests.support.shared import shared_data

from chartpost.formats.fhirjson.canonical import parse, read_ndjson
from chartpost.formats.fhirjson.errors import NotAResourceError
from chartpost.formats.fhirjson.validate import validate
from chartpost.formats.fhirjson.xml import to_xml

FHIR = "{http://hl7.org/fhir}"
DIV = "{http://www.w3.org/1999/xhtml}div"
FOLDER = shared_data()


def written(resource: dict[str, Any]) -> etree._Element:
    assert validate(resource["resourceType"], resource) == []
    return etree.fromstring(to_xml(resource))


def names(node: etree._Element) -> list[str]:
    return [etree.QName(child).localname for child in node]


def patient(**more: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", **more}


def test_elements_come_in_the_order_of_the_specification() -> None:
    root = written(
        patient(
            birthDate="1970-01-01", active=True, name=[{"given": ["A", "B"], "family": "C", "use": "usual"}], id="1"
        )
    )
    assert root.tag == f"{FHIR}Patient"
    assert names(root) == ["id", "active", "name", "birthDate"]
    assert names(root[2]) == ["use", "family", "given", "given"]
    assert [child.get("value") for child in root] == ["1", "true", None, "1970-01-01"]


def test_primitives_keep_their_ids_and_extensions() -> None:
    reason = {"url": "http://example.org/why", "valueCode": "unknown"}
    root = written(
        patient(
            birthDate="1970-01-01",
            _birthDate={"id": "b", "extension": [reason]},
            _gender={"extension": [reason]},
            name=[{"given": ["A", None, "C"], "_given": [None, {"extension": [reason]}, {"id": "c"}]}],
        )
    )
    assert names(root) == ["name", "gender", "birthDate"]
    assert [(g.get("value"), g.get("id"), len(g)) for g in root[0]] == [("A", None, 0), (None, None, 1), ("C", "c", 0)]
    assert root[1].get("value") is None
    assert (root[2].get("value"), root[2].get("id")) == ("1970-01-01", "b")
    assert root[2][0].get("url") == "http://example.org/why"
    assert root[2][0][0].tag == f"{FHIR}valueCode"


def test_contained_and_bundled_resources_stand_inside_their_element() -> None:
    inner = patient(contained=[{"resourceType": "Organization", "id": "o", "name": "O"}])
    root = written({"resourceType": "Bundle", "type": "collection", "entry": [{"resource": inner}]})
    found = root.find(f"{FHIR}entry/{FHIR}resource/{FHIR}Patient/{FHIR}contained/{FHIR}Organization/{FHIR}name")
    assert found is not None
    assert found.get("value") == "O"


def test_decimals_keep_their_digits() -> None:
    resource = parse(
        b'{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":1.10},'
        b'"component":[{"code":{"text":"y"},"valueQuantity":{"value":0.00000012}},'
        b'{"code":{"text":"z"},"valueQuantity":{"value":3}}]}'
    )
    values = [node.get("value") for node in written(resource).iter(f"{FHIR}value")]
    assert values[0] == "1.10"
    assert [Decimal(value or "") for value in values] == [Decimal("1.10"), Decimal("1.2e-7"), Decimal(3)]


def test_attribute_values_survive_reading() -> None:
    text = "a \"b\" 'c' <d> & e\tf\ng\rh \U0001f600"
    assert written(patient(name=[{"text": text}]))[0][0].get("value") == text


def test_characters_that_xml_lacks_are_replaced() -> None:
    for bad in ("\x00", "\x0b", "\ud800", "\ufffe"):
        root = etree.fromstring(to_xml(patient(name=[{"text": f"a{bad}b"}])))
        assert root[0][0].get("value") == "a\ufffdb"


@pytest.mark.parametrize(
    ("div", "text"),
    [
        ('<div xmlns="http://www.w3.org/1999/xhtml"><p>a<br/>b</p></div>', "ab"),
        ("<div><b>no</b> namespace</div>", "no namespace"),
        ('<div xmlns="http://www.w3.org/1999/xhtml">a&nbsp;&eacute;&lt;</div>', "a\u00a0é<"),
        ('<div xmlns="http://www.w3.org/1999/xhtml"><p>open</div>', "open"),
        ("</div></text><active value='true'/><text><div>x", "x"),
        ("&lt;script&gt; & <p", "<script> &"),
        ('<!DOCTYPE div [<!ENTITY x "y">]><div xmlns="http://www.w3.org/1999/xhtml">&x;</div>', "&x;"),
        ("<!-- c --><div>z</div>", "z"),
        ('<p xmlns="http://www.w3.org/1999/xhtml">not a div</p>', "not a div"),
    ],
)
def test_narratives_stay_inside_their_div(div: str, text: str) -> None:
    root = written(patient(text={"status": "generated", "div": div}, active=True))
    assert names(root) == ["text", "active"]
    assert names(root[0]) == ["status", "div"]
    assert root[0][1].tag == DIV
    assert text in "".join(root[0][1].itertext())


def test_nesting_of_any_depth_is_written() -> None:
    extension: dict[str, Any] = {"url": "http://example.org/x", "valueString": "end"}
    for _ in range(20_000):
        extension = {"url": "http://example.org/x", "extension": [extension]}
    data = to_xml(patient(extension=[extension]))
    assert data.count(b"<extension ") == 20_001


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False, allow_infinity=False),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["name", "text", "div", "_birthDate", "extension", "contained", "url", "id", "link"]),
                inner,
                max_size=4,
            )
        ),
    )
)
def test_whatever_comes_is_written_as_well_formed_xml(value: object) -> None:
    for key in ("name", "text", "extension", "contained", "_birthDate", "id", "link"):
        assert etree.fromstring(to_xml(patient(**{key: value}))).tag == f"{FHIR}Patient"


def test_only_resources_are_written() -> None:
    for value in ({}, {"resourceType": "Patient><x"}, {"resourceType": 1}):
        with pytest.raises(NotAResourceError):
            to_xml(value)


@pytest.mark.shared_data
@pytest.mark.skipif(FOLDER is None, reason="no third-party files here")
def test_real_resources_lose_no_value() -> None:
    assert FOLDER
    data = gzip.decompress((FOLDER / "fhir/us-core-6.1.0-examples.ndjson.gz").read_bytes())
    for resource in read_ndjson(data.splitlines()):
        root = etree.fromstring(to_xml(resource))
        found = [n.get(a) or "" for n in root.iter(f"{FHIR}*") for a in ("value", "url", "id") if n.get(a) is not None]
        assert sorted(found) == sorted(leaves(resource))


def leaves(value: object, key: str = "") -> list[str]:
    """All primitive values of a resource but its types and narratives, as XML writes them."""
    if isinstance(value, dict):
        return [text for k, v in value.items() if k not in ("resourceType", "div") for text in leaves(v, k)]
    if isinstance(value, list):
        return [text for item in value for text in leaves(item, key)]
    return [] if value is None else [str(value).lower() if isinstance(value, bool) else str(value)]
