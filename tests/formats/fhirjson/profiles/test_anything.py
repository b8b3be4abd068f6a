"""Whatever JSON comes, the check answers; real resources pass, and fail once a rule of their profile is broken."""

import copy
import gzip
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.formats.fhirjson.profiles.samples import SAMPLES
from tests.support.shared import shared_data

from chartpost.formats.fhirjson.canonical import parse, read_ndjson
from chartpost.formats.fhirjson.profiles import check
from chartpost.formats.fhirjson.tables import Json, table

FOLDER = shared_data()
OURS = table("uscore")
KEYS = [
    *("coding", "system", "code", "reference", "extension", "url", "value", "start", "meta", "profile"),
    *(
        "resource",
        "resourceType",
        "valueQuantity",
        "_value",
        "item",
        "answer",
        "linkId",
        "contained",
        "id",
        "type",
        "div",
    ),
]
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.sampled_from(["", "#", "#x", "a/b", "2024"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(KEYS),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.sampled_from(SAMPLES), st.randoms(use_true_random=False), JSON)
def test_any_value_anywhere_is_answered(sample: Json, random: Any, value: object) -> None:
    resource = copy.deepcopy(sample)
    holder: Any = resource
    while True:
        key: Any = random.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
        if not isinstance(holder[key], dict | list) or not holder[key] or random.random() < 0.3:
            break
        holder = holder[key]
    holder[key] = value
    for issue in check(resource):
        assert issue.severity in ("error", "warning")
        assert issue.path
        assert issue.rule
        assert issue.message


@given(JSON, st.sampled_from(sorted(OURS)))
def test_any_json_is_answered(value: object, profile: str) -> None:
    check(value, profile)
    kind = OURS[profile]["type"]
    assert isinstance(check({"resourceType": kind, "meta": value, "item": value, "extension": value}, profile), list)


def test_deep_nesting_is_answered() -> None:
    extension: dict[str, Any] = {"url": "http://example.org/x", "valueString": "end"}
    for _ in range(20_000):
        extension = {"url": "http://example.org/x", "extension": [extension]}
    assert check({"resourceType": "Patient", "extension": [extension]})[0].severity == "error"


def test_the_number_of_issues_is_limited() -> None:
    items = [{"use": "nope", "period": {"start": "2024", "end": "2023"}} for _ in range(500)]
    assert len(check({"resourceType": "Patient", "name": items})) == 100


@cache
def examples() -> list[Json]:
    assert FOLDER
    return list(
        read_ndjson(gzip.decompress((FOLDER / "fhir/us-core-6.1.0-examples.ndjson.gz").read_bytes()).splitlines())
    )


needs_data = pytest.mark.skipif(FOLDER is None, reason="no third-party files here")


@pytest.mark.shared_data
@needs_data
def test_every_example_of_the_guide_passes() -> None:
    assert len(examples()) > 90
    for resource in examples():
        assert [i for i in check(resource) if i.severity == "error"] == [], resource["id"]


@pytest.mark.shared_data
@needs_data
def test_synthea_bundles_raise_no_false_alarm() -> None:
    assert FOLDER
    paths = sorted((FOLDER / "fhir").glob("synthea*.json.gz"))
    assert paths
    for path in paths:
        bundle = parse(gzip.decompress(path.read_bytes()))
        assert [i for i in check(bundle) if i.severity == "error"] == [], path.name


@pytest.mark.shared_data
@needs_data
def test_examples_fail_once_a_rule_is_broken() -> None:
    broken = 0
    for resource in examples():
        for url in (u for u in resource.get("meta", {}).get("profile", ()) if u in OURS):
            for changed, path, rules in breakages(resource, url):
                broken += 1
                found = [(i.path, i.rule) for i in check(changed) if i.severity == "error"]
                assert any(p.startswith(path) and r.split(" ")[0] in rules for p, r in found), (
                    resource["id"],
                    path,
                    rules,
                )
    assert broken > 350


def breakages(resource: Json, url: str) -> Iterator[tuple[Json, str, set[str]]]:
    """Copies with one top-level rule of the profile broken, with the place and the rules that may tell it."""
    kind = resource["resourceType"]
    for path, terms in OURS[url]["elements"].items():
        name = path.partition(":")[0]
        if "." in path or (name not in resource and terms.get("by") is None):
            continue
        if terms.get("card", [0])[0] > 0:
            without = {k: v for k, v in resource.items() if k.lstrip("_") != name}
            yield without, f"{kind}.{name}", {"cardinality", "slice"}
        if "to" in terms and name in resource:
            yield elsewhere(resource, name), f"{kind}.{name}", {"reference"}
        if "is" in terms:
            yield (
                {**resource, name: {"coding": [{"system": "http://example.org", "code": "x"}]}},
                f"{kind}.{name}",
                {"pattern"},
            )
        if "in" in terms and ":" not in path:
            wrong: Any = {"coding": [{"system": "http://example.org", "code": "x"}]}
            wrong = wrong if isinstance(resource[name], dict) else "x"
            yield {**resource, name: wrong}, f"{kind}.{name}", {"binding:required"}


def elsewhere(resource: Json, name: str) -> Json:
    """The resource with a reference that leads to a type no profile allows."""
    wrong = {"reference": "Basic/1"}
    return {**resource, name: [wrong] if isinstance(resource[name], list) else wrong}
