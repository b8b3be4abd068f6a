"""The list of what the sealed pages are made of, and its trace in the ledger."""

import hashlib
from typing import Any

import pytest

from chartpost.gateways.sealed import assets, known
from chartpost.ledger.models import Entry
from tests.gateways.sealed.test_pages import ask


def test_the_list_is_what_is_served() -> None:
    status, headers, body = ask(known.ADDRESS)
    assert (status, headers["content-type"]) == (200, "text/plain; charset=utf-8")
    listed = {line[66:]: line[:64] for line in body.decode().splitlines()}
    page = ask("/s/" + "A" * 22)[2]
    assert listed["share.en.html"] == hashlib.sha256(page).hexdigest()
    assert listed["share.en.html"] != listed["share.es.html"]
    for path in assets.NEEDED:
        assert listed[path] == hashlib.sha256(ask(assets.address(path))[2]).hexdigest()
    assert listed["js/share_sw.js"] == hashlib.sha256(ask("/s/sw.js")[2]).hexdigest()


@pytest.mark.django_db
def test_each_change_is_in_the_ledger_once(monkeypatch: pytest.MonkeyPatch) -> None:
    before = changes()
    assert (known.note(), known.note()) == (True, False)
    monkeypatch.setattr(known, "sums", lambda: b"other")
    assert (known.note(), known.note()) == (True, False)
    assert changes() == before + 2


@pytest.mark.django_db
def test_without_built_pages_nothing_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> Any:
        raise assets.NotBuiltError("not built")

    monkeypatch.setattr(known, "sums", missing)
    assert not known.note()


def changes() -> int:
    return Entry.objects.filter(action="share.pages").count()
