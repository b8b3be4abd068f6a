"""People of the demo who belong together: parents and children, couples, somebody acting for another."""

from chartpost.demo.generator.profile import Course, Profile
from chartpost.demo.generator.stories.after_birth import two_week_check
from chartpost.demo.generator.stories.hospital import kidney_clinic, last_months, sore_throat
from chartpost.demo.generator.stories.maternity import NEWBORN_AGE, newborn_stay, pregnancy
from chartpost.demo.generator.stories.papers import agent_papers, executor_papers, guardian_papers, parents
from chartpost.demo.generator.stories.sexual_health import confidential_visits
from chartpost.demo.generator.stories.surgery import knee_replacement
from chartpost.demo.generator.values import Relation

ALVARADO: tuple[Profile, ...] = (
    Profile(
        key="rosa-alvarado", given=("Rosa", "Elena"), family="Alvarado", gender="female", age=67,
        facility="ca", household="alvarado", line="410 Example Harbor Street", city="Oakland", zip="94606",
        hispanic=True, language="es", plan="senior", height=157, weight=76,
        story="Speaks Spanish. Has diabetes and high blood pressure; her daughter acts for her.",
        years=11, courses=(Course("diabetes", 10.5), Course("hypertension", 9)), allergies=("penicillin",),
        episodes=(agent_papers,), traits=frozenset({"spanish", "representative:health_care_agent", "diabetes"}),
        relations=(Relation("child", "marisol-alvarado"), Relation("health_care_agent", "marisol-alvarado")),
    ),
    Profile(
        key="marisol-alvarado", given=("Marisol",), family="Alvarado", gender="female", age=41,
        facility="ca", household="alvarado", line="412 Example Harbor Street", city="Oakland", zip="94606",
        hispanic=True, height=162, weight=67,
        story="Has asthma. Looks after her son's record and is health-care agent for her mother.",
        years=9, courses=(Course("asthma", 9),), episodes=(sore_throat,),
        relations=(Relation("parent", "rosa-alvarado"), Relation("child", "mateo-alvarado")),
    ),
    Profile(
        key="mateo-alvarado", given=("Mateo",), family="Alvarado", gender="male", age=9,
        facility="ca", household="alvarado", line="412 Example Harbor Street", city="Oakland", zip="94606",
        hispanic=True, story="A nine-year-old with asthma and a peanut allergy. His mother sees his record.",
        years=9, courses=(Course("asthma", 4),), allergies=("peanut",),
        episodes=(parents(("mother", "Marisol", "Alvarado", "female")), sore_throat),
        relations=(Relation("parent", "marisol-alvarado"),),
        traits=frozenset({"minor", "representative:parent"}),
    ),
)  # fmt: skip

BENNETT: tuple[Profile, ...] = (
    Profile(
        key="grace-bennett", given=("Grace", "Anne"), family="Bennett", gender="female", age=31,
        facility="tx", household="bennett", line="2100 Sample Meadow Drive", city="Austin", zip="78745",
        story="Has just had her first child.", years=6, plan="lonestar", height=168, weight=64,
        former_family="Holloway", former_address=("18 Sample Orchard Street", "San Marcos", "78666"),
        gender_identity="female", race="native", tribe="paiute-shoshone",
        episodes=(pregnancy, two_week_check), traits=frozenset({"pregnancy"}),
        relations=(Relation("spouse", "daniel-bennett"), Relation("child", "june-bennett")),
    ),
    Profile(
        key="daniel-bennett", given=("Daniel", "Ross"), family="Bennett", suffix="Jr.", gender="male", age=33,
        facility="tx", household="bennett", line="2100 Sample Meadow Drive", city="Austin", zip="78745",
        story="A new father with hay fever and yearly checks.", years=7, plan="lonestar", height=181, weight=82,
        allergies=("pollen",), episodes=(sore_throat,),
        relations=(Relation("spouse", "grace-bennett"), Relation("child", "june-bennett")),
    ),
    Profile(
        key="june-bennett", given=("June",), family="Bennett", gender="female", age=NEWBORN_AGE,
        facility="tx", household="bennett", line="2100 Sample Meadow Drive", city="Austin", zip="78745",
        story="Three weeks old.", years=NEWBORN_AGE, plan="lonestar",
        episodes=(
            newborn_stay,
            parents(("mother", "Grace", "Bennett", "female"), ("father", "Daniel", "Bennett", "male")),
        ),
        relations=(Relation("parent", "grace-bennett"), Relation("parent", "daniel-bennett")),
        traits=frozenset({"minor", "representative:parent", "newborn"}),
    ),
)  # fmt: skip

OKAFOR: tuple[Profile, ...] = (
    Profile(
        key="ngozi-okafor", given=("Ngozi",), family="Okafor", gender="female", age=44,
        facility="ca", household="okafor", line="58 Placeholder Hill", city="Oakland", zip="94611", race="black",
        story="Mother of a teenager; has an underactive thyroid.", years=8, height=166, weight=71,
        courses=(Course("hypothyroidism", 7),), allergies=("sulfa",),
        relations=(Relation("spouse", "chidi-okafor"), Relation("child", "adaeze-okafor")),
    ),
    Profile(
        key="adaeze-okafor", given=("Adaeze",), family="Okafor", gender="female", age=15,
        facility="ca", household="okafor", line="58 Placeholder Hill", city="Oakland", zip="94611", race="black",
        story="A fifteen-year-old who came alone for care that California lets her keep from her parents.",
        years=15, height=163, weight=54,
        episodes=(
            confidential_visits,
            parents(("mother", "Ngozi", "Okafor", "female"), ("father", "Chidi", "Okafor", "male")),
        ),
        relations=(Relation("parent", "ngozi-okafor"), Relation("parent", "chidi-okafor")),
        traits=frozenset({"minor", "confidential", "representative:parent"}),
    ),
    Profile(
        key="chidi-okafor", given=("Chidi", "Emeka"), family="Okafor", gender="male", age=46,
        facility="ca", household="okafor", line="58 Placeholder Hill", city="Oakland", zip="94611", race="black",
        story="Father of a teenager; treated for high blood pressure.", years=8, height=179, weight=88,
        courses=(Course("hypertension", 7.5),), episodes=(sore_throat,),
        relations=(Relation("spouse", "ngozi-okafor"), Relation("child", "adaeze-okafor")),
    ),
)  # fmt: skip

ELDERS: tuple[Profile, ...] = (
    Profile(
        key="walter-lindqvist", given=("Walter", "Nils"), family="Lindqvist", gender="male", age=78,
        facility="tx", household="lindqvist", line="6 Example Windmill Road", city="Austin", zip="78757",
        story="Died four months ago of heart failure. His daughter is the executor.", years=9, height=176,
        weight=86, smoking="former", plan="senior", courses=(Course("heart-failure", 6), Course("lung-disease", 8)),
        episodes=(last_months, executor_papers), deceased_days_ago=122,
        relations=(Relation("child", "ingrid-lindqvist"), Relation("executor", "ingrid-lindqvist")),
        traits=frozenset({"deceased", "representative:executor", "imaging"}),
    ),
    Profile(
        key="harold-kim", given=("Harold",), family="Kim", gender="male", age=71,
        facility="ca", household="kim", line="129 Sample Pine Street", city="Berkeley", zip="94709", race="asian",
        story="His kidneys slowly lose strength; the kidney clinic follows him.", years=8, height=170, weight=77,
        plan="senior", visits_a_year=2.5, smoking="former", episodes=(kidney_clinic,),
        courses=(Course("diabetes-worsening", 8), Course("hypertension", 8), Course("kidney-disease", 7)),
        relations=(Relation("spouse", "soojin-kim"),), traits=frozenset({"kidney"}),
    ),
    Profile(
        key="soojin-kim", given=("Soo-jin",), family="Kim", gender="female", age=69,
        facility="ca", household="kim", line="129 Sample Pine Street", city="Berkeley", zip="94709", race="asian",
        story="Has thin bones and keeps an eye on her husband's kidneys.", years=7, height=156, weight=55,
        plan="senior", courses=(Course("osteoporosis", 5), Course("hypothyroidism", 6)), allergies=("egg",),
        relations=(Relation("spouse", "harold-kim"),),
    ),
    Profile(
        key="patricia-novak", given=("Patricia", "Jean"), family="Novak", gender="female", age=66,
        facility="tx", household="novak", line="520 Placeholder Crossing", city="Austin", zip="78723",
        story="Walks well on a new knee. She is the guardian of her son.", years=8, height=165, weight=83,
        plan="senior", courses=(Course("osteoarthritis", 7), Course("hypertension", 6)),
        episodes=(knee_replacement,), allergies=("penicillin",), relations=(Relation("child", "owen-novak"),),
        traits=frozenset({"knee", "imaging"}),
    ),
    Profile(
        key="owen-novak", given=("Owen",), family="Novak", gender="male", age=30,
        facility="tx", household="novak", line="520 Placeholder Crossing", city="Austin", zip="78723",
        story="Has Down syndrome and works at a bakery. His mother is his guardian.", years=9, height=158,
        weight=70, plan="lonestar", courses=(Course("down-syndrome", 9), Course("hypothyroidism", 5)),
        episodes=(guardian_papers, sore_throat),
        relations=(Relation("parent", "patricia-novak"), Relation("guardian", "patricia-novak")),
        traits=frozenset({"representative:guardian"}),
    ),
)  # fmt: skip

FAMILIES: tuple[Profile, ...] = ALVARADO + BENNETT + OKAFOR + ELDERS
