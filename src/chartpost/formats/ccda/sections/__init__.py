"""The sections of a CCD in the order they are printed; one module each."""

from chartpost.formats.ccda.model import Section
from chartpost.formats.ccda.sections.allergies import ALLERGIES
from chartpost.formats.ccda.sections.careteam import CARE_TEAM
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
from chartpost.formats.ccda.sections.results import RESULTS
from chartpost.formats.ccda.sections.social import SOCIAL
from chartpost.formats.ccda.sections.vitals import VITALS

SECTIONS: tuple[Section, ...] = (
    ALLERGIES,
    MEDICATIONS,
    PROBLEMS,
    PROCEDURES,
    RESULTS,
    VITALS,
    IMMUNIZATIONS,
    ENCOUNTERS,
    SOCIAL,
    FAMILY,
    PLAN,
    GOALS,
    EQUIPMENT,
    CARE_TEAM,
    PAYERS,
    NOTES,
)
"""Every section writer."""
