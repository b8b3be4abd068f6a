"""Many contained resources cost no more than they are."""

import time

from chartpost.formats.fhirjson.profiles import check


def test_twenty_thousand_contained_resources_are_checked_in_seconds() -> None:
    inside = [{"resourceType": "Basic", "id": f"c{n}", "code": {"text": "x"}} for n in range(20_000)]
    began = time.process_time()
    issues = check({"resourceType": "Patient", "contained": inside})
    assert any(issue.rule == "dom-3" for issue in issues)
    assert time.process_time() - began < 20
