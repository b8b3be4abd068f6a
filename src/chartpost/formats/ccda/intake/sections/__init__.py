"""The sections that are understood, in the order in which they claim templates and codes.

A new section is a module here with a `SECTION`, and a line in TABLE.
"""

from chartpost.formats.ccda.intake.sections import (
    allergies,
    encounters,
    immunizations,
    medications,
    notes,
    others,
    privacy,
    problems,
    procedures,
    results,
    social,
    vitals,
)
from chartpost.formats.ccda.intake.table import Table

TABLE = Table(
    (
        *problems.SECTIONS,
        allergies.SECTION,
        *medications.SECTIONS,
        immunizations.SECTION,
        results.SECTION,
        vitals.SECTION,
        procedures.SECTION,
        encounters.SECTION,
        notes.SECTION,
        social.SECTION,
        privacy.SECTION,
        *others.OTHERS,
    )
)
