"""Links: what the guide's own example says, what people and programs do to links on the way, what is refused."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chartpost.formats.shlink import LinkError, Payload, parse, render
from chartpost.formats.shlink.text import b64u

GUIDE = (
    "shlink:/eyJ1cmwiOiJodHRwczovL2Voci5leGFtcGxlLm9yZy9xci9ZOXh3a1VkdG1OOXd3b0pvTjNmZkpJaFgyVUd2Q0wxSm5sUFZOTDNrRFdN"
    "L20iLCJmbGFnIjoiTFAiLCJrZXkiOiJyeFRnWWxPYUtKUEZ0Y0VkMHFjY2VOOHdFVTRwOTRTcUF3SVdRZTZ1WDdRIiwibGFiZWwiOiJCYWNrLXRv"
    "LXNjaG9vbCBpbW11bml6YXRpb25zIGZvciBPbGl2ZXIgQnJvd24ifQ"
)
"""The example of the implementation guide."""
URL = "https://office.example/shl/m/" + "a" * 43
KEY = bytes(range(32))


def link_of(**values: Any) -> str:
    base = {"url": URL, "key": b64u(KEY)}
    return "shlink:/" + b64u(json.dumps({k: v for k, v in {**base, **values}.items() if v is not ...}).encode())


def test_the_example_of_the_guide() -> None:
    found = parse(GUIDE)
    assert found.url == "https://ehr.example.org/qr/Y9xwkUdtmN9wwoJoN3ffJIhX2UGvCL1JnlPVNL3kDWM/m"
    assert b64u(found.key) == "rxTgYlOaKJPFtcEd0qcceN8wEU4p94SqAwIWQe6uX7Q"
    assert found.flag == {"L", "P"}
    assert found.label == "Back-to-school immunizations for Oliver Brown"
    assert found.exp is None


def test_a_rendered_link_is_minified_with_flags_in_order() -> None:
    text = render(Payload(URL, KEY, 1_800_000_000, frozenset("PL"), "Más"), "https://office.example/shl")
    start, _, encoded = text.partition("#shlink:/")
    assert start == "https://office.example/shl"
    assert "=" not in encoded
    padded = encoded + "=" * (-len(encoded) % 4)
    import base64

    plain = base64.urlsafe_b64decode(padded).decode()
    assert plain == f'{{"url":"{URL}","key":"{b64u(KEY)}","exp":1800000000,"flag":"LP","label":"Más"}}'


@pytest.mark.parametrize(
    "bent",
    [
        "  " + GUIDE + "\n",
        "https://viewer.example/#" + GUIDE,
        "https://viewer.example/page?x=1%23" + GUIDE,
        "https://viewer.example/page%2523" + GUIDE,
        "Here it is: " + GUIDE,
        GUIDE[:90] + "\r\n " + GUIDE[90:],
        GUIDE.replace("shlink:/", "SHLINK:/"),
        GUIDE.replace("shlink:/", "shlink%3A%2F"),
        GUIDE + "=",
    ],
)
def test_links_survive_the_way(bent: str) -> None:
    assert parse(bent) == parse(GUIDE)


@pytest.mark.parametrize(
    ("link", "seen"),
    [
        ("", "no shlink"),
        ("https://office.example/", "no shlink"),
        ("shlink:/", "not whole"),
        (GUIDE[:-20], "not whole"),
        ("shlink:/" + b64u(b"[1]"), "not whole"),
        ("shlink:/" + b64u(b"[" * 9000), "not whole"),
        ("shlink:/" + "A" * 20_000, "too long"),
        (link_of(url=...), "without url"),
        (link_of(key=...), "without key"),
        (link_of(key=b64u(KEY[:-1])), "31 bytes"),
        (link_of(key="*" * 43), "0 bytes"),
        (link_of(url="http://office.example/x"), "not https"),
        (link_of(url="javascript:alert(1)"), "not https"),
        (link_of(url="https://user:word@office.example/"), "not https"),
        (link_of(url="https://[half/"), "not https"),
        (link_of(url="https://office.example/" + "a" * 3000), "not https"),
        (link_of(flag="PU"), "P and U"),
        (link_of(v=2), "another version"),
        (link_of(v="1"), "another version"),
    ],
)
def test_what_is_refused_says_why(link: str, seen: str) -> None:
    with pytest.raises(LinkError) as told:
        parse(link)
    assert seen in told.value.seen
    assert b64u(KEY)[:20] not in str(told.value)


def test_what_nobody_knows_is_left_aside() -> None:
    found = parse(
        link_of(flag="LXZ", extension={"a": 1}, _mine=1, v=1, exp=1_800_000_000.7, label="a\u0000b" + "c" * 99)
    )
    assert found.flag == {"L"}
    assert found.exp == 1_800_000_000
    assert found.label == ("a b" + "c" * 99)[:80]


@pytest.mark.parametrize("exp", [-1, 1e300, True, "soon", None, [1]])
def test_an_end_that_is_no_moment_is_no_end(exp: object) -> None:
    assert parse(link_of(exp=exp)).exp is None


@pytest.mark.parametrize(
    "payload",
    [
        Payload(URL + "a" * 128, KEY),
        Payload(URL, KEY[:31]),
        Payload("http://office.example/", KEY),
        Payload(URL, KEY, flag=frozenset("PU")),
        Payload(URL, KEY, label="a" * 81),
    ],
)
def test_nothing_against_the_guide_is_rendered(payload: Payload) -> None:
    with pytest.raises(LinkError):
        render(payload)


def test_a_key_is_not_in_a_repr() -> None:
    assert repr(KEY) not in repr(Payload(URL, KEY))


@given(
    key=st.binary(min_size=32, max_size=32),
    exp=st.none() | st.integers(0, 253_402_300_799),
    flag=st.frozensets(st.sampled_from("LPU")).filter(lambda f: not {"P", "U"} <= f),
    label=st.text(st.characters(exclude_categories=["C", "Z"]), max_size=80),
    viewer=st.sampled_from(["", "https://viewer.example/", "https://viewer.example/shl?lang=es"]),
)
def test_every_link_reads_back(key: bytes, exp: int | None, flag: frozenset[str], label: str, viewer: str) -> None:
    payload = Payload(URL, key, exp, flag, label)
    assert parse(render(payload, viewer)) == payload


@given(st.text(max_size=300) | st.text(max_size=300).map(lambda t: "shlink:/" + b64u(t.encode("utf-8", "replace"))))
@example("shlink:/" + b64u(b'{"url":"https://a","key":1e999}'))
@example("shlink:/" + b64u(b'{"url":"https://a.example/","key":NaN}'))
@example("shlink:/" + b64u(b"\xff\xfe"))
def test_any_text_is_a_link_or_a_link_error(text: str) -> None:
    try:
        parse(text)
    except LinkError as error:
        assert error.todo


@given(
    st.dictionaries(
        st.sampled_from(["url", "key", "exp", "flag", "label", "v"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=50) | st.just(b64u(KEY)),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
            max_leaves=5,
        ),
    )
)
def test_any_payload_is_read_or_refused(values: dict[str, Any]) -> None:
    text = "shlink:/" + b64u(json.dumps({"url": URL, "key": b64u(KEY), **values}).encode())
    try:
        found = parse(text)
    except LinkError:
        return
    assert found.url.startswith("https://")
    assert len(found.key) == 32
    assert found.flag <= {"L", "P", "U"}
