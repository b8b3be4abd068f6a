"""`chartpost seal` and `chartpost open`: the sealed format from the shell, against any Chartpost.

They need no home and no database: a program that talks to the HTTP API of docs/sealed-format.md over TLS.
"""
