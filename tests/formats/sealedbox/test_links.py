"""Links as people receive them: whole, mangled by mail gateways, cut off."""

import pytest

from chartpost.formats import sealedbox as box

SECRET = bytes(range(32))
IDENT = "AAECAwQFBgcICQoLDA0ODw"
WHOLE = f"https://records.example.org/s/{IDENT}#1.{box.b64u(SECRET)}"


def test_a_link_is_rendered_and_read_again() -> None:
    link = box.Link("https://records.example.org", IDENT, SECRET)
    assert link.render() == WHOLE
    assert box.parse_link(f"  {WHOLE}\n") == link


def test_wrapped_lines_and_a_query_say_nothing() -> None:
    wrapped = WHOLE.replace("#", "?lang=es#").replace("/s/", "/s/\n ")
    assert box.parse_link(wrapped) == box.Link("https://records.example.org", IDENT, SECRET)


@pytest.mark.parametrize("mark", ["%23", "%2523", "%252523"])
def test_a_mangled_hash_is_mended_and_told(mark: str) -> None:
    link = box.parse_link(WHOLE.replace("#", mark))
    assert (link.recipient, link.secret, link.mangled) == (IDENT, SECRET, True)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "https://records.example.org/s/" + IDENT,
        WHOLE[:-1],
        WHOLE + "A",
        WHOLE.replace("#1.", "#2."),
        WHOLE.replace("/s/", "/t/"),
        WHOLE.replace(IDENT, IDENT[:-1] + "B"),
        WHOLE.replace("https://", "file://"),
        WHOLE.replace("records.example.org", "user@evil.example"),
        "https://[::1/s/x#1.y",
    ],
)
def test_what_is_no_link_is_refused(text: str) -> None:
    with pytest.raises(box.LinkError) as caught:
        box.parse_link(text)
    assert "#1." in caught.value.expected


def test_a_drop_link_is_not_a_share_link() -> None:
    drop = box.DropLink("https://records.example.org", IDENT, SECRET)
    assert box.parse_drop_link(drop.render().replace("#", "%23")).fingerprint == SECRET
    with pytest.raises(box.LinkError):
        box.parse_link(drop.render())
    with pytest.raises(box.LinkError):
        box.parse_drop_link(WHOLE)


def test_the_secret_is_not_shown_by_accident() -> None:
    assert box.b64u(SECRET) not in repr(box.parse_link(WHOLE))
    assert str(SECRET) not in repr(box.parse_link(WHOLE))
