"""Shares end: by time, by their sender, and nothing of them stays in the store."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.core import mail

from chartpost.identity import policies
from chartpost.identity import queries as accounts
from chartpost.identity import services as identity
from chartpost.identity.types import SYSTEM, Actor, Subject
from chartpost.kernel import clock, jobs, parts
from chartpost.kernel.parts import staging
from chartpost.ledger.models import Entry
from chartpost.shares import models, queries, services
from chartpost.shares.errors import Gone, Malformed, NotAllowed, NotThere
from chartpost.shares.ids import encode, new_id, object_name
from tests.shares.door import Door, fetch, open_link, send
from tests.shares.sealing import Link, Sealed

pytestmark = pytest.mark.django_db


def kept() -> set[str]:
    return {name for name, _, _ in parts.store().stored()}


def test_a_revoked_share_is_gone_at_once_and_says_so_to_its_holders_alone(shell: Door) -> None:
    sealed, link = Sealed({"a": b"1"}), Link("words")
    sender = send(shell, sealed, link)
    opened = open_link(link).json
    names = {object_name(name) for name in sealed.objects}
    assert names <= kept()
    assert [sender.ask("DELETE", f"shares/{sealed.share}").status for _ in range(2)] == [204, 204]
    assert not names & kept()
    answer = Door(opened["grant"]).ask("GET", f"open/{link.recipient}/objects/{list(sealed.objects)[1]}")
    assert (answer.status, answer.json["error"]) == (410, "revoked")
    assert (open_link(link).status, open_link(link).json["error"]) == (410, "revoked")
    assert Door().ask("POST", f"open/{link.recipient}", {"auth": encode(bytes(32))}).status == 403
    assert sender.ask("GET", f"shares/{sealed.share}").json["state"] == "revoked"
    assert Entry.objects.filter(action="share.revoke").count() == 1


def test_the_account_sees_its_shares_and_takes_them_back(shell: Door, actor: Actor) -> None:
    sealed, link = Sealed({"a": b"1", "b": b"22"}), Link("words", label="1")
    send(shell, sealed, link)
    open_link(link)
    assert actor.account_id
    found = queries.shares_of(actor.account_id)[0]
    assert (found.share, found.state, found.files, found.recipients[0].opens) == (sealed.share, "ready", 2, 1)
    assert found.size == sum(map(len, sealed.objects.values())) == queries.used(actor.account_id)
    stranger = Actor(kind="person", account_id=actor.account_id + 1)
    for act in (services.revoke, lambda share, who: services.extend(share, who, clock.now())):
        with pytest.raises(NotThere):
            act(sealed.share, stranger)
    with pytest.raises(NotThere):
        services.revoke(sealed.share, Actor(kind="anonymous"))
    services.revoke(sealed.share, actor)
    assert (queries.shares_of(actor.account_id)[0].state, queries.used(actor.account_id)) == ("revoked", 0)


def test_an_expired_share_is_gone_even_before_the_sweep(shell: Door) -> None:
    sealed, link = Sealed({"a": b"1"}), Link("words")
    ends = clock.now() + timedelta(days=2)
    sender = send(shell, sealed, link, expires_at=ends.isoformat())
    opened = open_link(link).json
    with clock.at(ends + timedelta(seconds=1)):
        answer = open_link(link)
        assert (answer.status, answer.json["error"]) == (410, "expired")
        path = f"open/{link.recipient}/objects/{list(sealed.objects)[1]}"
        assert Door(opened["grant"]).ask("GET", path).json["error"] == "expired"
        assert sender.ask("GET", f"shares/{sealed.share}").json["state"] == "expired"
        assert [services.expire(), services.expire()] == [1, 0]
    assert not {object_name(name) for name in sealed.objects} & kept()
    assert Entry.objects.filter(action="share.expire").count() == 1


def test_a_download_that_began_before_the_end_is_not_torn(shell: Door) -> None:
    sealed, link = Sealed({"a": bytes(3_000_000)}), Link("words")
    send(shell, sealed, link)
    name = list(sealed.objects)[1]
    pieces = services.stream(services.readable(models_open(link), name), 0, len(sealed.objects[name]))
    first = next(pieces)
    with clock.at(clock.now() + timedelta(days=20)):
        services.expire()
    assert first + b"".join(pieces) == sealed.objects[name]


def models_open(link: Link) -> models.Open:
    return services.granted(open_link(link).json["grant"], recipient_id=link.recipient)


def test_more_time_is_given_within_what_the_settings_allow(shell: Door, actor: Actor) -> None:
    sealed, link = Sealed({"a": b"1"}), Link("words")
    send(shell, sealed, link)
    later = clock.now() + timedelta(days=30)
    assert services.extend(sealed.share, actor, later) == later
    with clock.at(later - timedelta(minutes=1)):
        assert open_link(link).status == 200
    with pytest.raises(Malformed):
        services.extend(sealed.share, actor, clock.now() + timedelta(days=91))
    services.revoke(sealed.share, actor)
    with pytest.raises(Gone):
        services.extend(sealed.share, actor, later)


def test_one_link_is_taken_back_and_the_other_stays(shell: Door) -> None:
    sealed, one, two = Sealed({"a": b"1"}), Link("words"), Link("others", label="2")
    sender = send(shell, sealed, one, two)
    opened = open_link(one).json
    assert sender.ask("DELETE", f"shares/{sealed.share}/recipients/{one.recipient}").status == 204
    assert sender.ask("DELETE", f"shares/{sealed.share}/recipients/{new_id()}").status == 404
    assert (open_link(one).status, open_link(one).json["error"]) == (410, "revoked")
    path = f"open/{one.recipient}/objects/{list(sealed.objects)[1]}"
    assert Door(opened["grant"]).ask("GET", path).status == 410
    assert fetch(two, open_link(two).json)[1] == b"1"


def test_a_sender_lets_a_locked_link_be_tried_again(shell: Door, actor: Actor) -> None:
    sealed, link = Sealed({"a": b"1"}), Link("words")
    send(shell, sealed, link)
    for _ in range(10):
        Door().ask("POST", f"open/{link.recipient}", {"auth": encode(bytes(32))})
    assert open_link(link).status == 423
    services.unlock(sealed.share, link.recipient, actor)
    assert open_link(link).status == 200


def test_what_nobody_names_is_swept_and_what_is_named_stays(shell: Door) -> None:
    sealed, link = Sealed({"a": b"1"}), Link("words")
    send(shell, sealed, link)
    orphan = new_id()
    parts.store().begin(object_name(orphan))
    (staging.folder() / "cut-off").write_bytes(b"half a part")
    assert services.sweep() == 0
    assert services.sweep(grace=timedelta(0)) >= 2
    assert object_name(orphan) not in kept()
    assert list(staging.folder().iterdir()) == []
    assert fetch(link, open_link(link).json)[1] == b"1"


def test_what_ended_long_ago_is_forgotten(shell: Door, actor: Actor) -> None:
    sealed, link = Sealed({"a": b"1"}), Link("words")
    send(shell, sealed, link)
    Door().ask("POST", f"open/{link.recipient}", {"auth": encode(bytes(32))})
    services.revoke(sealed.share, actor)
    with clock.at(clock.now() + timedelta(days=91)):
        services.expire()
    assert not models.Share.objects.exists()
    assert not models.Guess.objects.exists()


def test_a_share_from_a_record_is_in_that_person_s_ledger_and_moves_with_them(shell: Door, actor: Actor) -> None:
    kept_person, other = (
        identity.add_person({"given": "Ann", "family": family, "birth_date": "1980-01-01"}, [], SYSTEM)
        for family in ("Lee", "Leigh")
    )
    sealed, link = Sealed({"a": b"1"}), Link("words")
    made = services.make({"share": sealed.share, "recipients": [link.asked(sealed)]}, actor, person_id=other.id)
    door = Door(made.upload_token)
    door.fill(sealed)
    door.complete(sealed)
    open_link(link)
    found = set(Entry.objects.filter(person_id=other.id).values_list("action", flat=True))
    assert {"share.make", "share.send", "share.open"} <= found
    identity.merge(kept_person.id, other.id, "the same person", actor)
    assert models.Share.objects.get().person_id == kept_person.id


def test_tokens_of_programs_are_kept_as_hashes_and_end(actor: Actor) -> None:
    token = services.make_token(actor, "laptop")
    assert services.account_of_token(token).account_id == actor.account_id
    assert token.encode() not in b"".join(bytes(row.token_hash) for row in models.ShellToken.objects.all())
    assert actor.account_id
    view = queries.tokens_of(actor.account_id)[0]
    assert view.label == "laptop"
    with pytest.raises(NotThere):
        services.end_token(view.ref, Actor(kind="person", account_id=actor.account_id + 1))
    with clock.at(clock.now() + timedelta(days=366)), pytest.raises(NotAllowed):
        services.account_of_token(token)
    services.end_token(view.ref, actor)
    with pytest.raises(NotAllowed):
        services.account_of_token(token)
    assert queries.tokens_of(actor.account_id) == []


def test_mails_are_in_the_language_of_the_sender(shell: Door, actor: Actor) -> None:
    from chartpost.identity.models import Account

    Account.objects.update(language="es")
    sealed, link = Sealed({"a": b"1"}), Link("words")
    send(shell, sealed, link)
    for _ in range(10):
        Door().ask("POST", f"open/{link.recipient}", {"auth": encode(bytes(32))})
    jobs.run_waiting()
    assert mail.outbox[0].subject == "Un enlace que envió está bloqueado"


def test_tokens_end_with_a_reset_and_with_the_last_role(actor: Actor) -> None:
    """Files sent by a token of staff come in the name of the office."""
    staff = identity.add_account("kim@office.example", "Kim", None, staff=True)
    identity.give_role(staff, "clerk", SYSTEM)
    mine, theirs = (services.make_token(one) for one in (actor, accounts.actor_of(staff)))
    assert services.account_of_token(theirs).account_id == staff.pk
    identity.end_role(staff.ref, "clerk", SYSTEM)
    with pytest.raises(NotAllowed):
        services.account_of_token(theirs)
    identity.give_role(staff, "clerk", SYSTEM)
    assert services.account_of_token(theirs)
    identity.reset_account(staff.email)
    with pytest.raises(NotAllowed):
        services.account_of_token(theirs)
    assert services.account_of_token(mine).account_id == actor.account_id


def test_who_left_the_office_opens_nothing_that_came_to_it() -> None:
    gone = Actor("staff", account_id=7)
    for who, may in ((gone, False), (replace(gone, roles=frozenset({"clerk"})), True), (Actor("person", 7), True)):
        assert policies.decide(who, "share.manage", Subject("share", owner_id=7)).allow is may
