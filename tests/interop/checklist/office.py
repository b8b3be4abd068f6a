"""The live office as the checks see it: apps, people who let them in, tokens, and what those tokens reach."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

from tests.support.launching import REDIRECT, Browser, Client, Form
from tests.support.live import FHIR_JSON, Answer, Live

PEOPLE = {
    "grace": ("grace-bennett", "Grace"),
    "june": ("grace-bennett", "June"),
    "gordon": ("gordon-pruitt", "Gordon"),
    "patricia": ("patricia-novak", "Patricia"),
    "ingrid": ("ingrid-lindqvist", "Ingrid"),
    "walter": ("ingrid-lindqvist", "Walter"),
    "harold": ("harold-kim", "Harold"),
    "daniel": ("daniel-bennett", "Daniel"),
    "naomi": ("naomi-feldman", "Naomi"),
    "mateo": ("marisol-alvarado", "Mateo"),
}
"""Whose records the checks read: who signs in, and whom they choose."""

EVERYTHING = "launch/patient openid fhirUser offline_access patient/*.rs"
JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
SOON_IDLE = 600.0
"""Seconds after which somebody signs in again: staff are signed out after fifteen minutes."""
Json = dict[str, Any]


@dataclass
class Session:
    """One token and the patient it is for."""

    live: Live
    token: str
    patient: str
    granted: Json
    _found: dict[str, list[Json]] = field(default_factory=dict)

    def get(self, path: str, **query: str | list[str]) -> Answer:
        """GET below the FHIR base."""
        return self.live.fhir(path, self.token, **query)

    def write(self, method: str, path: str, resource: Json | None = None) -> Answer:
        """POST, PUT or DELETE below the FHIR base; an empty path is the base itself."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": FHIR_JSON, "Accept": FHIR_JSON}
        body = json.dumps(resource).encode() if resource is not None else None
        return self.live.send(method, f"{self.live.base}/{path}".rstrip("/"), body, headers)

    def search(self, resource_type: str, **query: str | list[str]) -> list[Json]:
        """The matches of a search over all its pages."""
        return [e["resource"] for e in self.search_entries(resource_type, **query) if e["search"]["mode"] == "match"]

    def search_entries(self, resource_type: str, **query: str | list[str]) -> list[Json]:
        """Every entry of a search over all its pages."""
        answer = self.get(resource_type, **query)
        assert answer.status == 200, (resource_type, query, answer.status, answer.text[:600])
        return [entry for page in self.pages(answer) for entry in page.get("entry", ())]

    def pages(self, answer: Answer) -> Iterator[Json]:
        """A searchset and the pages after it."""
        for _ in range(100):
            assert answer.type == "application/fhir+json"
            bundle = answer.json
            assert (bundle["resourceType"], bundle["type"]) == ("Bundle", "searchset")
            yield bundle
            following = [link["url"] for link in bundle["link"] if link["relation"] == "next"]
            if not following:
                return
            answer = self.get(following[0])
            assert answer.status == 200, answer.text
        raise AssertionError("more than 100 pages")

    def all(self, resource_type: str) -> list[Json]:
        """Everything of a type in the patient's record, asked for once."""
        if resource_type not in self._found:
            query = {"_id": self.patient} if resource_type == "Patient" else {"patient": self.patient}
            self._found[resource_type] = self.search(resource_type, _count="200", **query)
        return self._found[resource_type]


@dataclass
class Office:
    """The live server and what was made on it so far."""

    live: Live
    keys: KeySet = field(default_factory=lambda: KeySet([ECKey.generate_key("P-384", {"kid": "e1", "use": "sig"})]))
    _clients: dict[str, Client] = field(default_factory=dict)
    _browsers: dict[str, tuple[float, Browser]] = field(default_factory=dict)
    _sessions: dict[str, Session] = field(default_factory=dict)
    _system: tuple[float, Session] | None = None

    def client(self, kind: str) -> Client:
        """A registered app of a kind: public, symmetric, asymmetric, backend, or kept: another public one."""
        if kind not in self._clients:
            more = ["--redirect", REDIRECT, "--launch-uri", "https://app.example.org/launch"]
            if kind in {"asymmetric", "backend"}:
                file = self.live.home / "test-keys.json"
                file.write_text(json.dumps(self.keys.as_dict(private=False)))
                more = [*(more if kind == "asymmetric" else []), "--jwks", str(file)]
            if kind == "backend":
                more += ["--scope", "system/*.cruds"]
            client_id, secret = self.live.app(f"Checklist {kind}", "public" if kind == "kept" else kind, *more)
            proof = self.asserting(client_id) if kind in {"asymmetric", "backend"} else None
            self._clients[kind] = Client(self.live, client_id, secret, proof)
        return self._clients[kind]

    def asserting(self, client_id: str, **claims: Any) -> Callable[[str], dict[str, str]]:
        """What proves a client by a signed assertion (SMART 2.2 'Asymmetric authentication'); `claims` override."""

        def proof(token_url: str) -> dict[str, str]:
            now = int(time.time())
            said = {"iss": client_id, "sub": client_id, "aud": token_url, "exp": now + 240, "jti": str(uuid4())}
            signed = jwt.encode({"alg": "ES384", "kid": "e1"}, said | claims, self.keys.keys[0], algorithms=["ES384"])
            return {"client_assertion_type": JWT_BEARER, "client_assertion": signed}

        return proof

    def browser(self, who: str) -> Browser:
        """Somebody signed in: a key of the demo's people, or a role of its staff; anew before idling too long."""
        seen, found = self._browsers.get(who, (0.0, None))
        if found is None or time.monotonic() - seen > SOON_IDLE:
            staff = f"{who}@lakeside.example.org"
            email = staff if staff in self.live.passwords else f"{who}@people.example.org"
            found = Browser(self.live).sign_in(email)
        self._browsers[who] = time.monotonic(), found
        return found

    def launch(self, who: str, scope: str, change: Callable[[Form], None] | None = None, kind: str = "public") -> Json:
        """A standalone launch by one of PEOPLE; returns the token response.

        It ends what the same person let the same app do before, so that sessions that are kept have an app each.
        """
        account, name = PEOPLE[who]
        return self.client(kind).launch(self.browser(account), scope, change, name)

    def session(self, who: str, scope: str = EVERYTHING, change: Callable[[Form], None] | None = None) -> Session:
        """The session of a standalone launch; the one with every scope is kept."""
        if scope != EVERYTHING or change:
            return self._of(self.launch(who, scope, change))
        if who not in self._sessions:
            self._sessions[who] = self._of(self.launch(who, scope, kind="kept"))
        return self._sessions[who]

    def _of(self, granted: Json) -> Session:
        return Session(self.live, granted["access_token"], granted.get("patient", ""), granted)

    def sessions(self) -> Iterator[Session]:
        """A session for each of PEOPLE, made as needed."""
        return (self.session(who) for who in PEOPLE)

    def system(self) -> Session:
        """A backend client's session that reads everything."""
        if self._system is None or self._system[0] < time.monotonic():
            answer = self.client("backend").token(grant_type="client_credentials", scope="system/*.rs")
            assert answer.status in {200, 201}, answer.text
            self._system = (time.monotonic() + 200, self._of(answer.json))
        return self._system[1]

    def writer(self) -> Session:
        """A backend client's session that writes as well."""
        return self.program("system/*.cruds")

    def program(self, scope: str) -> Session:
        """A backend client's session."""
        answer = self.client("backend").token(grant_type="client_credentials", scope=scope)
        assert answer.status in {200, 201}, answer.text
        return self._of(answer.json)

    def host(self) -> tuple[str, int]:
        """Name and port of the server."""
        parts = urlsplit(self.live.url)
        return str(parts.hostname), int(parts.port or 443)


def rsa() -> RSAKey:
    """A fresh RSA key nobody knows."""
    return RSAKey.generate_key(2048, {"kid": "other"})
