"""The certification checklist as rows: each a requirement in words and a check of a live server, or where to look."""
