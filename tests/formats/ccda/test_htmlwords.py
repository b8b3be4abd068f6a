"""The words of HTML notes, and nothing of their markup."""

import pytest

from chartpost.formats.ccda.htmlwords import words_of_html


@pytest.mark.parametrize(
    ("html", "words"),
    [
        (b"<p>One</p><p>Two <b>bold</b> words</p>", "One\nTwo bold words"),
        (b"Plain &amp; simple<br/>second", "Plain & simple\nsecond"),
        (b"<ul><li>a</li><li> b\n c </li></ul>after", "- a\n- b c\nafter"),
        (
            b"<table><thead><tr><th>Test</th><th>Value</th></tr></thead><tr><td>K</td><td>5.9</td></tr></table>",
            "Test | Value\nK | 5.9",
        ),
        (b"<div><script>alert(1)</script><style>p{}</style>Seen<iframe>no</iframe></div>", "Seen"),
        (b'<p onclick="x()">N\xc3\xba\xc3\xb1ez <a href="javascript:y()">link</a></p>', "N\u00fa\u00f1ez link"),
        (b"<b>never <i>closed", "never closed"),
        (b"", ""),
        (b"<!-- only a comment -->", ""),
    ],
)
def test_words_come_line_by_line(html: bytes, words: str) -> None:
    assert words_of_html(html) == words


def test_deep_markup_is_read() -> None:
    assert words_of_html(b"<div>" * 200 + b"deep" + b"</div>" * 200) == "deep"
