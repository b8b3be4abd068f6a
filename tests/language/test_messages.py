"""Everything a patient reads has Spanish, and the catalogues are sound."""

from collections.abc import Iterator

import pytest
from babel.messages.catalog import Catalog
from django.utils import translation
from scripts import check_messages as messages

FOUND = messages.extract()
KNOWN = messages.catalogues()


def entries() -> Iterator[tuple[str | None, tuple[str, ...], tuple[str, ...]]]:
    for catalogue in KNOWN.values():
        for message in catalogue:
            if message.id:
                yield *messages.key_of(message), messages.strings_of(message)


def test_nothing_a_patient_reads_lacks_spanish() -> None:
    missing, _wrong = messages.problems(FOUND, KNOWN)
    assert [key[1][0] for key in missing] == []


def test_no_entry_is_stale_or_loses_what_is_filled_in() -> None:
    _missing, wrong = messages.problems(FOUND, KNOWN)
    assert wrong == []


def test_the_office_speaks_to_people_as_usted() -> None:
    familiar = {"tú", "tu", "tus", "te", "puedes", "tienes", "quieres", "eres", "haz", "vosotros"}
    said = {w.strip(".,:;¿?¡!()“”").casefold() for _c, _ids, strings in entries() for s in strings for w in s.split()}
    assert said & familiar == set()


def test_both_forms_of_each_plural_are_there() -> None:
    plural = [(ids, strings) for _context, ids, strings in entries() if len(ids) > 1]
    assert plural
    assert [ids for ids, strings in plural if len(strings) != 2 or not all(strings)] == []


def test_ends_match() -> None:
    """A sentence stays a sentence, a question a question, a label a label."""
    marks = ".?:!"
    odd = [
        ids[0]
        for _context, ids, strings in entries()
        if ids[0] not in LOOSE and _end(ids[0], marks) != _end(strings[0], marks) and strings[0]
    ]
    assert odd == []


LOOSE = {"Hello,", "Dear %(name)s,", "born"}
"""Spanish letters greet with a colon; a word that leads to a date takes one too."""


def _end(text: str, marks: str) -> str:
    last = text.rstrip()[-1:]
    return last if last in marks else ""


@pytest.mark.parametrize(
    ("english", "spanish"), [("Your rights", "Sus derechos"), ("Get my records", "Pedir mi expediente")]
)
def test_the_compiled_catalogue_speaks_spanish(english: str, spanish: str) -> None:
    with translation.override("es"):
        assert translation.gettext(english) == spanish
    with translation.override("en"):
        assert translation.gettext(english) == english


def test_every_entry_is_what_django_says() -> None:
    """No catalogue of an app or a library hides an entry of ours with other words."""
    with translation.override("es"):
        said = {
            ids[0]: translation.pgettext(context, ids[0]) if context else translation.gettext(ids[0])
            for context, ids, strings in entries()
            if len(ids) == 1 and all(strings)
        }
    ours: dict[str, set[str]] = {}
    for _context, ids, strings in entries():
        ours.setdefault(ids[0], set()).add(strings[0])
    assert {key: text for key, text in said.items() if text not in ours[key]} == {}


def test_python_messages_are_found_under_any_name() -> None:
    source = """
from django.utils.translation import gettext as _, gettext_lazy as lazy, ngettext, pgettext
A = lazy("One")
def f(n):
    return _("Two " "parts"), ngettext("%(n)d day", "%(n)d days", n), pgettext("month", "May"), other("no")
"""
    assert set(messages.in_python(source)) == {
        (None, ("One",)),
        (None, ("Two parts",)),
        (None, ("%(n)d day", "%(n)d days")),
        ("month", ("May",)),
    }


def test_template_messages_are_found_with_their_plurals() -> None:
    source = """<p>{% translate "Hello there" %}</p>
      {% button _("Send") %} {% blocktranslate count n=n %}{{ n }} day{% plural %}{{ n }} days{% endblocktranslate %}
        {% blocktranslate with name=x %}Dear {{ name }}{% endblocktranslate %}
    <p>indented</p> {% translate "May" context "month" %}"""
    assert set(messages.in_template(source)) == {
        (None, ("Hello there",)),
        (None, ("Send",)),
        (None, ("%(n)s day", "%(n)s days")),
        (None, ("Dear %(name)s",)),
        ("month", ("May",)),
    }


def test_problems_are_named() -> None:
    catalogue = Catalog(locale="es")
    catalogue.add("Hello %(name)s", "Hola")
    catalogue.add("Gone", "Ido")
    catalogue.add("From a library", "De una biblioteca", auto_comments=[messages.LIBRARY])
    found = {
        (None, ("Hello %(name)s",)): messages.Found(["portal/x.py"], patient=True),
        (None, ("New",)): messages.Found(["portal/x.py"], patient=True),
        (None, ("Staff",)): messages.Found(["desk/x.py"], patient=False),
    }
    missing, wrong = messages.problems(found, {messages.MAIN: catalogue})
    assert missing == [(None, ("New",))]
    assert [line.partition(":")[0] for line in sorted(wrong)] == ["placeholders differ", "stale, in no file any more"]
