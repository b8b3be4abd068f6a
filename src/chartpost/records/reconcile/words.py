"""Words of the page on which entries stand side by side; plain enough for grade 8."""

from django.utils.translation import gettext_lazy as _

from chartpost.records.errors import AnsweredMeanwhile, Refused

WHY = {
    "id": _("They have the same number."),
    "hash": _("They are the same file."),
    "edition": _("They are versions of one document."),
    "day": _("They have the same code and the same date."),
    "period": _("They have the same code. One gives only the month or year, and it fits."),
    "number": _("They have the same number, but not the same code or date."),
    "code": _("They have the same code, but not the same date."),
    "undated": _("They have the same code, but no date to go by."),
    "mixed": _("They have one code in common, but not all."),
    "words": _("They have the same name."),
    "status": _("They look like the same medicine."),
    "value": _("They should be the same, but they are not."),
    "none": _("One place knows of an allergy. The other says there is none."),
}
"""Why two entries stand side by side, by the `how` of a pair."""

CONFLICTS = {
    "refuted": _("One place says no to it."),
    "status": _("One place says it goes on. The other says it is over."),
    "dose": _("The dose is not the same."),
    "value": _("The result is not the same."),
    "risk": _("One place says the risk is high. The other says it is low."),
    "birth_date": _("The birth date is not the same."),
}
"""What two entries contradict each other in."""

NOT_SAID = _("Not said")
SAID = {
    "answer": _("Your answer is saved."),
    "apart": _("They are two entries again."),
    "undo": _("That is undone."),
}
"""What the page says after a step."""

ANSWERS = {
    "same": _("The same"),
    "different": _("Not the same"),
    "office": _("The office was asked"),
}
"""What somebody said, in a list."""

TROUBLE = {
    AnsweredMeanwhile: _("This has changed since you opened the page. Look at it again, then answer."),
    Refused: _("Choose one of the answers, then save."),
}
OTHER_TROUBLE = _("This entry is no longer here. Look at the page again.")
"""What the page says of a step that was not taken."""
