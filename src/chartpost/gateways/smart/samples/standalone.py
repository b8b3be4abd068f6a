"""Connect to a records office as a person's app, then read their lab results. Python 3.11, nothing to install.

python standalone.py https://records.example.org
"""
# ruff: noqa: S310, T201 - a script that prints, and opens the address its user gives

import base64
import hashlib
import json
import secrets
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import Request, urlopen

WAIT_SECONDS = 900
SCOPE = "launch/patient openid fhirUser patient/Patient.rs patient/Observation.rs"


def call(url: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> dict[str, Any]:
    """Send one request; returns the JSON of the answer. Ends with the server's own words when it refuses."""
    try:
        with urlopen(Request(url, body, {"Accept": "application/json"} | (headers or {}))) as answer:
            found: dict[str, Any] = json.load(answer)
            return found
    except HTTPError as error:
        sys.exit(f"{error.code} {error.read().decode()}")


class Back(BaseHTTPRequestHandler):
    """Where the browser comes back to."""

    told: dict[str, str] = {}

    def do_GET(self) -> None:
        """Keep what the address says."""
        Back.told = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.end_headers()
        self.wfile.write(b"Done. Go back to your terminal.")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def main(site: str) -> None:
    """Register, send the person to the office, exchange the code, read."""
    base = f"{site.rstrip('/')}/fhir"
    smart = call(f"{base}/.well-known/smart-configuration")
    server = HTTPServer(("127.0.0.1", 0), Back)
    redirect = f"http://127.0.0.1:{server.server_port}/back"

    # Once for each app, not for each person: keep the client id.
    app = {"client_name": "Sample in Python", "redirect_uris": [redirect], "token_endpoint_auth_method": "none"}
    kind = {"Content-Type": "application/json"}
    client_id = call(smart["registration_endpoint"], json.dumps(app).encode(), kind)["client_id"]

    verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(16)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    query = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": redirect,
        "scope": SCOPE,
        "state": state,
        "aud": base,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    print(f"Open this page in a browser:\n{smart['authorization_endpoint']}?{urlencode(query)}", flush=True)
    server.timeout = WAIT_SECONDS  # an error page of the office does not lead back here
    server.handle_request()
    server.server_close()
    if Back.told.get("state") != state or "code" not in Back.told:
        sys.exit(f"No access: {Back.told.get('error', 'no answer for us')} {Back.told.get('error_description', '')}")

    form = {"grant_type": "authorization_code", "code": Back.told["code"], "redirect_uri": redirect}
    form |= {"client_id": client_id, "code_verifier": verifier}
    token = call(smart["token_endpoint"], urlencode(form).encode())
    print("Granted:", token["scope"])

    bearer = {"Authorization": f"Bearer {token['access_token']}", "Accept": "application/fhir+json"}
    patient = call(f"{base}/Patient/{token['patient']}", headers=bearer)
    print("Patient:", patient["name"][0]["family"])
    url = f"{base}/Observation?" + urlencode({"patient": token["patient"], "category": "laboratory", "_count": 5})
    for entry in call(url, headers=bearer).get("entry", []):
        lab = entry["resource"]
        print("Lab:", lab.get("effectiveDateTime", ""), lab["code"].get("text") or lab["code"]["coding"][0]["display"])


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
