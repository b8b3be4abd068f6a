"""What is and what is not protected. Rooms register checks; `chartpost doctor` and the desk show them."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass

log = logging.getLogger("chartpost.doctor")


@dataclass(frozen=True)
class Check:
    """One finding: a short name, whether all is well, what is or is not protected, and what to do about it.

    `must` is False for advice, which never makes `chartpost doctor` fail.
    """

    name: str
    ok: bool
    text: str
    todo: str = ""
    must: bool = True

    @property
    def failing(self) -> bool:
        """Whether something must be done."""
        return self.must and not self.ok


Source = Callable[[], Check | None]
_sources: list[Source] = []


def check(source: Source) -> Source:
    """Register a function that looks at one thing; it returns None where the thing does not apply."""
    if source not in _sources:
        _sources.append(source)
    return source


def checks() -> list[Check]:
    """Look at everything now: the kernel's own checks, then those other rooms registered."""
    from chartpost.kernel import doctor_checks

    return list(_found([*doctor_checks.ALL, *_sources]))


def _found(sources: list[Source]) -> Iterator[Check]:
    for source in sources:
        try:
            found = source()
        except Exception as error:  # noqa: BLE001 - a room's broken check must not hide the others
            name = source.__name__.strip("_").replace("_", " ")
            # The message and the values in it stay out of the log; they may be somebody's.
            log.error("doctor check %s failed: %s", name, type(error).__name__)  # noqa: TRY400
            problem = f"It could not be checked ({type(error).__name__})."
            found = Check(name, False, problem, "Check that the database and the files answer, then run it again.")
        if found is not None:
            yield found
