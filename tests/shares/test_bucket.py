"""The whole way of a share with its objects in a bucket."""

import os
from collections.abc import Iterator
from typing import Any

import pytest

from chartpost.kernel import parts
from chartpost.kernel.config import config
from chartpost.kernel.parts import PART
from chartpost.kernel.parts.stores import store
from tests.shares.door import Door, fetch, open_link, send
from tests.shares.sealing import Link, Sealed

pytestmark = pytest.mark.django_db


NAME = f"records-{os.getpid()}-shares"
"""All servers of one process keep their buckets together, those of other tests too."""


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    boto3 = pytest.importorskip("boto3")
    server = pytest.importorskip("moto.server").ThreadedMotoServer(port=0, verbose=False)
    server.start()
    endpoint = f"http://127.0.0.1:{server.get_host_and_port()[1]}"
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    client = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1")
    client.create_bucket(Bucket=NAME)
    monkeypatch.setenv("CHARTPOST_BLOB_URL", f"s3://{NAME}/office?endpoint={endpoint}&region=us-east-1")
    for cached in (config, store):
        cached.cache_clear()
    yield client
    monkeypatch.undo()
    for cached in (config, store):
        cached.cache_clear()
    server.stop()


def test_a_share_goes_up_and_down_through_a_bucket_and_is_gone_from_it_when_revoked(bucket: Any, shell: Door) -> None:
    data = os.urandom(PART + 1000)
    sealed, link = Sealed({"scan": data, "note": b"x"}), Link("words")
    sender = send(shell, sealed, link)
    opened = open_link(link).json
    found = fetch(link, opened)
    assert (found[1], found[2]) == (data, b"x")
    name = list(sealed.objects)[1]
    part = Door(opened["grant"]).ask(
        "GET", f"open/{link.recipient}/objects/{name}", Range=f"bytes={PART - 10}-{PART + 9}"
    )
    assert part.body == sealed.objects[name][PART - 10 : PART + 10]
    assert len(bucket.list_objects_v2(Bucket=NAME)["Contents"]) == 3
    assert sender.ask("DELETE", f"shares/{sealed.share}").status == 204
    assert "Contents" not in bucket.list_objects_v2(Bucket=NAME)


def test_an_upload_that_is_given_up_leaves_nothing_in_the_bucket(bucket: Any, shell: Door) -> None:
    sealed, link = Sealed({"scan": b"x"}), Link("words")
    door = shell.make(sealed, link)
    door.announce(sealed)
    name = list(sealed.objects)[1]
    assert door.put(sealed, name, 0, sealed.objects[name]).status == 204
    assert len(list(parts.store().stored())) == 2
    assert door.ask("DELETE", f"shares/{sealed.share}").status == 204
    assert list(parts.store().stored()) == []


def test_a_bucket_that_is_away_is_said_and_the_part_sent_again(
    bucket: Any, shell: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    from botocore.exceptions import EndpointConnectionError

    sealed, link = Sealed({"scan": b"x"}), Link("words")
    door = shell.make(sealed, link)
    door.announce(sealed)
    name = list(sealed.objects)[1]

    def away(**_: Any) -> Any:
        raise EndpointConnectionError(endpoint_url="http://bucket")

    with monkeypatch.context() as cut:
        cut.setattr(store()._client, "upload_part", away)
        answer = door.put(sealed, name, 0, sealed.objects[name])
    assert (answer.status, answer.json["error"], answer.headers["retry-after"]) == (503, "busy", "10")
    assert "bucket" not in answer.json["todo"]
    assert door.complete(sealed).json["missing"].keys() == set(sealed.objects)
    door.fill(sealed)
    assert door.complete(sealed).status == 200
    assert fetch(link, open_link(link).json)[1] == b"x"
