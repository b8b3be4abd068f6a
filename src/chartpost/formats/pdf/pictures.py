"""Draw a foreign picture anew: what goes to a page is encoded here, without camera data, places or leftovers."""

import io
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

from .errors import PdfTooLargeError, UnreadableImageError
from .images import FORMATS, MAX_PIXELS

LONGEST_SIDE: Final = 2400
"""Points; larger pictures are made smaller."""


def redraw(data: bytes) -> tuple[bytes, str, int, int]:
    """The first frame of an image as (bytes, media type, width, height): JPEG, or PNG where parts are see-through.

    Raises UnreadableImageError or PdfTooLargeError.
    """
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                raise PdfTooLargeError(f"the image has {image.width} x {image.height} points; at most {MAX_PIXELS:,}")
            image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            upright = ImageOps.exif_transpose(image)
            upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            return _encoded(upright)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError):
        raise UnreadableImageError(f"the bytes are no image we can read; expected {', '.join(FORMATS)}") from None


def _encoded(image: Image.Image) -> tuple[bytes, str, int, int]:
    clear = "A" in image.mode or "transparency" in image.info
    flat = image.mode in {"1", "L", "P"} and not clear
    kind = "PNG" if clear or flat else "JPEG"
    drawn = image.convert("RGBA" if clear else "L" if image.mode in {"1", "L"} else "RGB")
    out = io.BytesIO()
    drawn.save(out, kind, **({"quality": 88} if kind == "JPEG" else {"optimize": True}))
    return out.getvalue(), f"image/{kind.lower()}", drawn.width, drawn.height
