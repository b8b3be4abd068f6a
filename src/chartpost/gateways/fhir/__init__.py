"""The FHIR R4 door: REST, search, history and bulk export, answered in front of Django."""
