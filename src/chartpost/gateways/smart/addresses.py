"""The addresses of this door, as absolute URLs of the public address of this office."""

from chartpost.kernel.config import config


def fhir_base() -> str:
    """The FHIR base, which apps name as `iss` and `aud`."""
    return f"{config().base_url}/fhir"


def issuer() -> str:
    """Who signs id tokens (OpenID Connect Core 1.0, `iss`)."""
    return f"{config().base_url}/oauth"


def token_url() -> str:
    """Where codes become tokens; the audience of client assertions."""
    return f"{issuer()}/token"
