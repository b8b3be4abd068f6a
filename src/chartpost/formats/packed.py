"""What the libraries raise that unpack zip, gzip and their like."""

import lzma
import struct
import zipfile
import zlib

BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OverflowError,
    OSError,
)
"""Of data that is damaged, cut, encrypted, or packed in a way nobody knows; OSError is what gzip and bzip2 say."""
