"""What a token response says beside its tokens (SMART 2.2, 'Response')."""

from collections.abc import Mapping
from typing import Any

from chartpost.gateways.smart.addresses import fhir_base, issuer
from chartpost.identity.app_types import Issued
from chartpost.identity.services import signing
from chartpost.kernel import clock

ID_TOKEN_SECONDS = 3600


def context(issued: Issued) -> dict[str, Any]:
    """How long, patient, encounter and looks; a standalone app shows whose record it is by itself.

    `fhirContext` names resources of other types than these two, and there are none.
    """
    found: dict[str, Any] = {"expires_in": issued.seconds}
    if issued.patient:
        found["patient"] = issued.patient
    if issued.launched:
        found |= {"need_patient_banner": True, "smart_style_url": f"{issuer()}/style.json"}
    if issued.encounter:
        found["encounter"] = issued.encounter
    return found


def id_token(issued: Issued, scope: str, client_id: str, more: Mapping[str, Any]) -> str:
    """Who approved the app, signed (OpenID Connect Core 1.0 2; `fhirUser` as SMART 2.2 has it).

    `scope` is that of the tokens it comes with, which a refresh may ask to be less (RFC 6749 6). `more` are claims of
    the request it answers, `nonce` and `auth_time`; after a refresh there are none (OpenID Connect Core 1.0 12.2).
    """
    moment = int(clock.now().timestamp())
    claims: dict[str, Any] = {
        "iss": issuer(),
        "sub": issued.subject,
        "aud": client_id,
        "iat": moment,
        "exp": moment + ID_TOKEN_SECONDS,
    }
    if issued.fhir_user and "fhirUser" in scope.split():
        claims["fhirUser"] = f"{fhir_base()}/{issued.fhir_user}"
    return signing.sign(claims | {name: value for name, value in more.items() if value})
