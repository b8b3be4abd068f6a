"""Dates, money, terms and citations as people read them."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.template import Context, Template
from django.utils import timezone, translation

from chartpost.portal.glossary import ENTRIES, entry, listed


def show(source: str, **values: object) -> str:
    """A snippet of template, rendered."""
    return Template(source).render(Context(values))


@pytest.mark.parametrize(
    ("value", "english", "spanish"),
    [
        (date(2026, 12, 9), "December 9, 2026", "9 de diciembre de 2026"),
        ("2019-03", "March 2019", "marzo de 2019"),
        ("2019", "2019", "2019"),
        ("2019-03-01", "March 1, 2019", "1 de marzo de 2019"),
        (None, "", ""),
    ],
)
def test_fulldate_keeps_the_precision_that_is_known(value: object, english: str, spanish: str) -> None:
    assert show("{{ v|fulldate }}", v=value) == english
    with translation.override("es"):
        assert show("{{ v|fulldate }}", v=value) == spanish


def test_moments_are_told_in_the_zone_of_the_reader() -> None:
    moment = datetime(2026, 11, 21, 3, 5, tzinfo=UTC)
    with timezone.override(ZoneInfo("America/Los_Angeles")):
        assert show("{{ v|fulldate }}", v=moment) == "November 20, 2026"
        assert show("{{ v|fulldatetime }}", v=moment).replace("\u202f", " ") == "November 20, 2026, 7:05 PM PST"


def test_deadlines_name_the_weekday() -> None:
    assert show("{{ v|weekdate }}", v=date(2026, 12, 9)) == "Wednesday, December 9, 2026"


def test_money_is_cents() -> None:
    assert show("{{ v|money }} {{ n|money }}", v=650, n=None) == "$6.50 "


def test_citation_leads_to_its_rule() -> None:
    html = show('{% cite "ACC-04" "45 CFR 164.524(b)(2)" %}')
    assert 'href="/desk/rules/#ACC-04"' in html
    assert "45 CFR 164.524(b)(2)" in html


@pytest.mark.usefixtures("gallery_site")
def test_term_explains_itself_and_links_to_the_glossary() -> None:
    html = show('{% term "custodian" "record holders" %}')
    assert "<dfn>record holders</dfn>" in html
    assert 'href="/glossary/#term-custodian"' in html
    assert entry("custodian").en_plain.split(" and ")[0] in html
    with translation.override("es"):
        assert "custodio" in show('{% term "custodian" %}')


def test_the_same_term_twice_has_two_ids() -> None:
    first, second = show('{% term "fhir" %}'), show('{% term "fhir" %}')
    assert first != second


def test_unknown_term_tells_the_author_what_exists() -> None:
    with pytest.raises(KeyError, match=r"no glossary entry 'custodain'.*custodian"):
        entry("custodain")


def test_glossary_is_sorted_for_each_reader_and_short_enough_to_read() -> None:
    for lang in ("en", "es"):
        names = [item.name(lang).casefold() for item in listed(lang)]
        assert names == sorted(names)
        assert len(names) == len(ENTRIES)
    assert all(len(item.en_plain) <= 140 for item in ENTRIES.values())
