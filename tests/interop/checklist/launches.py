"""Sections 1.3 and 1.4: authorization requests, launches, the token address, introspection, revocation."""

import base64
import json
import re
import time
from urllib.parse import parse_qs, urljoin, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet
from lxml import html

from tests.interop.checklist.discovery import openid
from tests.interop.checklist.office import EVERYTHING, Json, Office
from tests.interop.checklist.rows import inspected, requires
from tests.support.launching import Browser, fields, radios, told, verifier
from tests.support.live import Answer

LAUNCH, TOKEN = "1.3 Authorization and launch", "1.4 Token endpoint"
EHR = "launch openid fhirUser offline_access patient/*.rs"


def ehr_launch(office: Office, scope: str = EHR, kind: str = "asymmetric", who: str = "clerk") -> Json:
    """Staff start an app from a person's page; the app then asks with the launch it got. Returns the token response."""
    browser = office.browser(who)
    client = office.client(kind)
    found = launch_parameters(browser, f"Checklist {kind}")
    assert found["iss"] == office.live.base
    return client.launch(browser, scope, launch=found["launch"])


def launch_parameters(browser: Browser, app: str, person: str = "Grace Anne Bennett") -> dict[str, str]:
    """What the app's launch address gets when staff open the app on a person's page at the desk."""
    url = browser.live.url
    _, asked = browser.open("GET", f"{url}/desk/people/")
    _, listed = browser.open("POST", f"{url}/desk/people/", fields(asked, "text") | {"text": [person]})
    ref = next(a for a in html.fromstring(listed.body).xpath("//main//a/@href") if re.fullmatch(PERSON_PAGE, a))
    where = f"{url}{ref}apps/"
    _, page = browser.open("GET", where)
    form = fields(page, "app")
    form["app"] = [choices(page, "app", app)]
    form["encounter"] = [choices(page, "encounter", "")]
    where, _answer = browser.open("POST", where, form)
    return told(where)


PERSON_PAGE = r"/desk/people/[0-9a-z]+/"


def choices(page: Answer, name: str, words: str) -> str:
    """The value of the first choice of a list or of radio buttons whose label has these words."""
    found = html.fromstring(page.body)
    listed = {o.get("value"): o.text_content() for o in found.xpath(f"//select[@name='{name}']/option")}
    return next(key for key, label in (listed | radios(page, name)).items() if key and words in label)


@requires("AUD", LAUNCH, "A wrong aud yields no code")
def _aud(office: Office) -> None:
    _, challenge = verifier()
    client = office.client("public")
    back = office.browser("grace-bennett").decide(
        client.authorize_url(EVERYTHING, challenge, aud="https://other.example.org/fhir")
    )
    assert "code" not in back
    assert back["error"] == "invalid_request"


@requires("AUTHORIZE-POST", LAUNCH, "The authorize address takes POST of a form too; code and state come back")
def _post(office: Office) -> None:
    word, challenge = verifier()
    client = office.client("public")
    query = parse_qs(urlsplit(client.authorize_url(EVERYTHING, challenge, state="s1")).query)
    browser = office.browser("harold-kim")
    where, page = browser.open("POST", f"{office.live.url}/oauth/authorize", query)
    where, _ = browser.open("POST", where, fields(page, "allow") | {"allow": ["1"]})
    back = told(where)
    assert back["state"] == "s1"
    answer = client.token(grant_type="authorization_code", code=back["code"], redirect_uri=client.redirect,
                          code_verifier=word)  # fmt: skip
    assert answer.status == 200


@requires("PICKER", LAUNCH, "launch/patient: somebody with several records chooses whose the app may see")
def _picker(office: Office) -> None:
    assert office.session("grace").patient != office.session("june").patient


@requires("EHR-LAUNCH", LAUNCH, "EHR launch: the app gets iss and launch, asks with them, and gets the patient")
def _ehr(office: Office) -> None:
    found = ehr_launch(office, "launch openid fhirUser offline_access patient/Patient.rs")
    answer = office.live.fhir(f"Patient/{found['patient']}", found["access_token"])
    assert answer.json["id"] == found["patient"]


@requires("EHR-CONTEXT", TOKEN, "EHR launch: encounter that can be read, need_patient_banner, smart_style_url")
def _context(office: Office) -> None:
    found = ehr_launch(office)
    assert office.live.fhir(f"Encounter/{found['encounter']}", found["access_token"]).status == 200
    assert isinstance(found["need_patient_banner"], bool)
    style = office.live.send("GET", found["smart_style_url"])
    assert style.status == 200
    assert isinstance(json.loads(style.body), dict)


@requires("CLIENT-KINDS", LAUNCH, "Public, symmetric (HTTP Basic) and asymmetric clients launch")
def _kinds(office: Office) -> None:
    for kind in ("public", "symmetric", "asymmetric"):
        assert office.launch("grace", EVERYTHING, kind=kind)["access_token"]


@requires("TOKEN-RESPONSE", TOKEN, "Token response: fields, patient, id_token, refresh_token, no-store")
def _response(office: Office) -> None:
    client, browser = office.client("public"), office.browser("grace-bennett")
    word, challenge = verifier()
    back = browser.decide(client.authorize_url(EVERYTHING, challenge), person="Grace")
    answer = client.token(grant_type="authorization_code", code=back["code"], redirect_uri=client.redirect,
                          code_verifier=word)  # fmt: skip
    found = answer.json
    assert found["token_type"].lower() == "bearer"
    assert isinstance(found["expires_in"], int)
    assert {"access_token", "scope", "patient", "id_token", "refresh_token"} <= found.keys()
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["pragma"] == "no-cache"
    assert office.live.fhir(f"Patient/{found['patient']}", found["access_token"]).status == 200
    again = client.token(grant_type="authorization_code", code=back["code"], redirect_uri=client.redirect,
                         code_verifier=word)  # fmt: skip
    assert again.status == 400, "a code counts once"


@requires("ID-TOKEN", TOKEN, "id_token: RS256, iss, sub, aud, exp, iat, and a fhirUser the token can read")
def _id_token(office: Office) -> None:
    keys = KeySet.import_key_set(office.live.send("GET", openid(office)["jwks_uri"]).json)
    for kind in ("public", "symmetric", "asymmetric"):
        found = office.launch("grace", EVERYTHING, kind=kind)
        token = jwt.decode(found["id_token"], keys, algorithms=["RS256"])
        claims = token.claims
        assert token.header["kid"] in {key.kid for key in keys.keys}
        assert (claims["iss"], claims["aud"]) == (openid(office)["issuer"], office.client(kind).client_id)
        assert claims["iat"] <= time.time() + 60 < claims["exp"] + 60
        assert 1 <= len(claims["sub"]) <= 255
        assert claims["fhirUser"].split("/")[-2] in {"Patient", "Practitioner", "RelatedPerson", "Person"}
        assert office.live.fhir(claims["fhirUser"], found["access_token"]).status == 200


@requires("BAD-CODE", TOKEN, "A wrong code: 400; a wrong client: 400 or 401")
def _bad_code(office: Office) -> None:
    client = office.client("public")
    answer = client.token(grant_type="authorization_code", code="BAD", redirect_uri=client.redirect,
                          code_verifier="x" * 43)  # fmt: skip
    assert answer.status == 400
    word, challenge = verifier()
    back = office.browser("grace-bennett").decide(client.authorize_url(EVERYTHING, challenge), person="Grace")
    stranger = {"grant_type": "authorization_code", "code": back["code"], "client_id": "BAD",
                "redirect_uri": client.redirect, "code_verifier": word}  # fmt: skip
    assert office.live.form("/oauth/token", stranger).status in {400, 401}


@requires("PKCE", TOKEN, "A code verifier that is missing, blank, wrong or the challenge itself: 400 or 401")
def _pkce(office: Office) -> None:
    client, browser = office.client("public"), office.browser("grace-bennett")
    for wrong in (None, "", "w" * 50, "challenge"):
        _, challenge = verifier()
        back = browser.decide(client.authorize_url(EVERYTHING, challenge), person="Grace")
        sent = {} if wrong is None else {"code_verifier": challenge if wrong == "challenge" else wrong}
        answer = client.token(grant_type="authorization_code", code=back["code"], redirect_uri=client.redirect, **sent)
        assert answer.status in {400, 401}, wrong


@requires("PRIVATE-KEY-JWT", TOKEN, "private_key_jwt on code exchange and refresh; an assertion counts once")
def _assertion(office: Office) -> None:
    found = office.launch("grace", EVERYTHING, kind="asymmetric")
    client = office.client("asymmetric")
    assert client.token(grant_type="refresh_token", refresh_token=found["refresh_token"]).status == 200
    assert client.assertion
    proof = client.assertion(f"{office.live.url}/oauth/token")
    once = {"grant_type": "refresh_token", "refresh_token": "unknown", **proof}
    assert office.live.form("/oauth/token", once).status in {400, 401}
    replayed = office.live.form("/oauth/token", once)
    assert replayed.status in {400, 401}
    assert replayed.json["error"] == "invalid_client"


@requires("REFRESH", TOKEN, "Refresh with and without scope; the new token reads the patient; a random one: 400 or 401")
def _refresh(office: Office) -> None:
    for kind in ("public", "symmetric"):
        found = office.launch("grace", EVERYTHING, kind=kind)
        client, patient = office.client(kind), found["patient"]
        for more in ({}, {"scope": found["scope"]}):
            answer = client.token(grant_type="refresh_token", refresh_token=found["refresh_token"], **more)
            assert answer.status == 200, answer.text
            assert {"access_token", "token_type", "expires_in", "scope"} <= answer.json.keys()
            assert set(answer.json["scope"].split()) <= set(found["scope"].split())
            found = found | answer.json
            assert office.live.fhir(f"Patient/{patient}", found["access_token"]).status == 200
        assert client.token(grant_type="refresh_token", refresh_token="random").status in {400, 401}


@requires("INTROSPECTION", TOKEN, "Introspection tells of an active token; an unknown one is inactive, no more")
def _introspection(office: Office) -> None:
    found = office.launch("grace", EVERYTHING, kind="symmetric")
    client = office.client("symmetric")
    told_of = _introspect(office, client.client_id, client.secret, found["access_token"])
    assert told_of["active"] is True
    assert told_of["client_id"] == client.client_id
    assert set(told_of["scope"].split()) == set(found["scope"].split())
    assert told_of["patient"] == found["patient"]
    assert told_of["exp"] > time.time() - 600
    assert {"iss", "sub"} <= told_of.keys()
    assert _introspect(office, client.client_id, client.secret, "unknown") == {"active": False}


def _introspect(office: Office, client_id: str, secret: str, token: str) -> Json:
    pair = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
    answer = office.live.form("/oauth/introspect", {"token": token}, {"Authorization": f"Basic {pair}"})
    assert answer.status == 200, answer.text
    found: Json = answer.json
    return found


@requires("REVOCATION", TOKEN, "A person stops an app: within a second reading and refreshing end")
def _revocation(office: Office) -> None:
    browser = office.browser("terrence-boyd")
    found = office.client("symmetric").launch(browser, EVERYTHING)
    assert office.live.fhir(f"Patient/{found['patient']}", found["access_token"]).status == 200
    stop_apps(browser)
    time.sleep(1)
    assert office.live.fhir(f"Patient/{found['patient']}", found["access_token"]).status == 401
    answer = office.client("symmetric").token(grant_type="refresh_token", refresh_token=found["refresh_token"])
    assert answer.status in {400, 401}


def stop_apps(browser: Browser) -> None:
    """Press each Stop button of the person's page of apps."""
    where = f"{browser.live.url}/apps/"
    _, page = browser.open("GET", where)
    forms = [form for form in html.fromstring(page.body).forms if str(form.action or "").endswith("/stop/")]
    assert forms
    for form in forms:
        browser.open("POST", urljoin(where, form.action), {k: [v or ""] for k, v in form.fields.items()})


@requires("NO-TOKEN", TOKEN, "A read without a token: 401")
def _no_token(office: Office) -> None:
    session = office.session("grace")
    answer = office.live.fhir(f"Patient/{session.patient}")
    assert answer.status == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")


inspected("CONSENT", LAUNCH, "The consent page: types, finer kinds, and offline access explained",
          "`tests/gateways/smart/test_pages_consent.py`; rows LIMITED and GRANULAR-CHOICE use the page")  # fmt: skip
