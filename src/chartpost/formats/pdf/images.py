"""Turn a scanned image into a tagged PDF: one figure per page, the image's hidden data left behind."""

import io
from typing import Final

import pikepdf
from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError

from .errors import PdfTooLargeError, UnreadableImageError

FORMATS: Final = ("JPEG", "PNG", "TIFF", "GIF", "BMP", "WEBP")
MAX_PIXELS: Final = 120_000_000
MAX_FRAMES: Final = 500
LETTER: Final = (612.0, 792.0)  # points
MARGIN: Final = 18.0


def image_bytes_to_pdf(data: bytes, alt: str, title: str, lang: str) -> bytes:
    """Place each frame of an image on a letter page, upright, as a figure with `alt` as its text.

    The pixels are encoded anew (JPEG; bilevel pages without loss), so camera data and places are gone.
    Raises UnreadableImageError or PdfTooLargeError.
    """
    pdf = pikepdf.new()
    tags = _tag_root(pdf, title, lang)
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            for number, frame in enumerate(ImageSequence.Iterator(image)):
                _check_size(frame, number)
                _add_page(pdf, tags, ImageOps.exif_transpose(frame), alt, number)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError):
        expected = ", ".join(FORMATS)
        raise UnreadableImageError(f"the bytes are no image we can read; expected {expected}") from None
    out = io.BytesIO()
    pdf.save(out, deterministic_id=True)
    return out.getvalue()


def _check_size(frame: Image.Image, number: int) -> None:
    if frame.width * frame.height > MAX_PIXELS or number >= MAX_FRAMES:
        raise PdfTooLargeError(
            f"the image has {frame.width} x {frame.height} points on page {number + 1}; "
            f"at most {MAX_PIXELS:,} points and {MAX_FRAMES} pages are taken"
        )


def _tag_root(pdf: pikepdf.Pdf, title: str, lang: str) -> pikepdf.Dictionary:
    """Prepare the catalogue of a tagged PDF (ISO 32000-1 14.7); gives the Document element."""
    root = pdf.make_indirect(
        pikepdf.Dictionary(Type=pikepdf.Name.StructTreeRoot, ParentTree=pikepdf.Dictionary(Nums=[]))
    )
    document = pdf.make_indirect(
        pikepdf.Dictionary(Type=pikepdf.Name.StructElem, S=pikepdf.Name.Document, P=root, K=[])
    )
    root.K = document
    pdf.Root.StructTreeRoot = root
    pdf.Root.MarkInfo = pikepdf.Dictionary(Marked=True)
    pdf.Root.Lang = pikepdf.String(lang)
    pdf.Root.ViewerPreferences = pikepdf.Dictionary(DisplayDocTitle=True)
    with pdf.open_metadata(set_pikepdf_as_editor=False) as meta:
        meta["dc:title"] = title
        meta["pdfuaid:part"] = "1"
    return document


def _add_page(pdf: pikepdf.Pdf, document: pikepdf.Dictionary, frame: Image.Image, alt: str, number: int) -> None:
    page = pdf.add_blank_page(page_size=LETTER if frame.height >= frame.width else LETTER[::-1])
    width, height = (float(side) for side in list(page.mediabox)[2:])
    scale = min((width - 2 * MARGIN) / frame.width, (height - 2 * MARGIN) / frame.height)
    across, up = frame.width * scale, frame.height * scale
    page.obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im=_image_object(pdf, frame)))
    left, bottom = (width - across) / 2, (height - up) / 2
    page.obj.Contents = pdf.make_stream(
        b"/Figure <</MCID 0>> BDC q %.3f 0 0 %.3f %.3f %.3f cm /Im Do Q EMC" % (across, up, left, bottom)
    )
    page.obj.StructParents = number
    page.obj.Tabs = pikepdf.Name.S
    figure = pdf.make_indirect(
        pikepdf.Dictionary(
            Type=pikepdf.Name.StructElem, S=pikepdf.Name.Figure, P=document, Pg=page.obj, K=0,
            Alt=pikepdf.String(alt),
            A=pikepdf.Dictionary(
                O=pikepdf.Name.Layout, BBox=[left, bottom, left + across, bottom + up],
                Placement=pikepdf.Name.Block,
            ),
        )
    )  # fmt: skip
    document.K.append(figure)
    numbers = pdf.Root.StructTreeRoot.ParentTree.Nums
    numbers.append(number)
    numbers.append(pikepdf.Array([figure]))


def _image_object(pdf: pikepdf.Pdf, frame: Image.Image) -> pikepdf.Stream:
    shape = {"Type": pikepdf.Name.XObject, "Subtype": pikepdf.Name.Image}
    if frame.mode == "1":
        stream = pdf.make_stream(frame.tobytes(), **shape, ColorSpace=pikepdf.Name.DeviceGray, BitsPerComponent=1)
    else:
        flat = _on_white(frame)
        encoded = io.BytesIO()
        flat.save(encoded, "JPEG", quality=88, optimize=True)
        space = pikepdf.Name.DeviceGray if flat.mode == "L" else pikepdf.Name.DeviceRGB
        stream = pdf.make_stream(
            encoded.getvalue(), **shape, ColorSpace=space, BitsPerComponent=8, Filter=pikepdf.Name.DCTDecode
        )
    stream.Width, stream.Height = frame.width, frame.height
    return stream


def _on_white(frame: Image.Image) -> Image.Image:
    """Reduce any mode to grey or RGB; what is see-through becomes white paper."""
    if frame.mode in {"L", "RGB"}:
        return frame
    if frame.mode.startswith("I"):
        return frame.convert("I").point(lambda value: value / 256).convert("L")
    if "A" in frame.mode or "transparency" in frame.info:
        clear = frame.convert("RGBA")
        white = Image.new("RGBA", clear.size, "white")
        return Image.alpha_composite(white, clear).convert("RGB")
    return frame.convert("L" if frame.mode == "LA" else "RGB")
