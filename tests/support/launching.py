"""Somebody at a browser and an app that asks: sign in, decide on the consent page, exchange codes for tokens."""

import base64
import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

from lxml import html

from tests.support.live import Answer, Live

REDIRECT = "https://app.example.org/callback"
Form = dict[str, list[str]]
"""The fields of a form as a browser would send them, by name."""


@dataclass
class Browser:
    """A session with cookies; follows redirects within the office only."""

    live: Live
    cookies: dict[str, str] = field(default_factory=dict)

    def open(self, method: str, address: str, body: Form | None = None) -> tuple[str, Answer]:
        """Open an address and follow redirects until a page or an address of another site; returns where it ended."""
        for _ in range(10):
            answer = self._one(method, address, body)
            if answer.status not in {301, 302, 303, 307}:
                return address, answer
            address = urljoin(address, answer.headers["location"])
            if not address.startswith(self.live.url):
                return address, answer
            method, body = "GET", None
        raise AssertionError("too many redirects")

    def _one(self, method: str, address: str, body: Form | None) -> Answer:
        headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items()), "Referer": address}
        data = None
        if body is not None:
            data = urlencode(body, doseq=True).encode()
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": self.live.url}
        answer = self.live.send(method, address, data, headers)
        for line in answer.headers.get("set-cookie", "").split("\n"):
            name, _, value = line.partition(";")[0].partition("=")
            if name:
                self.cookies[name] = value
        return answer

    def sign_in(self, email: str) -> "Browser":
        """Sign in with the address and the password of the demo."""
        page = self.live.url + "/account/login/"
        _, answer = self.open("GET", page)
        values = fields(answer, "login") | {"login": [email], "password": [self.live.passwords[email]]}
        where, answer = self.open("POST", page, values)
        assert "/account/login" not in where, answer.text[:2000]
        return self

    def decide(self, address: str, change: Callable[[Form], None] | None = None, person: str = "") -> dict[str, str]:
        """Bring an app's request to the consent page, choose the person named (else the first), tick as `change` says
        and allow; returns what the app is told."""
        where, answer = self.open("GET", address)
        if not where.startswith(self.live.url):
            return told(where)
        assert "/oauth/consent/" in where, (where, answer.status, answer.text[-1500:])
        form = fields(answer, "allow")
        people = radios(answer, "person")
        if people:
            form["person"] = [next(key for key, words in people.items() if person in words)]
        if change:
            change(form)
        where, answer = self.open("POST", where, form | {"allow": ["1"]})
        assert not where.startswith(self.live.url), answer.text
        return told(where)


def told(address: str) -> dict[str, str]:
    """The parameters of a redirect back to the app."""
    return {k: v[0] for k, v in parse_qs(urlsplit(address).query, keep_blank_values=True).items()}


def fields(answer: Answer, named: str) -> Form:
    """What a browser would send of the form that has a field or button of this name, left as it is."""
    page = html.fromstring(answer.body)
    form = next(f for f in page.forms if f.xpath(f".//*[@name='{named}']"))
    found: Form = {}
    for one in form.inputs:
        if one.tag == "button" or not one.name:
            continue
        if one.get("type") in {"checkbox", "radio"} and one.get("checked") is None:
            continue
        if one.tag == "input":
            found.setdefault(one.name, []).append(one.get("value") or "")
    return found


def radios(answer: Answer, name: str) -> dict[str, str]:
    """The values of the radio buttons of this name, each with the words of its label."""
    page = html.fromstring(answer.body)
    found = page.xpath(f"//input[@type='radio'][@name='{name}']")
    return {one.get("value"): " ".join(one.getparent().text_content().split()) for one in found}


def verifier() -> tuple[str, str]:
    """A PKCE verifier and its S256 challenge (RFC 7636 4)."""
    word = secrets.token_urlsafe(48)
    digest = hashlib.sha256(word.encode()).digest()
    return word, base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@dataclass
class Client:
    """An app: how it names and proves itself at the token address."""

    live: Live
    client_id: str
    secret: str = ""
    assertion: Callable[[str], Mapping[str, str]] | None = None
    redirect: str = REDIRECT

    def authorize_url(self, scope: str, challenge: str, **more: str) -> str:
        """The address the app sends a browser to; `more` overrides or adds parameters."""
        query = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect,
            "scope": scope,
            "state": secrets.token_urlsafe(16),
            "aud": self.live.base,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return f"{self.live.url}/oauth/authorize?{urlencode(query | more)}"

    def token(self, **values: str) -> Answer:
        """A request to the token address with this app's own proof."""
        address = f"{self.live.url}/oauth/token"
        headers = {}
        if self.secret:
            pair = base64.b64encode(f"{self.client_id}:{self.secret}".encode()).decode()
            headers["Authorization"] = f"Basic {pair}"
        elif self.assertion:
            values = {**self.assertion(address), **values}
        else:
            values = {"client_id": self.client_id, **values}
        return self.live.form(address, values, headers)

    def launch(
        self,
        browser: Browser,
        scope: str,
        change: Callable[[Form], None] | None = None,
        person: str = "",
        **more: str,
    ) -> dict[str, Any]:
        """A whole launch: consent, code, token response."""
        word, challenge = verifier()
        back = browser.decide(self.authorize_url(scope, challenge, **more), change, person)
        assert "code" in back, back
        answer = self.token(
            grant_type="authorization_code", code=back["code"], redirect_uri=self.redirect, code_verifier=word
        )
        assert answer.status == 200, answer.text
        found: dict[str, Any] = answer.json
        return found
