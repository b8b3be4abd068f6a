"""Showing any C-CDA document: header in plain words, parts in the order readers want, nothing that runs."""

from chartpost.formats.ccda.show.document import show
from chartpost.formats.ccda.show.files import is_picture
from chartpost.formats.ccda.show.order import NAMES, ORDER, begin_with
from chartpost.formats.ccda.show.page import page
from chartpost.formats.ccda.show.types import Enclosed, Heading, Language, Part, Shown

__all__ = [
    "NAMES",
    "ORDER",
    "Enclosed",
    "Heading",
    "Language",
    "Part",
    "Shown",
    "begin_with",
    "is_picture",
    "page",
    "show",
]
