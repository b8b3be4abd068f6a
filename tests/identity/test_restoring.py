"""After a restore nothing works that was taken back or used up since the backup."""

import pytest

from chartpost.identity import app_models, models, queries, restoring, services, tokens
from chartpost.identity.errors import InvitationRefused
from chartpost.identity.services import app_tokens
from chartpost.identity.types import SYSTEM
from chartpost.kernel.backup import restored
from chartpost.kernel.config import config
from chartpost.kernel.db import raw
from tests.gateways.smart.support import office, tokens_of
from tests.identity.support import PASSWORD, browser, sign_in, signed_in

pytestmark = pytest.mark.django_db


def test_sessions_apps_and_codes_end(monkeypatch: pytest.MonkeyPatch) -> None:
    from chartpost.identity.services import signing

    monkeypatch.setattr(signing, "RSA_BITS", 2048)
    where = office()
    ana = services.add_account("eva@people.example", "Eva", PASSWORD)
    client = browser()
    sign_in(client, ana.email, PASSWORD)
    code = services.invite("self", SYSTEM, where.person.id)
    given = tokens_of(where)
    client_id = app_models.AppGrant.objects.get().app.client_id
    assert signed_in(client)
    assert tokens.access(given["access_token"], raw.django()) is not None
    assert app_tokens.find_refresh(given["refresh_token"], client_id) is not None

    restored.settle(config().home)
    assert signed_in(client), "a home that was not restored is left alone"
    for _ in range(2):
        restoring.settle()

    assert not signed_in(client)
    assert tokens.access(given["access_token"], raw.django()) is None
    assert app_tokens.find_refresh(given["refresh_token"], client_id) is None
    with pytest.raises(InvitationRefused):
        services.accept_invitation(code, ana, queries.actor_of(ana))
    assert restoring.settle in restored._settle
    sign_in(client, ana.email, PASSWORD)
    assert signed_in(client)
    assert models.Account.objects.filter(is_active=True).count() > 1
