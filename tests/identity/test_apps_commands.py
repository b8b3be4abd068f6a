"""`chartpost app` and `chartpost user disable`: what they print, what they change."""

import json
from pathlib import Path

import pytest

from chartpost import cli
from chartpost.identity import models, queries_apps
from tests.gateways.smart.support import public

pytestmark = pytest.mark.django_db


def run(*words: str) -> int:
    return cli.main(words)


def test_a_backend_client_is_added_listed_and_blocked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps({"keys": [public("RS384")]}))
    assert run("app", "add", "Exporter", "--kind", "backend", "--scope", "system/*.rs", "--jwks", str(keys)) == 0
    client_id = capsys.readouterr().out.split()[-1]
    found = queries_apps.app(client_id)
    assert found is not None
    assert (found.kind, found.reviewed, found.allowed_scopes) == ("backend", True, ("system/*.rs",))
    assert run("app", "list") == 0
    assert f"{client_id}\tbackend\treviewed\tExporter" in capsys.readouterr().out
    assert run("app", "disable", client_id) == 0
    found = queries_apps.app(client_id)
    assert found is not None
    assert found.disabled


def test_a_secret_is_shown_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("app", "add", "Web", "--kind", "symmetric", "--redirect", "https://app.example/back") == 0
    assert "Secret, shown once: " in capsys.readouterr().out


def test_what_is_wrong_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("app", "add", "X", "--kind", "public") == 1
    assert "redirect addresses" in capsys.readouterr().err
    assert run("app", "add", "X", "--kind", "backend", "--jwks", str(tmp_path / "none.json")) == 1
    assert "Expected a JSON file" in capsys.readouterr().err
    assert run("app", "disable", "nobody") == 1
    assert "chartpost app list" in capsys.readouterr().err


def test_an_account_is_blocked(ana: models.Account, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("user", "disable", ana.email) == 0
    ana.refresh_from_db()
    assert not ana.is_active
    assert run("user", "disable", ana.email) == 1
    assert "account in use" in capsys.readouterr().err
