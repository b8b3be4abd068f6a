"""What every page knows: the office, the ways through, the reader's looks."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client, RequestFactory

from chartpost.portal import context, navigation


def known(path: str = "/record/", **user: Any) -> dict[str, Any]:
    request = RequestFactory().get(path)
    request.user = SimpleNamespace(  # type: ignore[assignment]
        **{"is_authenticated": True, "is_staff_account": False, "name": "Ana Ruiz", **user}
    )
    found: dict[str, Any] = context.chartpost(request)["chartpost"]
    return found


@pytest.mark.usefixtures("gallery_site")
def test_the_page_being_read_is_marked_once() -> None:
    assert [link.key for link in known("/record/labs/")["nav"] if link.current] == ["portal:record"]
    assert [link.key for link in known("/")["nav"] if link.current] == ["portal:home"]


@pytest.mark.usefixtures("gallery_site")
def test_only_staff_see_the_desk() -> None:
    assert known()["desk_nav"] == []
    assert known()["home"] == "/"
    staff = known(is_staff_account=True)
    assert [link.key for link in staff["desk_nav"]] == [way.name for way in navigation.DESK]
    assert staff["home"] == "/desk/"


@pytest.mark.usefixtures("gallery_site")
def test_signed_out_readers_have_no_idle_warning() -> None:
    assert known(is_authenticated=False)["idle_seconds"] == 0
    assert known(is_authenticated=False)["who"] == ""
    assert known()["idle_seconds"] > known(is_staff_account=True)["idle_seconds"] > 0


@pytest.mark.usefixtures("gallery_site")
def test_pages_that_do_not_exist_are_not_linked() -> None:
    request = RequestFactory().get("/")
    way = navigation.Way("portal:nowhere", "Nowhere", "home")
    assert navigation.links(request, (way,)) == []


@pytest.mark.usefixtures("gallery_site")
def test_counters_come_from_the_request() -> None:
    request = RequestFactory().get("/")
    shown = navigation.links(request, navigation.PORTAL, {"portal:downloads": 2})
    assert {link.key: link.count for link in shown if link.count} == {"portal:downloads": 2}


def test_the_program_has_a_name_before_the_office_has(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise OperationalError

    for answer in (broken, lambda: None, lambda: SimpleNamespace(name="")):
        monkeypatch.setattr(context, "office", answer)
        assert context._office_name() == context.FALLBACK_NAME


@pytest.mark.usefixtures("gallery_site")
@pytest.mark.parametrize(
    ("cookie", "shown"), [("dark", 'data-theme="dark"'), ("light", 'data-theme="light"'), ("x", "")]
)
def test_theme_cookie_is_one_of_two_words(client: Client, cookie: str, shown: str) -> None:
    client.cookies["chartpost-theme"] = cookie
    html = client.get("/gallery/").content.decode()
    tag = html[html.index("<html") : html.index(">", html.index("<html"))]
    assert ("data-theme" in tag) is bool(shown)
    assert shown in tag


@pytest.mark.usefixtures("gallery_site")
def test_demo_banner_is_on_demo_pages_only(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    sentence = "Demo data. These people are not real."
    for demo in (True, False):
        facts = SimpleNamespace(demo=demo, staff_idle_minutes=15, person_idle_minutes=30)
        monkeypatch.setattr(context, "config", lambda facts=facts: facts)
        assert (sentence in client.get("/gallery/").content.decode()) is demo


@pytest.mark.usefixtures("gallery_site")
def test_page_says_its_language(client: Client) -> None:
    english = client.get("/gallery/", headers={"accept-language": "en"}).content.decode()
    spanish = client.get("/gallery/", headers={"accept-language": "es"}).content.decode()
    assert '<html lang="en"' in english
    assert "Español" in english
    assert '<html lang="es"' in spanish
    assert "English" in spanish
    assert "9 de diciembre de 2026" in spanish
