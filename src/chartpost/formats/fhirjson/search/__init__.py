"""The FHIR R4 search language: parameters read into a query, a query tested on resources. Pure, no database.

https://hl7.org/fhir/R4/search.html
"""

from chartpost.formats.fhirjson.errors import SearchError
from chartpost.formats.fhirjson.search.criterion import Criterion
from chartpost.formats.fhirjson.search.definitions import (
    Definition,
    dated_by,
    definition,
    definitions,
    include_parameters,
    reference_parameters,
)
from chartpost.formats.fhirjson.search.extract import index_values, sort_value, targets
from chartpost.formats.fhirjson.search.query import VALUES_AT_MOST, Has, Query, parse
from chartpost.formats.fhirjson.search.results import RESULT, Include
from chartpost.formats.fhirjson.search.summary import data_only, select_elements, summary, text_only
from chartpost.formats.fhirjson.search.values import ReferenceValue

__all__ = [
    "RESULT",
    "VALUES_AT_MOST",
    "Criterion",
    "Definition",
    "Has",
    "Include",
    "Query",
    "ReferenceValue",
    "SearchError",
    "data_only",
    "dated_by",
    "definition",
    "definitions",
    "include_parameters",
    "index_values",
    "parse",
    "reference_parameters",
    "select_elements",
    "sort_value",
    "summary",
    "targets",
    "text_only",
]
