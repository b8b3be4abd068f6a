"""Room for shares: quotas per share, account and home, and a disk that is full."""

from collections import namedtuple
from collections.abc import Callable, Iterator

import pytest

from chartpost.identity.types import Actor
from chartpost.kernel import parts
from chartpost.kernel.config import config
from chartpost.kernel.parts import staging
from chartpost.shares import models
from chartpost.shares.ids import new_id
from tests.shares.door import Answer, Door, fetch, open_link
from tests.shares.sealing import Link, Sealed

pytestmark = pytest.mark.django_db
GB = 10**9


@pytest.fixture
def settings_of(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Sets settings for the test; the disk has room for everything."""

    def change(**values: int) -> None:
        for name, value in values.items():
            monkeypatch.setenv(f"CHARTPOST_{name}", str(value))
        config.cache_clear()

    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage(10**15, 0, 10**15))
    yield change
    monkeypatch.undo()
    config.cache_clear()


def announce(door: Door, share: str, index: int, size: int) -> Answer:
    return door.ask("POST", f"shares/{share}/objects", {"object": new_id(), "index": index, "size": size})


def empty(shell: Door) -> tuple[Door, str]:
    sealed = Sealed({})
    return shell.make(sealed), sealed.share


def test_a_share_has_a_largest_size(shell: Door, settings_of: Callable[..., None]) -> None:
    settings_of(SHARE_GB=2)
    door, share = empty(shell)
    assert announce(door, share, 0, 2 * GB + 1).status == 413
    assert announce(door, share, 0, GB).status == 201
    answer = announce(door, share, 1, GB + 1)
    assert (answer.status, answer.json["error"]) == (413, "too_large")
    assert answer.json["expected"] == "at most 2,000,000,000 bytes"
    assert announce(door, share, 1, GB).status == 201


def test_an_account_has_its_room_and_gets_it_back(shell: Door, settings_of: Callable[..., None]) -> None:
    settings_of(SHARE_GB=2, SHARE_ACCOUNT_GB=3)
    (one, first), (two, second) = empty(shell), empty(shell)
    assert announce(one, first, 0, 2 * GB).status == 201
    answer = announce(two, second, 0, 2 * GB)
    assert (answer.status, answer.json["error"]) == (507, "full")
    assert "account" in answer.json["seen"]
    assert one.ask("DELETE", f"shares/{first}").status == 204
    assert announce(two, second, 0, 2 * GB).status == 201


def test_a_home_has_its_room(shell: Door, settings_of: Callable[..., None]) -> None:
    settings_of(SHARE_GB=2, SHARE_ACCOUNT_GB=2, SHARE_HOME_GB=3)
    door, share = empty(shell)
    assert announce(door, share, 0, 2 * GB).status == 201
    models.Share.objects.update(account_id=0)
    door, share = empty(shell)
    answer = announce(door, share, 0, 2 * GB)
    assert (answer.status, "kept here" in answer.json["seen"]) == (507, True)
    assert announce(door, share, 0, GB).status == 201


def test_the_largest_object_counts_for_a_drop_s_owner(
    shell: Door, actor: Actor, settings_of: Callable[..., None]
) -> None:
    settings_of(SHARE_GB=1, SHARE_ACCOUNT_GB=1)
    door, share = empty(shell)
    models.Share.objects.update(
        drop=models.Drop.objects.create(
            id=new_id(),
            account_id=actor.account_id,
            public_key=b"",
            params="",
            salt=b"",
            wrapped=b"",
            expires_at=models.Share.objects.get().expires_at,
        )
    )
    assert announce(door, share, 0, GB).status == 201
    assert announce(*empty(shell), 0, 100).status == 507


def test_a_disk_that_fills_up_loses_nothing(shell: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    sealed, link = Sealed({"a": b"1", "b": b"2"}), Link("words")
    door = shell.make(sealed, link)
    door.announce(sealed)
    first, second, third = sealed.objects
    assert door.put(sealed, first, 0, sealed.objects[first]).status == 204
    usage = namedtuple("usage", "total used free")
    with monkeypatch.context() as full:
        full.setattr("shutil.disk_usage", lambda _: usage(1, 1, 0))
        for name in (second, third):
            answer = door.put(sealed, name, 0, sealed.objects[name])
            assert (answer.status, answer.json["error"]) == (507, "disk_full")
        assert announce(door, sealed.share, 9, 100).status == 507
        assert list(staging.folder().iterdir()) == []
    told = {one["object"]: one["parts"] for one in door.ask("GET", f"shares/{sealed.share}").json["objects"]}
    assert [len(told[name]) for name in (first, second, third)] == [1, 0, 0]
    door.fill(sealed)
    assert door.complete(sealed).status == 200
    assert fetch(link, open_link(link).json)[2] == b"2"


def test_what_is_refused_leaves_nothing_behind(shell: Door, settings_of: Callable[..., None]) -> None:
    """Neither for want of room nor for an index in use; what was announced before stays."""
    settings_of(SHARE_GB=2)
    door, share = empty(shell)
    assert announce(door, share, 1, GB).status == 201
    before = set(parts.store().stored())
    assert {announce(door, share, 2, 2 * GB).status for _ in range(5)} == {413}
    assert {announce(door, share, 1, 100).status for _ in range(5)} == {409}
    assert set(parts.store().stored()) == before
    assert models.Object.objects.count() == 1
