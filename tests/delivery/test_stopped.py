"""Copies that were stopped before they left the house stay there, and what never left is not taken for done."""

from datetime import timedelta

import pytest

from chartpost.delivery import boxes, models, queries, services
from chartpost.delivery.channels import hand_over, media, post
from chartpost.delivery.errors import NotThere, WrongStep
from chartpost.desk import words
from chartpost.kernel import clock
from chartpost.rights import clocks, ticks
from chartpost.rights import services as rights
from tests.delivery import support
from tests.rights import office
from tests.support import world as worlds

pytestmark = pytest.mark.django_db
WHO = "edith-marsh"
ADDRESS = {"address": "5 Elm Street\nOakland, CA 94601"}


def delivery(world: worlds.World, channel: str) -> str:
    package = support.make(world, WHO, "pdf", request="r1")
    return services.deliver(package.ref, channel, {"name": "Edith Marsh", **ADDRESS}, world.actor("approver"))


def test_an_envelope_that_was_stopped_is_neither_printed_nor_posted() -> None:
    world = worlds.build(WHO)
    ref = delivery(world, "post")
    services.close(ref)
    for act in (
        lambda: services.posted(ref, clock.today("America/Los_Angeles"), "", world.actor("clerk")),
        lambda: post.print_all(ref),
        lambda: post.address_sheet(ref),
    ):
        with pytest.raises(WrongStep) as caught:
            act()
        assert "Do not send these copies" in caught.value.todo


def test_copies_that_were_stopped_are_not_handed_over() -> None:
    world = worlds.build(WHO)
    ref = delivery(world, "hand_over")
    services.close(ref)
    for act in (
        lambda: services.handed_over(ref, "Edith Marsh", world.actor("clerk")),
        lambda: hand_over.pick_up_receipt(ref),
    ):
        with pytest.raises(WrongStep) as caught:
            act()
        assert "stopped" in caught.value.seen


@pytest.mark.parametrize("made", [False, True])
def test_a_stick_that_was_stopped_is_not_made_burnt_or_mailed(made: bool) -> None:
    world = worlds.build(WHO)
    ref, clerk = delivery(world, "media"), world.actor("clerk")
    password = boxes.make(ref, clerk).password if made else "a-b-c-d-e"
    services.close(ref)
    for act in (
        lambda: boxes.make(ref, clerk),
        lambda: media.password_sheet(ref, password),
        lambda: services.posted(ref, clock.today("America/Los_Angeles"), "", clerk),
        lambda: services.handed_over(ref, "Edith Marsh", clerk),
    ):
        with pytest.raises(WrongStep):
            act()
    with pytest.raises(NotThere):
        boxes.disc(ref)
    assert not models.Box.objects.exclude(blob="").exists(), "its files are deleted"


def test_what_was_posted_is_not_posted_again() -> None:
    world = worlds.build(WHO)
    ref = delivery(world, "post")
    services.posted(ref, clock.today("America/Los_Angeles"), "94-1", world.actor("clerk"))
    services.close(ref)
    with pytest.raises(WrongStep):
        services.posted(ref, clock.today("America/Los_Angeles"), "94-2", world.actor("clerk"))
    found = queries.delivery(ref)
    assert found is not None
    assert (found.state, found.tracking) == ("posted", "94-1"), "what left the house left it"


@pytest.mark.parametrize("end", ["delivery_failed", "withdraw", "close"])
def test_a_request_that_ends_keeps_its_copies_in_the_house(end: str) -> None:
    small = office.build("OH")
    row = office.complete(small, "ready", delivery_channel="post", delivery_address=ADDRESS)
    row = rights.transition(row.ref, "release", small.actor("approver"))
    if end == "withdraw":
        rights.transition(row.ref, "send_more", small.actor("clerk"), reason="More came in.")
    rights.transition(row.ref, end, small.actor("clerk"), reason="They called.")
    (found,) = queries.deliveries(row.ref)
    assert found.state == "stopped"
    assert queries.status_line(found) == ("These copies were stopped before they left the office.", "warning")
    assert str(words.deliveries([found])[0][1]) == "Stopped: do not send these copies"
    with pytest.raises(WrongStep):
        services.posted(found.ref, clocks.local_day(row), "", small.actor("clerk"))


@pytest.mark.parametrize(("channel", "address"), [("post", ADDRESS), ("hand_over", {}), ("media", {})])
def test_a_request_whose_copies_never_left_does_not_close_by_itself(channel: str, address: dict[str, str]) -> None:
    small = office.build("OH")
    row = office.complete(small, "ready", delivery_channel=channel, delivery_address=address)
    rights.transition(row.ref, "release", small.actor("approver"))
    with clock.at(clock.now() + timedelta(days=31)):
        assert ticks.close_done() == 0
        models.Delivery.objects.update(state="posted")
        assert ticks.close_done() == 1
