"""The sections that are understood, in the order in which they claim templates and codes.

A new section is a module here with a `SECTION`, and a line in TABLE.
"""

from chartpost.formats.ccda.intake.sections import encounters, others, problems
from chartpost.formats.ccda.intake.table import Table

TABLE = Table((*problems.SECTIONS, encounters.SECTION, *others.OTHERS))
