"""What comes over the wire: names written twice over, bodies that never come, other headers than those that count."""

import io
from typing import Any
from unittest.mock import patch

import pytest

from chartpost.gateways.fhir.app import application
from chartpost.kernel.db import raw
from tests.gateways.fhir.conftest import Pair
from tests.gateways.fhir.test_writes import everyone


@pytest.mark.parametrize(
    "address", ["%2550atient/MINE", "Patient%252fMINE", "%2524export", "Patient/MINE/%255fhistory"]
)
def test_an_address_is_decoded_once(pair: Pair, address: str) -> None:
    assert everyone().get(address.replace("MINE", pair.mine)).status == 404
    assert pair.door().get(f"%50atient/{pair.mine}").status == 200


class Never(io.BytesIO):
    """A body that is announced and does not come."""

    def read(self, *_: Any) -> bytes:
        raise AssertionError("somebody waits for it")


def test_nobody_waits_for_the_body_of_a_stranger(pair: Pair) -> None:
    got: list[str] = []
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/fhir/Patient",
        "QUERY_STRING": "",
        "CONTENT_LENGTH": "5000",
        "wsgi.input": Never(),
    }
    for token in ("", "Bearer nobody", "Basic eDp5"):
        with patch("chartpost.identity.tokens.access", lambda *_: None), raw.reading(raw.django()):
            application({**environ, "HTTP_AUTHORIZATION": token}, lambda status, _: got.append(status))
    assert {status[:3] for status in got} == {"401"}


@pytest.mark.parametrize("name", ["X-Forwarded-Host", "Host", "Forwarded", "X-Forwarded-Proto", "X-Original-Url"])
def test_links_name_the_address_that_was_set(pair: Pair, name: str) -> None:
    answer = pair.door().get("Observation?_count=1", **{name: "evil.example"})
    assert answer.status == 200
    assert b"evil.example" not in answer.body


@pytest.mark.parametrize("name", ["X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method"])
def test_a_method_is_what_it_says(pair: Pair, name: str) -> None:
    office = everyone()
    assert office.get(f"Patient/{pair.mine}", **{name: "DELETE"}).status == 200
    assert office.get(f"Patient/{pair.mine}").status == 200


def test_a_packed_body_is_not_unpacked(pair: Pair) -> None:
    import gzip

    packed = gzip.compress(b"{" * 10_000_000)
    assert everyone().post("Observation", packed, **{"Content-Encoding": "gzip"}).status in (400, 415)
