"""The offline box: sealed files on a stick or a disc, with a page that opens them. See docs/sealed-format.md."""

from chartpost.formats.media.archive import write_zip
from chartpost.formats.media.container import MAGIC, Head, parse_head
from chartpost.formats.media.errors import ContainerError
from chartpost.formats.media.page import INLINE, fill_page
from chartpost.formats.media.reading import OpenBox, open_box
from chartpost.formats.media.writing import BOX_PARAMS, SealedFiles, Source, seal_files

__all__ = [
    "BOX_PARAMS",
    "INLINE",
    "MAGIC",
    "ContainerError",
    "Head",
    "OpenBox",
    "SealedFiles",
    "Source",
    "fill_page",
    "open_box",
    "parse_head",
    "seal_files",
    "write_zip",
]
