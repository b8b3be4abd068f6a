"""Errors of the PDF room.

PdfError
├── RenderError         one of our templates did not compile with the data given
├── UnreadablePdfError       the bytes are no PDF, or too damaged to open
├── EncryptedPdfError        the PDF asks for a password
├── PdfTooLargeError         more bytes, pages or objects than we take
├── UnreadableImageError     the bytes are no image of a kind we take
└── WorkerStoppedError       the separate process ran out of time or memory
No message holds text from the document itself.
"""


class PdfError(Exception):
    """Any failure to write, clean or look into a PDF."""

    code = "pdf"


class RenderError(PdfError):
    """A template could not be set with the data given."""

    code = "render"


class UnreadablePdfError(PdfError):
    """The bytes cannot be opened as a PDF."""

    code = "unreadable"


class EncryptedPdfError(PdfError):
    """The PDF opens only with a password."""

    code = "encrypted"


class PdfTooLargeError(PdfError):
    """The file is over one of our limits."""

    code = "too_large"


class UnreadableImageError(PdfError):
    """The bytes cannot be opened as an image."""

    code = "image"


class WorkerStoppedError(PdfError):
    """The process that handles foreign files was stopped at its time or memory limit."""

    code = "stopped"


BY_CODE = {
    error.code: error
    for error in (
        RenderError,
        UnreadablePdfError,
        EncryptedPdfError,
        PdfTooLargeError,
        UnreadableImageError,
        WorkerStoppedError,
    )
}
