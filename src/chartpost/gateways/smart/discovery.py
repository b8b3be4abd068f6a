"""What apps read first: SMART configuration, OpenID configuration, public keys, looks."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from chartpost.gateways.smart.assertions import ALGORITHMS
from chartpost.gateways.smart.web import endpoint, json_answer
from chartpost.identity.services import signing
from chartpost.kernel.config import config

CAPABILITIES = (
    "launch-ehr",
    "launch-standalone",
    "authorize-post",
    "client-public",
    "client-confidential-symmetric",
    "client-confidential-asymmetric",
    "sso-openid-connect",
    "context-banner",
    "context-style",
    "context-ehr-patient",
    "context-ehr-encounter",
    "context-standalone-patient",
    "permission-offline",
    "permission-online",
    "permission-patient",
    "permission-user",
    "permission-v1",
    "permission-v2",
)
SCOPES = (
    "openid",
    "fhirUser",
    "profile",
    "launch",
    "launch/patient",
    "offline_access",
    "online_access",
    "patient/*.rs",
    "patient/*.read",
    "user/*.cruds",
    "user/*.*",
    "system/*.cruds",
    "system/*.*",
)
GRANTS = ("authorization_code", "refresh_token", "client_credentials")
AUTH_METHODS = ("client_secret_basic", "client_secret_post", "private_key_jwt", "none")
DAY, HOUR = 86_400, 3600
STYLE = {
    "color_background": "#ffffff",
    "color_error": "#b50909",
    "color_highlight": "#005ea2",
    "color_modal_backdrop": "#1b1b1b",
    "color_success": "#00a91c",
    "color_text": "#1b1b1b",
    "dim_border_radius": "4px",
    "dim_font_size": "16px",
    "dim_spacing_size": "16px",
    "font_family_body": "sans-serif",
    "font_family_heading": "sans-serif",
}
"""The looks an app may take over, as SMART 2.2 names them (`smart_style_url`)."""


def _endpoints(base_url: str) -> dict[str, Any]:
    oauth = f"{base_url.rstrip('/')}/oauth"
    return {
        "issuer": oauth,
        "jwks_uri": f"{oauth}/jwks.json",
        "authorization_endpoint": f"{oauth}/authorize",
        "token_endpoint": f"{oauth}/token",
        "token_endpoint_auth_methods_supported": list(AUTH_METHODS),
        "token_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
        "introspection_endpoint": f"{oauth}/introspect",
        "revocation_endpoint": f"{oauth}/revoke",
        "registration_endpoint": f"{oauth}/register",
        "grant_types_supported": list(GRANTS),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "scopes_supported": list(SCOPES),
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
    }


def smart_configuration(base_url: str) -> dict[str, Any]:
    """The document at /.well-known/smart-configuration (SMART App Launch 2.2, 'Conformance'), for a public address."""
    base = base_url.rstrip("/")
    return {
        **_endpoints(base),
        "management_endpoint": f"{base}/apps/",
        "user_access_brand_bundle": f"{base}/brands.json",
        "user_access_brand_identifier": {"system": "urn:ietf:rfc:3986", "value": base},
        "capabilities": list(CAPABILITIES),
    }


def openid_configuration(base_url: str) -> dict[str, Any]:
    """The document at {issuer}/.well-known/openid-configuration (OpenID Connect Discovery 1.0 3)."""
    return {
        **_endpoints(base_url),
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "claims_supported": ["iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "fhirUser"],
        "claims_parameter_supported": False,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
    }


@endpoint("GET", "HEAD", cors=True)
def smart(_request: HttpRequest) -> HttpResponse:
    """SMART configuration."""
    return json_answer(smart_configuration(config().base_url), seconds=HOUR)


@endpoint("GET", "HEAD", cors=True)
def openid(_request: HttpRequest) -> HttpResponse:
    """OpenID configuration."""
    return json_answer(openid_configuration(config().base_url), seconds=HOUR)


@endpoint("GET", "HEAD", cors=True)
def jwks(_request: HttpRequest) -> HttpResponse:
    """The public keys id tokens are signed with."""
    return json_answer({"keys": signing.public_keys()}, seconds=HOUR)


@endpoint("GET", "HEAD", cors=True)
def style(_request: HttpRequest) -> HttpResponse:
    """Colours and sizes for apps that want to look like this office."""
    return json_answer(STYLE, seconds=DAY)
