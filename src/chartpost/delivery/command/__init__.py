"""What the shell does with records: convert files, export a record."""
