"""A delivery that failed is closed: nobody gets in any more, and no new way in is made."""

from collections.abc import Callable
from typing import IO

import pytest

from chartpost.delivery import boxes, codes, services, sticks
from chartpost.delivery.channels import access_code
from chartpost.delivery.errors import WrongStep
from chartpost.identity.types import Actor
from tests.delivery import support
from tests.support import world as worlds

pytestmark = pytest.mark.django_db
WHO = "edith-marsh"


@pytest.fixture
def world() -> worlds.World:
    return worlds.build(WHO)


def release(world: worlds.World, channel: str) -> str:
    package = support.make(world, WHO, "pdf", request="r1")
    return services.deliver(package.ref, channel, {"name": "Edith Marsh", "phone": "555 0100"}, world.actor("approver"))


@pytest.mark.parametrize("new", [codes.make, access_code.code_sheet])
def test_a_closed_delivery_gets_no_new_code(new: Callable[[str, Actor], object], world: worlds.World) -> None:
    ref, clerk = release(world, codes.CHANNEL_NAME), world.actor("clerk")
    code = codes.make(ref, clerk)
    services.close(ref)
    with pytest.raises(WrongStep, match="a delivery that failed"):
        new(ref, clerk)
    with pytest.raises(WrongStep):
        codes.new_password(ref, clerk)
    found = codes.current(ref)
    assert found is not None
    assert found.state == "ended"
    born = world.people[WHO].birth_date
    assert born is not None
    assert codes.enter(code, born, clerk) is None


def test_a_closed_delivery_gets_no_new_stick_even_when_it_closes_meanwhile(
    world: worlds.World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = release(world, boxes.CHANNEL_NAME)

    def closing(archive: IO[bytes], *_: object) -> sticks.Checks:
        services.close(ref)
        archive.write(b"zip")
        return sticks.Checks("0" * 64, "0" * 64)

    monkeypatch.setattr(boxes, "viewer", lambda: b"")
    monkeypatch.setattr(sticks, "write_archive", closing)
    with pytest.raises(WrongStep, match="a delivery that was given away or stopped"):
        boxes.make(ref, world.actor("clerk"))
    assert boxes.current(ref) is None
