"""The fee of a request: each method by the rules, told before it is charged, never a reason to wait."""

from typing import Any

import pytest

from chartpost.identity import services as identity
from chartpost.identity.types import SYSTEM
from chartpost.kernel.errors import ChartpostError
from chartpost.rights import fees, letters, services
from chartpost.rights.errors import GuardFailed, Incomplete, LetterIncomplete, NotNow
from chartpost.rights.models import AccessRequest
from tests.rights import office
from tests.support.world import OFFICE

pytestmark = pytest.mark.django_db
RATES = {"labor_cents_per_hour": 1800, "average_labor_cents": 400, "flat_cents": 650}


def ready(state: str = "OH", channel: str = "hand_over", **more: Any) -> tuple[office.Small, AccessRequest]:
    small = office.build(state, zone="America/New_York")
    identity.save_office({**OFFICE, **RATES}, SYSTEM)
    row = office.complete(small, "ready", delivery_channel=channel, fee={}, **more)
    row.letters.filter(kind="fee_estimate").delete()
    return small, row


def told(small: office.Small, row: AccessRequest, facts: dict[str, Any]) -> AccessRequest:
    services.quote(row.ref, facts, small.actor("clerk"))
    letters.make(row.ref, "fee_estimate", "en", small.actor("clerk"))
    return services.transition(row.ref, "quote_fee", small.actor("clerk"))


CASES = [
    ("hand_over", "OH", {"method": "flat"}, 650, []),
    ("hand_over", "OH", {"method": "flat", "flat_cents": 651}, None, ["FLAT_OVER_LIMIT"]),
    ("hand_over", "OH", {"method": "actual", "labor_minutes": 12}, 360, []),
    ("hand_over", "OH", {"method": "average"}, 400, []),
    ("hand_over", "OH", {"method": "schedule"}, 400, []),
    ("hand_over", "OH", {"method": "per_page", "per_page_cents": 10, "pages": 5}, None, ["PER_PAGE_NOT_ALLOWED"]),
    ("hand_over", "OH", {"method": "actual"}, None, ["NO_COST_BASIS"]),
    ("hand_over", "OH", {"method": "flat", "waived": True}, 0, ["ENTITY_WAIVER"]),
    ("post", "OH", {"method": "flat"}, None, ["FLAT_NOT_AVAILABLE"]),
    (
        "post",
        "OH",
        {"method": "actual", "labor_minutes": 10, "supplies": [["paper", 80]], "postage_cents": 315},
        695,
        [],
    ),
    ("post", "CA", {"method": "actual", "labor_minutes": 37, "pages": 30}, 750, ["STATE_CAP_APPLIED"]),
    (
        "post",
        "OH",
        {"method": "per_page", "per_page_cents": 10, "pages": 5, "maintained": "paper"},
        50,
        [],
    ),
    (
        "post",
        "WA",
        {"method": "actual", "labor_minutes": 10, "free_when": ["ssi_ssdi_appeal"]},
        0,
        ["STATE_CAP_APPLIED"],
    ),
    ("hand_over", "CA", {"method": "actual", "labor_minutes": 37, "pages": 30}, 750, ["STATE_CAP_APPLIED"]),
    ("hand_over", "CA", {"method": "flat", "pages": 30}, None, ["FLAT_NOT_AVAILABLE"]),
    ("hand_over", "OH", {"method": "flat", "supplies": [["paper", 80]]}, None, ["FLAT_NOT_AVAILABLE"]),
    ("portal", "OH", {"method": "actual", "labor_minutes": 60}, 0, ["PORTAL_FREE"]),
]


@pytest.mark.parametrize(("channel", "state", "facts", "total", "reasons"), CASES)
def test_each_method_by_the_rules(
    channel: str, state: str, facts: dict[str, Any], total: int | None, reasons: list[str]
) -> None:
    small, row = ready(state, channel)
    kept = services.quote(row.ref, facts, small.actor("clerk"))
    assert (kept["total_cents"], kept["reasons"]) == (total, reasons)
    assert kept["allowed"] == (total is not None)
    assert sum(line["cents"] for line in kept["lines"]) == (total or 0)
    assert all(line["rule"] for line in kept["lines"])
    assert kept["rules"], "the rules behind the quote are kept with it"
    assert AccessRequest.objects.get(ref=row.ref).fee == kept


def test_to_look_at_the_record_is_free() -> None:
    small, row = ready(mode="inspect")
    kept = services.quote(row.ref, {"method": "actual", "labor_minutes": 90}, small.actor("clerk"))
    assert (kept["total_cents"], kept["reasons"]) == (0, ["INSPECTION_FREE"])


def test_a_refused_fee_is_neither_told_nor_written() -> None:
    small, row = ready()
    services.quote(row.ref, {"method": "flat", "flat_cents": 2500}, small.actor("clerk"))
    with pytest.raises(LetterIncomplete):
        letters.make(row.ref, "fee_estimate", "en", small.actor("clerk"))
    with pytest.raises(GuardFailed) as caught:
        services.transition(row.ref, "quote_fee", small.actor("clerk"))
    assert "FLAT_OVER_LIMIT" in caught.value.seen


def test_the_letter_must_say_the_fee_that_is_told() -> None:
    small, row = ready()
    clerk = small.actor("clerk")
    services.quote(row.ref, {"method": "actual", "labor_minutes": 12}, clerk)
    letters.make(row.ref, "fee_estimate", "en", clerk)
    services.quote(row.ref, {"method": "flat"}, clerk)
    with pytest.raises(GuardFailed) as caught:
        services.transition(row.ref, "quote_fee", clerk)
    assert caught.value.guard == "letter_ready"


def test_a_fee_agreed_to_is_charged_at_release_and_paid_later() -> None:
    small, row = ready()
    clerk = small.actor("clerk")
    told(small, row, {"method": "actual", "labor_minutes": 12})
    office.add_letter(services.transition(row.ref, "accept_fee", small.actor("person")), "grant")
    done = services.transition(row.ref, "release", small.actor("approver"))
    assert done.state == "delivered", "a release needs no payment"
    assert (done.fee["charged_cents"], fees.unpaid(done)) == (360, 360)
    services.mark_paid(row.ref, 300, "check", clerk)
    with pytest.raises(Incomplete):
        services.mark_paid(row.ref, 61, "cash", clerk)
    services.mark_paid(row.ref, 60, "cash", clerk)
    done.refresh_from_db()
    assert fees.unpaid(done) == 0
    assert [p["how"] for p in done.fee["payments"]] == ["check", "cash"]
    with pytest.raises(Incomplete):
        services.mark_paid(row.ref, 1, "cash", clerk)


def test_another_way_after_a_failure_keeps_a_fee_that_was_charged() -> None:
    small, row = ready()
    told(small, row, {"method": "actual", "labor_minutes": 12})
    office.add_letter(services.transition(row.ref, "accept_fee", small.actor("person")), "grant")
    services.transition(row.ref, "release", small.actor("approver"))
    services.mark_paid(row.ref, 300, "check", small.actor("clerk"))
    services.transition(row.ref, "delivery_failed", small.actor("clerk"), reason="Never picked up")
    services.change_way(row.ref, "portal", {}, small.actor("clerk"))
    row.refresh_from_db()
    assert (fees.unpaid(row), [p["cents"] for p in row.fee["payments"]]) == (60, [300])


def test_another_way_before_it_drops_a_quote() -> None:
    small, row = ready()
    services.quote(row.ref, {"method": "flat"}, small.actor("clerk"))
    services.change_way(row.ref, "media", {}, small.actor("clerk"))
    row.refresh_from_db()
    assert row.fee == {}


def test_nothing_is_charged_that_was_not_told_in_advance() -> None:
    small, row = ready()
    services.quote(row.ref, {"method": "flat"}, small.actor("clerk"))
    done = services.transition(row.ref, "release", small.actor("approver"))
    assert done.fee["charged_cents"] == 0
    assert fees.unpaid(done) == 0


@pytest.mark.parametrize("accepted", [True, False])
def test_who_declines_gets_the_portal_free(accepted: bool) -> None:
    small, row = ready("OH", "post", delivery_address={"city": "Oakland"})
    told(small, row, {"method": "actual", "labor_minutes": 12})
    if accepted:
        services.transition(row.ref, "accept_fee", small.actor("person"))
    free = services.transition(row.ref, "decline_fee", small.actor("person"))
    assert (free.state, free.delivery_channel, free.delivery_address) == ("ready", "portal", {})
    office.add_letter(free, "grant")
    assert services.transition(row.ref, "release", small.actor("approver")).fee["charged_cents"] == 0


def test_a_waived_fee_is_nothing_to_pay() -> None:
    small, row = ready()
    told(small, row, {"method": "flat"})
    services.transition(row.ref, "accept_fee", small.actor("person"))
    services.transition(row.ref, "waive_fee", small.actor("clerk"))
    done = services.transition(row.ref, "release", small.actor("approver"))
    assert done.fee["waived"]
    assert done.fee["charged_cents"] == 0


def test_a_fee_that_was_told_is_not_changed_behind_the_person() -> None:
    small, row = ready()
    told(small, row, {"method": "actual", "labor_minutes": 12})
    with pytest.raises(NotNow):
        services.quote(row.ref, {"method": "flat"}, small.actor("clerk"))
    services.transition(row.ref, "waive_fee", small.actor("clerk"))
    assert services.quote(row.ref, {"method": "flat"}, small.actor("clerk"))["total_cents"] == 650


@pytest.mark.parametrize("facts", [{"method": "barter"}, {"method": "actual", "labor_minutes": -5}])
def test_facts_out_of_range_are_refused_and_nothing_is_kept(facts: dict[str, Any]) -> None:
    from chartpost.law.errors import LawError

    small, row = ready()
    with pytest.raises((LawError, ChartpostError)):
        services.quote(row.ref, facts, small.actor("clerk"))
    assert AccessRequest.objects.get(ref=row.ref).fee == {}
