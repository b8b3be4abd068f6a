"""Care plans, goals and care teams."""

from collections.abc import Iterable
from html import escape

from chartpost.demo.generator.coding import hl7, reference, snomed
from chartpost.demo.generator.values import Resource
from chartpost.demo.generator.visits import Visit


def add_goal(visit: Visit, text: str, condition: Resource) -> Resource:
    """File what the person and the office want to reach (US Core Goal)."""
    return visit.chart.add(
        "Goal",
        lifecycleStatus="active",
        achievementStatus=hl7("goal-achievement", "improving", "Improving"),
        description={"text": text},
        subject=visit.chart.subject,
        startDate=visit.day.isoformat(),
        addresses=[reference(condition)],
    )


def add_care_plan(visit: Visit, title: str, steps: Iterable[str], goals: list[Resource],
                  conditions: list[Resource]) -> Resource:  # fmt: skip
    """File a care plan with the team that carries it (US Core CarePlan and CareTeam)."""
    team = _care_team(visit, title)
    steps = list(steps)
    items = "".join(f"<li>{escape(step)}</li>" for step in steps)
    return visit.chart.add(
        "CarePlan",
        text={
            "status": "generated",
            "div": f'<div xmlns="http://www.w3.org/1999/xhtml"><p>{escape(title)}</p><ul>{items}</ul></div>',
        },
        status="active" if visit.chart.profile.deceased_days_ago is None else "completed",
        intent="plan",
        category=[
            {
                "coding": [
                    {
                        "system": "http://hl7.org/fhir/us/core/CodeSystem/careplan-category",
                        "code": "assess-plan",
                        "display": "Assessment and Plan of Treatment",
                    }
                ],
                "text": "Assessment and Plan of Treatment",
            }
        ],
        title=title,
        subject=visit.chart.subject,
        encounter=visit.reference,
        period={"start": visit.day.isoformat()},
        author=visit.author,
        careTeam=[reference(team)],
        addresses=[reference(condition) for condition in conditions],
        goal=[reference(goal) for goal in goals],
        activity=[{"detail": {"status": "in-progress", "description": step}} for step in steps],
    )


def _care_team(visit: Visit, title: str) -> Resource:
    doctor = snomed("453231000124104", "Primary care provider")
    return visit.chart.add(
        "CareTeam",
        status="active",
        name=f"Team for: {title}",
        subject=visit.chart.subject,
        participant=[
            {
                "role": [doctor.concept()],
                "member": visit.chart.shared("Practitioner", visit.chart.profile.facility),
            },
            {
                "role": [snomed("116154003", "Patient").concept()],
                "member": visit.chart.subject,
            },
        ],
        managingOrganization=[visit.custodian],
    )
