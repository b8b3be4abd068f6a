"""What the doctor says about accounts, and what `chartpost user` does."""

from collections.abc import Callable
from dataclasses import replace
from unittest.mock import patch

import pytest
from allauth.mfa.totp.internal.auth import TOTP

from chartpost.cli import main
from chartpost.identity import checks, models, queries, services
from chartpost.kernel.config import config
from chartpost.kernel.doctor import Check
from tests.identity.support import PASSWORD, browser, sign_in, signed_in

Capture = pytest.CaptureFixture[str]


def look(check: Callable[[], Check | None]) -> Check:
    found = check()
    assert found is not None
    return found


@pytest.mark.django_db
def test_an_office_that_is_not_set_up_is_told() -> None:
    assert not look(checks.set_up).ok
    assert not look(checks.set_up).failing
    assert checks.second_factors() is None


def test_staff_without_a_second_factor_are_counted(clerk: models.Account, ana: models.Account) -> None:
    assert look(checks.set_up).ok
    found = look(checks.second_factors)
    assert "1 staff account" in found.text
    assert found.failing, "the desk is open to them"
    with patch.object(checks, "config", lambda: replace(config(), staff_second_factor=True)):
        assert not look(checks.second_factors).failing
    TOTP.activate(clerk, "JBSWY3DPEHPK3PXP")
    assert look(checks.second_factors).ok


def test_staff_are_invited_from_the_shell(office: None, capsys: Capture) -> None:
    assert main(["user", "add", "kim@office.example", "--role", "clerk", "--role", "privacy"]) == 0
    code = capsys.readouterr().out.rsplit(" ", 1)[1].strip()
    kim = services.add_account("kim@office.example", "Kim", PASSWORD)
    services.accept_invitation(code, kim, queries.actor_of(kim))
    assert main(["user", "list"]) == 0
    assert capsys.readouterr().out == "kim@office.example\tclerk, privacy\tactive\n"


def test_a_role_that_does_not_exist_is_refused(office: None, capsys: Capture) -> None:
    assert main(["user", "add", "kim@office.example", "--role", "boss"]) == 2
    assert "boss" in capsys.readouterr().err
    assert not models.Invitation.objects.exists()


def test_reset_from_the_shell(ana: models.Account, capsys: Capture) -> None:
    assert main(["user", "reset", "nobody@people.example"]) == 1
    assert main(["user", "reset", ana.email]) == 0
    password = capsys.readouterr().out.rsplit(" ", 1)[1].strip()
    client = browser()
    sign_in(client, ana.email, PASSWORD)
    assert not signed_in(client)
    sign_in(client, ana.email, password)
    assert signed_in(client)
