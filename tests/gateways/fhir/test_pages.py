"""Links from page to page: they keep the format asked for, and say what was asked."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.gateways.fhir.conftest import Pair
from tests.gateways.fhir.test_writes import everyone

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
NEXT = re.compile(rb'<relation value="next"/><url value="([^"]+)"')


@pytest.mark.parametrize(
    "address",
    [
        "Observation?patient={}&_count=2",
        "Observation/_history?_count=2",
        "Patient/{}/$everything?_count=2",
        "AuditEvent?patient={}&_count=1",
    ],
)
def test_the_next_page_is_in_the_format_of_this_one(pair: Pair, address: str) -> None:
    door = pair.door()
    door.get(f"Patient/{pair.mine}")
    door.get(f"Patient/{pair.mine}")
    here = address.format(pair.mine)
    first = door.get(f"{here}&_format=xml")
    link = NEXT.search(first.body)
    assert link is not None
    second = door.get(link[1].decode().replace("&amp;", "&"))
    assert second.headers["Content-Type"] == "application/fhir+xml"
    plain = door.get(f"{here}&_pretty=true").link("next")
    assert plain is not None
    assert b"\n  " in door.get(plain).body
    said = door.get(f"{here}&_format=application/fhir%2Bjson").link("next")
    assert (said or "").endswith("_format=application%2Ffhir%2Bjson")
    assert "_format" not in (door.get(here).link("next") or "_format")


@pytest.mark.parametrize("kind", ["Observation", "AuditEvent"])
def test_a_form_names_the_format_too(pair: Pair, kind: str) -> None:
    door = pair.door()
    answer = door.send("POST", f"{kind}/_search", f"patient={pair.mine}&_count=1&_format=xml".encode(), FORM)
    assert answer.headers["Content-Type"] == "application/fhir+xml"
    answer = door.send("POST", f"{kind}/_search", f"patient={pair.mine}&_pretty=true".encode(), FORM)
    assert b"\n  " in answer.body
    assert door.send("POST", f"{kind}/_search", b"_format=text/csv", FORM).status == 406
    assert door.send("POST", f"{kind}/_search", b"", FORM).status == 200


@pytest.mark.parametrize(
    "address",
    ["Observation/_history?_since=2020-01-01&_count=2", "Patient/{}/$everything?start=2010-01-01&_count=2"],
)
def test_a_page_says_what_was_asked(pair: Pair, address: str) -> None:
    door = pair.door()
    first = door.get(address.format(pair.mine))
    following = first.link("next")
    assert following is not None
    for page in (first, door.get(following)):
        said = urlsplit(page.link("self") or "")
        assert said.path.endswith(address.partition("?")[0].format(pair.mine))
        assert parse_qs(said.query) == parse_qs(address.partition("?")[2])


def test_a_form_keeps_its_format_from_page_to_page(pair: Pair) -> None:
    answer = everyone().send("POST", "Patient/_search", b"_count=1&_pretty=true", FORM)
    assert "_pretty=true" in (answer.link("next") or "")
