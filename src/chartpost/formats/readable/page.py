"""The record as one web page that needs nothing else: no script, no picture from elsewhere, no style but its own."""

import json
from collections.abc import Iterable
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from chartpost.formats.pdf.types import Bill, Insurance, LabGroup, Note, RecordDocument, Section
from chartpost.formats.readable.sections import filled
from chartpost.formats.readable.shell import whole

HERE = Path(__file__).resolve().parent
WORDS = HERE.parent / "pdf" / "templates" / "words.json"


def record_page(document: RecordDocument) -> str:
    """The page in the document's language; every text is escaped, headings and tables are marked for screen readers."""
    say = _words(document.lang)
    parts = [_summary(document, say), *(_section(s, n, say) for n, s in enumerate(document.sections, 1))]
    if document.insurance:
        parts.append(_block("insurance", say["insurance"], _insurance(document.insurance, say)))
    if document.bills:
        parts.append(_block("bills", say["bills"], _bills(document.bills, say)))
    if document.sources:
        rows = [(s.name, s.kind, s.received, s.covers) for s in document.sources]
        heads = (say["from"], say["kind"], say["received"], say["what"])
        parts.append(_block("sources", say["sources"], _table(heads, rows, say["sources"])))
    demo = f"<p class=demo role=note>{escape(say['demo'])}</p>" if document.demo else ""
    body = f"{demo}<main>{_head(document, say)}{''.join(parts)}</main>"
    return whole(f"{say['record_title']} – {document.person.name}", document.lang, body)


def _head(document: RecordDocument, say: dict[str, Any]) -> str:
    who, office = document.person, document.office
    rows = [
        (say["name"], who.name),
        (say["birth_date"], who.birth_date),
        (say["sex"], who.sex),
        (say["address"], who.address),
        *who.identifiers,
        (say["covers"], document.covers),
        (say["prepared"], document.prepared_at),
        (say["prepared_by"], "\n".join(filter(None, (office.name, office.address, office.phone)))),
    ]
    facts = "".join(f"<div><dt>{_text(k)}</dt><dd>{_text(v)}</dd></div>" for k, v in rows if v)
    held_back = document.withheld_notice
    notice = f"<p class=notice><strong>{_text(say['withheld'])}.</strong> {_text(held_back)}</p>" if held_back else ""
    if law := document.legal_notice:
        notice += f"<p class=notice><strong>{_text(say['guarded'])}.</strong> <span lang=en>{_text(law)}</span></p>"
    return f"<h1>{_text(say['record_title'])}</h1><dl>{facts}</dl>{notice}{_contents(document, say)}"


def _contents(document: RecordDocument, say: dict[str, Any]) -> str:
    places = [(f"s{n}", s.title) for n, s in enumerate(document.sections, 1)]
    others = (("insurance", document.insurance), ("bills", document.bills), ("sources", document.sources))
    places += [(name, say[name]) for name, there in others if there]
    links = "".join(f'<li><a href="#{place}">{_text(title)}</a></li>' for place, title in places)
    return f'<nav aria-labelledby="contents"><h2 id="contents">{_text(say["contents"])}</h2><ul>{links}</ul></nav>'


def _summary(document: RecordDocument, say: dict[str, Any]) -> str:
    cards = []
    for card in document.summary:
        lines = "".join(f"<li>{_text(item)}</li>" for item in (*card.items, *filter(None, [card.more])))
        inside = f"<ul>{lines}</ul>" if card.items else f"<p>{_text(card.empty or say['nothing'])}</p>"
        cards.append(f"<div><h3>{_text(card.title)}</h3>{inside}</div>")
    return _block("summary", say["summary"], f"<div class=cards>{''.join(cards)}</div>") if cards else ""


def _section(section: Section, number: int, say: dict[str, Any]) -> str:
    intro = f"<p>{_text(section.intro)}</p>" if section.intro else ""
    return _block(f"s{number}", section.title, intro + (_inside(section, say) or f"<p>{_text(section.empty)}</p>"))


def _inside(section: Section, say: dict[str, Any]) -> str:
    if section.kind == "labs":
        return "".join(_labs(group, say) for group in section.labs)
    if section.kind == "note":
        return "".join(_note(note, say) for note in section.notes)
    if section.kind == "list":
        return "".join(f"<p><strong>{_text(row[0])}</strong> {_text(' · '.join(row[1:]))}</p>" for row in section.rows)
    return _table(section.columns, section.rows, section.title) if section.rows else ""


def _labs(group: LabGroup, say: dict[str, Any]) -> str:
    rows = [
        ("\n".join(filter(None, (r.test, r.note))), f"{r.value} {r.unit}".strip(), r.reference_range,
         say["flags"].get(r.flag, ""), r.date)
        for r in group.results
    ]  # fmt: skip
    heads = (say["test"], say["result"], say["range"], say["flag"], say["date"])
    table = _table(heads, rows, group.title)
    return f"<h3>{_text(group.title)}</h3>{_caption(group.date, group.source)}{table}"


def _note(note: Note, say: dict[str, Any]) -> str:
    by = f"{say['by']} {note.author}" if note.author else ""
    return f"<h3>{_text(note.title)}</h3>{_caption(note.date, by)}" + "".join(
        f"<p>{_text(paragraph)}</p>" for paragraph in note.paragraphs
    )


def _caption(*parts: str) -> str:
    shown = " · ".join(filter(None, parts))
    return f"<p class=when>{_text(shown)}</p>" if shown else ""


def _insurance(found: Iterable[Insurance], say: dict[str, Any]) -> str:
    rows = [("\n".join(filter(None, (i.payer, i.plan))), i.member_id, i.group, i.period, i.status) for i in found]
    heads = (say["payer"], say["member"], say["group"], say["period"], say["status"])
    return _table(heads, rows, say["insurance"])


def _bills(found: Iterable[Bill], say: dict[str, Any]) -> str:
    rows = [
        (b.date, "\n".join(filter(None, (b.service, b.provider))), b.charged, b.insurance_paid, b.you_owe, b.status)
        for b in found
    ]
    heads = (say["date"], say["service"], say["charged"], say["paid"], say["owe"], say["status"])
    return _table(heads, rows, say["bills"])


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]], name: str) -> str:
    """A table in a frame that scrolls by itself on a narrow screen; the first cell of a row names the row.

    A column in which no row says anything is left out.
    """
    heads, rows = filled(tuple(heads), [tuple(row) for row in rows])
    top = "".join(f"<th scope=col>{_text(head)}</th>" for head in heads)
    lines = "".join(f"<tr>{_row(row)}</tr>" for row in rows)
    label = escape(name, quote=True)
    return (
        f'<div class=frame role=region aria-label="{label}" tabindex=0><table><thead><tr>{top}</tr></thead>'
        f"<tbody>{lines}</tbody></table></div>"
    )


def _row(cells: Iterable[str]) -> str:
    first, *rest = (_text(cell) for cell in cells)
    return f"<th scope=row>{first}</th>" + "".join(f"<td>{cell}</td>" for cell in rest)


def _block(place: str, title: str, inside: str) -> str:
    return f'<section id="{place}" aria-labelledby="{place}-t"><h2 id="{place}-t">{_text(title)}</h2>{inside}</section>'


def _text(text: str) -> str:
    return escape(text).replace("\n", "<br>")


@cache
def _words(language: str) -> dict[str, Any]:
    known: dict[str, dict[str, Any]] = json.loads(WORDS.read_text(encoding="utf-8"))
    return known[language if language in known else "en"]
