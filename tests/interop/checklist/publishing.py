"""Sections 1.9 and 1.10: what a person inspects, and the list of service base addresses."""

from tests.interop.checklist.discovery import smart
from tests.interop.checklist.office import Office
from tests.interop.checklist.rows import inspected, requires

INSPECTED, BRANDS = "1.9 Inspected", "1.10 Service base URLs"


@requires("BRANDS", BRANDS, "A public Bundle: Endpoint with the base address; Organization with name, address, number")
def _brands(office: Office) -> None:
    answer = office.live.send("GET", smart(office)["user_access_brand_bundle"])
    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    bundle = answer.json
    assert (bundle["resourceType"], bundle["type"]) == ("Bundle", "collection")
    found = {entry["fullUrl"]: entry["resource"] for entry in bundle["entry"]}
    endpoints = [one for one in found.values() if one["resourceType"] == "Endpoint"]
    assert office.live.base in [one["address"] for one in endpoints]
    organizations = [one for one in found.values() if one["resourceType"] == "Organization"]
    assert organizations
    for one in organizations:
        assert one["name"]
        assert one["active"] is True
    assert any(one.get("endpoint") and one.get("address") and one.get("identifier") for one in organizations)


@requires("DOCUMENTATION", INSPECTED, "The documentation of the API is public, without a sign-in")
def _documentation(office: Office) -> None:
    answer = office.live.send("GET", "/developers/")
    assert answer.status == 200
    assert "smart-configuration" in answer.text


inspected("REGISTRATION", INSPECTED, "Apps can be registered, for one person and for many",
          "`tests/gateways/smart/test_register.py`; the desk's page of apps; `chartpost app add`")  # fmt: skip
inspected("SCOPE-PAGE", INSPECTED, "The consent page: types, finer kinds, how long the app may look",
          "`tests/gateways/smart/test_pages_consent.py`; rows LIMITED and GRANULAR-CHOICE use the page")  # fmt: skip
inspected("REFRESH-LIFE", INSPECTED, "Refresh tokens live three months and more, renewed by use, for native apps too",
          "`identity/services/grants.py` (365 and 180 days); `tests/gateways/smart/test_refresh.py`")  # fmt: skip
inspected("JWKS-CACHE", INSPECTED, "A client's keys are not kept longer than its Cache-Control allows",
          "`tests/gateways/smart/test_keysets.py`")  # fmt: skip
inspected("COMPLETE", INSPECTED, "What is served is complete and correct",
          "the rows of 1.6 and 1.7 compare each search with everything the record holds")  # fmt: skip
inspected("BULK-NO-MORE", INSPECTED, "Bulk export discloses nobody outside the Group", "row BULK-PATIENTS")
inspected("SUFFIX", INSPECTED, "Name suffixes are shown", "row MUST-us-core-patient; Daniel Bennett Jr. of the demo")
inspected("SINCE-MEANING", INSPECTED, "_since means: changed on the server after that moment", "row BULK-SINCE")
inspected("CLINICAL-TEST", INSPECTED, "Finer scope for clinical tests (category procedure)",
          "heart tracing of Gordon Pruitt in the demo; `Observation.rs?category=...|procedure`")  # fmt: skip
inspected("TLS-NOTE", INSPECTED, "How TLS is set up", "`docs/tls.md`; rows TLS-12 and TLS-OLD")
