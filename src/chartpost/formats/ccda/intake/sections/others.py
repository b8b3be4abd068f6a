"""The sections C-CDA on FHIR has no map for, in the order in which they claim templates and codes."""

from chartpost.formats.ccda.intake.sections import (
    careteam,
    concerns,
    devices,
    directives,
    family,
    goals,
    payers,
    plan,
    status,
)

OTHERS = (
    careteam.SECTION,
    goals.SECTION,
    concerns.SECTION,
    *plan.SECTIONS,
    *status.SECTIONS,
    devices.SECTION,
    family.SECTION,
    payers.SECTION,
    directives.SECTION,
)
