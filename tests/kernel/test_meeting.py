"""What met another at the same rows begins again; what is wrong of itself does not."""

import pytest
from django.db import DatabaseError, IntegrityError, OperationalError

from chartpost.kernel import clock
from chartpost.kernel.db import meeting
from chartpost.kernel.models import Setting

pytestmark = pytest.mark.django_db


def failing(*errors: Exception) -> tuple[list[str], object]:
    """What happened, and the result of work that fails so often."""
    told: list[str] = []
    waiting = list(errors)

    def work() -> str:
        told.append("work")
        if waiting:
            raise waiting.pop(0)
        return "done"

    try:
        return told, meeting.again(work, lambda: told.append("undone"))
    except Exception as error:
        return told, error


def state(code: str) -> DatabaseError:
    """An error as Django raises it for one of PostgreSQL."""
    error, cause = OperationalError(), Exception()
    cause.sqlstate = code  # type: ignore[attr-defined]
    error.__cause__ = cause
    return error


@pytest.mark.parametrize("error", [IntegrityError(), state("40P01"), state("40001")])
def test_who_met_another_begins_again(error: Exception) -> None:
    assert failing(error, error) == (["work", "undone", "work", "undone", "work"], "done")
    told, given_up = failing(*[error] * meeting.TRIES)
    assert (told, given_up) == (["work", "undone"] * meeting.TRIES, error)


@pytest.mark.parametrize("error", [ValueError(), state("23503"), OperationalError()])
def test_what_is_wrong_of_itself_is_raised_at_once(error: Exception) -> None:
    assert failing(error) == (["work", "undone"], error)


def test_what_was_written_before_it_failed_is_undone() -> None:
    tried: list[int] = []

    def work() -> int:
        tried.append(Setting.objects.filter(name="tried").count())
        Setting.objects.create(name="tried", value="once", changed=clock.now())
        if len(tried) == 1:
            raise IntegrityError
        return Setting.objects.filter(name="tried").count()

    assert (meeting.again(work), tried) == (1, [0, 0])
