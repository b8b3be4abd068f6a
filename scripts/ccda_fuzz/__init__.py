"""Fuzzing the reader of C-CDA: `mutate` spoils documents, `judge` says what must hold of whatever comes out."""
