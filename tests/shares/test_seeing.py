"""Links that came to the server with their secret part."""

import pytest

from chartpost.gateways.sealed import pages
from chartpost.ledger.models import Entry
from chartpost.shares import models
from chartpost.shares.ids import encode, new_id
from tests.shares.door import Door, open_link, send
from tests.shares.sealing import Link, Sealed

pytestmark = pytest.mark.django_db


def visit(path: str) -> bytes:
    """The page at a path."""
    asked = {"REQUEST_METHOD": "GET", "PATH_INFO": path, "HTTP_HOST": "localhost"}
    return b"".join(pages.application(asked, lambda status, headers: None))


def test_a_link_seen_whole_is_noted_once_and_shown_to_its_sender_alone(shell: Door) -> None:
    sealed, link, other = Sealed({"a": b"a"}), Link("one"), Link("two")
    door = send(shell, sealed, link, other)
    path = f"/s/{link.recipient}%231.{encode(link.secret)}"
    before = dict(models.Recipient.objects.values_list("pk", "opens"))
    assert len({visit(path) for _ in range(100)} | {visit(f"/s/{other.recipient}")}) == 1
    told = {one["recipient"]: one["seen_at"] for one in door.ask("GET", f"shares/{sealed.share}").json["recipients"]}
    assert told[link.recipient]
    assert told[other.recipient] is None
    entries = Entry.objects.filter(action="share.link_seen")
    assert entries.count() == 1
    assert encode(link.secret) not in str(entries.values_list("body", flat=True).first())
    assert dict(models.Recipient.objects.values_list("pk", "opens")) == before
    assert open_link(link).status == 200


def test_a_link_that_never_was_leaves_nothing(shell: Door) -> None:
    assert visit(f"/s/{new_id()}%231.{'A' * 43}") == visit(f"/s/{new_id()}")
    assert not Entry.objects.filter(action="share.link_seen").exists()
