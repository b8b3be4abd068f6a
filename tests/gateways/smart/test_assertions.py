"""Client assertions: the client's own key, one of four algorithms, for us, now, once (RFC 7523, checklist 1.8)."""

import base64
import hmac
import json
import time
from typing import Any

import pytest
from joserfc import jws
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, RSAKey

from chartpost.gateways.smart import assertions
from chartpost.gateways.smart.addresses import token_url
from chartpost.gateways.smart.validator import ASSERTION_TYPE
from chartpost.identity import app_models, services, tokens
from chartpost.identity.types import SYSTEM
from chartpost.kernel.db import raw
from tests.gateways.smart.support import KEYS, Office, assertion, draft, public, token
from tests.identity.support import browser, entries

OTHER = RSAKey.generate_key(2048)


def asked(where: Office, signed: str, **changes: Any) -> Any:
    """A backend client asks for a token with an assertion."""
    facts = {"grant_type": "client_credentials", "scope": "system/*.rs", "client_assertion_type": ASSERTION_TYPE}
    return token(browser(), **facts | {"client_assertion": signed} | changes)


def client(where: Office) -> str:
    return where.apps["backend"].client_id


def test_a_backend_client_gets_a_token_in_its_own_name(where: Office) -> None:
    for algorithm in ("RS384", "ES384"):
        response = asked(where, assertion(client(where), algorithm))
        assert response.status_code == 200
        found = response.json()
        assert found["token_type"].lower() == "bearer"
        assert found["expires_in"] == 3600
        assert found["scope"] == "system/*.rs"
        assert "refresh_token" not in found
        assert "id_token" not in found
        access = tokens.access(found["access_token"], raw.django())
        assert access is not None
        assert access.everyone is not None
        assert access.actor.kind == "app"
        assert access.person_id is None
    assert len(entries("app.token")) == 2


@pytest.mark.parametrize(
    ("scope", "granted"),
    [
        ("system/*.read", "system/*.read"),
        ("system/Patient.rs system/Observation.r", "system/Patient.rs system/Observation.r"),
        ("system/*.cruds", "system/*.rs"),
        ("system/*.rs patient/*.rs openid", "system/*.rs"),
    ],
)
def test_it_gets_no_more_than_it_was_registered_for(where: Office, scope: str, granted: str) -> None:
    assert asked(where, assertion(client(where)), scope=scope).json()["scope"] == granted


@pytest.mark.parametrize("scope", ["", None, "system/Patient.c", "patient/*.rs", "openid", "nonsense"])
def test_without_a_scope_it_may_have_there_is_no_token(where: Office, scope: str | None) -> None:
    response = asked(where, assertion(client(where)), scope=scope)
    assert response.status_code == 400
    assert response.json()["error"] == "invalid_scope"


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "other"},
        {"sub": "other"},
        {"iss": None},
        {"sub": None},
        {"aud": "https://evil.example/token"},
        {"aud": "https://localhost:8443/oauth"},
        {"aud": "https://localhost:8443/oauth/token/"},
        {"aud": None},
        {"aud": []},
        {"exp": None},
        {"exp": "soon"},
        {"exp": int(time.time()) - 60},
        {"exp": int(time.time()) + 3600},
        {"exp": 10**30},
        {"exp": True},
        {"jti": None},
        {"jti": ""},
        {"jti": 7},
        {"jti": "x" * 300},
        {"extra": float("nan")},
        {"nbf": int(time.time()) + 3600},
        {"iat": int(time.time()) + 3600},
        {"iat": "x"},
    ],
)
def test_every_claim_counts(where: Office, claims: dict[str, Any]) -> None:
    response = asked(where, assertion(client(where), **claims))
    assert response.status_code in {400, 401}
    assert response.json()["error"] == "invalid_client"


@pytest.mark.parametrize("claim", ["jti", "iss", "extra"])
def test_half_a_character_in_a_claim_is_no_claim(where: Office, claim: str) -> None:
    facts = {"iss": client(where), "sub": client(where), "aud": token_url(), "exp": int(time.time()) + 200, "jti": "x"}
    claims = json.dumps(facts | {claim: "\ud800"}).encode()
    signed = jws.serialize_compact({"alg": "RS384", "kid": "RS384"}, claims, KEYS["RS384"], algorithms=["RS384"])
    response = asked(where, signed)
    assert response.status_code in {400, 401}
    assert response.json()["error"] == "invalid_client"


def test_the_audience_may_be_a_list_with_us_in_it(where: Office) -> None:
    assert asked(where, assertion(client(where), aud=["https://x.example", token_url()])).status_code == 200


def test_a_name_counts_once_for_its_client(where: Office) -> None:
    signed = assertion(client(where), jti="one")
    assert asked(where, signed).status_code == 200
    assert asked(where, signed).status_code == 401
    assert asked(where, assertion(client(where), jti="one")).status_code == 401
    other, _ = services.register_app(draft("backend"), SYSTEM, reviewed=True)
    assert asked(where, assertion(other.client_id, jti="one")).status_code == 200


def forged(header: dict[str, Any], claims: dict[str, Any], signature: bytes = b"") -> str:
    parts = [json.dumps(header).encode(), json.dumps(claims).encode(), signature]
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


def right(where: Office) -> dict[str, Any]:
    found = client(where)
    return {"iss": found, "sub": found, "aud": token_url(), "exp": int(time.time()) + 200, "jti": "j"}


@pytest.mark.parametrize(
    "algorithm", ["none", "None", "NONE", "", None, "HS256", "HS384", "PS384", "EdDSA", ["RS384"], {}]
)
def test_an_unsigned_assertion_is_worth_nothing(where: Office, algorithm: Any) -> None:
    for signature in (b"", b"x" * 256):
        header = {"alg": algorithm, "kid": "RS384"}
        assert asked(where, forged(header, right(where), signature)).status_code == 401


@pytest.mark.parametrize("form", ["pem", "jwk", "n"])
def test_the_public_key_as_a_password_opens_nothing(where: Office, form: str) -> None:
    """The classic confusion: HS256 keyed with the bytes of the RSA public key (RFC 8725 2.1)."""
    key = KEYS["RS384"]
    secret = {
        "pem": key.as_pem(private=False),
        "jwk": json.dumps(public("RS384")).encode(),
        "n": str(public("RS384")["n"]).encode(),
    }[form]
    for algorithm, digest in (("HS256", "sha256"), ("HS384", "sha384"), ("HS512", "sha512")):
        bare = forged({"alg": algorithm, "kid": "RS384"}, right(where)).rstrip(".")
        mac = hmac.new(secret, bare.encode(), digest).digest()
        signed = f"{bare}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"
        assert asked(where, signed).status_code == 401


def test_keys_that_came_with_the_assertion_are_not_believed(where: Office) -> None:
    own = dict(OTHER.as_dict(private=False)) | {"kid": "RS384"}
    for extra in ({"jwk": own}, {"jku": "https://evil.example/keys"}, {"x5u": "https://evil.example/c"}, {}):
        signed = assertion(client(where), key=OTHER, header=extra)
        assert asked(where, signed).status_code == 401


def test_a_key_of_another_kind_or_name_is_not_tried(where: Office) -> None:
    found = client(where)
    for header in ({"kid": "ES384"}, {"kid": "unknown"}, {"kid": ""}, {"alg": "RS256"}, {"alg": "RS512"}):
        assert asked(where, assertion(found, header=header)).status_code == 401, header
    assert asked(where, forged({"alg": "RS384", "kid": 7}, right(where), b"x" * 256)).status_code == 401
    crit = {"alg": "RS384", "kid": "RS384", "crit": ["exp"]}
    assert asked(where, forged(crit, right(where), b"x" * 256)).status_code == 401


def test_another_clients_signature_is_worth_nothing(where: Office) -> None:
    keys = {"keys": [dict(OTHER.as_dict(private=False)) | {"kid": "RS384"}]}
    other, _ = services.register_app(draft("backend", jwks=keys), SYSTEM, reviewed=True)
    assert asked(where, assertion(other.client_id)).status_code == 401
    assert asked(where, assertion(client(where), key=OTHER)).status_code == 401
    assert asked(where, assertion(other.client_id, key=OTHER), client_id=client(where)).status_code == 401
    assert asked(where, assertion(other.client_id, key=OTHER)).status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        {"use": "enc"},
        {"alg": "RS256"},
        {"kty": "EC"},
        {"kty": "oct", "k": "eA"},
        {"n": "AQAB"},
        {"n": 5},
        {"e": ""},
        {"kty": None},
    ],
)
def test_a_key_that_is_not_meant_for_this_is_not_used(where: Office, change: dict[str, Any]) -> None:
    assert not assertions._checks(assertion(client(where)), public("RS384") | change, "RS384")


def test_a_weak_key_is_not_used(where: Office) -> None:
    with pytest.warns(SecurityWarning):
        weak = RSAKey.generate_key(1024)
    found = dict(weak.as_dict(private=False)) | {"kid": "RS384"}
    header, body = {"alg": "RS384", "kid": "RS384"}, json.dumps(right(where))
    signed = jws.serialize_compact(header, body, weak, ["RS384"])
    assert not assertions._checks(signed, found, "RS384")


def test_a_curve_fits_its_algorithm(where: Office) -> None:
    key = ECKey.generate_key("P-256")
    signed = jws.serialize_compact({"alg": "ES256", "kid": "e"}, json.dumps(right(where)), key, ["ES256"])
    found = dict(key.as_dict(private=False)) | {"kid": "e"}
    assert assertions._checks(signed, found, "ES256")
    assert not assertions._checks(signed, found | {"crv": "P-384"}, "ES256")


@pytest.mark.parametrize(
    "text", ["", "a", "a.b", "a.b.c", "..", "a.b.c.d.e", "{}.{}.x", "e30.e30.", "x" * 9000, "é.é.é", "W10.W10.x"]
)
def test_what_is_no_assertion_is_told_so(where: Office, text: str) -> None:
    response = asked(where, text, client_id=client(where))
    assert response.status_code in {400, 401}


def test_the_wrong_type_of_assertion_is_refused(where: Office) -> None:
    for kind in ("urn:ietf:params:oauth:client-assertion-type:saml2-bearer", "", None, "not_the_right_type"):
        assert asked(where, assertion(client(where)), client_assertion_type=kind).status_code in {400, 401}


def test_a_person_never_becomes_a_backend_client_and_the_other_way_round(where: Office) -> None:
    found = where.apps["asymmetric"].client_id
    response = asked(where, assertion(found), scope="patient/Patient.rs")
    assert response.status_code in {400, 401}
    assert "access_token" not in response.json()


def test_a_blocked_client_gets_nothing_and_loses_what_it_had(where: Office) -> None:
    held = asked(where, assertion(client(where))).json()["access_token"]
    services.disable_app(where.apps["backend"].ref, SYSTEM)
    assert asked(where, assertion(client(where))).status_code == 401
    assert tokens.access(held, raw.django()) is None


def test_a_client_blocked_while_it_asks_gets_nothing(where: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own server holds its keys, so it says how long asking takes."""
    verify = assertions.verify

    def blocked_meanwhile(*values: Any) -> bool:
        services.disable_app(where.apps["backend"].ref, SYSTEM)
        return verify(*values)

    monkeypatch.setattr(assertions, "verify", blocked_meanwhile)
    refused = asked(where, assertion(client(where)))
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
    services.enable_app(where.apps["backend"].ref, SYSTEM)
    assert not app_models.AppGrant.objects.exists()
    assert not app_models.AccessToken.objects.exists()


def test_a_client_whose_access_staff_ended_gets_no_token_until_it_is_let_in(where: Office) -> None:
    held = asked(where, assertion(client(where))).json()["access_token"]
    services.end_grant(app_models.AppGrant.objects.get().ref, where.staff, "office")
    assert tokens.access(held, raw.django()) is None
    refused = asked(where, assertion(client(where)))
    assert (refused.status_code, refused.json()["error"]) == (400, "unauthorized_client")
    services.let_in_again(where.apps["backend"].ref, SYSTEM)
    assert asked(where, assertion(client(where))).status_code == 200
    assert len(entries("app.admit")) == 1


def test_a_client_that_was_blocked_for_a_time_asks_again(where: Office) -> None:
    assert asked(where, assertion(client(where))).status_code == 200
    services.disable_app(where.apps["backend"].ref, SYSTEM)
    services.enable_app(where.apps["backend"].ref, SYSTEM)
    assert asked(where, assertion(client(where))).status_code == 200
