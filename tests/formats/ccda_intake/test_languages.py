"""Codes of languages as FHIR takes them."""

import pytest

from chartpost.formats.ccda.intake.patient import tag


@pytest.mark.parametrize(
    ("written", "read"),
    [("eng", "en"), ("eng-US", "en-US"), ("SPA", "es"), ("en-US", "en-US"), ("haw", "haw"), ("", "")],
)
def test_languages_are_written_with_the_fewest_letters(written: str, read: str) -> None:
    assert tag(written) == read
