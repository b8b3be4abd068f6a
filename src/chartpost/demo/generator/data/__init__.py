"""Tables: what illnesses, tests, medicines, places and people look like."""
