"""The FHIR tables built by scripts/build_fhir.py, read from the package once and kept."""

import gzip
from functools import cache
from importlib.resources import files
from typing import Any

import orjson

from chartpost.formats.fhirjson.errors import MissingTablesError

Json = dict[str, Any]


@cache
def table(name: str) -> Any:
    """One table by name: schema, search, compartment or displays.

    Raises MissingTablesError when the package was not built.
    """
    path = files(__package__) / "data" / f"{name}.json.gz"
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise MissingTablesError(
            seen=f"no FHIR table {name}",
            expected="tables built into the package",
            todo="run make setup (scripts/build_fhir.py builds them)",
        ) from error
    return orjson.loads(gzip.decompress(data))


@cache
def resource_types() -> frozenset[str]:
    """Names of the 146 concrete resource types of FHIR R4."""
    return frozenset(table("schema")["types"])


def display(system: str, code: str) -> str:
    """The published display of a code in one of the small HL7 code systems; empty when unknown."""
    found = table("displays").get(system, {}).get(code, "")
    return found if isinstance(found, str) else ""
