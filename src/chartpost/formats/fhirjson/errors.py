"""Errors of the FHIR JSON room.

FhirJsonError
├── BadJsonError            the bytes are no JSON that FHIR allows
├── NotAResourceError       JSON, but no resource, bundle or entry where one must be
├── CannotWriteError        a value that JSON cannot carry
├── MissingTablesError      the built FHIR tables are not in the package
└── SearchError             search parameters that are not understood, or ask too much
No message holds content of a resource.
"""


class FhirJsonError(Exception):
    """Any failure to read or write FHIR JSON."""

    def __init__(self, seen: str, expected: str, todo: str) -> None:
        """Keep the three parts apart, so that pages and logs can show them."""
        super().__init__(f"{seen}; expected {expected}; {todo}")
        self.seen = seen
        self.expected = expected
        self.todo = todo


class BadJsonError(FhirJsonError):
    """The bytes do not parse."""


class NotAResourceError(FhirJsonError):
    """The JSON is not a FHIR resource."""


class CannotWriteError(FhirJsonError):
    """The value cannot be written as JSON."""


class MissingTablesError(FhirJsonError):
    """The tables made by scripts/build_fhir.py are absent."""


class SearchError(FhirJsonError):
    """A search that is not understood; `code` is the issue type of the OperationOutcome to answer with.

    https://hl7.org/fhir/R4/valueset-issue-type.html: `invalid`, `not-supported` or `too-costly`.
    """

    def __init__(self, seen: str, expected: str, todo: str, code: str = "invalid") -> None:
        """Keep the issue type beside the three parts."""
        super().__init__(seen, expected, todo)
        self.code = code

    @property
    def message(self) -> str:
        """The whole sentence for the answer."""
        return str(self)
