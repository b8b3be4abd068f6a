"""What the office charges, in US dollars, under its own charge codes."""

from chartpost.demo.generator.coding import OFFICE, Code

_SYSTEM = f"{OFFICE}charges"

CHARGES: dict[str, tuple[Code, float]] = {
    key: (Code(_SYSTEM, code, words), price)
    for key, code, words, price in (
        ("office-visit", "OV-30", "Office visit, 30 minutes", 148.0),
        ("long-visit", "OV-45", "Office visit, 45 minutes", 212.0),
        ("well-visit", "WELL", "Yearly preventive visit", 176.0),
        ("blood-tests", "LAB", "Blood tests", 64.0),
        ("vaccine", "VAX", "Vaccine and giving it", 41.0),
        ("therapy", "TALK-50", "Talking therapy, 50 minutes", 165.0),
        ("imaging", "IMG", "Imaging study and reading", 320.0),
        ("emergency", "ED-3", "Emergency department visit", 890.0),
        ("hospital-day", "ROOM", "Hospital room and nursing, per day", 2150.0),
        ("operation", "OR", "Operating room, surgeon and anaesthesia", 14800.0),
        ("birth", "BIRTH", "Birth and newborn care", 7900.0),
    )
}

INSURER_PAYS = 0.8
"""Share of the allowed amount that the health plans of the demo pay after the copay."""
ALLOWED = 0.72
"""Share of the charge that the plans accept."""
COPAY = 25.0
