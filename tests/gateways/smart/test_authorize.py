"""The authorize address: who may ask for what, where answers go, what never gets a code (checklist 1.3, RFC 9700)."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from chartpost.gateways.smart.addresses import fhir_base
from chartpost.identity import services
from chartpost.identity.app_types import AppView
from chartpost.identity.errors import GrantRefused
from chartpost.identity.types import SYSTEM
from chartpost.kernel import clock
from tests.gateways.smart.support import CHALLENGE, REDIRECT, Office, ask, authorize, draft, sent, signed_in, waiting
from tests.identity.support import PASSWORD, browser


def asked(where: Office, app: AppView | None = None, **changes: Any) -> Any:
    """A signed-in person brings a request."""
    return authorize(signed_in(where.account), ask(app or where.apps["public"], **changes))


def shown(response: Any) -> bool:
    """Whether the error was told to the person and to nobody else."""
    return response.status_code == 400 and "Location" not in response


def refused(response: Any, error: str) -> bool:
    """Whether the app was told of an error, and got no code."""
    assert response["Location"].startswith(REDIRECT + "?")
    back = sent(response)
    return back["error"] == error and "code" not in back and back.get("state") == "state-1"


def goes_on(response: Any) -> bool:
    """Whether the person is asked."""
    return response.status_code == 303 and urlsplit(response["Location"]).path.startswith("/oauth/consent/")


def test_a_right_request_goes_on_to_the_person(where: Office) -> None:
    assert goes_on(asked(where))


@pytest.mark.parametrize(
    "uri",
    [
        "https://app.example/back/",
        "https://app.example/back/more",
        "https://app.example/back?x=1",
        "https://app.example/back#",
        "https://app.example/back#https://evil.example",
        "https://app.example/BACK",
        "https://APP.example/back",
        "https://app.example:443/back",
        "https://app.example.evil.example/back",
        "https://app.example@evil.example/back",
        "https://evil.example/https://app.example/back",
        "https://evil.example/?u=https://app.example/back",
        "http://app.example/back",
        "//app.example/back",
        "/back",
        "https://app.example/x/../back",
        "https://app.example/back%00",
        "https://app.example\\@evil.example/back",
        "javascript:alert(1)",
        "",
    ],
)
def test_no_other_address_is_ever_led_to(where: Office, uri: str) -> None:
    if uri == "":
        left_out = asked(where, redirect_uri=None)
        assert goes_on(left_out), "the only registered address may be left out"
        assert waiting(left_out).redirect_left_out
        return
    assert shown(asked(where, redirect_uri=uri))


def test_two_addresses_or_two_clients_are_refused(where: Office) -> None:
    query = "&".join(f"{k}={v}" for k, v in ask(where.apps["public"]).items())
    client = signed_in(where.account)
    for extra in ("redirect_uri=https://evil.example", "client_id=other", "scope=x", "state=2"):
        assert shown(client.get(f"/oauth/authorize?{query}&{extra}"))


def test_a_loopback_address_may_have_any_port_and_nothing_else_may(where: Office) -> None:
    made = draft("public", redirect_uris=("http://127.0.0.1/cb", "http://localhost:80/cb", "com.example.app:/cb"))
    app, _ = services.register_app(made, SYSTEM, reviewed=True)
    assert goes_on(asked(where, app, redirect_uri="http://127.0.0.1:49152/cb"))
    assert goes_on(asked(where, app, redirect_uri="com.example.app:/cb"))
    assert goes_on(asked(where, app, redirect_uri="http://localhost:80/cb"))
    for uri in ("http://127.0.0.1:49152/other", "http://127.0.0.2/cb", "http://localhost:81/cb", "com.example.app:/x"):
        assert shown(asked(where, app, redirect_uri=uri))


def test_an_unknown_and_a_backend_client_are_shown_to_the_person(where: Office) -> None:
    assert shown(asked(where, client_id="nobody"))
    assert shown(asked(where, client_id=None))
    assert shown(asked(where, client_id="\x00"))
    assert shown(asked(where, where.apps["backend"]))


@pytest.mark.parametrize(
    "changes",
    [
        {"code_challenge": None, "code_challenge_method": None},
        {"code_challenge_method": "plain"},
        {"code_challenge_method": None},
        {"code_challenge": "short"},
        {"code_challenge": "x" * 200},
        {"code_challenge_method": "s256"},
    ],
)
def test_every_client_needs_a_code_challenge_of_s256(where: Office, changes: dict[str, Any]) -> None:
    assert refused(asked(where, **changes), "invalid_request")


@pytest.mark.parametrize("aud", [None, "", "https://evil.example/fhir", "https://localhost:8443", "/fhir"])
def test_another_audience_never_gets_a_code(where: Office, aud: str | None) -> None:
    assert refused(asked(where, aud=aud), "invalid_request")


def test_a_slash_at_the_end_of_the_audience_is_forgiven(where: Office) -> None:
    assert goes_on(asked(where, aud=fhir_base() + "/"))


@pytest.mark.parametrize("kind", ["token", "id_token", "code token", "none", "password", "CODE"])
def test_only_codes_are_given(where: Office, kind: str) -> None:
    response = asked(where, response_type=kind)
    assert "code=" not in response.get("Location", "")
    assert not goes_on(response)


def test_unknown_scopes_are_dropped_and_none_left_is_an_error(where: Office) -> None:
    client = signed_in(where.account)
    scope = "patient/Nothing.rs patient/Patient.rs evil:scope system/*.rs"
    response = authorize(client, ask(where.apps["public"], scope=scope))
    assert waiting(response).scopes == ("patient/Patient.rs",)
    assert refused(asked(where, scope="patient/Nothing.rs"), "invalid_scope")
    assert refused(asked(where, scope=None), "invalid_scope")
    assert refused(asked(where, scope="system/*.rs"), "invalid_scope")


@pytest.mark.parametrize(
    "scope",
    [
        "launch/patient openid fhirUser patient/Foo.rs",
        "launch/patient patient/Foo.rs",
        "launch/patient offline_access",
        "launch/patient openid patient/*.cud",
        "patient/*.cud",
    ],
)
def test_nobody_is_asked_to_let_in_an_app_for_nothing(where: Office, scope: str) -> None:
    response = asked(where, scope=scope)
    assert refused(response, "invalid_scope")
    assert "nothing it could see" in sent(response)["error_description"]


def test_a_stranger_who_signs_in_is_not_asked_for_nothing_either(where: Office) -> None:
    """Whether letters for writing count is known when somebody signed in; staff may let an app write."""
    client, scope = browser(), "launch/patient patient/*.cud"
    page = authorize(client, ask(where.apps["public"], scope=scope))["Location"]
    back = client.post(f"/account/login/?next={page}", {"login": where.account.email, "password": PASSWORD})
    page = client.get(back["Location"])
    assert shown(page)
    assert "nothing it could see" in page.content.decode()
    assert goes_on(authorize(signed_in(where.clerk), ask(where.apps["public"], scope=scope)))


def test_signing_in_alone_is_something(where: Office) -> None:
    assert goes_on(asked(where, scope="openid fhirUser"))


def test_scopes_an_app_was_not_registered_for_are_left_out(where: Office) -> None:
    made = draft("public", scopes=("patient/Observation.rs", "openid"))
    app, _ = services.register_app(made, SYSTEM, reviewed=True)
    client = signed_in(where.account)
    response = authorize(client, ask(app, scope="openid patient/*.rs patient/Condition.rs"))
    assert waiting(response).scopes == ("openid", "patient/Observation.rs")


def test_a_stranger_signs_in_first_and_comes_back(where: Office) -> None:
    client = browser()
    page = authorize(client, ask(where.apps["public"]))["Location"]
    assert client.get(page)["Location"] == f"/account/login/?next={page}"
    back = client.post(f"/account/login/?next={page}", {"login": where.account.email, "password": PASSWORD})
    assert back["Location"] == page
    assert client.get(page).status_code == 200


@pytest.mark.parametrize("reviewed", [True, False])
def test_the_sign_in_page_says_which_app_it_is_for(where: Office, reviewed: bool) -> None:
    """By its name only where the office looked at it: strangers choose names to mislead."""
    app, _ = services.register_app(draft("public", name="Call 555 0100"), SYSTEM, reviewed=reviewed)
    client = browser()
    sign_in = client.get(authorize(client, ask(app))["Location"])["Location"]
    page = client.get(sign_in).content.decode()
    assert ("Call 555 0100 sent you here." in page, "An app sent you here." in page) == (reviewed, not reviewed)
    for other, address in ((browser(), sign_in), (client, "/account/login/?next=/apps/"), (client, "/account/login/")):
        assert "sent you here" not in other.get(address).content.decode()


def test_a_form_from_another_site_keeps_the_person_signed_in(where: Office) -> None:
    """The post comes without cookies; it must not start a session in place of the one there is."""
    response = browser().post("/oauth/authorize", ask(where.apps["public"]))
    assert response.status_code == 303
    assert not response.cookies
    assert goes_on(signed_in(where.account).get(response["Location"]))


def test_nobody_else_opens_the_page_of_a_request(where: Office) -> None:
    page = asked(where)["Location"]
    assert shown(signed_in(where.clerk).get(page))
    assert browser().get(page).status_code == 302


def test_a_request_is_answered_once_and_not_after_a_while(where: Office) -> None:
    client = signed_in(where.account)
    page = authorize(client, ask(where.apps["public"]))["Location"]
    with clock.at(clock.now() + timedelta(minutes=16)):
        assert shown(client.get(page))
    assert refused(client.post(page, {"deny": "1"}), "access_denied")
    assert shown(client.post(page, {"allow": "1"}))


def test_the_page_may_lead_to_the_app_and_on_from_there(where: Office) -> None:
    client = signed_in(where.account)
    page = client.get(authorize(client, ask(where.apps["public"]))["Location"])
    assert "form-action 'self' https:;" in page["Content-Security-Policy"]
    made = draft("public", redirect_uris=("http://127.0.0.1/cb", "http://localhost:80/cb", "com.example.app:/cb"))
    app, _ = services.register_app(made, SYSTEM, reviewed=True)
    for uri, more in (("http://127.0.0.1:8000/cb", "http://127.0.0.1:* http://localhost:*"), ("com.example.app:/cb",
                      "com.example.app:")):  # fmt: skip
        page = client.get(authorize(client, ask(app, redirect_uri=uri))["Location"])
        assert f"form-action 'self' https: {more};" in page["Content-Security-Policy"]


def test_what_was_typed_is_shown_as_text(where: Office) -> None:
    body = asked(where, client_id="<script>alert(1)</script>").content
    assert b"<script>alert" not in body


@pytest.mark.parametrize("nonce", ["x" * 256, "a\x00b", "a\nb"])
def test_a_nonce_that_cannot_be_kept_is_refused(where: Office, nonce: str) -> None:
    assert refused(asked(where, nonce=nonce), "invalid_request")


@pytest.mark.parametrize("state", ["健" * 700, "s" * 2001])
def test_a_state_too_long_for_an_address_is_shown_at_once(where: Office, state: str) -> None:
    assert shown(asked(where, state=state))
    assert goes_on(asked(where, state="健" * 200))


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"request": "x.y.z"}, "request_not_supported"),
        ({"request_uri": "https://a.example/r"}, "request_uri_not_supported"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"max_age": "soon"}, "invalid_request"),
        ({"max_age": "9" * 400}, "invalid_request"),
    ],
)
def test_what_openid_lets_apps_ask_and_is_not_taken_is_told_so(
    where: Office, changes: dict[str, Any], error: str
) -> None:
    """OpenID Connect Core 1.0 3.1.2.6: what stands inside a signed request is not read."""
    assert refused(asked(where, **changes), error)


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": ["https://evil.example", fhir_base()]},
        {"nonce": ["a", "b"]},
        {"prompt": ["none", "login"]},
        {"max_age": ["0", "9000"]},
        {"code_challenge": ["x" * 43, CHALLENGE]},
        {"code_challenge_method": ["plain", "S256"]},
        {"response_mode": ["fragment", "query"]},
        {"launch": ["a", "b"]},
    ],
)
def test_no_parameter_counts_twice(where: Office, changes: dict[str, Any]) -> None:
    """RFC 6749 3.1: not more than once; which of two would count, the app and this office may see differently."""
    assert refused(asked(where, **changes), "invalid_request")


def test_silent_answers_are_not_given(where: Office) -> None:
    assert refused(asked(where, prompt="none"), "login_required")
    assert refused(asked(where, prompt="none", scope="patient/Patient.rs"), "interaction_required")
    assert refused(asked(where, prompt="none login"), "invalid_request")
    assert goes_on(asked(where, prompt="login consent", max_age="0", claims="{}", display="page", id_token_hint="x"))
    assert shown(asked(where, claims="{"))


@pytest.mark.parametrize("query", ["?%", "?client_id=%ff", "?a=b=c&&", "?client_id=x&scope=%zz", "?" + "a" * 3000])
def test_a_broken_address_is_told_so(where: Office, query: str) -> None:
    assert shown(signed_in(where.account).get("/oauth/authorize" + query))


def launch_of(where: Office, encounter: str = "") -> str:
    return services.make_launch(where.staff, where.apps["public"].client_id, where.person.id, encounter)


SCOPE = "launch openid fhirUser offline_access patient/Patient.rs"


def test_a_launch_brings_its_person(where: Office) -> None:
    response = authorize(signed_in(where.clerk), ask(where.apps["public"], scope=SCOPE, launch=launch_of(where)))
    assert goes_on(response)


def test_a_launch_is_good_for_its_account_for_minutes_and_once(where: Office) -> None:
    launch, client = launch_of(where), signed_in(where.clerk)
    parameters = ask(where.apps["public"], scope=SCOPE, launch=launch)
    assert refused(asked(where, scope=SCOPE, launch=launch), "invalid_request"), "another account"
    with clock.at(clock.now() + timedelta(minutes=6)):
        assert refused(authorize(client, parameters), "invalid_request")
    found = waiting(authorize(client, parameters))
    assert found.person_id == where.person.id
    assert services.approve(found, where.staff, where.person.id, SCOPE.split(), 0, True)
    with pytest.raises(GrantRefused):
        services.approve(found, where.staff, where.person.id, SCOPE.split(), 0, True)
    assert refused(authorize(client, parameters), "invalid_request"), "used"


def test_an_invented_launch_is_refused_and_a_launch_scope_needs_one(where: Office) -> None:
    assert refused(asked(where, launch="invented"), "invalid_request")
    assert refused(asked(where, scope=SCOPE), "invalid_request")


def test_an_app_that_can_start_either_way_starts_without_a_launch(where: Office) -> None:
    response = asked(where, scope=f"launch/patient {SCOPE}")
    assert waiting(response).scopes == tuple(f"launch/patient {SCOPE}".replace(" launch ", " ").split())
