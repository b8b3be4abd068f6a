"""Did it arrive, can you read it? Asked once, two business days later."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from chartpost.delivery import asking, services
from chartpost.kernel import clock
from tests.delivery import support
from tests.support import world as worlds

pytestmark = pytest.mark.django_db

WHO = "edith-marsh"
ZONE = ZoneInfo("America/Los_Angeles")
HOME = {"name": "Edith Marsh", "address": "9 Chapel Lane\nAlameda, CA 94502"}


@pytest.fixture
def world() -> worlds.World:
    return worlds.build(WHO)


def release(world: worlds.World, at: datetime, channel: str = "portal", request: str = "r1", zone: str = "") -> str:
    package = support.make(world, WHO, "fhir", request=request)
    with clock.at(at):
        return services.deliver(package.ref, channel, HOME, world.actor("approver"), zone=zone)


def asked_at(moment: datetime) -> int:
    with clock.at(moment):
        return asking.ask_arrivals()


def test_two_business_days_over_a_weekend_and_a_holiday(world: worlds.World) -> None:
    release(world, datetime(2026, 11, 25, 23, 30, tzinfo=ZONE))
    assert asked_at(datetime(2026, 11, 27, 12, tzinfo=ZONE)) == 0, "Thanksgiving does not count"
    assert asked_at(datetime(2026, 11, 29, 12, tzinfo=ZONE)) == 0
    assert asked_at(datetime(2026, 11, 30, 0, 30, tzinfo=ZONE)) == 1, "days are those of the facility, not of UTC"
    assert asked_at(datetime(2026, 11, 30, 1, 30, tzinfo=ZONE)) == 0, "asked once"


def test_days_are_counted_in_the_zone_of_the_delivery(world: worlds.World) -> None:
    late = datetime(2026, 11, 16, 23, 30, tzinfo=ZONE)
    release(world, late, zone="America/New_York")
    assert asked_at(datetime(2026, 11, 18, 12, tzinfo=ZONE)) == 0, "it was Tuesday in New York already"
    assert asked_at(datetime(2026, 11, 18, 22, tzinfo=ZONE)) == 1
    release(world, late, request="r2", zone="America/Los_Angeles")
    assert asked_at(datetime(2026, 11, 18, 12, tzinfo=ZONE)) == 1


def test_nobody_is_asked_before_it_is_in_the_mail_or_after_it_was_answered(world: worlds.World) -> None:
    monday = datetime(2026, 11, 2, 10, tzinfo=ZONE)
    posted = release(world, monday, "post")
    release(world, monday, "hand_over", request="r2")
    release(world, monday, "portal", request="")
    answered = release(world, monday, request="r3")
    services.confirm(answered, arrived=True, problem="", actor=world.actor(WHO))
    later = datetime(2026, 11, 9, 10, tzinfo=ZONE)
    assert asked_at(later) == 0
    with clock.at(later):
        services.posted(posted, date(2026, 11, 9), "", world.actor("clerk"))
    assert asked_at(datetime(2026, 11, 10, 10, tzinfo=ZONE)) == 0
    assert asked_at(datetime(2026, 11, 12, 10, tzinfo=ZONE)) == 1, "Veterans Day does not count"
