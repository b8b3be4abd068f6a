"""The sealed API from end to end: a share goes up, is opened by its link, comes down, and is confirmed."""

import os

import pytest

from chartpost.kernel.parts import PART
from tests.shares.conftest import actor, shell  # noqa: F401 - fixtures
from tests.shares.door import Door, fetch, open_link, receipt, send
from tests.shares.sealing import Link, Sealed

pytestmark = pytest.mark.django_db


def test_a_share_goes_from_sender_to_recipient_and_the_receipt_back(shell: Door) -> None:  # noqa: F811
    files = {"scan.dcm": os.urandom(PART + 5_000), "letter.pdf": b"text", "empty": b""}
    sealed, link = Sealed(files, note="for Dr. Lee"), Link("velvet-otter-canyon-maple-spoon")
    sender = send(shell, sealed, link)

    opened = open_link(link)
    assert opened.status == 200
    assert opened.json["sender"] == "Lakeside Family Health"
    assert opened.json["zero_knowledge"] is True
    found = fetch(link, opened.json)
    assert found[0] == sealed.manifest
    assert list(found.values())[1:] == list(files.values())

    assert receipt(link, opened.json, found[0]).status == 204
    told = sender.ask("GET", f"shares/{sealed.share}").json
    assert told["state"] == "ready"
    assert [len(told["recipients"][0][name]) for name in ("opened", "received")] == [1, 1]
    assert [one["complete"] for one in told["objects"]] == [True] * 4
