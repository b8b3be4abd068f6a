"""The sections of a document; one module each."""
