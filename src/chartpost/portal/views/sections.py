"""The sections of a record: address, name, icon, and what an empty one says."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from chartpost.formats.fhirjson.terms import Category


@dataclass(frozen=True)
class Section:
    """One section; `why` is what its page says when nothing is there."""

    slug: str
    category: Category
    name: str | Promise
    icon: str
    text: str | Promise
    why: str | Promise


SECTIONS = (
    Section(
        "problems",
        Category.PROBLEMS,
        _("Health problems"),
        "heart",
        _("Illnesses and conditions, now and before"),
        _("No illness or condition has been written down here."),
    ),
    Section(
        "medicines",
        Category.MEDICINES,
        _("Medicines"),
        "pill",
        _("Now and before, and how to take them"),
        _("No medicine has been ordered or noted here."),
    ),
    Section(
        "allergies",
        Category.ALLERGIES,
        _("Allergies"),
        "allergy",
        _("What the body does not tolerate"),
        _("No allergy has been written down here. That does not mean that there is none."),
    ),
    Section(
        "results",
        Category.RESULTS,
        _("Test results"),
        "flask",
        _("Lab tests, with the usual range"),
        _("No lab test of this office is filed yet. Results often come some days after a test."),
    ),
    Section(
        "vitals",
        Category.VITALS,
        _("Vital signs"),
        "heart",
        _("Blood pressure, weight, height and more"),
        _("No blood pressure, weight or the like has been written down here."),
    ),
    Section(
        "immunizations",
        Category.IMMUNIZATIONS,
        _("Vaccines"),
        "syringe",
        _("Shots, with their dates"),
        _("No vaccine has been given or noted here. Shots from a pharmacy may not be sent to us."),
    ),
    Section(
        "visits",
        Category.VISITS,
        _("Visits"),
        "visit",
        _("Each visit here, and why"),
        _("No visit has been written down here."),
    ),
    Section(
        "procedures",
        Category.PROCEDURES,
        _("Procedures"),
        "visit",
        _("Operations and treatments"),
        _("No operation or treatment has been written down here."),
    ),
    Section(
        "documents",
        Category.DOCUMENTS,
        _("Notes and documents"),
        "letter",
        _("What the care team wrote, and papers we scanned"),
        _("No note or paper has been filed here."),
    ),
    Section(
        "imaging",
        Category.IMAGING,
        _("Imaging"),
        "image",
        _("X-rays, scans and their reports"),
        _("No X-ray or scan is filed here. The place that took the picture may have it."),
    ),
    Section(
        "care-plans",
        Category.CARE_PLANS,
        _("Care plans and goals"),
        "check-circle",
        _("What is planned with the care team"),
        _("No plan or goal has been written down here."),
    ),
    Section(
        "social",
        Category.SOCIAL,
        _("Life and habits"),
        "people",
        _("Smoking, family history, forms filled in"),
        _("Nothing about daily life or family has been written down here."),
    ),
    Section(
        "bills",
        Category.BILLS,
        _("Bills"),
        "dollar",
        _("What was charged, and who paid"),
        _("No bill or claim is filed here. Bills can come some weeks after a visit."),
    ),
    Section(
        "coverage",
        Category.COVERAGE,
        _("Insurance"),
        "shield",
        _("Health plans on file"),
        _("No health plan is on file here."),
    ),
    Section(
        "people",
        Category.PEOPLE,
        _("People and places"),
        "people",
        _("Contact details and who cared for you"),
        _("No contact details are filed here."),
    ),
    Section(
        "other",
        Category.OTHER,
        _("Other entries"),
        "folder",
        _("What fits no other section"),
        _("There are no other entries."),
    ),
)
ONLY_WHEN_FILLED = frozenset({Category.PEOPLE, Category.OTHER})
MEASURED = frozenset({Category.RESULTS, Category.VITALS})
ASKABLE = tuple(s for s in SECTIONS if s.category not in ONLY_WHEN_FILLED)
BY_SLUG = {s.slug: s for s in SECTIONS}
BY_CATEGORY = {s.category: s for s in SECTIONS}


def allowed(mask: int) -> tuple[Section, ...]:
    """The sections within a mask of categories (-1: all) that can be asked for."""
    return tuple(s for s in ASKABLE if mask >> int(s.category) & 1)


def names(categories: Iterable[str]) -> str:
    """Section names of stored category names, as one line."""
    return ", ".join(str(BY_CATEGORY[Category[c]].name) for c in categories)


def names_of(mask: int) -> str:
    """The sections of a mask as one line; empty when it is the whole record."""
    return "" if mask == -1 else ", ".join(str(s.name) for s in allowed(mask))
