"""XDM: documents on media or in a mail, as one zip with their metadata (IHE ITI TF-1 16, TF-2 3.32).

Pure: bytes and values in, bytes and values out.
"""

from chartpost.formats.xdm.errors import DamagedError, HostileZipError, NotXdmError, XdmError
from chartpost.formats.xdm.packing import pack
from chartpost.formats.xdm.types import Document, Found, Packed, Patient, Sender
from chartpost.formats.xdm.unpacking import is_xdm, unpack

__all__ = [
    "DamagedError",
    "Document",
    "Found",
    "HostileZipError",
    "NotXdmError",
    "Packed",
    "Patient",
    "Sender",
    "XdmError",
    "is_xdm",
    "pack",
    "unpack",
]
