"""A C-CDA document as one web page: its own words, part by part, with its pictures and files inside."""

import base64
from collections.abc import Iterator
from html import escape

from chartpost.formats.ccda.show import Enclosed, Heading, Part, Shown, is_picture, show
from chartpost.formats.convert.types import Wish
from chartpost.formats.fhirjson.dates import parse_date
from chartpost.formats.pdf.errors import PdfError
from chartpost.formats.pdf.sandbox import picture
from chartpost.formats.readable.language import gettext as _
from chartpost.formats.readable.language import speaking
from chartpost.formats.readable.shell import whole
from chartpost.formats.readable.words import known_date

MOST = 25 * 1024 * 1024
"""Bytes of one file that a page carries inside itself."""


def page(original: bytes, wish: Wish) -> bytes:
    """The page; raises CcdaError. What the document holds is shown as it stands there, not as it was understood."""
    shown = show(original, lang=wish.language, address="#file-{}".format)
    with speaking(wish.language):
        title = shown.heading.title or _("Health document")
        foreign = shown.heading.language if shown.heading.language[:2] != wish.language else ""
        body = (
            f"<main{_lang(foreign)}>{_head(shown, title, wish)}{''.join(_parts(shown))}{''.join(_files(shown))}</main>"
        )
        return whole(title, wish.language, body).encode()


def _head(shown: Shown, title: str, wish: Wish) -> str:
    facts = "".join(f"<div><dt>{_text(k)}</dt><dd>{_text(v)}</dd></div>" for k, v in _facts(shown.heading, wish) if v)
    places = [*((part.key, part.title) for part in shown.parts), *_file_places(shown)]
    links = "".join(f'<li><a href="#{escape(key, quote=True)}">{_text(name)}</a></li>' for key, name in places)
    contents = f'<nav aria-labelledby="contents"><h2 id="contents">{_text(_("Contents"))}</h2><ul>{links}</ul></nav>'
    return f"<h1>{_text(title)}</h1><dl>{facts}</dl>{contents if places else ''}"


def _facts(about: Heading, wish: Wish) -> Iterator[tuple[str, str]]:
    yield _("Patient"), about.patient
    yield _("Date of birth"), _day(about.birth_date, wish)
    yield _("Made on"), _day(about.made, wish)
    yield _("Time it covers"), " – ".join(filter(None, (_day(day, wish) for day in about.covers)))
    yield _("Came from"), about.office
    yield _("Written by"), "\n".join(about.authors)
    yield _("Sent to"), "\n".join(about.sent_to)


def _day(value: str, wish: Wish) -> str:
    day, _space, time = value.partition(" ")
    known = parse_date(day)
    return ", ".join(filter(None, (known_date(known, wish.language) if known else day, time)))


def _parts(shown: Shown) -> Iterator[str]:
    for part in shown.parts:
        key = escape(part.key, quote=True)
        yield f'<section id="{key}" aria-labelledby="{key}-t"><h2 id="{key}-t">{_text(part.title)}</h2>{_inside(part)}'
        yield "</section>"
    if shown.text:
        yield f"<pre>{_text(shown.text)}</pre>"


def _inside(part: Part) -> str:
    """The text, which `formats.ccda.narrative` made by its allow-list; what only the codes say; the parts within."""
    named = "".join(f"<li>{_text(name)}</li>" for name in part.unnamed)
    says = _("The coded data of this part also says the following. The text does not:")
    coded = f"<div class=coded><p>{_text(says)}</p><ul>{named}</ul></div>" if named else ""
    inner = "".join(f"<h{one.level}>{_text(one.title)}</h{one.level}>{_inside(one)}" for one in part.inner)
    empty = "" if part.html.strip() or coded or inner else f"<p>{_text(_('The sender wrote nothing here.'))}</p>"
    return f"{part.html}{coded}{inner}{empty}"


def _file_places(shown: Shown) -> list[tuple[str, str]]:
    return [(f"file-{n}", _called(file, n)) for n, file in enumerate(shown.files) if not shown.text]


def _files(shown: Shown) -> Iterator[str]:
    for number, file in enumerate(shown.files):
        if not shown.text:
            name = _called(file, number)
            yield f'<section id="file-{number}"><h2>{_text(name)}</h2>{_file(file, number, name)}</section>'


def _called(file: Enclosed, number: int) -> str:
    return file.title or _("File %(number)d") % {"number": number + 1}


def _file(file: Enclosed, number: int, name: str) -> str:
    if file.problem or len(file.data) > MOST:
        return f"<p>{_text(_('This file is not in this page. The document it came from has more.'))}</p>"
    if is_picture(file):
        try:
            drawn = picture(file.data)
        except PdfError:
            return f"<p>{_text(_('The file is not a picture we can show.'))}</p>"
        return f'<img src="{_data(drawn.media_type, drawn.data)}" alt="{escape(name, quote=True)}">'
    saved = f"file-{number + 1}.pdf" if file.media_type == "application/pdf" else f"file-{number + 1}.bin"
    address = _data("application/octet-stream", file.data)
    return f'<p><a download="{saved}" href="{address}">{_text(_("Save this file"))}</a></p>'


def _data(media_type: str, data: bytes) -> str:
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


def _lang(tag: str) -> str:
    return f' lang="{escape(tag, quote=True)}"' if tag else ""


def _text(text: str) -> str:
    return escape(text).replace("\n", "<br>")
