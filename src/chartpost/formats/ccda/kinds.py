"""The kinds of documents we write: their template, code, title and sections in the order they are printed.

Every kind has room for the whole record; what it must have stands with it (C-CDA R2.1 vol. 2, 1.1).
"""

from dataclasses import dataclass, replace

from chartpost.formats.ccda.model import Section
from chartpost.formats.ccda.sections.allergies import ALLERGIES
from chartpost.formats.ccda.sections.careteam import CARE_TEAM
from chartpost.formats.ccda.sections.concerns import CONCERNS
from chartpost.formats.ccda.sections.directives import DIRECTIVES
from chartpost.formats.ccda.sections.discharge import DISCHARGE_DIAGNOSIS, DISCHARGE_MEDICATIONS
from chartpost.formats.ccda.sections.encounters import ENCOUNTERS
from chartpost.formats.ccda.sections.equipment import EQUIPMENT
from chartpost.formats.ccda.sections.family import FAMILY
from chartpost.formats.ccda.sections.goals import GOALS
from chartpost.formats.ccda.sections.immunizations import IMMUNIZATIONS
from chartpost.formats.ccda.sections.medications import MEDICATIONS
from chartpost.formats.ccda.sections.notes import NOTES
from chartpost.formats.ccda.sections.payers import PAYERS
from chartpost.formats.ccda.sections.plan import PLAN
from chartpost.formats.ccda.sections.problems import PROBLEMS
from chartpost.formats.ccda.sections.procedures import PROCEDURES
from chartpost.formats.ccda.sections.referral import REFERRAL
from chartpost.formats.ccda.sections.results import RESULTS
from chartpost.formats.ccda.sections.social import SOCIAL
from chartpost.formats.ccda.sections.status import FUNCTIONAL, MENTAL, NUTRITION
from chartpost.formats.ccda.sections.texts import TEXTS
from chartpost.formats.ccda.sections.vitals import VITALS

_REST = (
    PROCEDURES, RESULTS, VITALS, IMMUNIZATIONS, ENCOUNTERS, SOCIAL, FAMILY, PLAN, GOALS, CONCERNS, FUNCTIONAL, MENTAL,
    NUTRITION, DIRECTIVES, EQUIPMENT, CARE_TEAM, PAYERS, *TEXTS.values(), REFERRAL, NOTES,
)  # fmt: skip
_ALL = (ALLERGIES, MEDICATIONS, PROBLEMS, *_REST)


@dataclass(frozen=True)
class Kind:
    """One kind of document: template (2015-08-01), LOINC code and the sections in order."""

    name: str
    template: str
    code: str
    display: str
    title: str
    sections: tuple[Section, ...]


def _ordered(first: tuple[Section, ...], required: tuple[Section, ...]) -> tuple[Section, ...]:
    """Every section, `first` in front; those in `required` are written even when they are empty."""
    asked = {section.prefix for section in required}
    front = {section.prefix for section in first}
    every = (*first, *(section for section in _ALL if section.prefix not in front))
    return tuple(replace(section, required=section.prefix in asked) for section in every)


_CLINICAL = (ALLERGIES, MEDICATIONS, PROBLEMS)
_ASSESSMENT = TEXTS["assessment"]
_COURSE = replace(TEXTS["course"], empty="No description of the stay is on file.")
_PLAIN_ALLERGIES = replace(ALLERGIES, extra=(("2.16.840.1.113883.10.20.22.2.6", "2015-08-01"),))

KINDS = {
    "ccd": Kind(
        "ccd", "2.16.840.1.113883.10.20.22.1.2", "34133-9", "Summarization of Episode Note",
        "Continuity of Care Document",
        _ordered(_CLINICAL, (*_CLINICAL, RESULTS, VITALS, SOCIAL)),
    ),
    "referral": Kind(
        "referral", "2.16.840.1.113883.10.20.22.1.14", "57133-1", "Referral note", "Referral Note",
        _ordered(
            (REFERRAL, _ASSESSMENT, PLAN, PROBLEMS, MEDICATIONS, ALLERGIES),
            (REFERRAL, _ASSESSMENT, PLAN, *_CLINICAL),
        ),
    ),
    "discharge": Kind(
        "discharge", "2.16.840.1.113883.10.20.22.1.8", "18842-5", "Discharge summary", "Discharge Summary",
        _ordered(
            (_COURSE, DISCHARGE_DIAGNOSIS, DISCHARGE_MEDICATIONS, _PLAIN_ALLERGIES, PLAN, PROBLEMS, MEDICATIONS),
            (_COURSE, DISCHARGE_DIAGNOSIS, ALLERGIES, PLAN),
        ),
    ),
    "transfer": Kind(
        "transfer", "2.16.840.1.113883.10.20.22.1.13", "18761-7", "Transfer summary note", "Transfer Summary",
        _ordered(
            (REFERRAL, _ASSESSMENT, PLAN, ALLERGIES, MEDICATIONS, PROBLEMS, RESULTS, VITALS),
            (REFERRAL, _ASSESSMENT, PLAN, *_CLINICAL, RESULTS, VITALS),
        ),
    ),
}  # fmt: skip
"""Every kind of document by its name."""
