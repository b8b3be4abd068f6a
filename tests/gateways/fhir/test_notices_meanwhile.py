"""What happens while a server is spoken to: the app is revoked or asks for something else."""

from collections.abc import Callable

import pytest

from chartpost.identity import services, tokens
from chartpost.identity.app_models import App, AppGrant
from chartpost.identity.types import SYSTEM
from chartpost.kernel import jobs, outbound
from chartpost.kernel.db import raw
from chartpost.records.models import Subscription, SubscriptionEvent
from tests.gateways.fhir.conftest import Pair
from tests.gateways.fhir.door import Door
from tests.gateways.fhir.hook import Hook
from tests.gateways.fhir.test_subscriptions import body, greeted, stored
from tests.gateways.fhir.test_subscriptions import hook as hook

Patch = pytest.MonkeyPatch


@pytest.fixture
def grant(pair: Pair) -> AppGrant:
    app = App.objects.create(client_id="nightly", name="Nightly", kind="backend", allowed_scopes="system/*.rs")
    return AppGrant.objects.create(app=app, scopes="system/*.rs")


def door(grant: AppGrant) -> Door:
    """A door for a token of the grant that reaches all it gives today."""
    return Door(tokens.access_of_grant(grant.ref, raw.django()))


def meanwhile(monkeypatch: Patch, happen: Callable[[], object]) -> None:
    """Have something happen once, after a server heard a notice and before its answer is looked at."""
    real, left = outbound.request, [happen]

    def request(*given: object) -> outbound.Fetched:
        answer = real(*given)  # type: ignore[arg-type]
        while left:
            left.pop()()
        return answer

    monkeypatch.setattr(outbound, "request", request)


def begun(grant: AppGrant, hook: Hook) -> str:
    """A subscription of the grant that was greeted."""
    answer = door(grant).post("Subscription", body(hook.url, content="full-resource"))
    assert answer.status == 201, answer.body
    greeted(hook)
    return str(answer.json["id"])


def test_an_app_revoked_between_two_notices_hears_no_more(
    pair: Pair, grant: AppGrant, hook: Hook, monkeypatch: Patch
) -> None:
    ref = begun(grant, hook)
    for _ in range(3):
        stored(pair.mine)
    while SubscriptionEvent.objects.count() < 3:
        jobs.run_waiting(1)
    meanwhile(monkeypatch, lambda: services.end_grant(grant.ref, SYSTEM))
    jobs.run_waiting()
    assert hook.numbers == [1]
    assert Subscription.objects.get(ref=ref).state == "off"
