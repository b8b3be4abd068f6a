"""Errors of the FHIR JSON room.

FhirJsonError
├── BadJson            the bytes are no JSON that FHIR allows
├── NotAResource       JSON, but no resource, bundle or entry where one must be
├── CannotWrite        a value that JSON cannot carry
└── MissingTables      the built FHIR tables are not in the package
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


class BadJson(FhirJsonError):
    """The bytes do not parse."""


class NotAResource(FhirJsonError):
    """The JSON is not a FHIR resource."""


class CannotWrite(FhirJsonError):
    """The value cannot be written as JSON."""


class MissingTables(FhirJsonError):
    """The tables made by scripts/build_fhir.py are absent."""
