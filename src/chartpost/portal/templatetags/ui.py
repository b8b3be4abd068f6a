"""The component tags, built in to every template (see `components/gallery.html` for one of each)."""

from . import _blocks, _clinical, _forms, _lists, _media, _terms, _values
from ._register import register

__all__ = ["_blocks", "_clinical", "_forms", "_lists", "_media", "_terms", "_values", "register"]
