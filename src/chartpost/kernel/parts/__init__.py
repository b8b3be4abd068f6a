"""Sealed objects: ciphertext made on somebody's device, kept as it came, in parts, in a folder or a bucket."""

from chartpost.kernel.parts.errors import PartBrokenError, PartError, PartMissingError
from chartpost.kernel.parts.sizes import LEAST, MOST_PARTS, PART, part_count, part_length, part_size
from chartpost.kernel.parts.staging import PIECE, Staged, check_room, received
from chartpost.kernel.parts.stores import PartStore, adopt, store, tidy
from chartpost.kernel.parts.sweeping import sweep
from chartpost.kernel.parts.unfinished import Unfinished

__all__ = [
    "LEAST",
    "MOST_PARTS",
    "PART",
    "PIECE",
    "PartBrokenError",
    "PartError",
    "PartMissingError",
    "PartStore",
    "Staged",
    "Unfinished",
    "adopt",
    "check_room",
    "part_count",
    "part_length",
    "part_size",
    "received",
    "store",
    "sweep",
    "tidy",
]
