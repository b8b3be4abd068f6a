"""How much one client may have: it counts for requests side by side as for one after another."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection

from chartpost.records import bulk, subscriptions
from chartpost.records.bulk_types import Asked
from chartpost.records.errors import RecordsError
from chartpost.records.models import BulkExport, Subscription

pytestmark = pytest.mark.django_db(transaction=True)
AT_ONCE = 8


def together(ask: Callable[[], object]) -> list[str]:
    """Ask several times at one moment; what each came to: nothing, or the name of what refused it."""
    start, ended = threading.Barrier(AT_ONCE), []

    def run() -> None:
        try:
            start.wait()
            ask()
            ended.append("")
        except RecordsError as error:
            ended.append(type(error).__name__)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(ended)


def draft() -> subscriptions.Draft:
    endpoint = "https://app.example.org/hook"
    return subscriptions.Draft("g1", "Patient", "Patient", (), False, endpoint, (), "empty", "", None)


def export() -> str:
    reach = {"scopes": [], "persons": [], "everyone": None, "person_id": None}
    event = {"actor": "client", "actor_name": "Client", "actor_kind": "app", "why": "operations", "where": "fhir"}
    return bulk.start(Asked("https://localhost/fhir/$export", "system", ("Patient",), reach, event), "client")


def test_exports_under_way() -> None:
    ended = together(export)
    assert ended == [""] * bulk.RUNNING_AT_MOST + ["TooManyRunning"] * (AT_ONCE - bulk.RUNNING_AT_MOST)
    assert BulkExport.objects.count() == bulk.RUNNING_AT_MOST


def test_subscriptions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscriptions, "MOST", 3)
    assert together(lambda: subscriptions.make(draft())) == [""] * 3 + ["Refused"] * (AT_ONCE - 3)
    assert Subscription.objects.count() == 3


def test_a_subscription_is_not_switched_on_beyond_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscriptions, "MOST", 1)
    first = subscriptions.make(draft())
    subscriptions.switch_off(first.ref, "g1")
    second = subscriptions.make(draft())
    with pytest.raises(RecordsError, match="1 subscriptions already"):
        subscriptions.change(first.ref, draft())
    assert subscriptions.change(second.ref, draft()).state == "requested"
    assert subscriptions.one(first.ref, "g1").state == "off"
