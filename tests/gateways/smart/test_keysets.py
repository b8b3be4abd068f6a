"""Keys fetched from a client's address: how long they are kept, when they are fetched again, what is not fetched."""

from typing import Any

import pytest

from chartpost.gateways.smart import keysets
from chartpost.identity import services
from chartpost.identity.types import SYSTEM
from chartpost.kernel import outbound
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
