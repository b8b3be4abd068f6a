"""Notes that came as web pages keep their lines in print."""

import pytest

from chartpost.formats.readable.markup import lines_of


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>One</p><p>Two</p>", "One\n\nTwo"),
        ("One<br/>Two &amp; three", "One\nTwo & three"),
        ("<table><tr><th>Test</th><th>Value</th></tr><tr><td>Sodium</td><td>135</td></tr></table>",
         "Test · Value\nSodium · 135"),
        ("<table><tr><td><p>a</p><p>b</p></td><td/><td>c</td></tr></table>", "a b · c"),
        ("<p>Take:</p><ul><li>one <b>tablet</b></li><li><p>two</p></li><li></li></ul>", "Take:\n\n• one tablet\n• two"),
        ("<p>pen<b>icil</b>lin</p>", "penicillin"),
        ("<style>p{}</style><script>alert(1)</script><p>Words</p>", "Words"),
        ("<p>cut <b>off", "cut off"),
        ("</td></li></p>loose", "loose"),
        ("", ""),
    ],
)  # fmt: skip
def test_lines_are_kept(markup: str, text: str) -> None:
    assert lines_of(markup) == text


def test_deep_and_long_markup_takes_time_in_proportion() -> None:
    assert lines_of("<div>" * 5000 + "x" + "</div>" * 5000) == "x"
    assert lines_of("<tr><td>a</td></tr>" * 20_000).count("\n") == 19_999
