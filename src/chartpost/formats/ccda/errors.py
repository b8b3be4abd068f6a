"""Errors of this room.

CcdaError
|- UnsafeXmlError            a DOCTYPE, or XML that grows when read
|- TooLargeError             more bytes than the cap
|- NotXmlError               not well-formed
|- NotClinicalDocumentError  XML, but not a CDA document
|- NoPatientError            a CDA document that does not say whose it is
|- TwoPatientsError          a CDA document about more than one patient
`- CannotWriteError          the values given do not make a document
   `- UnsoundDocumentError   a document was made, and our own check found a fault in it
"""


class CcdaError(ValueError):
    """A C-CDA document could not be read or written; the message never holds document content."""

    def __init__(self, seen: str, expected: str, todo: str) -> None:
        super().__init__(f"seen: {seen}; expected: {expected}; todo: {todo}")
        self.seen = seen
        self.expected = expected
        self.todo = todo


class UnsafeXmlError(CcdaError):
    """The XML declares a document type or entities."""


class TooLargeError(CcdaError):
    """The document is over the size cap."""


class NotXmlError(CcdaError):
    """The bytes are not well-formed XML."""


class NotClinicalDocumentError(CcdaError):
    """The XML is not an HL7 CDA document."""


class NoPatientError(CcdaError):
    """The document names no patient."""


class TwoPatientsError(CcdaError):
    """The document is about more than one patient."""


class CannotWriteError(CcdaError):
    """The values given cannot make a valid document."""


class UnsoundDocumentError(CannotWriteError):
    """Our own check found a fault in a document we made; it must not leave the house."""
