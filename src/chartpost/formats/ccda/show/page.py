"""A document as one web page that needs nothing else: no script, no picture from elsewhere, no style but its own."""

import base64
from collections.abc import Iterator, Sequence
from hashlib import sha256
from html import escape
from pathlib import Path

from chartpost.formats.ccda.show.document import show
from chartpost.formats.ccda.show.order import ORDER
from chartpost.formats.ccda.show.types import Heading, Language, Part, Shown
from chartpost.formats.ccda.show.words import say

STYLE = Path(__file__).resolve().parent / "page.css"


def page(data: bytes, *, lang: Language = "en", order: Sequence[str] = ORDER) -> str:
    """The page in the reader's language, for keeping or printing; pictures and files are named, not shown.

    Raises what `parse` raises.
    """
    found = show(data, lang=lang, order=order, address=lambda _place: "")
    style = STYLE.read_text(encoding="utf-8")
    allowed = base64.b64encode(sha256(style.encode()).digest()).decode()
    return (
        f'<!DOCTYPE html>\n<html lang="{lang}">\n<head>\n<meta charset="utf-8">\n'
        f"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{allowed}'; "
        "base-uri 'none'; form-action 'none'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n<meta name="robots" content="noindex">\n'
        f"<title>{escape(found.heading.title)}</title>\n<style>{style}</style>\n</head>\n"
        f"<body>\n<main>\n{''.join(_inside(found, lang))}</main>\n</body>\n</html>\n"
    )


def _inside(found: Shown, lang: Language) -> Iterator[str]:
    yield f"<h1>{escape(found.heading.title)}</h1>\n<dl>{''.join(_facts(found.heading, lang))}</dl>\n"
    written = found.heading.language.partition("-")[0]
    spoken = f' lang="{escape(written, quote=True)}"' if written not in ("", lang) else ""
    for part in found.parts:
        yield from _part(part, spoken, lang)
    if found.text:
        yield f"<pre{spoken}>{escape(found.text)}</pre>\n"
    elif found.body is not None:
        yield f"<p>{say('body', lang)} {escape(found.files[0].media_type)}</p>\n"


def _facts(heading: Heading, lang: Language) -> Iterator[str]:
    covers = f" {say('to', lang)} ".join(filter(None, heading.covers))
    rows = (
        ("patient", [heading.patient]), ("born", [heading.birth_date]), ("made", [heading.made]), ("covers", [covers]),
        ("from", [heading.office]), ("authors", heading.authors), ("sent_to", heading.sent_to),
    )  # fmt: skip
    for word, values in rows:
        shown = "<br>".join(escape(value) for value in values if value)
        if shown:
            yield f"<dt>{say(word, lang)}</dt><dd>{shown}</dd>"


def _part(part: Part, spoken: str, lang: Language) -> Iterator[str]:
    yield f"<h{part.level}{spoken}>{escape(part.title)}</h{part.level}>\n"
    if part.html:
        yield f"<div{spoken}>{part.html}</div>\n"
    elif not part.inner and not part.unnamed:
        yield f"<p>{say('empty', lang)}</p>\n"
    if part.unnamed:
        names = "".join(f"<li{spoken}>{escape(name)}</li>" for name in part.unnamed)
        yield f'<div class="coded"><p>{say("unnamed", lang)}</p><ul>{names}</ul></div>\n'
    for inner in part.inner:
        yield from _part(inner, spoken, lang)
