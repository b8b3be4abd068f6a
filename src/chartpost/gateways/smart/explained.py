"""What the errors of the OAuth library mean: what was seen, what is expected, what to do (RFC 6749 4.1.2.1, 5.2).

The library names an error, sometimes with a few words of its own; a maker of an app needs more to go on. The words
stand for every cause an error can have, so that they tell nobody which codes, tokens and clients there are.
"""

import json

from chartpost.gateways.smart.addresses import issuer, token_url
from chartpost.gateways.smart.web import ascii_words

_BY_ERROR = {
    "invalid_grant": (
        "Seen: a code, code_verifier or refresh token that is wrong, of another client, too old, used before, or ended."
        " Expected: a code of the last minute, once, with the code_verifier of its code_challenge; or the newest"
        " refresh token. Do: ask the person again."
    ),
    "invalid_client": (
        "Seen: a client that is not known, is blocked or did not prove who it is. Expected: for a public app client_id;"
        " with a secret HTTP Basic; with keys client_assertion_type jwt-bearer and a client_assertion with a registered"
        " kid, iss and sub the client_id, aud {token}, exp within 5 minutes and a new jti. Do: correct it."
    ),
    "invalid_scope": (
        "Seen: no scope this app can have here. Expected: for apps of people launch/patient and such as patient/*.rs,"
        " for programs without a user such as system/*.rs, each within what the app is registered for, and at a refresh"
        " within what was granted. Do: correct scope; scopes_supported of the SMART configuration has examples."
    ),
    "unauthorized_client": (
        "Seen: a way to ask that is not open to this client. Expected: response_type=code for apps of people,"
        " grant_type=client_credentials for programs without a user. Do: use the one of its kind, or ask the office."
    ),
    "unsupported_response_type": "Seen: another response_type. Expected: response_type=code. Do: change it.",
    "login_required": (
        "Seen: prompt=none. Expected: a person who answers every request here. Do: ask without prompt=none."
    ),
}
_BY_WORDS = {
    "Mismatching redirect URI.": (
        "Seen: no redirect_uri of this client, or another than that of the request. Expected: the one it registered,"
        " the same letter by letter. Do: correct it, or register the app with this address."
    ),
    "Invalid redirect URI.": (
        "Seen: a redirect_uri that is no whole address. Expected: one that is registered. Do: correct it."
    ),
    "Missing redirect URI.": (
        "Seen: no redirect_uri. Expected: the one of the request, one that is registered. Do: add it."
    ),
    "Invalid client_id parameter value.": (
        "Seen: a client_id that is not known, is blocked, or is of a program without a user. Expected: the client_id"
        " that {issuer}/register answered. Do: correct it, or register the app."
    ),
    "Missing client_id parameter.": (
        "Seen: no client_id. Expected: the client_id that {issuer}/register answered. Do: add it."
    ),
    "Missing response_type parameter.": "Seen: no response_type. Expected: response_type=code. Do: add it.",
    "Code challenge required.": (
        "Seen: no code_challenge. Expected: code_challenge of 43 characters and code_challenge_method S256 (RFC 7636)."
        " Do: add both, and send the code_verifier with the code."
    ),
    "Transform algorithm not supported.": (
        "Seen: another code_challenge_method. Expected: S256. Do: hash the code_verifier with SHA-256."
    ),
    "Code verifier required.": (
        "Seen: no code_verifier. Expected: the one the code_challenge of the request was made from. Do: add it."
    ),
    "Missing code parameter.": "Seen: no code. Expected: the code the app was called back with. Do: add it.",
    "Missing refresh token parameter.": "Seen: no refresh_token. Expected: the newest one. Do: add it.",
}
"""Words of the library that say what was seen and no more."""


def explained(error: str, description: str | None) -> str:
    """The description of an error of the library: our own words for it, else the library's."""
    words = _BY_WORDS.get(description or "") or description or _BY_ERROR.get(error, "")
    return words.replace("{token}", token_url()).replace("{issuer}", issuer())


def explained_body(body: str) -> str:
    """The body of an error of the token address, with its description."""
    found = json.loads(body)
    words = explained(str(found["error"]), found.get("error_description"))
    return json.dumps(found | {"error_description": ascii_words(words)} if words else found)
