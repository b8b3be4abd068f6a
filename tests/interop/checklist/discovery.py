"""Sections 1.1 and 1.2: discovery documents, the CapabilityStatement, TLS."""

import socket
import ssl

from joserfc.jwk import KeySet

from tests.interop.checklist.office import Json, Office
from tests.interop.checklist.rows import requires
from tests.support.must_support import PROFILE, profiles

DISCOVERY, TLS = "1.1 Discovery", "1.2 TLS"
ORIGIN = {"Origin": "https://app.example.org"}

CAPABILITIES = {
    "launch-standalone", "launch-ehr", "client-public", "client-confidential-symmetric",
    "client-confidential-asymmetric", "sso-openid-connect", "context-standalone-patient", "context-ehr-patient",
    "context-ehr-encounter", "context-banner", "context-style", "permission-offline", "permission-patient",
    "permission-user", "permission-v1", "permission-v2", "authorize-post",
}  # fmt: skip
OPTIONAL_PROFILES = {"us-core-questionnaireresponse", "us-core-simple-observation", "us-core-location",
                     "us-core-medication", "us-core-practitionerrole"}  # fmt: skip


def smart(office: Office) -> Json:
    """The SMART configuration, read without a token."""
    answer = office.live.send("GET", "/fhir/.well-known/smart-configuration", None, {"Accept": "application/json"})
    assert (answer.status, answer.type) == (200, "application/json")
    found: Json = answer.json
    return found


def openid(office: Office) -> Json:
    """The OpenID configuration of the issuer the SMART configuration names."""
    answer = office.live.send("GET", smart(office)["issuer"].rstrip("/") + "/.well-known/openid-configuration")
    assert (answer.status, answer.type) == (200, "application/json")
    found: Json = answer.json
    return found


def capability(office: Office) -> Json:
    """The CapabilityStatement, read without a token."""
    answer = office.live.fhir("metadata")
    assert (answer.status, answer.type) == (200, "application/fhir+json")
    found: Json = answer.json
    return found


@requires("SMART-CONFIGURATION", DISCOVERY, "smart-configuration without a token, application/json, required fields")
def _configuration(office: Office) -> None:
    found = smart(office)
    assert {"authorization_code", "client_credentials"} <= set(found["grant_types_supported"])
    assert "S256" in found["code_challenge_methods_supported"]
    assert "plain" not in found["code_challenge_methods_supported"]
    for name in ("authorization_endpoint", "token_endpoint", "introspection_endpoint", "revocation_endpoint",
                 "registration_endpoint", "management_endpoint", "issuer", "jwks_uri"):  # fmt: skip
        assert found[name].startswith("https://"), name


@requires("SMART-RECOMMENDED", DISCOVERY, "smart-configuration: fields the specification recommends", "SHOULD")
def _recommended(office: Office) -> None:
    found = smart(office)
    for name in ("scopes_supported", "response_types_supported", "token_endpoint_auth_methods_supported",
                 "token_endpoint_auth_signing_alg_values_supported"):  # fmt: skip
        assert found[name], name
    assert {"RS384", "ES384"} <= set(found["token_endpoint_auth_signing_alg_values_supported"])
    assert found["user_access_brand_bundle"].startswith("https://")


@requires("SMART-CAPABILITIES", DISCOVERY, "smart-configuration: the capabilities of both launches")
def _capabilities(office: Office) -> None:
    assert set(smart(office)["capabilities"]) >= CAPABILITIES


@requires("OPENID-CONFIGURATION", DISCOVERY, "openid-configuration at the issuer, with RS256")
def _openid(office: Office) -> None:
    found = openid(office)
    assert found["issuer"] == smart(office)["issuer"]
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri", "response_types_supported",
                 "subject_types_supported"):  # fmt: skip
        assert found[name]
    assert "RS256" in found["id_token_signing_alg_values_supported"]


@requires("JWKS", DISCOVERY, "jwks_uri holds at least one RSA key, and nothing private")
def _jwks(office: Office) -> None:
    keys = office.live.send("GET", openid(office)["jwks_uri"]).json
    assert [key for key in KeySet.import_key_set(keys).keys if key.key_type == "RSA"]
    assert not [key for key in keys["keys"] if {"d", "p", "q"} & key.keys()]


@requires("CORS-DISCOVERY", DISCOVERY, "Any origin may read smart-configuration and metadata", "SHOULD")
def _cors(office: Office) -> None:
    for address in ("/fhir/.well-known/smart-configuration", "/fhir/metadata"):
        answer = office.live.send("GET", address, None, ORIGIN)
        assert answer.headers["access-control-allow-origin"] in {"*", ORIGIN["Origin"]}


@requires("CORS-TOKEN", DISCOVERY, "The token address answers scripts of any origin")
def _cors_token(office: Office) -> None:
    answer = office.live.form("/oauth/token", {"grant_type": "authorization_code"}, ORIGIN)
    assert answer.headers["access-control-allow-origin"] in {"*", ORIGIN["Origin"]}
    asked = office.live.send("OPTIONS", "/oauth/token", None, ORIGIN | {"Access-Control-Request-Method": "POST"})
    assert asked.status in {200, 204}
    assert asked.headers["access-control-allow-origin"] in {"*", ORIGIN["Origin"]}


@requires("CORS-FHIR", DISCOVERY, "A script of any origin may read the FHIR user", "SHOULD")
def _cors_fhir(office: Office) -> None:
    session = office.session("grace")
    headers = ORIGIN | {"Authorization": f"Bearer {session.token}"}
    answer = office.live.send("GET", f"{office.live.base}/Patient/{session.patient}", None, headers)
    assert answer.headers["access-control-allow-origin"] in {"*", ORIGIN["Origin"]}
    asked = office.live.send(
        "OPTIONS",
        f"{office.live.base}/Patient/{session.patient}",
        None,
        ORIGIN | {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"},
    )
    assert "authorization" in asked.headers["access-control-allow-headers"].lower()


@requires("CAPABILITY", DISCOVERY, "CapabilityStatement: 4.0.1, JSON, US Core server, absolute address")
def _statement(office: Office) -> None:
    found = capability(office)
    assert found["fhirVersion"] == "4.0.1"
    assert {"json", "application/json", "application/fhir+json"} & set(found["format"])
    assert "http://hl7.org/fhir/us/core/CapabilityStatement/us-core-server" in found["instantiates"]
    assert found["implementation"]["url"] == office.live.base


@requires("CAPABILITY-PROFILES", DISCOVERY, "CapabilityStatement: every US Core profile is a supported profile")
def _profiles(office: Office) -> None:
    named = {u.partition("|")[0] for r in capability(office)["rest"][0]["resource"]
             for u in r.get("supportedProfile", ())}  # fmt: skip
    wanted = {PROFILE + profile.name for profile in profiles() if profile.name not in OPTIONAL_PROFILES}
    assert named >= wanted
    assert len(wanted) >= 42


@requires("CAPABILITY-BULK", DISCOVERY, "CapabilityStatement: Group has export, bulk data is instantiated", "SHOULD")
def _bulk(office: Office) -> None:
    found = capability(office)
    group = next(r for r in found["rest"][0]["resource"] if r["type"] == "Group")
    operations = {o["name"]: o["definition"] for o in group["operation"]}
    assert operations["export"] == "http://hl7.org/fhir/uv/bulkdata/OperationDefinition/group-export"
    assert "http://hl7.org/fhir/uv/bulkdata/CapabilityStatement/bulk-data" in found["instantiates"]


@requires("TLS-12", TLS, "TLS 1.2 and newer are accepted")
def _tls(office: Office) -> None:
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        context = office.live.trust()
        context.minimum_version = context.maximum_version = version
        assert _negotiated(office, context)


@requires("TLS-OLD", TLS, "Older versions of TLS are refused", "SHOULD")
def _old(office: Office) -> None:
    hello = bytes.fromhex("16030100310100002d0301") + bytes(32) + bytes.fromhex("000006002f0035000a0100")
    with socket.create_connection(office.host(), timeout=10) as plain:
        plain.sendall(hello)
        answered = plain.recv(5)
    assert answered[:1] in {b"", b"\x15"}, "a handshake of TLS 1.0 was answered"


def _negotiated(office: Office, context: ssl.SSLContext) -> str | None:
    with (
        socket.create_connection(office.host(), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname=office.host()[0]) as secure,
    ):
        return secure.version()
