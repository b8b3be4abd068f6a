"""Plain names of common tests, conditions, visits, papers and vaccines, in English and Spanish. Pure data."""

from chartpost.formats.plainnames.names import CVX, LANGUAGES, LOINC, SNOMED, VISIT_CLASS, explain, known, plain_name

__all__ = ["CVX", "LANGUAGES", "LOINC", "SNOMED", "VISIT_CLASS", "explain", "known", "plain_name"]
