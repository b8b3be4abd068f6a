"""Sealed shares over HTTP: the API that takes and gives ciphertext, and the static pages that lock and unlock it."""
