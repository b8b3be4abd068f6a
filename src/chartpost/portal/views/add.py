"""Files people add to the record themselves: chosen on their device, or handed over by the page of a sealed share.

Until a file is added the page of a share alone can read it; from then on the office's program can. The two pages
speak by `postMessage` with exact origins (ARCHITECTURE.md, "Keeping sealed files").
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, BinaryIO, cast
from urllib.parse import urlsplit

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from chartpost.identity import policies, whose
from chartpost.identity import queries as identity
from chartpost.identity.types import PersonView, Subject
from chartpost.kernel import tries
from chartpost.kernel.config import config
from chartpost.kernel.errors import ChartpostError
from chartpost.kernel.uploads import LIMIT_BYTES
from chartpost.portal.views import compare
from chartpost.portal.views.reader import Reader, everyone, for_person
from chartpost.records.ingest.given import OtherKind, SomebodyElse, TooMuch, TwoPeople, take_given

MOST_AT_ONCE = 20
MOST_A_DAY = 300
DAY_SECONDS = 86_400
REFUSED = 422
ADDED, KNOWN, LATER = "added", "known", "later"
DISCARDED = "discarded"
TOLD: dict[str, str | Promise] = {
    ADDED: _("It is in the record."),
    KNOWN: _("It was in the record already."),
    LATER: _("The office will look at it first. It may be about somebody else."),
    DISCARDED: _("The office decided before that it belongs in no record. Ask them if you think it does."),
    "kind": _("Only PDF, pictures (PNG, JPEG, TIFF) and C-CDA files can be added. Keep this one on your device."),
    "other": _("It names another person or another birth date, so it was not added. Give it to the office."),
    "two": _("It is about more than one person, so it was not added. Ask for one file for each person."),
    "long": _("This C-CDA file is larger than 50 MB. Give it to the office."),
    "large": _("It is larger than 200 MB."),
    "many": _("You added many files today. Go on tomorrow."),
    "broken": _("It could not be read. It may be damaged."),
    "whose": _("Your account may not add to this record now. Load the page again."),
}
"""What came of a file, by code."""
GOOD = frozenset({ADDED, KNOWN, LATER})


@dataclass(frozen=True)
class Outcome:
    """What came of one file."""

    name: str
    code: str

    @property
    def good(self) -> bool:
        """Whether the office has it now."""
        return self.code in GOOD

    @property
    def text(self) -> str | Promise:
        """What came of it, in plain words."""
        return TOLD[self.code]


@require_http_methods(["GET", "POST"])
@for_person("record.add")
def add(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Choose files on this device and add them; works without scripts."""
    outcomes = list(_all(request, reader)) if request.method == "POST" else []
    missing = request.method == "POST" and not outcomes
    context: dict[str, Any] = {"reader": reader, "person": reader.person, "outcomes": outcomes, "missing": missing}
    context["several"] = compare.waiting(reader) if outcomes else None
    bad = missing or any(not one.good for one in outcomes)
    return render(request, "portal/record/add.html", context, status=REFUSED if bad else 200)


@require_POST
@for_person("record.add")
def add_file(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Add one file to one of the reader's records, for the page below: {code, good, text}."""
    file = request.FILES.get("file")
    person = next((one for one in _open_to(reader) if one.ref == request.POST.get("person")), None)
    if getattr(request, "upload_too_large", False):
        code = "large"
    elif person is None:
        code = "whose"
    else:
        code = _take(file, reader, person) if isinstance(file, UploadedFile) else "broken"
    return JsonResponse({"code": code, "good": code in GOOD, "text": str(TOLD[code])})


@require_GET
def add_shared(request: HttpRequest) -> HttpResponse:
    """The page that takes files from the page of a sealed share, which opened it.

    The same for everybody up to its words: who opens it learns nothing from the answer. It alone keeps its opener
    (HTML 7.1.3, cross-origin opener policies), and holds nothing of a record.
    """
    actor = identity.actor_for(request)
    people = everyone(actor) if actor.kind == "person" else ()
    person = whose.chosen(request, people)
    reader = Reader(actor, person, people) if person else None
    context = {
        "people": _open_to(reader) if reader else [],
        "person": person,
        "share_origin": share_origin(),
        "largest": LIMIT_BYTES,
    }
    response = render(request, "portal/record/add_shared.html", context)
    response["Cross-Origin-Opener-Policy"] = "unsafe-none"
    return response


def share_origin() -> str:
    """Where sealed pages are, when that is another origin than ours; else empty."""
    ours, theirs = urlsplit(config().base_url), urlsplit(config().share_origin or config().base_url)
    return "" if theirs.netloc == ours.netloc else f"{theirs.scheme}://{theirs.netloc}"


def _all(request: HttpRequest, reader: Reader) -> Iterator[Outcome]:
    if getattr(request, "upload_too_large", False):
        yield Outcome("", "large")
        return
    for file in request.FILES.getlist("files")[:MOST_AT_ONCE]:
        yield Outcome(_name(file), _take(file, reader, reader.person))


def _open_to(reader: Reader) -> list[PersonView]:
    """Whose records the reader may add to."""
    subjects = ((one, Subject("record", person_id=one.id)) for one in reader.everyone)
    return [one for one, subject in subjects if policies.decide(reader.actor, "record.add", subject).allow]


def _take(file: "UploadedFile[bytes]", reader: Reader, person: PersonView) -> str:
    if not _within(reader):
        return "many"
    try:
        report = take_given(cast(BinaryIO, file.file), _name(file), reader.actor, person.ref)
    except OtherKind:
        return "kind"
    except SomebodyElse:
        return "other"
    except TwoPeople:
        return "two"
    except TooMuch:
        return "long"
    except ChartpostError:
        return "broken"
    if report.inbox:
        return LATER
    if report.discarded:
        return DISCARDED
    return ADDED if report.created or report.updated else KNOWN


def _name(file: "UploadedFile[bytes]") -> str:
    return PurePath((file.name or "").replace("\\", "/")).name[:200] or "file"


def _within(reader: Reader) -> bool:
    return tries.count(f"add:{reader.actor.account_id}", DAY_SECONDS) <= MOST_A_DAY
