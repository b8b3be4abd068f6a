"""Errors of the FHIR JSON room.

FhirJsonError
├── BadJsonError            the bytes are no JSON that FHIR allows
├── NotAResourceError       JSON, but no resource, bundle or entry where one must be
├── CannotWriteError        a value that JSON cannot carry
└── MissingTablesError      the built FHIR tables are not in the package
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
