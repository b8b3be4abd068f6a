"""A whole C-CDA document, ours or a stranger's, ready for a page."""

import re
from collections.abc import Callable, Iterator, Sequence
from html.parser import HTMLParser

from lxml import etree

from chartpost.formats.ccda.narrative import Enclosure, Setting, narrative_html, nodes, section_title
from chartpost.formats.ccda.reading import parse
from chartpost.formats.ccda.show import rtf
from chartpost.formats.ccda.show.entries import unnamed
from chartpost.formats.ccda.show.files import enclosed, enclosures, is_picture, pictures
from chartpost.formats.ccda.show.heading import heading
from chartpost.formats.ccda.show.order import ORDER, places
from chartpost.formats.ccda.show.types import Enclosed, Language, Part, Shown
from chartpost.formats.ccda.show.words import say

TEXT_SHOWN = 200_000
"""Characters of an unstructured text that are shown."""

_DEEPEST = 6
_KEY_UNSAFE = re.compile(r"[^A-Za-z0-9-]")
_RTF = frozenset({"text/rtf", "application/rtf", "application/msword"})


def show(
    data: bytes | etree._Element,
    *,
    lang: Language = "en",
    order: Sequence[str] = ORDER,
    address: Callable[[int], str] = "file/{}/".format,
) -> Shown:
    """What a reader sees of a document: header, parts in `order` (LOINC codes first to last), files inside it.

    `address` gives where the page will find file number n. All HTML is made here by an allow-list; all else is plain
    text. Raises what `parse` raises.
    """
    root = parse(data) if isinstance(data, bytes) else data
    about = heading(root)
    body = next(iter(nodes(root, "v3:component/v3:nonXMLBody/v3:text")), None)
    if body is not None:
        file = enclosed(body, about.title)
        return Shown(about, files=(file,), text=_text(file), body=_body(file, address(0)))
    found = list(pictures(root))
    inside = enclosures(found, address, lambda word: say(word, lang))
    sections = nodes(root, "v3:component/v3:structuredBody/v3:component/v3:section")
    parts = tuple(_parts(sections, Setting(enclosures=inside, not_sent=f"[{say('picture')}]"), lang, order))
    return Shown(about, parts, tuple(file for _names, file in found))


def _parts(sections: list[etree._Element], setting: Setting, lang: Language, order: Sequence[str]) -> Iterator[Part]:
    seen: dict[str, int] = {}
    titles = [section_title(section) for section in sections]
    for place in places([code for _title, code in titles], order):
        name = _KEY_UNSAFE.sub("", titles[place][1])[:20] or "part"
        seen[name] = seen.get(name, 0) + 1
        key = name if seen[name] == 1 else f"{name}-{seen[name]}"
        yield _part(sections[place], f"s{place + 1}", key, 2, setting, lang)


def _part(section: etree._Element, prefix: str, key: str, level: int, setting: Setting, lang: Language) -> Part:
    title, code = section_title(section)
    title = title or say("untitled", lang)
    own = Setting(prefix, title, setting.enclosures, setting.not_sent)
    below = nodes(section, "v3:component/v3:section")
    return Part(
        key=key,
        code=code,
        title=title,
        html=narrative_html(section, setting=own),
        unnamed=unnamed(section),
        level=level,
        inner=tuple(
            _part(inner, f"{prefix}-{n}", f"{key}.{n}", min(level + 1, _DEEPEST), setting, lang)
            for n, inner in enumerate(below, 1)
        ),
    )


def _body(file: Enclosed, address: str) -> Enclosure:
    opens = is_picture(file) or (file.media_type == "application/pdf" and not file.problem)
    return Enclosure(file.title, address if opens else "", is_picture(file))


def _text(file: Enclosed) -> str:
    """The words of a body that is text; of HTML its words alone, since a sender's page is never part of ours."""
    if file.media_type in _RTF and file.data.lstrip()[:5] == b"{\\rtf":
        return rtf.text(file.data, TEXT_SHOWN)
    if file.media_type in ("text/html", "application/xhtml+xml"):
        return _Words.of(file.data[: 4 * TEXT_SHOWN].decode("utf-8", "replace"))[:TEXT_SHOWN]
    return file.data.decode("utf-8", "replace")[:TEXT_SHOWN] if file.media_type.startswith("text/") else ""


class _Words(HTMLParser):
    """The words of a page, without its scripts and styles."""

    _SILENT = frozenset({"script", "style", "template", "noscript", "title"})
    _BLOCKS = frozenset({"p", "br", "div", "tr", "li", "h1", "h2", "h3", "h4", "h5", "h6", "table", "hr"})

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self._silent += tag in self._SILENT
        if tag in self._BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in self._SILENT and self._silent > 0

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(data)

    @classmethod
    def of(cls, html: str) -> str:
        reader = cls()
        reader.feed(html)
        reader.close()
        lines = (" ".join(line.split()) for line in "".join(reader.parts).splitlines())
        return "\n".join(line for line in lines if line)
