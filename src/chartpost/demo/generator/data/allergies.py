"""Allergies and intolerances with their usual reaction."""

from chartpost.demo.generator.coding import RXNORM, TERMINOLOGY, Code, snomed

UNKNOWN = Code(f"{TERMINOLOGY}data-absent-reason", "unknown", "Unknown")
"""What it did is not known any more (https://hl7.org/fhir/us/core/STU6.1/general-guidance.html#missing-data)."""

ALLERGIES: dict[str, tuple[str, Code, Code, str]] = {
    "penicillin": ("medication", Code(RXNORM, "7980", "penicillin G"), snomed("271807003", "Eruption of skin"),
                   "low"),
    "sulfa": ("medication", snomed("763875007", "Product containing sulfonamide (product)"),
              snomed("126485001", "Urticaria"), "low"),
    "latex": ("environment", snomed("111088007", "Latex (substance)"), UNKNOWN, "low"),
    "peanut": ("food", snomed("762952008", "Peanut (substance)"), snomed("39579001", "Anaphylaxis"), "high"),
    "egg": ("food", snomed("102263004", "Eggs (edible) (substance)"), snomed("126485001", "Urticaria"), "low"),
    "pollen": ("environment", snomed("256277009", "Grass pollen (substance)"),
               snomed("76067001", "Sneezing"), "low"),
}  # fmt: skip
"""Key -> category, substance, reaction, criticality."""
