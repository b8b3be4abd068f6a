"""ISO 9660 with Joliet names: what a CD or DVD is written from. Pure: sizes and bytes in, bytes out."""

from chartpost.formats.iso.errors import IsoError
from chartpost.formats.iso.image import LARGEST, Entry, image_size, write_image

__all__ = ["LARGEST", "Entry", "IsoError", "image_size", "write_image"]
