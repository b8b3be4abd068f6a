"""What the OAuth library asks of this office: who the client is, what a code or token is worth, what to keep.

The library walks the protocol (RFC 6749, 7636, 7009); every answer comes from the identity room. Nothing here keeps a
token or code in clear.
"""

import hmac
import secrets
from typing import Any

from oauth2_provider.oauth2_validators import OAuth2Validator
from oauthlib.oauth2.rfc6749 import errors

from chartpost.gateways.smart import assertions, response
from chartpost.identity import scopes
from chartpost.identity.services import app_tokens
from chartpost.identity.services.apps import secret_hash

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def new_token(_request: object) -> str:
    """A token of 256 random bits."""
    return secrets.token_urlsafe(32)


class SmartValidator(OAuth2Validator):  # type: ignore[misc]
    """The office behind the library."""

    # who the client is

    def _load_application(self, client_id: str | None, request: Any) -> Any:
        """The client of a name; a name that could be none is not asked for."""
        if not client_id or not client_id.isprintable():
            return None
        return super()._load_application(client_id, request)

    def validate_client_id(self, client_id: str, request: Any, *_: Any, **__: Any) -> bool:
        """Whether a client may send people to the authorize page."""
        app = self._load_application(client_id, request)
        return app is not None and app.kind != "backend"

    def client_authentication_required(self, request: Any, *args: Any, **kwargs: Any) -> bool:
        """Every client but a public one proves who it is; one that tries to is checked."""
        if _param(request, "client_assertion") or _param(request, "client_assertion_type"):
            return True
        if request.grant_type == "refresh_token" and not request.client_id and not self._extract_basic_auth(request):
            request.client_id = app_tokens.public_owner(_param(request, "refresh_token") or "")
        return bool(super().client_authentication_required(request, *args, **kwargs))

    def authenticate_client(self, request: Any, *args: Any, **kwargs: Any) -> bool:
        """Signed assertion (RFC 7523) or secret (RFC 6749 2.3.1), each only for the kind of app that has it."""
        if _param(request, "client_assertion") or _param(request, "client_assertion_type"):
            return self._asserted(request)
        named = _param(request, "client_id")
        if not super().authenticate_client(request, *args, **kwargs):
            return False
        request.client_id = request.client.client_id
        return bool(request.client.kind == "symmetric") and named in (None, request.client_id)

    def _extract_basic_auth(self, request: Any) -> str | None:
        """The credentials of HTTP Basic; the name of the scheme counts in letters of any size (RFC 9110 11.1)."""
        name, _, credentials = str(request.headers.get("HTTP_AUTHORIZATION", "")).partition(" ")
        return credentials.strip() if name.lower() == "basic" and credentials.strip() else None

    def _asserted(self, request: Any) -> bool:
        if _param(request, "client_assertion_type") != ASSERTION_TYPE:
            return False
        assertion = _param(request, "client_assertion") or ""
        client_id = assertions.claimed_client(assertion)
        if not client_id or (_param(request, "client_id") or client_id) != client_id:
            return False
        app = self._load_application(client_id, request)
        if app is None or app.kind not in {"asymmetric", "backend"}:
            return False
        if not assertions.verify(assertion, client_id, app.jwks_uri, app.jwks):
            return False
        request.client_id = client_id
        return True

    def authenticate_client_id(self, client_id: str, request: Any, *_: Any, **__: Any) -> bool:
        """A public client names itself and proves itself by its code verifier."""
        app = self._load_application(client_id, request)
        return app is not None and app.kind == "public"

    def _check_secret(self, provided_secret: str, stored_secret: str) -> bool:
        return bool(stored_secret) and hmac.compare_digest(secret_hash(provided_secret), stored_secret)

    # scopes

    def validate_scopes(
        self, _client_id: str, wanted: list[str], client: Any, request: Any, *_: Any, **__: Any
    ) -> bool:
        """Keep the scopes this server knows and the app was registered for; none left is an error."""
        asked = scopes.known(wanted or ())
        allowed = tuple(client.allowed_scopes.split())
        kept = scopes.narrowed(asked, allowed) if allowed else asked
        levels = {"system"} if client.kind == "backend" else {"patient", "user"}
        request.scopes = [text for text in kept if (found := scopes.parse(text)) is None or found.level in levels]
        if client.kind == "backend":
            request.scopes = [text for text in request.scopes if scopes.parse(text)]
        return bool(request.scopes)

    def get_default_scopes(self, _client_id: str, _request: Any, *_: Any, **__: Any) -> list[str]:
        """None: an app says what it wants."""
        return []

    def is_within_original_scope(self, wanted: list[str], _refresh: str, request: Any, *_: Any, **__: Any) -> bool:
        """Whether a refresh asks for no more than was granted (RFC 6749 6)."""
        return scopes.within(wanted, request.chartpost_found.scopes)

    # codes

    def is_pkce_required(self, _client_id: str, _request: Any) -> bool:
        """Always (SMART 2.2, RFC 9700 2.1.1)."""
        return True

    def validate_code(self, _client_id: str, code: str, client: Any, request: Any, *_: Any, **__: Any) -> bool:
        """Whether a code is good; remembers what it is worth."""
        found = app_tokens.find_code(code, client.client_id)
        if found is None:
            return False
        request.chartpost_found, request.scopes, request.user = found, list(found.scopes), found.account_id
        return True

    def get_authorization_code_scopes(self, _client: str, code: str, _uri: str, _request: Any) -> list[str]:
        """What a code was given for; the library adds an id token where `openid` is among it."""
        return app_tokens.code_scopes(code)

    def get_code_challenge(self, _code: str, request: Any) -> str:
        """The challenge the code came with (RFC 7636)."""
        return str(request.chartpost_found.code_challenge)

    def get_code_challenge_method(self, _code: str, _request: Any) -> str:
        """S256 and nothing else."""
        return "S256"

    def confirm_redirect_uri(
        self, _client: str, _code: str, uri: str, _app: Any, request: Any, *_: Any, **__: Any
    ) -> bool:
        """Whether the redirect address came that has to: again if it came in the request (RFC 6749 4.1.3).

        Another one than the code was sent to is an `invalid_grant` (RFC 6749 5.2).
        """
        asked_for = request.chartpost_found.redirect_uri
        if asked_for and request.using_default_redirect_uri:
            return False
        if uri != (asked_for or request.client.default_redirect_uri):
            raise errors.InvalidGrantError("Another redirect address than the code was sent to.", request=request)
        return True

    def invalidate_authorization_code(self, *_: Any, **__: Any) -> None:
        """Done already: a code is used up in the step that keeps its tokens."""

    def validate_silent_login(self, _request: Any) -> bool:
        """Nobody is signed in silently: a person answers every request (OpenID Connect Core 1.0 3.1.2.1)."""
        return False

    # refresh

    def rotate_refresh_token(self, _request: Any) -> bool:
        """Each refresh token is good once."""
        return True

    def validate_refresh_token(self, refresh: str, client: Any, request: Any, *_: Any, **__: Any) -> bool:
        """Whether a refresh token is good; remembers what it is worth."""
        found = app_tokens.find_refresh(refresh, client.client_id)
        if found is None:
            return False
        request.chartpost_found, request.user = found, found.account_id
        return True

    def get_original_scopes(self, _refresh: str, request: Any, *_: Any, **__: Any) -> list[str]:
        """What was granted."""
        return list(request.chartpost_found.scopes)

    # tokens

    def save_bearer_token(self, token: dict[str, Any], request: Any, *_: Any, **__: Any) -> None:
        """Keep the hashes of new tokens and add what SMART says beside them."""
        seconds, access = int(token["expires_in"]), token["access_token"]
        if request.grant_type == "client_credentials":
            refusal = app_tokens.issue_backend(request.client.client_id, token["scope"], access, seconds)
            if refusal == "blocked":
                raise errors.InvalidClientError("The office blocked it.", request=request)
            if refusal:
                raise errors.UnauthorizedClientError("Its access was ended by the office.", request=request)
            return
        if not request.chartpost_found.issued.refreshable:
            token.pop("refresh_token", None)
        client_id, refresh = request.client.client_id, token.get("refresh_token", "")
        if request.grant_type == "refresh_token":
            issued = app_tokens.redeem_refresh(
                request.refresh_token, client_id, token["scope"], access, refresh, seconds
            )
        else:
            issued = app_tokens.redeem_code(request.code, client_id, access, refresh, seconds)
        if issued is None:
            raise errors.InvalidGrantError(request=request)
        token.update(response.context(issued))

    def get_id_token(self, token: dict[str, Any], _handler: Any, request: Any) -> str:
        """The signed id token (OpenID Connect Core 1.0 2)."""
        found = request.chartpost_found
        more = {**found.claims, "nonce": found.nonce}
        return response.id_token(found.issued, token["scope"], request.client.client_id, more)

    def revoke_token(self, token: str, _hint: str, request: Any, *_: Any, **__: Any) -> None:
        """Take a token back at its client's wish."""
        app_tokens.give_back(token, request.client.client_id)


def _param(request: Any, name: str) -> str | None:
    """A parameter of the body; the library's request raises for names it does not know."""
    value = dict(request.decoded_body or ()).get(name)
    return str(value) if value else None
