"""The threats the server has a part in (docs/sealed-format.md), one test or more for each, named after it."""

import hashlib
import os
import time
from unittest.mock import patch

import pytest
from django.apps import apps
from django.core.cache import cache
from django.db import connection

from chartpost.formats.cobblestone import CobblestoneError
from chartpost.kernel.parts import PART
from chartpost.kernel.parts.stores import FolderParts
from chartpost.shares import models
from chartpost.shares.ids import encode, new_id, object_name
from tests.shares.door import Answer, Door, fetch, open_link, send
from tests.shares.sealing import Link, Sealed, unseal

pytestmark = pytest.mark.django_db
SHARES = ("Share", "Object", "Part", "Recipient", "Open", "Guess", "Drop", "ShellToken")


def guess(recipient: str, auth: bytes = bytes(32)) -> Answer:
    return Door().ask("POST", f"open/{recipient}", {"auth": encode(auth)})


def test_link_preview_or_scanner_burns_download(shell: Door) -> None:
    """A scanner that opens every address it can think of, a hundred times, uses nothing up and locks nothing."""
    sealed, link = Sealed({"a": b"1"}), Link("words")
    send(shell, sealed, link, max_opens=1)
    for _ in range(100):
        for method in ("GET", "HEAD", "OPTIONS"):
            for path in ("", "/header", f"/objects/{list(sealed.objects)[1]}", "/receipt"):
                Door(address="192.0.2.9").ask(method, f"open/{link.recipient}{path}")
    assert fetch(link, open_link(link).json)[1] == b"1"


@pytest.mark.parametrize("path", ["{id}%23", "{id}%2523", "{id}#1.secret", "{id}%231.secret", "{id}/#1.secret"])
def test_a_gateway_that_mangles_the_fragment_gets_no_answer_and_leaves_no_trace(
    shell: Door, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    sealed, link = Sealed({"a": b"1"}), Link("words")
    send(shell, sealed, link)
    before = models.Guess.objects.count()
    answer = Door().ask("POST", "open/" + path.format(id=link.recipient), {"auth": link.auth})
    assert answer.status in {400, 404}
    assert models.Guess.objects.count() == before
    assert "secret" not in caplog.text + answer.body.decode()


def test_online_guessing_is_locked_per_link_and_slowed_per_address(shell: Door) -> None:
    links = [Link(f"words {n}", label=str(n)) for n in range(6)]
    send(shell, Sealed({"a": b"1"}), *links)
    answers = [guess(link.recipient, os.urandom(32)) for link in links for _ in range(10)]
    assert [a.status for a in answers[:40]] == ([403] * 9 + [423]) * 4
    assert {a.status for a in answers[40:]} == {429}
    assert int(answers[-1].headers["retry-after"]) > 0
    assert open_link(links[5]).status == 200  # another address, a link nobody guessed at


def test_one_address_cannot_ask_without_end(shell: Door) -> None:
    statuses = [Door(address="192.0.2.1").ask("POST", f"open/{new_id()}/header").status for _ in range(241)]
    assert statuses == [200] * 240 + [429]
    assert Door(address="192.0.2.2").ask("POST", f"open/{new_id()}/header").status == 200


def test_machines_of_one_ipv6_network_count_together(shell: Door) -> None:
    def asked(address: str) -> int:
        return Door(address=address).ask("POST", f"open/{new_id()}/header").status

    statuses = [asked(f"2001:db8::{n:x}") for n in range(1, 242)]
    assert statuses[-1] == 429
    assert asked("2001:db8:0:1::1") == 200


def test_wrong_tokens_are_slowed(db: None) -> None:
    statuses = [Door("cps_guess").ask("POST", "shares", {"share": new_id()}).status for _ in range(62)]
    assert statuses == [401] * 60 + [429] * 2


def test_unknown_ids_answer_as_known_ones_do(shell: Door) -> None:
    """Header, refusals, tries left and the lock are the same for a link that is, one that never was, one that ended."""
    sealed, link = Sealed({"a": b"1"}), Link("words")
    sender = send(shell, sealed, link)
    over = Link("over")
    send(shell, Sealed({"b": b"2"}), over)
    never = new_id()
    first, second = (Door().ask("POST", f"open/{never}/header").json for _ in range(2))
    assert first == second
    assert len(first["salt"]) == 22
    assert first["salt"] != Door().ask("POST", f"open/{new_id()}/header").json["salt"]
    assert sender.ask("DELETE", f"shares/{sealed.share}").status == 204
    told = []
    for recipient in (link.recipient, over.recipient, never):
        cache.clear()
        answers = [guess(recipient) for _ in range(12)]
        told.append([(a.status, a.body, sorted(a.headers)) for a in answers])
    assert told[0] == told[1] == told[2]


def test_unknown_ids_cost_the_same_work(shell: Door) -> None:
    """The same statements run, so that time tells nothing; the processor's time stays close besides."""
    links = [Link(f"words {n}", label=str(n)) for n in range(30)]
    send(shell, Sealed({"a": b"1"}), *links)

    def work(recipient: str) -> tuple[list[str], float]:
        cache.clear()
        connection.force_debug_cursor = True
        connection.queries_log.clear()
        begun = time.thread_time()
        guess(recipient)
        spent = time.thread_time() - begun
        found = [query["sql"].split(" ")[0] + query["sql"].count("shares_") * "." for query in connection.queries_log]
        connection.force_debug_cursor = False
        return found, spent

    known, unknown = [], []
    for link in links:
        known.append(work(link.recipient))
        unknown.append(work(new_id()))
    assert known[1][0] == unknown[1][0]
    least = [min(spent for _, spent in side) for side in (known, unknown)]
    assert max(least) / min(least) < 1.5, least


def test_offline_guessing_after_database_theft(shell: Door) -> None:
    """What the database holds of a link is no test of a password: with the right one but another link secret,
    nothing that is stored comes out."""
    sealed, link = Sealed({"a": b"1"}), Link("words")
    send(shell, sealed, link)
    row = models.Recipient.objects.get()
    stolen = {bytes(row.verifier), bytes(row.receipt_check)}
    thief = Link(link.password, recipient=link.recipient, salt=link.salt)
    assert hashlib.sha256(thief.derived("auth")).digest() not in stolen
    assert hashlib.sha256(link.derived("auth")).digest() in stolen
    for secret in (link.secret, link.derived("wrap"), link.derived("auth"), sealed.key):
        assert secret not in b"".join(
            bytes(value) for row in models.Recipient.objects.values_list() for value in row if isinstance(value, bytes)
        )


@pytest.mark.parametrize("how", ["cut", "chunk dropped", "swapped", "bit", "replayed"])
def test_truncation_swap_or_replay_of_stored_bytes_is_seen_by_the_recipient(shell: Door, how: str) -> None:
    """A server (or thief of its disk) that alters what is stored causes an error at the recipient, no other files."""
    sealed, link = Sealed({"a": os.urandom(40_000), "b": os.urandom(40_000)}), Link("words")
    send(shell, sealed, link)
    _, one, two = sealed.objects
    where = FolderParts().path(object_name(one)) / "00000"
    data = where.read_bytes()
    where.write_bytes(
        {
            "cut": data[:-1],
            "chunk dropped": data[:56] + data[56 + 16_400 :],
            "swapped": FolderParts().path(object_name(two)).joinpath("00000").read_bytes(),
            "bit": data[:100] + bytes([data[100] ^ 1]) + data[101:],
            "replayed": Sealed({"a": sealed.files["a"]}).objects.popitem()[1],
        }[how]
    )
    opened = open_link(link).json
    answer = Door(opened["grant"]).ask("GET", f"open/{link.recipient}/objects/{one}")
    if answer.status == 200:
        with pytest.raises(CobblestoneError):
            unseal(sealed.share, sealed.key, 1, one, answer.body)
    else:
        assert answer.json["error"] == "lost"


def test_key_or_format_oracle(shell: Door) -> None:
    """Every wrong proof gets the one same answer, and no ciphertext or wrapped key leaves before a right one."""
    sealed, link = Sealed({"a": b"1"}), Link("words")
    send(shell, sealed, link)
    right = link.derived("auth")
    wrongs = [bytes(32), bytes([right[0] ^ 1]) + right[1:], right[:-1] + bytes([right[-1] ^ 1]), os.urandom(32)]
    answers = [guess(link.recipient, auth) for auth in wrongs]
    assert len({(a.status, a.json["seen"]) for a in answers}) == 1
    assert not any("wrapped" in a.json or "salt" in a.json for a in answers)
    for body in ({}, {"auth": ""}, {"auth": encode(bytes(31))}, {"auth": 5}, {"auth": None}):
        assert Door().ask("POST", f"open/{link.recipient}", body).status == 400
    name = list(sealed.objects)[1]
    for token in ("", link.auth, encode(right)):
        assert Door(token).ask("GET", f"open/{link.recipient}/objects/{name}").status == 401


def test_proofs_are_compared_in_constant_time(shell: Door) -> None:
    link = Link("words")
    send(shell, Sealed({"a": b"1"}), link)
    with patch("chartpost.shares.services.opening.hmac.compare_digest", return_value=False) as compare:
        guess(link.recipient)
        guess(new_id())
    assert compare.call_count == 2


def test_names_and_sizes_leak_no_further_than_padded(shell: Door) -> None:
    """The manifest's ciphertext has the same length whatever a name or note of a share's files."""
    short = Sealed({"a": b"1"})
    long = Sealed({"Jane Doe HIV result 2026.pdf": b"1"}, note="please read before Tuesday")
    assert [len(data) for data in short.objects.values()] == [len(data) for data in long.objects.values()]
    send(shell, long, Link("words"))
    text = b" ".join(
        repr(value).encode()
        for name in SHARES
        for row in apps.get_model("shares", name).objects.values()
        for value in row.values()
    )
    assert not any(word in text for word in (b"Jane", b"HIV", b"Tuesday", b"words"))


def test_forwarded_link(shell: Door) -> None:
    """Each recipient has a link of their own: openings are told apart, and one can be taken back."""
    sealed, one, two = Sealed({"a": b"1"}), Link("words"), Link("others", label="2")
    sender = send(shell, sealed, one, two)
    open_link(one)
    open_link(one)
    told = {r["label"]: r["opens"] for r in sender.ask("GET", f"shares/{sealed.share}").json["recipients"]}
    assert told == {"1": 2, "2": 0}


def test_one_recipient_s_password_opens_no_other_link(shell: Door) -> None:
    one, two = Link("words"), Link("others", label="2")
    send(shell, Sealed({"a": b"1"}), one, two)
    assert guess(two.recipient, one.derived("auth")).status == 403


@pytest.mark.parametrize("word", ["", "words ", "WORDS", "word"])
def test_a_link_without_its_password_opens_nothing(shell: Door, word: str) -> None:
    """Whoever reads the recipient's mail has the link and all the server tells of it."""
    link = Link("words")
    send(shell, Sealed({"a": b"1"}), link)
    stolen = Link(word, recipient=link.recipient, secret=link.secret, salt=link.salt)
    answer = open_link(stolen)
    assert (answer.status, answer.json["error"]) == (403, "refused")
    assert "wrapped" not in answer.json


def test_pages_of_other_sites_cannot_call(shell: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    from chartpost.kernel.config import config

    link = Link("words")
    send(shell, Sealed({"a": b"1"}), link)

    def allowed(origin: str, method: str = "POST") -> str:
        answer = Door().ask(method, f"open/{link.recipient}/header", Origin=origin)
        return answer.headers.get("access-control-allow-origin", "")

    assert allowed("https://evil.example") == allowed("null") == allowed("https://share.example.org") == ""
    monkeypatch.setenv("CHARTPOST_SHARE_ORIGIN", "https://share.example.org/")
    config.cache_clear()
    try:
        assert allowed("https://share.example.org") == "https://share.example.org"
        assert allowed("https://share.example.org", "OPTIONS") == "https://share.example.org"
        assert allowed("https://evil.example") == ""
        assert "*" not in allowed("https://share.example.org.evil.example")
        preflight = Door().ask("OPTIONS", "shares/x", Origin="https://share.example.org")
        assert "Content-Digest" in preflight.headers["access-control-allow-headers"]
        assert "access-control-allow-credentials" not in preflight.headers
    finally:
        monkeypatch.undo()
        config.cache_clear()


def test_no_answer_sets_a_cookie_or_may_be_kept(shell: Door) -> None:
    sealed, link = Sealed({"a": os.urandom(PART)}), Link("words")
    send(shell, sealed, link)
    opened = open_link(link)
    read = Door(opened.json["grant"]).ask("GET", f"open/{link.recipient}/objects/{list(sealed.objects)[1]}")
    for answer in (opened, read, guess(link.recipient), Door().ask("GET", "nothing")):
        assert answer.headers["cache-control"] == "no-store"
        assert "set-cookie" not in answer.headers
        assert answer.headers["referrer-policy"] == "no-referrer"
