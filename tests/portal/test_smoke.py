"""Every page renders for the person it is for."""

import pytest

from .conftest import World, signed_in

PAGES = [
    "/",
    "/record/",
    "/record/timeline/",
    "/record/search/",
    "/record/problems/",
    "/record/results/",
    "/record/results/?print",
    "/record/bills/",
    "/record/item/Observation/a1c-3/",
    "/record/item/Condition/asthma/",
    "/requests/",
    "/downloads/",
    "/activity/",
    "/me/",
    "/me/helper/",
    "/rights/",
    "/protect/",
    "/glossary/",
    "/help/",
    "/trust/",
    "/start/",
]


@pytest.mark.parametrize("address", PAGES)
def test_page_renders_for_the_owner(records_of_ana: World, address: str) -> None:
    answer = signed_in(records_of_ana.ana_account).get(address)
    assert answer.status_code == 200, answer.content.decode()[:500]
    assert b"</html>" in answer.content
