"""PDF: documents of our own (typst) and foreign files made safe (pikepdf, pypdfium2)."""

from .typeset import render, render_address_sheet, render_letter, render_receipt, render_record

__all__ = ["render", "render_address_sheet", "render_letter", "render_receipt", "render_record"]
