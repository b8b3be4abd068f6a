"""Who a synthetic person is before anything happens to them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chartpost.demo.generator.values import Relation

if TYPE_CHECKING:
    from chartpost.demo.generator.chart import Chart


@dataclass(frozen=True, slots=True)
class Course:
    """A long illness this person lives with, and for how many years."""

    condition: str
    years: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The fixed facts of one person; ``age`` in years (a fraction for a baby), lengths in cm, kg."""

    key: str
    given: tuple[str, ...]
    family: str
    gender: str
    age: float
    facility: str
    story: str
    household: str
    line: str
    city: str
    zip: str
    race: str = "white"
    hispanic: bool = False
    language: str = "en"
    smoking: str = "never"
    suffix: str = ""
    former_family: str = ""
    """The family name borne until ``renamed`` years ago."""
    former_address: tuple[str, str, str] | None = None
    """Line, city and postal code of the home left ``renamed`` years ago."""
    renamed: float = 3.0
    gender_identity: str = ""
    tribe: str = ""
    height: float = 168.0
    weight: float = 72.0
    years: float = 8.0
    visits_a_year: float = 2.0
    courses: tuple[Course, ...] = ()
    episodes: tuple["Callable[[Chart], None]", ...] = ()
    allergies: tuple[str, ...] = ()
    plan: str = "golden"
    traits: frozenset[str] = frozenset()
    relations: tuple[Relation, ...] = ()
    deceased_days_ago: int | None = None
    born_like: str | None = None
    """The key of the person whose birth date this one shares."""

    @property
    def full_name(self) -> str:
        """Given and family names and suffix as printed on a page."""
        return " ".join((*self.given, self.family, *([self.suffix] if self.suffix else [])))

    @property
    def is_child(self) -> bool:
        """Under 18 years, the age of majority in the states of the demo."""
        return self.age < 18
