"""In which order the parts of a document are shown: what its reader cares about first."""

from collections.abc import Sequence

NAMES = {
    "48765-2": "Allergies",
    "10160-0": "Medicines",
    "10183-2": "Medicines at discharge",
    "11450-4": "Problems",
    "11535-2": "Diagnosis at discharge",
    "46241-6": "Diagnosis at admission",
    "29299-5": "Reason for visit",
    "10154-3": "Chief complaint",
    "46239-0": "Reason for visit and chief complaint",
    "42349-1": "Reason for referral",
    "30954-2": "Results",
    "8716-3": "Vital signs",
    "51848-0": "Assessment",
    "51847-2": "Assessment and plan",
    "18776-5": "Plan of treatment",
    "69730-0": "Instructions",
    "8653-8": "Instructions at discharge",
    "8648-8": "Hospital course",
    "11369-6": "Vaccines",
    "47519-4": "Procedures",
    "46240-8": "Visits",
    "61146-7": "Goals",
    "75310-3": "Health concerns",
    "85847-2": "Care team",
    "29762-2": "Social history",
    "10157-6": "Family history",
    "11348-0": "Past illness",
    "47420-5": "Functional status",
    "10190-7": "Mental status",
    "46264-8": "Equipment",
    "42348-3": "Advance directives",
    "48768-6": "Payers",
}
"""LOINC codes of sections (C-CDA R2.1 volume 2) in the usual order, with their names in plain words."""
ORDER = tuple(NAMES)
"""Sections that are not named follow in the sender's order."""


def begin_with(first: Sequence[str]) -> tuple[str, ...]:
    """The usual order with these codes before all others."""
    return tuple(dict.fromkeys([*first, *ORDER]))


def places(codes: Sequence[str], order: Sequence[str] = ORDER) -> list[int]:
    """The places of `codes` in the order they are to be shown; what `order` does not name stays as it came."""
    rank = {code: number for number, code in enumerate(order)}
    return sorted(range(len(codes)), key=lambda place: (rank.get(codes[place], len(rank)), place))
