"""README.txt of a package: what each file is for, and its SHA-256 so that anybody can check it is whole."""

from collections.abc import Sequence
from typing import Protocol

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from chartpost.delivery.build.content import Content
from chartpost.delivery.build.file import File, whole
from chartpost.formats.readable.words import full_moment

NAME = "README.txt"
PURPOSES: dict[str, Promise] = {
    "pdf": lazy("To read and to print."),
    "summary": lazy("A summary of a few pages, to read and to print."),
    "ccda": lazy("C-CDA: for a doctor's computer system. It can read this file in."),
    "ccda_files": lazy("C-CDA with the original files inside: for a doctor's computer system."),
    "referral": lazy("C-CDA referral note: for the doctor you are sent to."),
    "discharge": lazy("C-CDA discharge summary: for the doctor who goes on with your care after a hospital stay."),
    "transfer": lazy("C-CDA transfer summary: for the place that goes on with your care."),
    "fhir": lazy("FHIR: for health apps and other computer programs."),
    "xdm": lazy("XDM: C-CDA and original documents in one file, for the computer system of another office."),
    "document": lazy("An original document, as we have it."),
}


class Named(Protocol):
    """A stored file of the package; `size` in bytes."""

    @property
    def format(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def sha256(self) -> str: ...


def build(content: Content, parts: Sequence[Named]) -> File:
    """The text about a package, in the package's language; UTF-8 with CR LF so that every editor shows its lines."""
    with translation.override(content.language):
        lines = [
            _("About this package"),
            "",
            _("Made by %(office)s on %(when)s.")
            % {
                "office": content.office.name,
                "when": full_moment(content.made_at, content.zone, content.language),
            },
            _("It holds health information. Keep it in a safe place. Share it only with people you trust."),
            *filter(None, [content.legal_notice]),
            "",
            _("The files"),
        ]
        for part in parts:
            lines += ["", part.name, f"  {PURPOSES[part.format]}", "  " + _size(part.size), f"  SHA-256: {part.sha256}"]
        lines += ["", _checking(), "", _("Questions? Call %(phone)s.") % {"phone": content.office.phone}]
    return whole("about", NAME, "text/plain; charset=utf-8", "\r\n".join([*lines, ""]).encode())


def _size(count: int) -> str:
    return _("%(count)s bytes") % {"count": f"{count:,}"}


def _checking() -> str:
    return _("The SHA-256 is a fingerprint of a file. If it is the same on your computer, the file is whole.")
