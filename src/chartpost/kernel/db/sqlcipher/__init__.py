"""Django database backend: Django's own SQLite backend over SQLCipher."""
