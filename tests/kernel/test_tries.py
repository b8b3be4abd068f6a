"""Limits of rate count for the whole of their time, and begin anew after it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client, override_settings

from chartpost.kernel import clock, tries
from chartpost.kernel.tries import Limits

pytestmark = pytest.mark.django_db
DAY = 86_400
MORNING = datetime(2026, 11, 21, 0, 30, tzinfo=UTC)


def test_a_count_lasts_as_long_as_its_window() -> None:
    assert [tries.count("who", DAY) for _ in range(3)] == [1, 2, 3]
    with connection.cursor() as cursor:
        cursor.execute("SELECT expires FROM kernel_cache")
        ((expires,),) = cursor.fetchall()
    ends = datetime.fromisoformat(str(expires)).replace(tzinfo=UTC)
    assert ends > clock.now() + timedelta(hours=23), "the cache's own default would be five minutes"


def test_names_and_windows_count_apart() -> None:
    with clock.at(MORNING):
        assert [tries.count("a", DAY), tries.count("a", DAY), tries.count("b", DAY)] == [1, 2, 1]
        assert tries.counted("a", DAY) == 2
        assert tries.left(DAY) == DAY - 1800
    with clock.at(MORNING + timedelta(days=1)):
        assert tries.counted("a", DAY) == 0
        assert tries.count("a", DAY) == 1


def test_a_door_counts_each_kind_and_address_apart() -> None:
    door = Limits("gate", {"ask": (2, DAY), "file": (1, DAY)}, OSError)
    with clock.at(MORNING):
        door.check("ask", "192.0.2.1")
        door.count("ask", "192.0.2.1")
        door.count("ask", "192.0.2.1")
        for full in (door.check, door.count):
            with pytest.raises(OSError, match=str(DAY - 1800)):
                full("ask", "192.0.2.1")
        door.check("ask", "192.0.2.2")
        door.check("file", "192.0.2.1")
        Limits("other", door.most, OSError).check("ask", "192.0.2.1")


def test_of_ipv6_the_network_of_one_machine_counts() -> None:
    door = Limits("gate", {"ask": (1, DAY)}, OSError)
    with clock.at(MORNING):
        door.count("ask", "2001:db8::1")
        door.check("ask", "2001:db8:0:1::1")
        with pytest.raises(OSError):
            door.check("ask", "2001:db8::ffff:2")


def test_machines_of_ipv4_count_apart_however_they_are_written() -> None:
    door = Limits("gate", {"ask": (1, DAY)}, OSError)
    with clock.at(MORNING):
        door.count("ask", "::ffff:198.51.100.1")
        door.check("ask", "::ffff:198.51.100.2")
        for same in ("198.51.100.1", "::ffff:c633:6401", "::FFFF:198.51.100.1"):
            with pytest.raises(OSError):
                door.check("ask", same)


@override_settings(ALLAUTH_TRUSTED_PROXY_COUNT=1)
def test_behind_a_proxy_nobody_uses_up_the_tries_of_others() -> None:
    """Access codes: addresses count as the proxy tells them."""
    seen = []

    def note(name: str, _seconds: int) -> int:
        seen.append(name)
        return 1

    client = Client()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tries, "count", note)
        for address in ("192.0.2.1", "192.0.2.2"):
            given = {"code": "AAAA-BBBB-CCCC", "birth_date": "1980-01-01"}
            client.post("/code/", given, secure=True, headers={"X-Forwarded-For": address})
    assert len(set(seen)) == 2
