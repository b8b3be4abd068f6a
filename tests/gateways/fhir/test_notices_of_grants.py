"""What a grant somebody gave by the consent page gives by subscription: until it ends, and noted as a use."""

from datetime import timedelta

import pytest

from chartpost.identity import queries, services, tokens
from chartpost.identity.app_models import AppGrant
from chartpost.identity.app_types import AppDraft, AuthorizeRequest
from chartpost.identity.services import app_tokens
from chartpost.identity.types import SYSTEM
from chartpost.kernel import clock, jobs
from chartpost.kernel.db import raw
from chartpost.kernel.ids import new_id
from chartpost.records import notice_events
from tests.gateways.fhir.conftest import Pair
from tests.gateways.fhir.door import Door
from tests.gateways.fhir.hook import Hook
from tests.gateways.fhir.test_subscriptions import body, greeted, stored
from tests.gateways.fhir.test_subscriptions import hook as hook

SCOPE = "launch/patient patient/Condition.rs"


def subscribed(pair: Pair, hook: Hook, scope: str) -> str:
    """The grant of an app with a token for an hour that wants whole entries."""
    draft = AppDraft(kind="public", name="Diary", redirect_uris=("https://a.example/b",))
    app, _secret = services.register_app(draft, SYSTEM, reviewed=True)
    account = services.add_account("me@people.example", "Me", "correct horse battery staple")
    services.link_own(account, pair.me.id, "invitation_code", SYSTEM)
    ask = AuthorizeRequest("", app.client_id, draft.redirect_uris[0], tuple(scope.split()), "", "", "x" * 43, "")
    offline = "offline_access" in ask.scopes
    code = services.approve(ask, queries.actor_of(account), pair.me.id, ask.scopes, 0, offline)
    token = new_id()
    app_tokens.redeem_code(code, app.client_id, token, new_id() if offline else "", 3600)
    tokens.forget()
    found = tokens.access(token, raw.django())
    assert Door(found).post("Subscription", body(hook.url, content="full-resource")).status == 201
    greeted(hook)
    return AppGrant.objects.get().ref


def filed_later(pair: Pair, minutes: int) -> None:
    """A new entry after some time, and its notice."""
    with clock.at(clock.now() + timedelta(minutes=minutes)):
        tokens.forget()
        notice_events.forget()
        stored(pair.mine)
        jobs.run_waiting()


@pytest.mark.parametrize(("minutes", "told"), [(55, ["event-notification"]), (65, [])])
def test_nothing_is_told_after_the_hour_the_page_spoke_of(
    pair: Pair, hook: Hook, minutes: int, told: list[str]
) -> None:
    subscribed(pair, hook, SCOPE)
    filed_later(pair, minutes)
    assert hook.kinds == told


def test_a_notice_is_a_use(pair: Pair, hook: Hook) -> None:
    ref = subscribed(pair, hook, f"{SCOPE} offline_access")
    before = clock.now()
    tokens._touched.clear()
    filed_later(pair, 90)
    assert hook.kinds == ["event-notification"]
    used = AppGrant.objects.get(ref=ref).last_used_at
    assert used is not None
    assert used - before > timedelta(minutes=89)
