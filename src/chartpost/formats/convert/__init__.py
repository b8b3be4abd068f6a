"""Conversion of clinical documents from one form to another: bytes and values in, bytes and values out."""

from chartpost.formats.convert.errors import CannotMakeError, ConvertError, NobodyError, NotUnderstoodError
from chartpost.formats.convert.making import make
from chartpost.formats.convert.taking import MOST_BYTES, take, take_lines
from chartpost.formats.convert.types import Document, Notice, Result, SectionLine, Target, Wish

__all__ = [
    "MOST_BYTES",
    "CannotMakeError",
    "ConvertError",
    "Document",
    "NobodyError",
    "NotUnderstoodError",
    "Notice",
    "Result",
    "SectionLine",
    "Target",
    "Wish",
    "make",
    "take",
    "take_lines",
]
