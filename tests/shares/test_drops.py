"""Asking for files: anybody with the link sends to a public key, and the owner alone reads."""

import os
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.core import mail

from chartpost.identity.types import Actor
from chartpost.kernel import clock, jobs
from chartpost.ledger import queries as ledger
from chartpost.ledger.models import Entry
from chartpost.ledger.types import Filter
from chartpost.shares import asks, models, queries, services
from chartpost.shares.errors import Conflict, Malformed, NotThere
from chartpost.shares.ids import encode, new_id
from chartpost.shares.services import making
from tests.shares.door import Answer, Door, open_link
from tests.shares.sealing import Link, Sealed, unseal

pytestmark = pytest.mark.django_db


def made(actor: Actor, **more: object) -> dict[str, object]:
    """A drop of this actor; the wrapped private key here is as long as a real one."""
    point = ec.generate_private_key(ec.SECP256R1()).public_key()
    asked: dict[str, object] = {
        "drop": new_id(),
        "suite": 1,
        "public_key": encode(point.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)),
        "params": "1.1000000",
        "salt": encode(os.urandom(16)),
        "wrapped": encode(os.urandom(12 + 138 + 16)),
        **more,
    }
    services.make_drop(asked, actor)
    return asked


def begin(drop: object, sealed: Sealed) -> Door:
    answer = Door().ask("POST", f"drop/{drop}", {"share": sealed.share})
    assert answer.status == 201, answer.json
    return Door(answer.json["upload_token"])


def arrive(drop: object, sealed: Sealed, key: bytes) -> Door:
    door = begin(drop, sealed)
    door.fill(sealed)
    assert door.complete(sealed, {"sealed_key": encode(key)}).status == 200
    return door


def test_files_go_from_a_stranger_to_the_owner_alone(actor: Actor) -> None:
    drop = made(actor)
    told = Door().ask("GET", f"drop/{drop['drop']}").json
    assert (told["public_key"], told["suite"], told["by"]) == (drop["public_key"], 1, "Lakeside Family Health")
    passphrase_key, nonce = os.urandom(32), os.urandom(12)
    sealed = Sealed({"letter.pdf": b"for you"}, note="from Bob")
    key = bytes(53) + nonce + AESGCM(passphrase_key).encrypt(nonce, sealed.key, None)
    arrive(drop["drop"], sealed, key)

    jobs.run_waiting()
    assert [message.subject for message in mail.outbox] == ["Files arrived for you"]
    assert actor.account_id
    view = queries.drops_of(actor.account_id)[0]
    assert [(one.share, one.sealed_key, one.read_at) for one in view.arrivals] == [(sealed.share, key, None)]
    opened = services.open_arrival(sealed.share, actor)
    assert opened.wrapped == key
    path = f"shares/{sealed.share}/objects/{opened.objects[1].object}"
    answer = Door(opened.grant).ask("GET", path)
    assert unseal(sealed.share, sealed.key, 1, opened.objects[1].object, answer.body) == b"for you"
    assert queries.drops_of(actor.account_id)[0].arrivals[0].read_at is not None
    assert {"drop.make", "drop.begin", "drop.arrive", "drop.open"} <= set(
        Entry.objects.values_list("action", flat=True)
    )


def test_nobody_else_reads_what_arrived(actor: Actor) -> None:
    drop, sealed = made(actor), Sealed({"a": b"1"})
    sender = arrive(drop["drop"], sealed, bytes(113))
    assert actor.account_id
    stranger = Actor(kind="person", account_id=actor.account_id + 1)
    with pytest.raises(NotThere):
        services.open_arrival(sealed.share, stranger)
    assert queries.arrival(sealed.share, stranger.account_id or 0) is None
    assert queries.drop(str(drop["drop"]), stranger.account_id or 0) is None
    name = list(sealed.objects)[1]
    assert sender.ask("GET", f"shares/{sealed.share}/objects/{name}").status == 401


def test_a_drop_that_is_over_takes_nothing_more(actor: Actor) -> None:
    drop, sealed = made(actor), Sealed({"a": b"1"})
    arrive(drop["drop"], sealed, bytes(113))
    services.close_drop(str(drop["drop"]), actor)
    for method in ("GET", "POST"):
        assert Door().ask(method, f"drop/{drop['drop']}", {"share": new_id()}).status == 410
        assert Door().ask(method, f"drop/{new_id()}", {"share": new_id()}).status == 404
    assert services.open_arrival(sealed.share, actor).objects
    late = made(actor)
    with clock.at(clock.now() + timedelta(days=15)):
        assert Door().ask("GET", f"drop/{late['drop']}").status == 410


def test_what_is_still_coming_cannot_be_opened_and_needs_a_sealed_key(actor: Actor) -> None:
    drop, sealed = made(actor), Sealed({"a": b"1"})
    door = begin(drop["drop"], sealed)
    with pytest.raises(Conflict):
        services.open_arrival(sealed.share, actor)
    door.fill(sealed)
    assert door.complete(sealed).status == 400
    assert door.complete(sealed, {"sealed_key": encode(bytes(79))}).status == 400
    assert door.complete(sealed, {"sealed_key": encode(bytes(80))}).status == 200


def test_a_drop_takes_as_many_as_its_owner_said(actor: Actor) -> None:
    drop = made(actor, most=2)
    for _ in range(2):
        arrive(drop["drop"], Sealed({"a": b"1"}), bytes(113))
    answer = Door().ask("POST", f"drop/{drop['drop']}", {"share": new_id()})
    assert (answer.status, answer.json["error"]) == (409, "drop_full")


def test_an_address_cannot_fill_a_drop_with_beginnings(actor: Actor) -> None:
    drop = made(actor)

    def begun(address: str) -> Answer:
        return Door(address=address).ask("POST", f"drop/{drop['drop']}", {"share": new_id()})

    assert [begun(f"192.0.2.{n}").status for n in range(21)] == [201] * 20 + [409]
    assert [begun("192.0.2.99").status for _ in range(41)][-1] == 429


@pytest.mark.parametrize(
    ("member", "value"),
    [("suite", 3), ("drop", "x"), ("public_key", encode(bytes(32))), ("wrapped", encode(bytes(10))), ("params", "0")],
)
def test_a_malformed_drop_is_refused(actor: Actor, member: str, value: object) -> None:
    with pytest.raises(Malformed):
        made(actor, **{member: value})
    assert not models.Drop.objects.exists()


def test_a_drop_s_id_counts_once(actor: Actor) -> None:
    drop = made(actor)
    with pytest.raises(Conflict):
        made(actor, drop=drop["drop"])


def test_who_sends_into_a_drop_makes_no_links_to_it(actor: Actor) -> None:
    """Else anybody could hand out pages under the office's name."""
    drop, sealed, link = made(actor), Sealed({"invoice.html": b"pay here"}), Link("pass")
    sender = begin(drop["drop"], sealed)
    answer = sender.ask("POST", f"shares/{sealed.share}/recipients", link.asked(sealed))
    assert (answer.status, answer.json["error"]) == (409, "wrong_state")
    assert "the owner of the drop alone" in answer.json["expected"]
    sender.fill(sealed)
    assert sender.complete(sealed, {"sealed_key": encode(bytes(113))}).status == 200
    assert sender.ask("POST", f"shares/{sealed.share}/recipients", link.asked(sealed)).status == 409
    assert not models.Recipient.objects.exists()


def test_a_link_made_to_a_drop_before_opens_nothing(actor: Actor) -> None:
    drop, sealed, link = made(actor), Sealed({"a": b"1"}), Link("pass")
    arrive(drop["drop"], sealed, bytes(113))
    making._link(models.Share.objects.get(pk=sealed.share), asks.recipient(link.asked(sealed), None))
    answer, unknown = open_link(link), open_link(Link("pass"))
    assert (answer.status, answer.json) == (unknown.status, unknown.json)
    assert answer.status == 403
    assert services.header(link.recipient).salt != link.salt


def test_what_a_sender_takes_back_from_a_drop_is_not_told_as_the_owners_act(actor: Actor) -> None:
    drop, sealed = made(actor), Sealed({"a": b"1"})
    sender = arrive(drop["drop"], sealed, bytes(113))
    assert sender.ask("DELETE", f"shares/{sealed.share}").status == 204
    (entry,) = ledger.search(Filter(action="share.revoke"))
    assert entry.actor != actor.label
    assert (entry.who, entry.detail) == ("Link", {"how": "token"})


def test_the_ledger_tells_what_an_owners_program_takes_back_from_what_they_take_back_themselves(
    actor: Actor, shell: Door
) -> None:
    sealed, links = Sealed({"a": b"1"}), [Link("one"), Link("two")]
    door = shell.make(sealed, *links)
    assert door.ask("DELETE", f"shares/{sealed.share}/recipients/{links[0].recipient}").status == 204
    services.drop_recipient(models.Share.objects.get(), links[1].recipient, actor=actor)
    entries = ledger.search(Filter(action="share.link_end"))
    assert sorted(len(entry.detail) for entry in entries) == [0, 1]
    assert {"how": "token"} in [entry.detail for entry in entries]
    assert len({entry.actor for entry in entries}) == 1
