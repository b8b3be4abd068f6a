"""Fuzzing of a live FHIR door: what is asked, with what body, by whom, and whether the answer was right."""
