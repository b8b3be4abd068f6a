"""What the measures of the FHIR door share: people, homes filled with them, servers, load, and their CPU time."""
