"""The twenty-five people of the demo."""

from chartpost.demo.generator.families import FAMILIES
from chartpost.demo.generator.profile import Course, Profile
from chartpost.demo.generator.stories.cancer import breast_cancer
from chartpost.demo.generator.stories.hospital import emergency_visit, sore_throat
from chartpost.demo.generator.stories.maternity import private_choices
from chartpost.demo.generator.stories.mental_health import talking_therapy
from chartpost.demo.generator.stories.papers import dispute_letters, outside_records, paper_chart
from chartpost.demo.generator.stories.substance_use import recovery_program
from chartpost.demo.generator.values import Relation

SINGLES: tuple[Profile, ...] = (
    Profile(
        key="ingrid-lindqvist", given=("Ingrid", "Sofia"), family="Lindqvist", gender="female", age=52,
        facility="tx", household="lindqvist", line="88 Sample Hollow Lane", city="Austin", zip="78731",
        story="Was treated for breast cancer six years ago and is well. She settles her late father's affairs.",
        years=8, courses=(Course("high-cholesterol", 5),), episodes=(breast_cancer, sore_throat),
        allergies=("latex",), plan="lonestar", height=171, weight=66,
        relations=(Relation("parent", "walter-lindqvist"),), traits=frozenset({"cancer", "imaging"}),
    ),
    Profile(
        key="samuel-whitaker", given=("Samuel", "James"), family="Whitaker", gender="male", age=38,
        facility="ca", household="whitaker", line="17 Placeholder Terrace", city="Oakland", zip="94610",
        story="Recovers from depression. His therapist keeps private notes apart from the record.",
        years=7, courses=(Course("depression", 3.5),), episodes=(talking_therapy, sore_throat),
        allergies=("pollen",), height=180, weight=79, smoking="former", traits=frozenset({"psychotherapy"}),
    ),
    Profile(
        key="tanya-brooks", given=("Tanya", "Renee"), family="Brooks", gender="female", age=36,
        facility="tx", household="brooks", line="240 Example Mill Road", city="Austin", zip="78744",
        story="Takes part in the recovery program for opioid use and sees her family doctor for asthma.",
        years=6, courses=(Course("asthma", 6), Course("back-pain", 5)), episodes=(recovery_program,),
        plan="lonestar", height=165, weight=68, smoking="current", traits=frozenset({"part2"}),
    ),
    Profile(
        key="marcus-hale", given=("Marcus", "Andre"), family="Hale", gender="male", age=45,
        facility="ca", household="hale", line="5 Sample Court", city="Berkeley", zip="94704", race="black",
        story="Lives with HIV that treatment keeps below what tests can find.",
        years=9, courses=(Course("hiv", 8.5), Course("hypertension", 4)), episodes=(sore_throat,),
        allergies=("sulfa",), height=183, weight=84, traits=frozenset({"hiv"}),
    ),
    Profile(
        key="priya-raman", given=("Priya",), family="Raman", gender="female", age=24,
        facility="ca", household="raman", line="301 Example Garden Street", city="Alameda", zip="94501",
        race="asian", story="A healthy young woman whose record is mostly vaccines and checks.",
        years=24, visits_a_year=1, height=163, weight=57, traits=frozenset({"healthy"}),
    ),
    Profile(
        key="maria-lopez-oakland", given=("Maria",), family="Lopez", gender="female", age=47,
        facility="ca", household="lopez-oakland", line="62 Placeholder Avenue", city="Oakland", zip="94601",
        hispanic=True, story="Has high blood pressure. Shares her name and birth date with another person.",
        years=8, courses=(Course("hypertension", 7),), born_like="maria-lopez", allergies=("penicillin",),
        height=158, weight=70, traits=frozenset({"two_same_name"}),
    ),
    Profile(
        key="maria-lopez-austin", given=("Maria",), family="Lopez", gender="female", age=47,
        facility="tx", household="lopez-austin", line="914 Sample Ranch Road", city="Austin", zip="78748",
        hispanic=True, story="Has an underactive thyroid. Shares her name and birth date with another person.",
        years=7, courses=(Course("hypothyroidism", 6),), born_like="maria-lopez", plan="lonestar",
        episodes=(outside_records,), height=164, weight=63, traits=frozenset({"two_same_name"}),
    ),
    Profile(
        key="gordon-pruitt", given=("Gordon", "Lee"), family="Pruitt", gender="male", age=58,
        facility="tx", household="pruitt", line="1450 Example Prairie Drive", city="Round Rock", zip="78664",
        story="Disputes the bill of an emergency visit and wants every note of that day.",
        years=8, courses=(Course("high-cholesterol", 6), Course("back-pain", 4), Course("gout", 3)),
        episodes=(emergency_visit, dispute_letters), plan="lonestar", height=177, weight=95, smoking="former",
        traits=frozenset({"billing_dispute"}),
    ),
    Profile(
        key="edith-marsh", given=("Edith", "Pearl"), family="Marsh", gender="female", age=84,
        facility="ca", household="marsh", line="9 Example Chapel Lane", city="Alameda", zip="94502",
        story="Her whole record is a scanned paper chart.", years=20, plan="senior",
        episodes=(paper_chart,), traits=frozenset({"paper_only"}),
    ),
    Profile(
        key="naomi-feldman", given=("Naomi", "Ruth"), family="Feldman", gender="female", age=29,
        facility="ca", household="feldman", line="77 Sample Orchard Way", city="Oakland", zip="94618",
        story="Had private reproductive care that she paid for herself and wants kept private.",
        years=9, courses=(Course("asthma", 9),), episodes=(private_choices, sore_throat),
        height=169, weight=61, traits=frozenset({"reproductive"}),
    ),
    Profile(
        key="terrence-boyd", given=("Terrence", "Paul"), family="Boyd", gender="male", age=61,
        facility="tx", household="boyd", line="33 Placeholder Bluff", city="Austin", zip="78702", race="black",
        story="Brought diabetes and blood pressure under control over ten years.",
        years=10, courses=(Course("diabetes", 9.5), Course("hypertension", 9), Course("high-cholesterol", 8)),
        visits_a_year=2, plan="lonestar", height=178, weight=98, smoking="former",
        episodes=(sore_throat,), traits=frozenset({"diabetes"}),
    ),
)  # fmt: skip

ROSTER: tuple[Profile, ...] = FAMILIES + SINGLES
