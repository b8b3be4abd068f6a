"""Export all records a program was given, as NDJSON files (Bulk Data Access 2.0). Python 3.11; pip install joserfc.

python bulk.py https://records.example.org CLIENT_ID key.json folder

The office registers the program with the public half of key.json, a JWK for ES384; see docs of your key tool.
"""
# ruff: noqa: S310, T201 - a script that prints, and opens the address its user gives

import json
import sys
import time
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen
from uuid import uuid4

from joserfc import jwt
from joserfc.jwk import ECKey

JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def call(url: str, body: bytes | None = None, **headers: str) -> tuple[int, Any, bytes]:
    """Send one request; returns status, headers and body, of an error as well."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        with urlopen(Request(url, body, named)) as answer:
            return answer.status, answer.headers, answer.read()
    except HTTPError as error:
        return error.code, error.headers, error.read()


def token(url: str, client_id: str, key: ECKey) -> str:
    """An access token for a signed assertion (SMART App Launch 2.2, 'Backend Services')."""
    head = {"alg": "ES384", "kid": key.kid, "typ": "JWT"}
    moment = int(time.time())
    claims = {"iss": client_id, "sub": client_id, "aud": url, "exp": moment + 240, "jti": str(uuid4())}
    asked = {
        "grant_type": "client_credentials",
        "scope": "system/*.rs",
        "client_assertion_type": JWT_BEARER,
        "client_assertion": jwt.encode(head, claims, key, algorithms=["ES384"]),
    }
    status, _, body = call(url, urlencode(asked).encode())
    if status >= 300:
        raise SystemExit(f"no token: {status} {body.decode()}")
    return str(json.loads(body)["access_token"])


def main(site: str, client_id: str, key_file: str, folder: str) -> None:
    """Ask for the export, wait as long as the server says, download every file, tell the server to forget them."""
    base = f"{site.rstrip('/')}/fhir"
    smart = json.loads(call(f"{base}/.well-known/smart-configuration")[2])
    key = ECKey.import_key(json.loads(Path(key_file).read_text(encoding="utf-8")))
    bearer = f"Bearer {token(smart['token_endpoint'], client_id, key)}"

    fhir = "application/fhir+json"
    status, headers, body = call(f"{base}/$export", Authorization=bearer, Accept=fhir, Prefer="respond-async")
    if status != 202:
        raise SystemExit(f"no export: {status} {body.decode()}")
    where = headers["Content-Location"]
    while (found := call(where, Authorization=bearer))[0] == 202:
        time.sleep(int(found[1]["Retry-After"]))
    if found[0] != 200:
        raise SystemExit(f"the export ended badly: {found[0]} {found[2].decode()}")

    into = Path(folder)
    into.mkdir(parents=True, exist_ok=True)
    for number, item in enumerate(json.loads(found[2])["output"]):
        name = f"{item['type']}-{number}.ndjson"
        (into / name).write_bytes(call(item["url"], Authorization=bearer)[2])
        print(f"{name}: {item['count']} resources")
    request = Request(where, method="DELETE", headers={"Authorization": bearer})
    urlopen(request).close()


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    main(*sys.argv[1:])
