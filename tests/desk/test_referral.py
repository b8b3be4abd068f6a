"""A referral note of a request: the desk says why and to whom, and the document says it after them."""

from typing import Any

import pytest
from lxml import etree

from chartpost.delivery import queries as delivery
from chartpost.formats.ccda import check_document
from chartpost.kernel import blobs, jobs
from chartpost.rights.models import AccessRequest
from tests.desk.conftest import World

pytestmark = pytest.mark.django_db
V3 = {"v": "urn:hl7-org:v3"}
SAID = {
    "reason": "Sprain that does not heal <in six weeks>",
    "given": "Lena",
    "family": "Ortiz",
    "organization": "Bay Sports Clinic",
    "phone": "555-0188",
    "npi": "1234567893",
}


def asked(world: World, *formats: str) -> AccessRequest:
    """A request that waits for its package."""
    row = world.request(delivery="hand_over", formats=formats)
    world.post("clerk", row, "identity", {"method": "known"})
    world.post("clerk", row, "scope", {})
    return row


def built(world: World, row: AccessRequest, data: dict[str, str]) -> etree._Element:
    """The document of a package put together with these words."""
    assert world.post("clerk", row, "package", data).status_code == 302
    jobs.run_waiting()
    row.refresh_from_db()
    package = delivery.package(row.package_ref)
    assert package
    (part,) = [one for one in package.parts if one.format in ("referral", "transfer")]
    document = blobs.read(delivery.part(part.ref)[2])
    assert check_document(document) == []
    return etree.fromstring(document)


def texts(document: etree._Element, path: str) -> list[str]:
    found: Any = document.xpath(path, namespaces=V3)
    return ["".join(one.itertext()) if isinstance(one, etree._Element) else str(one) for one in found]


def test_a_referral_note_says_why_and_to_whom(world: World) -> None:
    row = asked(world, "referral")
    assert "Why is the person sent on?" in world.get("clerk", world.url(row, "package")).content.decode()
    document = built(world, row, SAID)
    reason = "//v:section[v:code/@code='42349-1']/v:text"
    assert SAID["reason"] in " ".join(texts(document, reason))
    to = "/v:ClinicalDocument/v:informationRecipient/v:intendedRecipient"
    assert texts(document, f"{to}/v:informationRecipient/v:name/*") == ["Lena", "Ortiz"]
    assert texts(document, f"{to}/v:receivedOrganization/v:name") == ["Bay Sports Clinic"]
    assert texts(document, f"{to}/v:id/@extension") == ["1234567893"]
    for page in ("qa", "release"):
        shown = world.get("approver", world.url(row, page)).content.decode()
        assert "does not heal &lt;in six weeks&gt;" in shown
        assert "Lena Ortiz, Bay Sports Clinic" in shown


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"reason": ""}, "says why"),
        ({"family": "", "given": "", "organization": ""}, "says to whom"),
        ({"family": ""}, "last name too"),
        ({"npi": "1234567890"}, "no NPI"),
    ],
)
def test_a_referral_note_without_them_is_not_put_together(world: World, change: dict[str, str], said: str) -> None:
    row = asked(world, "referral")
    answer = world.post("clerk", row, "package", SAID | change)
    assert (answer.status_code, said in answer.content.decode()) == (422, True)
    row.refresh_from_db()
    assert row.package_ref == ""


def test_a_transfer_summary_may_leave_them_open_and_a_second_build_remembers_them(world: World) -> None:
    row = asked(world, "transfer")
    built(world, row, {})
    document = built(world, row, {"reason": "Nearer to her daughter", "organization": "Hill House"})
    assert "Nearer to her daughter" in " ".join(texts(document, "//v:section[v:code/@code='42349-1']/v:text"))
    shown = world.get("clerk", world.url(row, "package")).content.decode()
    assert "Nearer to her daughter" in shown
    assert "Hill House" in shown


def test_other_packages_are_not_asked(world: World) -> None:
    row = asked(world, "ccda")
    assert "sent on" not in world.get("clerk", world.url(row, "package")).content.decode()
    assert world.post("clerk", row, "package", {}).status_code == 302
