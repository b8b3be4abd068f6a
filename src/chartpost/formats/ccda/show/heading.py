"""The header of a document as its reader wants it: who it is about, when it was made, from whom, for whom."""

import re
from datetime import date

from lxml import etree

from chartpost.formats.ccda.header import header_of
from chartpost.formats.ccda.narrative import nodes
from chartpost.formats.ccda.show.types import Heading

_TIME = re.compile(r"(\d{4})(\d{2})?(\d{2})?(\d{2})?(\d{2})?")
_SHOWN_NAMES = 6
_YEARS = range(1850, 2200)
"""Senders write 0001 and 9999 for a day they do not know."""


def heading(root: etree._Element) -> Heading:
    """The header in plain values; what a sender left out is empty."""
    header = header_of(root)
    event = "v3:documentationOf/v3:serviceEvent/v3:effectiveTime/v3:"
    return Heading(
        title=header.title or header.code.display,
        kind=header.code.display,
        patient=str(header.name),
        birth_date=day((header.birth_date or "").replace("-", "")),
        sex=header.sex,
        made=moment(header.effective_time),
        covers=_covers(day(_value(root, f"{event}low")), day(_value(root, f"{event}high"))),
        office=header.custodian,
        authors=_names(root, "v3:author/v3:assignedAuthor"),
        sent_to=_names(root, "v3:informationRecipient/v3:intendedRecipient"),
        language=header.languages[0] if header.languages else "",
    )


def _covers(first: str, last: str) -> tuple[str, str]:
    """The days of care a document tells of; one day is said once."""
    return (first, last if last != first else "")


def moment(value: str) -> str:
    """A CDA time stamp (HL7 V3 TS) as `2013-06-17 11:45`, or as much of it as was given; empty where it is none."""
    found = _TIME.match(value.strip())
    if not found:
        return ""
    parts = [part for part in found.groups()[:3] if part]
    while parts and not _is_date(parts):
        parts.pop()
    on = "-".join(parts)
    return f"{on} {found[4]}:{found[5]}" if len(parts) == 3 and found[5] and _is_time(found[4], found[5]) else on


def _is_date(parts: list[str]) -> bool:
    year, month, day = map(int, [*parts, "1", "1"][:3])
    try:
        return date(year, month, day).year in _YEARS
    except ValueError:
        return False


def _is_time(hour: str, minute: str) -> bool:
    return int(hour) < 24 and int(minute) < 60


def day(value: str) -> str:
    """The date of a time stamp."""
    return moment(value)[:10]


def _value(root: etree._Element, path: str) -> str:
    found = nodes(root, path)
    return (found[0].get("value") or "") if found else ""


def _names(root: etree._Element, path: str) -> tuple[str, ...]:
    """People, programs and places that take part, each once, in the order they are named."""
    found: list[str] = []
    for role in nodes(root, path):
        who = nodes(role, "v3:assignedPerson/v3:name | v3:informationRecipient/v3:name")
        device = nodes(role, "v3:assignedAuthoringDevice/*[self::v3:softwareName or self::v3:manufacturerModelName]")
        place = nodes(role, "v3:representedOrganization/v3:name | v3:receivedOrganization/v3:name")
        parts = [" ".join(" ".join(map(str, group[0].itertext())).split()) for group in (who or device, place) if group]
        found.append(", ".join(dict.fromkeys(filter(None, parts))))
    return tuple(dict.fromkeys(filter(None, found)))[:_SHOWN_NAMES]
