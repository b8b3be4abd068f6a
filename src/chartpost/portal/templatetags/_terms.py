"""Glossary terms in running text, and links from a figure to its rule."""

from itertools import count

from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from chartpost.portal.glossary import entry, listed

from ._register import register
from ._values import language

_numbers = count(1)


def glossary_url(key: str) -> str:
    """The address of a term on the glossary page."""
    try:
        page = reverse("portal:glossary")
    except NoReverseMatch:
        page = "/glossary/"
    return f"{page}#term-{key}"


@register.simple_tag
def term(key: str, text: str = "") -> SafeString:
    """A word with its plain meaning behind a button; without popovers the word links to the glossary page."""
    known = entry(key)
    shown = text or known.name(language())
    given = {
        "shown": shown,
        "plain": known.plain(language()),
        "href": glossary_url(key),
        "id": f"term-tip-{next(_numbers)}",
        "ask": gettext("What does “%(term)s” mean?") % {"term": shown},
    }
    return SafeString(render_to_string("components/term.html", given).strip())


@register.simple_tag
def cite(rule_id: str, citation: str) -> SafeString:
    """A small link from a figure to the rule it comes from, with the clause as its text."""
    return format_html(
        '<a class="cite" href="/desk/rules/#{}"><span class="visually-hidden">{} </span>{}</a>',
        rule_id,
        gettext("Rule:"),
        citation,
    )


@register.simple_tag
def glossary_entries() -> list[dict[str, str]]:
    """Every term for the glossary page, in the reader's language and alphabet."""
    lang = language()
    return [{"key": item.key, "name": item.name(lang), "plain": item.plain(lang)} for item in listed(lang)]
