"""The long illnesses of one person, unfolding from visit to visit."""

from dataclasses import dataclass, field
from datetime import date

from chartpost.demo.generator.chart import Chart
from chartpost.demo.generator.coding import Code
from chartpost.demo.generator.data.conditions import ILLNESSES, Illness, Trend
from chartpost.demo.generator.data.labs import GLUCOSE_FROM_HBA1C
from chartpost.demo.generator.entries.observations import PAIN, PHQ9, panel, score
from chartpost.demo.generator.entries.plans import add_care_plan, add_goal
from chartpost.demo.generator.entries.problems import add_condition, prescribe
from chartpost.demo.generator.values import Resource
from chartpost.demo.generator.visits import Visit

SCORES = {"phq9": PHQ9, "pain": PAIN}


@dataclass
class Case:
    """One illness of one person: its start, and what has been filed about it."""

    illness: Illness
    onset: date
    last: date
    condition: Resource | None = None
    ordered: set[str] = field(default_factory=set)

    def fraction(self, day: date) -> float:
        """How far the course has run on a day, from 0 to 1."""
        return min(1.0, max(0.0, (day - self.onset).days / max(1, (self.last - self.onset).days)))


class Caseload:
    """Every long illness of the person, driven by the visits of the story."""

    def __init__(self, chart: Chart) -> None:
        self.chart = chart
        self.cases = [
            Case(ILLNESSES[course.condition], chart.years_ago(course.years), chart.last_day)
            for course in chart.profile.courses
        ]

    def active(self, day: date) -> list[Case]:
        """The illnesses known on a day, oldest first."""
        return sorted((case for case in self.cases if case.onset <= day), key=lambda case: case.onset)

    def labels(self, day: date) -> tuple[Code, ...]:
        """The security labels a note about all known illnesses must carry, without repeats."""
        return tuple(dict.fromkeys(label for case in self.active(day) for label in case.illness.labels))

    def measures(self, day: date) -> dict[str, float]:
        """What would be measured on a day: trends of the illnesses with a little scatter."""
        found: dict[str, float] = {}
        for case in self.active(day):
            for name, trend in case.illness.trends.items():
                found[name] = _measure(self.chart, trend, case.fraction(day))
        if "hba1c" in found:
            slope, offset = GLUCOSE_FROM_HBA1C
            found["glucose"] = slope * found["hba1c"] + offset
        return found

    def unfold(self, visit: Visit) -> None:
        """File what changes at this visit: new problems with their plan, medicines begun or stopped."""
        for case in self.active(visit.day):
            with self.chart.labelled(case.illness.labels):
                if case.condition is None:
                    self._begin(visit, case)
                self._order(visit, case)

    def _begin(self, visit: Visit, case: Case) -> None:
        illness = case.illness
        case.condition = add_condition(visit, illness.code, illness.icd, category="problem-list-item")
        if illness.goal:
            goal = add_goal(visit, illness.goal, case.condition)
            spanish = self.chart.profile.language == "es" and illness.name_es
            title = f"Vivir con {illness.name_es}" if spanish else f"Living with {illness.name}"
            steps = illness.plan_es if spanish else illness.plan
            add_care_plan(visit, title, steps, [goal], [case.condition])

    def _order(self, visit: Visit, case: Case) -> None:
        for medicine, start, stop in case.illness.medicines:
            if medicine not in case.ordered and case.fraction(visit.day) >= start:
                case.ordered.add(medicine)
                status = "active" if stop is None and self.chart.profile.deceased_days_ago is None else "stopped"
                prescribe(visit, medicine, status=status, reason=case.condition)

    def test(self, visit: Visit, measures: dict[str, float], *, yearly: bool) -> list[Resource]:
        """Draw the panels the illnesses call for; each panel once, under the labels of its illness."""
        done: set[str] = set()
        results: list[Resource] = []
        for case in self.active(visit.day):
            with self.chart.labelled(case.illness.labels):
                for key in case.illness.panels + (case.illness.yearly_panels if yearly else ()):
                    if key not in done:
                        done.add(key)
                        results += panel(visit, key, measures)
                for name in sorted(SCORES.keys() & case.illness.trends.keys()):
                    results.append(score(visit, SCORES[name], max(0, round(measures[name]))))
        return results


def _measure(chart: Chart, trend: Trend, fraction: float) -> float:
    """Most of the change comes early, as treatment or disease takes hold."""
    if trend.sudden_at is not None:
        return trend.end if fraction > trend.sudden_at else trend.start
    eased: float = 1 - pow(1 - fraction, 1.6)
    return trend.start + (trend.end - trend.start) * eased + chart.rng.gauss(0, trend.noise)
