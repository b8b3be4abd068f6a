"""Letters: notices the law or the office owes, made as tagged PDF, checked for what they must say, and kept."""

from chartpost.rights.letters.make import drop_unsent, make, mark_sent, open_letter, preview_elements, send
from chartpost.rights.letters.texts import KINDS

__all__ = ["KINDS", "drop_unsent", "make", "mark_sent", "open_letter", "preview_elements", "send"]
