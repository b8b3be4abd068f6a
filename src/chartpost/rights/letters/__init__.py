"""Letters: notices the law or the office owes, made as tagged PDF, checked for what they must say, and kept."""

from chartpost.rights.letters.make import make, open_letter, preview_elements
from chartpost.rights.letters.texts import KINDS

__all__ = ["KINDS", "make", "open_letter", "preview_elements"]
