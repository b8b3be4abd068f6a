"""Sealed shares: what somebody encrypted on their own device, kept for others to open. Only ciphertext is here."""
