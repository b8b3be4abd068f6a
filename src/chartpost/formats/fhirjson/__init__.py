"""FHIR R4 (4.0.1) as JSON: check, write, index and show resources. Pure: values in, values out."""
