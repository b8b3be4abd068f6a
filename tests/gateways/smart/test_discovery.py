"""What an app reads first, and that it is true (checklist 1.1)."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from django.urls import resolve
from joserfc.jwk import KeySet

from chartpost.gateways.smart.addresses import fhir_base, issuer
from chartpost.identity import scopes
from chartpost.identity.services import signing
from tests.gateways.smart.support import Office
from tests.identity.support import browser

NEEDED = {
    "launch-standalone",
    "launch-ehr",
    "client-public",
    "client-confidential-symmetric",
    "client-confidential-asymmetric",
    "sso-openid-connect",
    "context-standalone-patient",
    "context-ehr-patient",
    "context-ehr-encounter",
    "context-banner",
    "context-style",
    "permission-offline",
    "permission-patient",
    "permission-user",
    "permission-v1",
    "permission-v2",
    "authorize-post",
}


def read(path: str) -> Any:
    response = browser().get(path, HTTP_ACCEPT="application/json", HTTP_ORIGIN="https://app.example")
    assert response.status_code == 200
    assert response["Content-Type"].startswith("application/json")
    assert response["Access-Control-Allow-Origin"] == "*"
    return response.json()


def test_the_smart_configuration_has_all_that_is_asked_for(where: Office) -> None:
    found = read("/.well-known/smart-configuration")
    assert set(found["capabilities"]) >= NEEDED
    assert {"authorization_code", "client_credentials"} <= set(found["grant_types_supported"])
    assert found["code_challenge_methods_supported"] == ["S256"]
    assert found["issuer"] == issuer()
    assert {"private_key_jwt", "client_secret_basic"} <= set(found["token_endpoint_auth_methods_supported"])
    assert {"RS384", "ES384"} <= set(found["token_endpoint_auth_signing_alg_values_supported"])
    assert set(scopes.known(found["scopes_supported"])) == set(found["scopes_supported"])
    assert fhir_base().startswith(found["user_access_brand_identifier"]["value"])


def test_the_openid_configuration_stands_under_the_issuer(where: Office) -> None:
    found = read(urlsplit(issuer()).path + "/.well-known/openid-configuration")
    assert found["issuer"] == issuer()
    assert "RS256" in found["id_token_signing_alg_values_supported"]
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri", "response_types_supported"):
        assert found[name]
    assert found["subject_types_supported"] == ["public"]
    assert "auth_time" in found["claims_supported"]
    assert found["response_modes_supported"] == ["query"], "left out it would mean fragment too"


@pytest.mark.parametrize(
    "name",
    [f"{word}_endpoint" for word in ("authorization", "token", "introspection", "revocation", "registration")],
)
def test_every_address_is_absolute_and_there(where: Office, name: str) -> None:
    address = read("/.well-known/smart-configuration")[name]
    assert address.startswith("https://localhost:8443/")
    resolve(urlsplit(address).path)


def test_the_keys_are_public_and_stay_the_same(where: Office) -> None:
    found = read("/oauth/jwks.json")
    KeySet.import_key_set(found)
    assert {key["kty"] for key in found["keys"]} == {"RSA", "EC"}
    assert not any(set(key) & {"d", "p", "q", "k"} for key in found["keys"])
    assert len({key["kid"] for key in found["keys"]}) == 2
    assert read("/oauth/jwks.json") == found
    assert signing.RSA_BITS >= 2048


def test_signing_keys_are_wrapped(where: Office) -> None:
    from chartpost.identity.app_models import SigningKey

    read("/oauth/jwks.json")
    for row in SigningKey.objects.all():
        assert b"PRIVATE KEY" not in bytes(row.wrapped)
