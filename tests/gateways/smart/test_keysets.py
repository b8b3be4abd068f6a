"""Keys fetched from a client's address: how long they are kept, when they are fetched again, what is not fetched."""

import threading
import time
from typing import Any

import pytest

from chartpost.gateways.smart import keysets
from chartpost.identity import services
from chartpost.identity.types import SYSTEM
from chartpost.kernel import outbound, transfers
from tests.gateways.smart.support import Office, assertion, draft, public
from tests.gateways.smart.test_assertions import asked

URI = "https://app.example/jwks.json"


class Published:
    """A client's address: what stands there, how often it was fetched, and a clock to turn."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.keys: list[Any] = [public("RS384")]
        self.cache, self.fetched, self.moment, self.down = "max-age=600", 0, 1000.0, False
        monkeypatch.setattr(keysets.outbound, "get_json", self.get)
        monkeypatch.setattr(keysets, "monotonic", lambda: self.moment)

    def get(self, url: str) -> tuple[Any, dict[str, str]]:
        assert url == URI
        self.fetched += 1
        if self.down:
            raise outbound.FetchError(seen="x", expected="y", todo="z")
        return {"keys": self.keys}, {"cache-control": self.cache}


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> Published:
    return Published(monkeypatch)


def find(kid: str) -> list[dict[str, Any]]:
    return keysets.keys(URI, {}, kid)


def test_a_set_is_kept_as_long_as_it_allows(published: Published) -> None:
    for _ in range(5):
        assert find("RS384")
    assert published.fetched == 1
    published.moment += 601
    assert find("RS384")
    assert published.fetched == 2


def test_a_key_that_was_taken_back_is_worth_nothing_once_the_time_is_over(published: Published) -> None:
    assert find("RS384")
    published.keys = [public("ES384")]
    published.moment += 601
    assert not find("RS384")
    assert find("ES384")


def test_a_new_key_is_found_at_once_but_not_asked_for_all_the_time(published: Published) -> None:
    assert find("RS384")
    published.keys.append(public("ES384"))
    published.moment += 61
    assert find("ES384")
    assert published.fetched == 2
    for _ in range(5):
        assert not find("unknown")
    assert published.fetched == 2
    published.moment += 61
    assert not find("unknown")
    assert published.fetched == 3


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("", 300),
        ("no-store", 0),
        ("private, no-cache", 0),
        ("max-age=0", 0),
        ("max-age=60", 60),
        ("public, Max-Age = 120", 120),
        ("max-age=31536000", 3600),
        ("max-age=99999999999999999999", 3600),
        ("max-age=x", 300),
    ],
)
def test_how_long_an_answer_is_kept(header: str, seconds: float) -> None:
    assert keysets.lifetime(header) == seconds


def test_those_who_ask_at_once_share_one_fetch(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that forbids keeping its keys cannot make us ask it, or hold our threads, once for every request."""
    asked, answer = threading.Event(), threading.Event()
    fetched: list[str] = []
    found: list[Any] = []

    def slow(url: str) -> tuple[Any, dict[str, str]]:
        fetched.append(url)
        asked.set()
        assert answer.wait(20)
        return {"keys": [public("RS384")]}, {"cache-control": "no-store"}

    monkeypatch.setattr(keysets.outbound, "get_json", slow)
    uri = "https://slow.example/jwks.json"
    threads = [threading.Thread(target=lambda: found.append(keysets.keys(uri, {}, "RS384"))) for _ in range(8)]
    threads[0].start()
    assert asked.wait(20)
    for thread in threads[1:]:
        thread.start()
    while keysets._fetching[uri][1] < len(threads):
        time.sleep(0.01)
    answer.set()
    for thread in threads:
        thread.join(20)
    assert [len(keys) for keys in found] == [1] * len(threads)
    assert fetched == [uri]
    assert uri not in keysets._fetching
    assert keysets.keys(uri, {}, "RS384")
    assert len(fetched) == 2, "what may not be kept is not kept"


def test_who_waits_for_keys_holds_no_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """With one turn for all, a page is served while another waits for a client's server."""
    asked, answer = threading.Event(), threading.Event()

    def slow(_url: str) -> tuple[Any, dict[str, str]]:
        asked.set()
        assert answer.wait(20)
        return {"keys": [public("RS384")]}, {}

    def work(environ: dict[str, Any], _start: Any) -> list[bytes]:
        if environ["PATH_INFO"] == "/token":
            return [str(len(keysets.keys("https://still.example/jwks.json", {}, "RS384"))).encode()]
        return [b"page"]

    monkeypatch.setattr(keysets.outbound, "get_json", slow)
    application = transfers.attended(transfers.beside(work, transfers.Turns(1)))
    got: list[Any] = []
    thread = threading.Thread(target=lambda: got.append(application({"PATH_INFO": "/token"}, print)))
    thread.start()
    assert asked.wait(20)
    try:
        other = threading.Thread(target=lambda: got.append(application({"PATH_INFO": "/"}, print)), daemon=True)
        other.start()
        other.join(20)
        assert got == [[b"page"]]
    finally:
        answer.set()
        thread.join(20)
    assert got[1] == [b"1"]
    assert application({"PATH_INFO": "/"}, print) == [b"page"]


def test_what_may_not_be_kept_is_fetched_each_time(published: Published) -> None:
    published.cache = "no-store"
    assert find("RS384")
    assert find("RS384")
    assert published.fetched == 2


@pytest.mark.parametrize("data", [[], "x", 5, None, [5], [{"kid": "RS384"}] * 50])
def test_a_broken_set_has_no_use(published: Published, data: Any) -> None:
    published.keys = data
    assert len(find("RS384")) <= 20


def test_an_address_that_is_down_is_asked_again_after_a_while(published: Published) -> None:
    published.down = True
    assert not find("RS384")
    assert not find("RS384")
    assert published.fetched == 1
    published.down = False
    published.moment += 6
    assert find("RS384")


def test_a_client_signs_with_the_keys_at_its_address(where: Office, published: Published) -> None:
    app, _ = services.register_app(draft("backend", jwks={}, jwks_uri=URI), SYSTEM, reviewed=True)
    assert asked(where, assertion(app.client_id)).status_code == 200
    published.keys = []
    published.moment += 601
    assert asked(where, assertion(app.client_id)).status_code == 401


def test_a_kept_set_outlives_an_outage(published: Published) -> None:
    """Or anybody who sends a made-up key id while the address is down would shut the client out."""
    assert find("RS384")
    published.down = True
    published.moment += 61
    assert not find("made-up")
    assert find("RS384"), "good for 539 seconds yet"
    published.moment += keysets.FAILED_SECONDS
    published.down, published.keys = False, [public("ES384")]
    assert find("ES384"), "a new key is looked for again soon"
    published.down = True
    published.moment += 601
    assert not find("ES384")


def test_a_jku_is_the_address_that_was_registered(where: Office, published: Published) -> None:
    """SMART 2.2 client-confidential-asymmetric; who registered keys and no address may name any, none is fetched."""
    keyed = draft("backend", jwks={}, jwks_uri=URI)
    app, _ = services.register_app(keyed, SYSTEM, reviewed=True)
    assert asked(where, assertion(app.client_id, header={"jku": URI})).status_code == 200
    assert asked(where, assertion(app.client_id, header={"jku": "https://evil.example/keys"})).status_code == 401
