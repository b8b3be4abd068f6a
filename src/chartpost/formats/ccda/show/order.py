"""In which order the parts of a document are shown: what its reader cares about first."""

from collections.abc import Sequence

ORDER = (
    "48765-2",  # allergies
    "10160-0",  # medicines
    "10183-2",  # medicines at discharge
    "11450-4",  # problems
    "11535-2",  # diagnosis at discharge
    "46241-6",  # diagnosis at admission
    "29299-5",  # reason for visit
    "10154-3",  # chief complaint
    "46239-0",  # reason for visit and chief complaint
    "42349-1",  # reason for referral
    "30954-2",  # results
    "8716-3",  # vital signs
    "51848-0",  # assessment
    "51847-2",  # assessment and plan
    "18776-5",  # plan of treatment
    "69730-0",  # instructions
    "8653-8",  # instructions at discharge
    "8648-8",  # hospital course
    "11369-6",  # vaccines
    "47519-4",  # procedures
    "46240-8",  # visits
    "61146-7",  # goals
    "75310-3",  # health concerns
    "85847-2",  # care team
    "29762-2",  # social history
    "10157-6",  # family history
    "11348-0",  # past illness
    "47420-5",  # functional status
    "10190-7",  # mental status
    "46264-8",  # equipment
    "42348-3",  # advance directives
    "48768-6",  # payers
)
"""LOINC codes of sections (C-CDA R2.1 volume 2); sections that are not named follow in the sender's order."""


def places(codes: Sequence[str], order: Sequence[str] = ORDER) -> list[int]:
    """The places of `codes` in the order they are to be shown; what `order` does not name stays as it came."""
    rank = {code: number for number, code in enumerate(order)}
    return sorted(range(len(codes)), key=lambda place: (rank.get(codes[place], len(rank)), place))
